"""Rows of register reads with named columns: `identifier,timestamp,usage` with attributes, and our own exports.

The columns are in any order. The register read is in `usage` (by its historical name) or, in an export, `reading_kwh`.
A row of an export that was not counted by decision is refused: its table does not hold the decision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from metertui.engine.accounts import check_field
from metertui.engine.attributes import ATTRIBUTES, Group
from metertui.engine.base import (
    ACTUAL,
    QUALITY_MARKS,
    QUALITY_NAMES,
    SiteZone,
    check_identifier,
    is_bare,
    parse_kwh,
    visible,
)
from metertui.engine.core import FilePiece
from metertui.engine.errors import Refused
from metertui.engine.intervals import IntervalPiece, lines
from metertui.formats.blocks import TakenElsewhere

_REGISTERS: Final = ("reading_kwh", "usage")
_START_OFFSET: Final = "start_offset"
_OFFSET: Final = "timestamp_offset"
"""The column with the offset from UTC of a time whose cell is a date, which has none."""
_QUALITY: Final = "quality"
_OTHERS: Final = frozenset(
    {"identifier", "timestamp", _OFFSET, "usage_kwh", "reading_wh", "usage_wh", "status", _QUALITY, "channel"}
    | {"start", _START_OFFSET, "interval_kwh"}
    | {*ATTRIBUTES}
)
_DECIDED: Final = {
    "exchange": "the final reading of an exchange",
    "void": "void",
    "replaced": "replaced by another value",
    "withdrawn": "withdrawn",
}


def is_header(names: list[str]) -> bool:
    """Return whether these are the names of the columns of such a table: all of them are known."""
    registers = [name for name in names if name in _REGISTERS]
    known = len(set(names)) == len(names) and set(names) - {*registers} <= _OTHERS
    return known and len(registers) == 1 and {"identifier", "timestamp"} <= {*names}


def place_of_register(names: list[str]) -> int:
    """Return which column holds the register reads."""
    return next(place for place, name in enumerate(names) if name in _REGISTERS)


class RegisterRows:
    """Reads rows with the same columns, and gathers the attributes that they state.

    `figure` returns the register (Wh) of a cell, `energy` the energy (µWh) of an interval, or raises Refused.
    """

    def __init__(
        self,
        names: list[str],
        zone: SiteZone,
        figure: Callable[[str], int] = parse_kwh,
        energy: Callable[[str], int] = lines.parse_energy,
    ) -> None:
        self._names = names
        self._zone = zone
        self._figure = figure
        self._energy = energy
        self._start, self._start_offset, self._stated = (
            names.index(name) if name in names else None for name in ("start", _START_OFFSET, "interval_kwh")
        )
        self._intervals: list[lines.Line] = []
        self._groups_of_intervals: list[int] = []
        self._meter, self._time = names.index("identifier"), names.index("timestamp")
        self._register = place_of_register(names)
        self._status = names.index("status") if "status" in names else None
        self._quality = names.index(_QUALITY) if _QUALITY in names else None
        self._offset = names.index(_OFFSET) if _OFFSET in names else None
        self._attributes = [names.index(name) if name in names else None for name in ATTRIBUTES]
        self._checked: dict[tuple[str, ...], Group] = {}
        """Groups by the cells that state them: many rows have the same."""
        self._groups: dict[Group, int] = {}
        self._of_rows: list[int] = []

    def parse(self, cells: list[str]) -> tuple[str, int, int, int]:
        """Return the identifier, instant (µs UTC), register read (Wh) and quality of a row. Raises Refused.

        An interval is kept for `interval_piece`, and TakenElsewhere raised.
        """
        self._check_count(cells)
        meter = check_identifier(cells[self._meter])
        stated = tuple(["" if place is None else cells[place] for place in self._attributes])
        group = self._checked.get(stated)
        if group is None:
            group = self._checked[stated] = _checked_group(stated)
        decided = None if self._status is None else _DECIDED.get(cells[self._status])
        if decided is not None:
            raise Refused("bad-reading", f"it is {decided} where it was exported, by decision")
        if self._start is not None and cells[self._start]:
            self._take_interval(meter, cells, self._groups.setdefault(group, len(self._groups)))
            raise TakenElsewhere
        wh = self._figure(cells[self._register])
        time = self._zone.parse(self.timestamp(cells))
        quality = ACTUAL if self._quality is None else _quality_of(cells[self._quality])
        self._of_rows.append(self._groups.setdefault(group, len(self._groups)))
        return meter, time, wh, quality

    def _take_interval(self, meter: str, cells: list[str], group: int) -> None:
        """Keep the interval of a row. Raises Refused."""
        assert self._start is not None
        if self._stated is None or cells[self._register]:
            raise Refused("syntax", "an interval has interval_kwh and no register")
        offset = "" if self._start_offset is None else cells[self._start_offset]
        start = cells[self._start] + offset if is_bare(cells[self._start]) else cells[self._start]
        begins, ends = self._zone.parse(start), self._zone.parse(self.timestamp(cells))
        quality = ACTUAL if self._quality is None else _quality_of(cells[self._quality])
        self._intervals.append(lines.Line(meter, begins, ends, self._energy(cells[self._stated]), quality))
        self._groups_of_intervals.append(group)

    def interval_piece(self, source: str, numbers: list[int]) -> IntervalPiece | None:
        """Return the intervals of all rows that were parsed, which have these numbers; None without any."""
        if not self._intervals:
            return None
        stated = {*self._names} & {*ATTRIBUTES}
        return IntervalPiece(
            source,
            lines.as_rows(self._intervals),
            np.array(numbers, dtype=np.int64),
            groups=list(self._groups) if stated else (),
            group=np.array(self._groups_of_intervals, dtype=np.int32) if stated else None,
        )

    def timestamp(self, cells: list[str]) -> str:
        """Return the timestamp of a row. Raises Refused."""
        self._check_count(cells)
        stamp = cells[self._time]
        if self._offset is None or len(stamp) <= len(cells[self._offset]) or not is_bare(stamp):
            return stamp
        return stamp + cells[self._offset]

    def with_groups(self, piece: FilePiece) -> FilePiece:
        """Return the readings of all rows that were parsed with the attributes that their rows state."""
        if not {*self._names} & {*ATTRIBUTES}:
            return piece
        return replace(piece, groups=list(self._groups), group=np.array(self._of_rows, dtype=np.int32))

    def _check_count(self, cells: list[str]) -> None:
        if len(cells) != len(self._names):
            raise Refused("syntax", f"the line has {len(cells)} cells instead of {len(self._names)}")


def _quality_of(cell: str) -> int:
    """Return the quality that a cell says, by its word or by its letter. Raises Refused."""
    for texts in (QUALITY_MARKS, QUALITY_NAMES):
        if cell in texts:
            return texts.index(cell)
    raise Refused("syntax", f"the quality {visible(cell[:40])!r} is none of {', '.join(QUALITY_NAMES)}, E and S")


def _checked_group(stated: tuple[str, ...]) -> Group:
    """Return the attributes that cells state. Raises Refused."""
    group = Group(*(cell.removeprefix("'") for cell in stated))
    for name, value in group._asdict().items():
        check_field(name, value)
    return group
