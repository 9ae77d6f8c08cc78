"""The proof of day files: each is as it was written, can be read, and has what belongs to its day in its order."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

from metertui.engine.base import Progress, SiteZone
from metertui.engine.errors import DataError
from metertui.engine.maintenance.proof import Proof
from metertui.engine.storage import DayFolder, ManifestEntry, durable

T = TypeVar("T")
Parse = Callable[[bytes, Path], T]
"""Parses the content of a day file. Raises DataError."""


def prove_days(
    files: DayFolder,
    parse: Parse[T],
    in_order: Callable[[T, Path, date, SiteZone, Proof], None],
    proofs: tuple[Proof, Proof],
    zone: SiteZone,
    progress: Progress,
) -> list[T]:
    """Return what the day files of a folder hold, as far as they can be read.

    `proofs` are of their order, which `in_order` checks for each, and of their checksums.
    """
    order, whole = proofs
    try:
        days = files.stored_days()
    except DataError as error:
        order.fail(str(error))
        return []
    lines: dict[str, ManifestEntry] = {}
    with whole.failing():
        lines = files.manifest.read_entries()
    for name in sorted(lines.keys() - {files.name_of_day(day) for day in days}):
        whole.fail(f"{files.folder / name}: missing; its readings are lost unless a backup has them")
    found: list[T] = []
    for done, day in enumerate(days, 1):
        order.count += 1
        with order.failing():
            rows = _day_file(files, parse, day, lines.get(files.name_of_day(day)), proofs)
            if rows is not None:
                found.append(rows)
                in_order(rows, files.path_of_day(day), day, zone, order)
        progress(done / len(days))
    return found


def _day_file(
    files: DayFolder, parse: Parse[T], day: date, line: ManifestEntry | None, proofs: tuple[Proof, Proof]
) -> T | None:
    """Return what a day file holds, or None if it cannot be read. `line` is its line in the manifest."""
    order, whole = proofs
    path = files.path_of_day(day)
    data = durable.read_present(path) or b""
    if line is not None and not line.matches(data):  # read it again: a server may have written it since
        data = durable.read_present(path) or b""
        with contextlib.suppress(DataError):  # after the file: while that is written, its line has no checksum
            line = files.manifest.read_entries().get(files.name_of_day(day))
    whole.count += line is not None and bool(line.sha256)
    changed = line is not None and not line.matches(data)
    try:
        rows = parse(data, path)
    except DataError as error:
        order.fail(str(error))
        if changed:
            whole.fail(f"{path}: damaged: it differs from what was written and cannot be read")
        return None
    if changed:
        whole.fail(f"{path}: edited by hand: it differs from what was written; --repair accepts it as it is")
    return rows
