"""Exports to a file, written in a thread: the table of an answer, or the readings behind a figure.

A file appears under its name only when it is complete; a cancelled export leaves no file. For a role with a disclosure
rule, an answer is checked against earlier exports before it is written, and recorded with them afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from metertui.engine.base import Progress, part_of_progress
from metertui.engine.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.engine.index import ReadingList
from metertui.engine.reports import Findings, Rule
from metertui.engine.usage import COLUMNS, WindowReadings, list_tables, with_intervals
from metertui.formats import complete_file, resolve_output, writers
from metertui.headend import HeadEnd
from metertui.text import answers

_CHUNK: Final = 5_000
"""Rows written between two checks for cancellation: a quarter of a second of a workbook."""
_WAIT_SECONDS: Final = 0.1


async def export(
    headend: HeadEnd,
    found: Findings,
    sort: str,
    rule: Rule | None,
    who: str,
    path: Path,
    progress: Progress,
    draw: Callable[[Findings], str] | None = None,
) -> int:
    """Write the table as it is sorted, with its definition; how many rows. Overwrites nothing.

    With `draw` the file has what that returns in place of the table; it is called on the event loop. `progress` is
    called with the share done in the thread that writes; an exception that it raises ends the work and leaves no file.
    Raises MeterError.
    """
    zone, now = headend.engine.zone, headend.engine.clock.now()
    await asyncio.to_thread(_check if draw is None else _check_new, path)
    if rule is None:
        commit = None
    else:
        exports = headend.engine.exports
        checked = await asyncio.to_thread(exports.recorded_inquiries)  # before the answer, which looks at all of them
        found = await headend.ask(exports.answer_for_export, found.inquiry, rule, part_of_progress(progress, 0, 2))
        progress = part_of_progress(progress, 1, 2)
        loop = asyncio.get_running_loop()

        def commit() -> None:
            # Recorded when the file is complete, and before it appears under its name.
            record = headend.reports.record_export(path, found.inquiry, who, checked)
            _done(asyncio.run_coroutine_threadsafe(record, loop), progress)

    drawn = None if draw is None else draw(found)

    def write() -> int:
        if drawn is not None:
            with complete_file(path) as file:
                file.write(drawn.encode())
                if commit is not None:
                    commit()
            return len(found.table)
        columns, table = answers.sheet(found, sort, zone, ruled=rule is not None)
        definition = answers.definition(found, sort, zone, rule, who, now)
        _write(path, columns, zone.name, definition, len(table), lambda span: table.iloc[span], progress, commit)
        return len(table)

    return await asyncio.to_thread(write)


async def export_readings(headend: HeadEnd, behind: WindowReadings, path: Path, progress: Progress) -> None:
    """Write the readings of one meter, oldest first, in the way of `export`. Raise MeterError."""
    zone, directory, now = headend.engine.zone, headend.engine.directory, headend.engine.clock.now()
    groups, code, names = directory.groups_in_time(), directory.codes[behind.meter], tuple(directory.groups)

    def rows(span: slice) -> pd.DataFrame:
        some = behind.part(span)
        of = groups.groups_of(np.full(len(some), code, dtype=np.int32), some.time)
        return some.table(of, names, zone)

    def write() -> None:
        _check(path)
        asked = {"table": "readings", "meter": behind.meter, "timezone": zone.name, "asked_at": zone.iso(now)}
        times = writers.TimeForm()
        times.note_fraction(behind.has_fractions)
        columns = with_intervals(COLUMNS, behind.has_intervals)
        _write(path, columns, zone.name, asked, len(behind), rows, progress, times=times)

    await asyncio.to_thread(write)


async def export_text(path: Path, text: str) -> None:
    """Write a text to a new file. Raise MeterError."""

    def write() -> None:
        _check_new(path)
        with complete_file(path) as file:
            file.write(text.encode())

    await asyncio.to_thread(write)


async def export_list(
    headend: HeadEnd, found: ReadingList, asked: writers.Definition, path: Path, progress: Progress
) -> None:
    """Write a list of readings in its order, with usage and status, in the way of `export`. Raise MeterError."""
    await asyncio.to_thread(_check, path)
    share = 0.9 if path.suffix == ".xlsx" else 1.0  # a workbook is assembled after its last row

    def write(frozen: Frozen) -> None:
        times = writers.TimeForm()
        times.note_fraction(found.has_fractions)
        columns = with_intervals(COLUMNS, found.has_intervals)
        with writers.open_table(path, columns, frozen.zone.name, asked, lambda: progress(1.0), times=times) as add:
            for table in list_tables(found, frozen, lambda done: progress(done * share), _CHUNK):
                add(table)

    await headend.ask(write)


def _write(
    path: Path,
    columns: writers.Columns,
    zone: str,
    definition: writers.Definition | None,
    count: int,
    rows: Callable[[slice], pd.DataFrame],
    progress: Progress,
    commit: Callable[[], None] | None = None,
    times: writers.TimeForm | None = None,
) -> None:
    """Write `count` rows in chunks."""

    def last() -> None:
        progress(1.0)
        if commit is not None:
            commit()

    rows_take = 0.9 if path.suffix == ".xlsx" else 1.0  # a workbook is assembled after its last row
    with writers.open_table(path, columns, zone, definition, last, times=times) as add:
        for at in range(0, count, _CHUNK):
            progress(at / count * rows_take)
            add(rows(slice(at, at + _CHUNK)))
        progress(rows_take)


def _done(future: Future[None], progress: Progress) -> None:
    """Wait in a thread for a coroutine of the event loop, checking for cancellation, as the loop may have ended."""
    while True:
        try:
            return future.result(_WAIT_SECONDS)
        except TimeoutError:
            if future.done():
                raise
            progress(1.0)


def _check(path: Path) -> None:
    """Raise MeterError if the file cannot be written."""
    writers.check_suffix(path)
    _check_new(path)


def _check_new(path: Path) -> None:
    """Raise MeterError if there cannot be a new file."""
    resolve_output(path)
    if path.exists():
        raise MeterError(f"{path} exists already; give another name")
    if not path.parent.is_dir():
        raise MeterError(f"there is no folder {path.parent}")
