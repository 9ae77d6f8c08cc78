"""Green Button: the XML in which North American utilities give their customers their readings (ESPI).

Times are seconds since 1970, so the zone has no part in them. Costs and summaries are read over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

import numpy as np

from metertui.engine.base import (
    END_OF_TIME,
    MAX_WH,
    SECOND,
    BadLine,
    Int64Array,
    Progress,
    SiteZone,
    no_progress,
    part_of_progress,
    visible,
)
from metertui.engine.core import FilePiece
from metertui.engine.errors import DataError, MeterError, Refused
from metertui.engine.intervals import IntervalPiece, IntervalRows
from metertui.engine.storage import Rows
from metertui.formats.espi_feed import Broken, Entry, Reading, read_feed
from metertui.formats.espi_series import Catalogue, Series, quality_of
from metertui.formats.exact_energy import energy_of
from metertui.formats.said import Kind, NotSaid, Said, Taken, agreed, zone_named
from metertui.formats.said import Series as TakenSeries
from metertui.formats.stated import check_said

_FORM: Final = "Green Button (ESPI)"
_XML: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
_UWH_PER_WH: Final = 1_000_000
_SEASONS: Final = (1_735_732_800, 1_751_371_200)
"""Seconds since 1970 in January and July of a year."""


def is_form(head: bytes) -> bool:
    """Return whether a file that begins like this is XML."""
    return _XML.match(head) is not None or head.startswith((b"\xff\xfe<\0", b"\xfe\xff\0<"))


def _taken(catalogue: Catalogue, kind: Kind | Literal[""]) -> Taken:
    series = [TakenSeries(each.name, each.identifier, each.unit, each.why) for each in catalogue.series]
    return Taken(_FORM, kind, series)


def _catalogue(path: Path, said: Said, progress: Progress) -> tuple[Catalogue, Kind]:
    entries = [item for item in read_feed(path, progress, readings=False) if isinstance(item, Entry)]
    if not any(entry.kind == "IntervalBlock" for entry in entries):
        raise DataError(path, None, "the XML has no IntervalBlock: it is no Green Button file with readings")
    check_said(path, _FORM, said)
    catalogue = Catalogue(entries, said)
    try:
        kind = catalogue.choose(path)
    except NotSaid as error:
        raise NotSaid(path, error.needs, _taken(catalogue, "")) from error
    if kind == "interval" and said.stamps:
        agreed(path, "stamps", said.stamps, "start")
    _check_zone(path, said.zone, catalogue.zone_offset)
    return catalogue, kind


def _check_zone(path: Path, said: str, offset: str) -> None:
    """Raise DataError if the standard offset (s) that the file states is not that of the zone that is said."""
    if not said or re.fullmatch(r"-?[0-9]{1,5}", offset) is None:
        return
    try:
        zone = zone_named(said)
    except MeterError:
        return
    standard = min(zone.local(second * SECOND).utcoffset() or timedelta() for second in _SEASONS)
    if standard != timedelta(seconds=int(offset)):
        hours = int(offset) / 3600
        raise DataError(path, None, f"the file's local time is {hours:+g} h from UTC, which --zone {said} contradicts")


def read_pieces(
    path: Path,
    said: Said,
    zone: SiteZone,
    progress: Progress = no_progress,
    tell: Callable[[Taken], object] = str,
) -> Iterator[FilePiece | IntervalPiece]:
    """Yield the intervals of a file, or its register reads, and the readings that are neither.

    The site `zone` has no part in it. Raises DataError, OSError.
    """
    catalogue, kind = _catalogue(path, said, part_of_progress(progress, 0, 2))
    tell(_taken(catalogue, kind))
    of_readings = part_of_progress(progress, 1, 2)
    if kind == "interval":
        yield from _intervals(path, _read(path, said, catalogue, _interval, of_readings))
    else:
        yield from _registers(path, _read(path, said, catalogue, _register, of_readings))


_Value = tuple[int, int, int, int, int]
"""Line, start and end (µs UTC), energy (µWh) or register (Wh), quality; of a register the end is the time."""
_Found = Iterator[tuple[list[tuple[Series, _Value]], list[BadLine]]]
_Parse = Callable[[Reading, Series, Said], _Value]


def _intervals(path: Path, read: _Found) -> Iterator[IntervalPiece]:
    for found, refused in read:
        ids = list(dict.fromkeys(series.identifier for series, _ in found))
        codes = {name: code for code, name in enumerate(ids)}
        values = [(codes[series.identifier], *value) for series, value in found]
        code, line, start, end, energy, quality = _columns(values, 6)
        rows = IntervalRows(ids, code.astype(np.int32), start, end, energy, quality.astype(np.uint8))
        yield IntervalPiece(path.name, rows, line, refused)


def _registers(path: Path, read: _Found) -> Iterator[FilePiece]:
    for found, refused in read:
        ids = list(dict.fromkeys(series.identifier for series, _ in found))
        codes = {name: code for code, name in enumerate(ids)}
        values = [(codes[series.identifier], *value) for series, value in found]
        code, line, _, time, wh, quality = _columns(values, 6)
        rows = Rows(ids, code.astype(np.int32), time, wh, quality.astype(np.uint8))
        yield FilePiece(path.name, rows, line, refused)


def _columns(values: Sequence[tuple[int, ...]], count: int) -> Int64Array:
    return np.array(values, dtype=np.int64).reshape(-1, count).T


def _read(path: Path, said: Said, catalogue: Catalogue, parse: _Parse, progress: Progress) -> _Found:
    """Yield what the readings of the series that count say, and those that are refused."""
    series_of_blocks = iter(catalogue.of_blocks)
    series: Series | None = None
    for item in read_feed(path, progress, readings=True):
        if isinstance(item, Entry):
            if item.kind == "IntervalBlock":
                series = next(series_of_blocks)
        elif isinstance(item, Broken):
            yield [], [BadLine(path.name, item.line, "syntax", item.why, "")]
        elif series is not None and not series.why:
            found, refused = [], []
            for reading in item:
                if not reading.value:
                    continue  # missing
                try:
                    found.append((series, parse(reading, series, said)))
                except Refused as error:
                    text = visible(f"start {reading.start}, duration {reading.duration}, value {reading.value}")
                    refused.append(BadLine(path.name, reading.line, error.code, error.why, text[:200]))
            yield found, refused


def _interval(reading: Reading, series: Series, said: Said) -> _Value:
    """Return what an interval reading says. Raises Refused."""
    start = _second(reading.start)
    duration = _duration(reading, series.step)
    if not duration:
        raise Refused("bad-timestamp", "the interval has no duration")
    energy = energy_of(reading.value, series.power)
    end = _second(str(start + duration))
    quality = quality_of(reading.qualities.split(), series.quality)
    return reading.line, start * SECOND, end * SECOND, energy, quality


def _register(reading: Reading, series: Series, said: Said) -> _Value:
    """Return what a reading of a register says. Raises Refused."""
    start = _second(reading.start)
    duration = _duration(reading, 0)
    if duration and not said.stamps:
        raise Refused("bad-timestamp", "the read has a start and an end: give --stamps start or --stamps end")
    time = _second(str(start + duration)) if said.stamps == "end" else start
    energy, rest = divmod(energy_of(reading.value, series.power), _UWH_PER_WH)
    energy += rest * 2 > _UWH_PER_WH or (rest * 2 == _UWH_PER_WH and energy % 2 == 1)
    if energy > MAX_WH:
        raise Refused("bad-reading", "a reading is at most 99999999.999 kWh")
    quality = quality_of(reading.qualities.split(), series.quality)
    return reading.line, start * SECOND, time * SECOND, energy, quality


def _second(text: str) -> int:
    """Return an instant in seconds since 1970. Raises Refused."""
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise Refused("bad-timestamp", f"'{visible(text[:40])}' is no time: it is seconds since 1970")
    second = int(text)
    if second * SECOND >= END_OF_TIME:
        raise Refused("future-timestamp", f"{text} is after 2199")
    return second


def _duration(reading: Reading, without: int) -> int:
    """Return the duration of a reading in seconds; `without` if it states none. Raises Refused."""
    text = reading.duration
    if not text:
        return without
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise Refused("bad-timestamp", f"'{visible(text[:40])}' is no duration in seconds")
    return int(text)
