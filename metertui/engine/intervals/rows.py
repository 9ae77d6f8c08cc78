"""Energy per interval as a file states it: rows of intervals, and pieces of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.attributes import Group
from metertui.engine.base import BadLine, Int64Array

UWH_PER_KWH: Final = 1_000_000_000
"""Energy is a whole number of µWh, so that figures in kWh with up to nine decimals are exact."""


@dataclass(frozen=True, eq=False)
class IntervalRows:
    """Energy of intervals with their own list of identifiers; arrays of equal length, in any order."""

    ids: list[str]
    """Identifiers of registers: `METER`, or `METER:CHANNEL`."""
    code: NDArray[np.int32]
    """Positions in `ids`."""
    start: Int64Array
    """µs UTC."""
    end: Int64Array
    """µs UTC, later than the start."""
    energy: Int64Array
    """µWh, not negative."""
    quality: NDArray[np.uint8]
    """0 actual, 1 estimated, 2 substituted."""

    def __len__(self) -> int:
        return len(self.start)

    def take(self, places: NDArray[Any] | slice) -> IntervalRows:
        """Return the intervals at `places` (positions, a mask or a slice), in that order."""
        start, end, energy = self.start[places], self.end[places], self.energy[places]
        return IntervalRows(self.ids, self.code[places], start, end, energy, self.quality[places])

    def with_used_ids(self) -> IntervalRows:
        """Return the same intervals with only the identifiers that occur."""
        codes, place = np.unique(self.code, return_inverse=True)
        ids = [self.ids[code] for code in codes.tolist()]
        return IntervalRows(ids, place.astype(np.int32), self.start, self.end, self.energy, self.quality)

    def id_ranks(self) -> NDArray[np.int32]:
        """Return for each interval the rank of its identifier, which sorts as the identifier does; int32[n]."""
        rank = np.empty(len(self.ids), dtype=np.int32)
        rank[sorted(range(len(self.ids)), key=self.ids.__getitem__)] = np.arange(len(self.ids), dtype=np.int32)
        return np.asarray(rank[self.code], dtype=np.int32)


_NONE: Final = np.empty(0, dtype=np.int64)
NO_INTERVALS: Final = IntervalRows([], np.empty(0, np.int32), _NONE, _NONE, _NONE, np.empty(0, np.uint8))


def concat_intervals(parts: Sequence[IntervalRows]) -> IntervalRows:
    """Concatenate intervals with different lists of identifiers."""
    codes: dict[str, int] = {}
    moved = []
    for part in parts:
        place = np.array([codes.setdefault(each, len(codes)) for each in part.ids], dtype=np.int32)
        moved.append(place[part.code])
    if not parts:
        return NO_INTERVALS
    columns = zip(*((part.start, part.end, part.energy, part.quality) for part in parts), strict=True)
    return IntervalRows(list(codes), np.concatenate(moved), *(np.concatenate(each) for each in columns))


@dataclass(frozen=True, eq=False)
class IntervalPiece:
    """Some lines of a file, parsed: intervals with their line numbers, and the lines that are none."""

    source: str
    """The file's name."""
    rows: IntervalRows
    line: Int64Array
    """The line number of each interval, from 1; int64[n]."""
    refused: Sequence[BadLine] = ()
    groups: Sequence[Group] = ()
    group: NDArray[np.int32] | None = None
    """The attributes of each interval as a position in `groups`, int32[n]; None if the file has none."""
