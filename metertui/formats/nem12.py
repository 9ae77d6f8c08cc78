"""NEM12: the interval data of the Australian market, a day of one data stream in a record.

A record 200 begins the data of a stream, each record 300 holds a day of it, records 400 say the quality of parts of
that day. Other records are read over: the register reads in records 500 are those of the dial, before its multiplier,
and their energy is in the intervals already. A bad record costs itself; a bad record 200 costs its days as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import (
    MINUTE,
    BadLine,
    Identifier,
    Int64Array,
    Progress,
    SiteZone,
    check_meter_id,
    no_progress,
    part_of_progress,
)
from metertui.engine.errors import DataError, Refused
from metertui.engine.intervals import IntervalPiece, IntervalRows
from metertui.formats.exact_energy import UNITS, energies, energy_of, power_of
from metertui.formats.meter_tables import nem_streams
from metertui.formats.nem_records import (
    cell,
    cells_of,
    check_nem_said,
    day_start,
    is_quality,
    quality_of,
    records,
    text_of,
    valid_records,
)
from metertui.formats.said import Said, Series, Taken

_FORM: Final = "NEM12"
_MINUTES_PER_DAY: Final = 1440
_MISSING: Final = -1
"""In place of an energy: the file has none."""
_VALUES: Final = 2
"""The cell of a record 300 in which its values begin."""


class _Stream(NamedTuple):
    """What a record 200 says."""

    nmi: str
    suffix: str
    configuration: list[str]
    """The suffixes of all streams of the NMI."""
    unit: str
    step: int
    """Minutes an interval."""


def _stream(cells: list[str]) -> _Stream:
    """Return what the cells of a record 200 say. Raises Refused."""
    nmi, suffix, unit, length = (cell(cells, place) for place in (1, 4, 7, 8))
    check_meter_id(nmi)
    if nem_streams.SUFFIX.fullmatch(suffix) is None:
        raise Refused("syntax", f"'{suffix[:40]}' is no suffix of a data stream: it is like E1 or B1")
    if not (length.isascii() and length.isdigit()) or len(length) > 4 or not _is_step(int(length)):
        raise Refused(
            "syntax", f"'{length[:40]}' is no length of an interval: it is a part of a day, in minutes, like 30"
        )
    if nem_streams.direction_of(suffix) is not None and unit.lower() not in UNITS:
        raise Refused("bad-field", f"{suffix} is energy, and '{unit[:40]}' is no unit of energy: it is Wh, kWh or MWh")
    return _Stream(nmi, suffix, nem_streams.SUFFIX.findall(cell(cells, 2)), UNITS.get(unit.lower(), unit), int(length))


def _is_step(minutes: int) -> bool:
    return minutes > 0 and _MINUTES_PER_DAY % minutes == 0


def _taken(path: Path, said: Said, streams: list[_Stream]) -> Taken:
    ids = _registers(streams)
    nmis = list(dict.fromkeys(stream.nmi for stream in streams))
    if said.meter and nmis != [said.meter]:
        named = ", ".join(nmis[:5]) + (" …" if len(nmis) > 5 else "")
        raise DataError(path, None, f"the file says {named}, which --meter {said.meter} contradicts")
    kept = [stream for stream in streams if (stream.nmi, stream.suffix) in ids]
    check_nem_said(path, _FORM, said, {stream.unit for stream in kept})
    if said.kind == "register":
        raise DataError(path, None, f"{_FORM} holds the energy of intervals, which --kind register contradicts")
    if streams and not kept:
        raise DataError(
            path, None, "the file has no stream of energy that is used or fed in: no suffix begins with E or B"
        )
    series = [
        Series(f"{stream.nmi} {stream.suffix}", ids.get((stream.nmi, stream.suffix), ""), stream.unit, _why(stream))
        for stream in streams
    ]
    return Taken(_FORM, "interval", series)


def _why(stream: _Stream) -> str:
    return "" if nem_streams.direction_of(stream.suffix) else nem_streams.why_left_out(stream.suffix)


def _streams(path: Path, progress: Progress) -> list[_Stream]:
    """Return the streams of a file, each once; those of invalid records are left out."""
    found: dict[tuple[str, str], _Stream] = {}
    for stream in valid_records(path, b"200", _stream, progress):
        known = found.setdefault((stream.nmi, stream.suffix), stream)
        known.configuration.extend(set(stream.configuration) - {*known.configuration})
    return list(found.values())


def _registers(streams: list[_Stream]) -> dict[tuple[str, str], str]:
    """Return the identifier of each stream that is counted, by NMI and suffix."""
    suffixes: dict[str, set[str]] = defaultdict(set)
    for stream in streams:
        suffixes[stream.nmi] |= {stream.suffix, *stream.configuration}
    ids: dict[tuple[str, str], str] = {}
    for nmi, all_of_nmi in suffixes.items():
        for direction in nem_streams.DIRECTIONS:
            one_way = [suffix for suffix in all_of_nmi if nem_streams.direction_of(suffix) == direction]
            ids |= {
                (nmi, suffix): str(Identifier(nmi, name))
                for suffix, name in nem_streams.channels(one_way, direction).items()
            }
    return ids


def read_pieces(
    path: Path,
    said: Said,
    zone: SiteZone,
    progress: Progress = no_progress,
    tell: Callable[[Taken], object] = str,
) -> Iterator[IntervalPiece]:
    """Yield the intervals of a file and the records that are none. Raises DataError, OSError.

    Nothing is said in the site `zone`.
    """
    streams = _streams(path, part_of_progress(progress, 0, 2))
    tell(_taken(path, said, streams))
    reader = _Reader(path, _registers(streams))
    for block in records(path, part_of_progress(progress, 1, 2)):
        for number, line in block:
            reader.read(number, line)
        yield reader.piece()
    reader.end()
    yield reader.piece()


@dataclass
class _Day:
    """A record 300, to which records 400 may still come."""

    identifier: str
    line: int
    start: int
    step: int
    energy: Int64Array
    """µWh, or _MISSING."""
    quality: NDArray[np.uint8]


@dataclass
class _Reader:
    path: Path
    ids: dict[tuple[str, str], str]
    stream: _Stream | None = None
    counted: str = ""
    """The identifier of the stream; empty if its days are read over."""
    day: _Day | None = None
    cause: str = "no record 200 stands before it"
    """Why a record 300 is refused whatever it says; empty if it is not."""
    passed_over: bool = False
    """Whether the last record 300 is refused or not counted: records 400 after it are then nothing either."""
    last: str = ""
    line: int = 0
    days: list[_Day] = field(default_factory=list)
    refused: list[BadLine] = field(default_factory=list)

    def read(self, number: int, line: bytes) -> None:
        """Read a record."""
        self.line = number
        try:
            cells = cells_of(line)
            self.last = cells[0].strip()
            if self.last != "400":
                self._close_day()
            match self.last:
                case "300":
                    self._read_day(number, cells)
                case "400":
                    self._read_event(cells)
                case "200":
                    self._begin_stream(number, cells)
                case "100":
                    self.stream, self.cause = None, "no record 200 stands before it"
                    if cell(cells, 1).upper() != _FORM:
                        raise Refused("syntax", f"'{cell(cells, 1)[:40]}' in place of {_FORM}")
                case "500" | "900":
                    pass
                case _:
                    raise Refused("syntax", "a record of this file begins with 100, 200, 300, 400, 500 or 900")
        except Refused as error:
            self._refuse(number, line, error)

    def end(self) -> None:
        """Note the end of the file."""
        self._close_day()
        if self.last != "900":
            self._refuse(self.line, b"", Refused("syntax", "no record 900 ends the file: it may have been cut here"))

    def piece(self) -> IntervalPiece:
        """Return what has been read since the last piece."""
        days, self.days = self.days, []
        refused, self.refused = self.refused, []
        return IntervalPiece(self.path.name, *_rows(days), refused)

    def _refuse(self, number: int, line: bytes, error: Refused) -> None:
        self.refused.append(BadLine(self.path.name, number, error.code, error.why, text_of(line)))

    def _begin_stream(self, number: int, cells: list[str]) -> None:
        self.stream, self.counted = None, ""
        self.cause = f"the record 200 in line {number} is refused"
        stream = _stream(cells)
        self.stream, self.cause = stream, ""
        self.counted = self.ids.get((stream.nmi, stream.suffix), "")

    def _read_day(self, number: int, cells: list[str]) -> None:
        self.passed_over = True
        if self.stream is None:
            raise Refused("syntax", self.cause)
        if not self.counted:
            return
        count = _MINUTES_PER_DAY // self.stream.step
        start = day_start(cell(cells, 1))
        if cell(cells, _VALUES)[:1] == "N":
            return  # a day without values
        end = _VALUES + count
        if len(cells) <= end or not is_quality(cells[end]):
            raise Refused("syntax", _explain_count(cells, count))
        quality = quality_of(cells[end])
        power = power_of(self.stream.unit)
        energy = energies(cells[_VALUES:end], power)
        if energy is None:
            energy = np.array(
                [self._energy(number, at, text, power) for at, text in enumerate(cells[_VALUES:end], 1)], dtype=np.int64
            )
        if quality is None:
            energy[:] = _MISSING
        self.day = _Day(
            self.counted, number, start, self.stream.step * MINUTE, energy, np.full(count, quality or 0, dtype=np.uint8)
        )

    def _energy(self, number: int, at: int, text: str, power: int) -> int:
        """Return the energy (µWh) of one value, or _MISSING where it is empty or refused."""
        text = text.strip()
        if not text:
            return _MISSING
        try:
            return energy_of(text, power)
        except Refused as error:
            self._refuse(number, text.encode(), Refused(error.code, f"value {at} of the day: {error.why}"))
            return _MISSING

    def _read_event(self, cells: list[str]) -> None:
        day = self.day
        if day is None:
            if self.passed_over:
                return
            raise Refused("syntax", "no record 300 stands before it")
        first, last = cell(cells, 1), cell(cells, 2)
        if not (first.isdigit() and last.isdigit()) or not 1 <= int(first) <= int(last) <= len(day.energy):
            why = f"'{first[:10]}' to '{last[:10]}' are no intervals of the day, which has {len(day.energy)}"
            raise Refused("syntax", why)
        quality = quality_of(cell(cells, 3))
        span = slice(int(first) - 1, int(last))
        if quality is None:
            day.energy[span] = _MISSING
        else:
            day.quality[span] = quality

    def _close_day(self) -> None:
        self.passed_over = False
        if self.day is not None:
            self.days.append(self.day)
            self.day = None


def _explain_count(cells: list[str], count: int) -> str:
    found = next((place for place in range(_VALUES, len(cells)) if is_quality(cells[place])), None)
    if found is None:
        return f"the record has no quality after its {count} values: it may have been cut"
    return f"the record has {found - _VALUES} values instead of {count}"


def _rows(days: list[_Day]) -> tuple[IntervalRows, Int64Array]:
    """Return the intervals of days that have a value, and their line numbers."""
    ids = list(dict.fromkeys(day.identifier for day in days))
    codes = {name: code for code, name in enumerate(ids)}
    counts = [len(day.energy) for day in days]

    def spread(values: list[int]) -> Int64Array:
        return np.repeat(np.array(values, dtype=np.int64), counts)

    place = np.concatenate([np.arange(count, dtype=np.int64) for count in counts] or [np.empty(0, np.int64)])
    energy = np.concatenate([day.energy for day in days] or [np.empty(0, np.int64)])
    quality = np.concatenate([day.quality for day in days] or [np.empty(0, np.uint8)])
    step = spread([day.step for day in days])
    start = spread([day.start for day in days]) + place * step
    code = spread([codes[day.identifier] for day in days]).astype(np.int32)
    line = spread([day.line for day in days])
    kept = energy != _MISSING
    rows = IntervalRows(ids, code[kept], start[kept], (start + step)[kept], energy[kept], quality[kept])
    return rows, line[kept]
