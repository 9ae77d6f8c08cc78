"""NEM13: the accumulation data of the Australian market, two register reads and the energy between them in a record.

A file is taken for its register reads, if the energy of each record is the difference of its reads. Where a register
has a multiplier or has rolled over it is not; `--kind interval` then takes the energy between the reads instead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from metertui.engine.base import (
    MAX_WH,
    BadLine,
    Identifier,
    Progress,
    SiteZone,
    check_meter_id,
    no_progress,
    part_of_progress,
)
from metertui.engine.core import FilePiece
from metertui.engine.errors import DataError, Refused
from metertui.engine.intervals import IntervalPiece, IntervalRows
from metertui.engine.storage import Rows
from metertui.formats.exact_energy import UNITS, energy_of, power_of
from metertui.formats.meter_tables import nem_streams
from metertui.formats.nem_records import (
    cell,
    cells_of,
    check_nem_said,
    moment,
    quality_of,
    records,
    text_of,
    valid_records,
)
from metertui.formats.said import Said, Series, Taken

_FORM: Final = "NEM13"
_DIRECTIONS: Final[dict[str, nem_streams.Direction]] = {"E": "use", "I": "export"}
"""By the network's view: what it exports, the customer uses."""
_UWH_PER_WH: Final = 1_000_000
_CELLS: Final = 20


class _Read(NamedTuple):
    """A register read as a record 250 states it."""

    time: int
    """µs UTC."""
    energy: int
    """µWh."""
    quality: int | None
    """None if there is no read."""


class _Record(NamedTuple):
    """What a record 250 says."""

    nmi: str
    suffix: str
    direction: nem_streams.Direction
    unit: str
    before: _Read
    after: _Read
    energy: int
    """What was used or fed in between them, µWh."""


def _record(cells: list[str]) -> _Record | None:
    """Return what the cells of a record 250 say; None if it is no energy. Raises Refused."""
    if len(cells) < _CELLS:
        raise Refused("syntax", f"the record has {len(cells)} cells instead of {_CELLS} or more: it may have been cut")
    nmi, suffix, way, unit = (cell(cells, place) for place in (1, 4, 7, 19))
    check_meter_id(nmi)
    if unit.lower() not in UNITS:
        if unit.lower().endswith(("varh", "vah")):
            return None
        raise Refused("bad-field", f"'{unit[:40]}' is no unit of energy: it is Wh, kWh or MWh")
    if way.upper() not in _DIRECTIONS:
        raise Refused("syntax", f"'{way[:40]}' is no direction: it is E for use or I for feed-in")
    if not suffix:
        raise Refused("syntax", "the record names no suffix of a data stream")
    power = power_of(UNITS[unit.lower()])

    def read(first: int) -> _Read:
        return _Read(
            moment(cell(cells, first + 1)), energy_of(cell(cells, first), power), quality_of(cell(cells, first + 2))
        )

    before, after = read(8), read(13)
    if after.time <= before.time:
        raise Refused("bad-timestamp", "the current read is not later than the previous one")
    energy = energy_of(cell(cells, 18), power)
    return _Record(nmi, suffix, _DIRECTIONS[way.upper()], UNITS[unit.lower()], before, after, energy)


_Ids = dict[tuple[str, str], str]
"""The identifier of each stream, by NMI and suffix."""
_Streams = dict[tuple[str, str], tuple[nem_streams.Direction, str]]
"""The direction and unit of each stream, by NMI and suffix."""


def _streams(path: Path, progress: Progress) -> _Streams:
    """Return the streams of a file; those of invalid records are left out."""
    found: _Streams = {}
    for record in valid_records(path, b"250", _record, progress):
        if record is not None:
            found.setdefault((record.nmi, record.suffix), (record.direction, record.unit))
    return found


def _taken(path: Path, said: Said, streams: _Streams) -> Taken:
    ids = _registers(streams)
    nmis = list(dict.fromkeys(nmi for nmi, _ in streams))
    if said.meter and nmis != [said.meter]:
        named = ", ".join(nmis[:5]) + (" …" if len(nmis) > 5 else "")
        raise DataError(path, None, f"the file says {named}, which --meter {said.meter} contradicts")
    check_nem_said(path, _FORM, said, {unit for _, unit in streams.values()})
    series = [Series(f"{nmi} {suffix}", ids[nmi, suffix], unit) for (nmi, suffix), (_, unit) in streams.items()]
    return Taken(_FORM, said.kind or "register", series)


def _registers(streams: _Streams) -> _Ids:
    """Return the identifier of each stream, by NMI and suffix."""
    one_way: dict[tuple[str, nem_streams.Direction], set[str]] = defaultdict(set)
    for (nmi, suffix), (direction, _) in streams.items():
        one_way[nmi, direction].add(suffix)
    return {
        (nmi, suffix): str(Identifier(nmi, name))
        for (nmi, direction), suffixes in one_way.items()
        for suffix, name in nem_streams.channels(suffixes, direction).items()
    }


def read_pieces(
    path: Path,
    said: Said,
    zone: SiteZone,
    progress: Progress = no_progress,
    tell: Callable[[Taken], object] = str,
) -> Iterator[FilePiece | IntervalPiece]:
    """Yield the register reads of a file or the energy between them, and the records that are neither.

    The site `zone` has no part in it. Raises DataError, OSError.
    """
    streams = _streams(path, part_of_progress(progress, 0, 2))
    tell(_taken(path, said, streams))
    ids, progress = _registers(streams), part_of_progress(progress, 1, 2)
    if said.kind == "interval":
        yield from _intervals(path, ids, progress)
    else:
        yield from _registers_read(path, ids, progress)


def _registers_read(path: Path, names: _Ids, progress: Progress) -> Iterator[FilePiece]:
    """Yield register reads; the one between two records comes twice."""
    for kept, refused in _read(path, names, progress, register=True):
        reads = [(name, number, read) for name, number, record in kept for read in (record.before, record.after)]
        found = [each for each in reads if each[2].quality is not None]
        ids = list(dict.fromkeys(name for name, *_ in found))
        codes = {name: code for code, name in enumerate(ids)}
        rows = Rows(
            ids,
            np.array([codes[name] for name, *_ in found], dtype=np.int32),
            np.array([read.time for *_, read in found], dtype=np.int64),
            np.array([_rounded(read.energy) for *_, read in found], dtype=np.int64),
            np.array([read.quality for *_, read in found], dtype=np.uint8),
        )
        yield FilePiece(path.name, rows, np.array([number for _, number, _ in found], dtype=np.int64), refused)


def _intervals(path: Path, names: _Ids, progress: Progress) -> Iterator[IntervalPiece]:
    for kept, refused in _read(path, names, progress, register=False):
        ids = list(dict.fromkeys(name for name, *_ in kept))
        codes = {name: code for code, name in enumerate(ids)}
        found = [record for *_, record in kept]
        rows = IntervalRows(
            ids,
            np.array([codes[name] for name, *_ in kept], dtype=np.int32),
            np.array([record.before.time for record in found], dtype=np.int64),
            np.array([record.after.time for record in found], dtype=np.int64),
            np.array([record.energy for record in found], dtype=np.int64),
            np.array([record.after.quality for record in found], dtype=np.uint8),
        )
        yield IntervalPiece(path.name, rows, np.array([number for _, number, _ in kept], dtype=np.int64), refused)


_Kept = list[tuple[str, int, _Record]]
"""The identifier, line and content of records."""


def _read(path: Path, names: _Ids, progress: Progress, *, register: bool) -> Iterator[tuple[_Kept, Sequence[BadLine]]]:
    """Yield the records of energy, and those that are refused."""
    last, end = "", 0
    for block in records(path, progress):
        kept: _Kept = []
        refused = []
        for end, line in block:
            try:
                cells = cells_of(line)
                last = cells[0].strip()
                if last == "250":
                    record = _checked(_record(cells), register)
                    if record is not None:
                        kept.append((names[record.nmi, record.suffix], end, record))
                elif last == "100" and cell(cells, 1).upper() != _FORM:
                    raise Refused("syntax", f"'{cell(cells, 1)[:40]}' in place of {_FORM}")
                elif last not in ("100", "550", "900"):
                    raise Refused("syntax", "a record of this file begins with 100, 250, 550 or 900")
            except Refused as error:
                refused.append(BadLine(path.name, end, error.code, error.why, text_of(line)))
        yield kept, refused
    if last != "900":
        why = "no record 900 ends the file: it may have been cut here"
        yield [], [BadLine(path.name, end, "syntax", why, "")]


def _checked(record: _Record | None, register: bool) -> _Record | None:
    """Return a record that can be taken for its reads, or for its energy. Raises Refused."""
    if record is None:
        return None
    if not register:
        return record if record.after.quality is not None else None
    difference = record.after.energy - record.before.energy
    if record.before.quality is not None and record.after.quality is not None and difference != record.energy:
        why = "the energy is not the difference of the two reads"
        raise Refused("bad-reading", f"{why}: give --kind interval to take the energy in place of the reads")
    if max(record.before.energy, record.after.energy) > MAX_WH * _UWH_PER_WH:
        raise Refused("bad-reading", "a reading is at most 99999999.999 kWh")
    return record


def _rounded(energy: int) -> int:
    """Return an energy (µWh) in Wh, rounded half-even."""
    wh, rest = divmod(energy, _UWH_PER_WH)
    return wh + (rest * 2 > _UWH_PER_WH or (rest * 2 == _UWH_PER_WH and wh % 2 == 1))
