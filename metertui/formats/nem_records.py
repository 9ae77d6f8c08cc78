"""The records of NEM12 and NEM13 files: lines of cells, told apart by their first cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

from metertui.engine.base import DAY, END_OF_TIME, HOUR, MINUTE, SECOND, Progress, SiteZone, day_number, visible
from metertui.engine.errors import DataError, MeterError, Refused
from metertui.formats.blocks import read_blocks, split_cells
from metertui.formats.said import Said, zone_named
from metertui.formats.stated import check_said

NEM_OFFSET: Final = 10 * HOUR
"""NEM time is ten hours ahead of UTC all year, whatever the clocks of a state show."""
_START: Final = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*"?(?:100"?\s*,\s*"?(NEM1[23])\b|(200|250)"?,[^,\n]{1,40},[^\n]*,)', re.I
)
_FORMS: Final = {b"200": "NEM12", b"250": "NEM13"}
_QUALITY: Final = re.compile(r"([AEFNSV])(?:[0-9]{2})?")
_QUALITIES: Final = {"A": 0, "E": 1, "F": 2, "S": 2, "N": None, "V": 1}
_SEASONS: Final = (1_735_732_800, 1_751_371_200)
"""Seconds since 1970 in January and in July of a year; a clock with daylight saving shows it by their offsets."""


def form_of(head: bytes) -> str | None:
    """Return `NEM12` or `NEM13` for the beginning of such a file, with its header or without."""
    match = _START.match(head)
    if match is None:
        return None
    return match[1].decode().upper() if match[1] else _FORMS[match[2]]


def check_nem_said(path: Path, form: str, said: Said, units: set[str]) -> None:
    """Raise DataError if what is said of the file contradicts it."""
    check_said(path, form, said, stamps="start", date_order="ymd")
    if said.zone and not _is_nem_time(said.zone):
        raise DataError(
            path, None, f"{form} is in NEM time, which is +10:00 all year; --zone {said.zone} contradicts it"
        )
    for unit in sorted(units):
        check_said(path, form, said, unit=unit)


def _is_nem_time(name: str) -> bool:
    try:
        zone = zone_named(name)
    except MeterError:
        return False
    offsets = {zone.local(second * SECOND).utcoffset() for second in _SEASONS}
    return offsets == {SiteZone("Etc/GMT-10").local(0).utcoffset()}


_Record = TypeVar("_Record")


def records(path: Path, progress: Progress) -> Iterator[list[tuple[int, bytes]]]:
    """Yield the lines that are not blank with their numbers, in blocks. Raises DataError, OSError."""
    size = path.stat().st_size or 1
    with path.open("rb") as file:
        for first, block in read_blocks(file, path):
            lines = enumerate(block.removeprefix(b"\xef\xbb\xbf").split(b"\n"), first)
            yield [(number, line) for number, raw in lines if (line := raw.strip())]
            progress(file.tell() / size)


def valid_records(
    path: Path, kind: bytes, parse: Callable[[list[str]], _Record], progress: Progress
) -> Iterator[_Record]:
    """Yield what `parse` makes of the cells of each record of a kind, such as `200`; invalid ones are left out.

    Raises DataError, OSError.
    """
    for block in records(path, progress):
        for _, line in block:
            if line.startswith((kind, b'"' + kind + b'"')):
                try:
                    yield parse(cells_of(line))
                except Refused:
                    continue


def cells_of(line: bytes) -> list[str]:
    """Return the cells of a record. Raises Refused."""
    if b'"' in line or not line.isascii():
        return split_cells(line)
    return line.decode("ascii").split(",")


def text_of(line: bytes) -> str:
    """Return a record as text, for a person."""
    return line.decode("utf-8", "backslashreplace")


def day_start(text: str) -> int:
    """Return the instant (µs UTC) at which a day `YYYYMMDD` begins in NEM time. Raises Refused `bad-timestamp`."""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        raise Refused("bad-timestamp", f"'{visible(text[:40])}' is no day: it is like 20250603")
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError as error:
        raise Refused("bad-timestamp", f"{text} is not a day of the calendar") from error
    return _known(day_number(day) * DAY - NEM_OFFSET, text)


def moment(text: str) -> int:
    """Return the instant (µs UTC) of `YYYYMMDDhhmmss` or `YYYYMMDDhhmm` in NEM time. Raises Refused `bad-timestamp`."""
    clock = text[8:]
    if len(clock) not in (4, 6) or not (clock.isascii() and clock.isdigit()):
        raise Refused("bad-timestamp", f"'{visible(text[:40])}' is no time: it is like 20250603143000")
    hour, minute, second = int(clock[:2]), int(clock[2:4]), int(clock[4:] or "0")
    if hour > 23 or minute > 59 or second > 59:
        raise Refused("bad-timestamp", f"{text} is not a time of the calendar")
    return day_start(text[:8]) + hour * HOUR + minute * MINUTE + second * SECOND


def _known(instant: int, text: str) -> int:
    """Return an instant (µs UTC) from 1970 to 2199. Raises Refused `past-timestamp` or `future-timestamp`."""
    if instant < 0:
        raise Refused("past-timestamp", f"{text} is before 1970")
    if instant >= END_OF_TIME:
        raise Refused("future-timestamp", f"{text} is after 2199")
    return instant


def quality_of(text: str) -> int | None:
    """Return what a quality method stands for, V for 1 until its events say more; None if there is no value.

    Raises Refused.
    """
    match = _QUALITY.fullmatch(text.strip())
    if match is None:
        raise Refused(
            "syntax", f"'{visible(text[:40])}' is no quality: it is A, E, F, N, S or V, and a method of two digits"
        )
    return _QUALITIES[match[1]]


def is_quality(text: str) -> bool:
    """Return whether a cell holds a quality method."""
    return _QUALITY.fullmatch(text.strip()) is not None


def cell(cells: Sequence[str], place: int) -> str:
    """Return a cell of a record without blanks around it; an empty one beyond its end."""
    return cells[place].strip() if place < len(cells) else ""
