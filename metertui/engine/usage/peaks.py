"""The half hour of each row with the highest usage, exact, without cutting every interval at every half hour.

First the half hours are computed roughly: an interval uses energy evenly, so its power is added where it begins and
subtracted where it ends, and a running sum gives the half hours. C(t) is rounded by half a Wh at most, so the error has
a known bound: a Wh for each interval that is cut there, and what floats lose. Half hours that cannot be the highest of
their row are dropped, and the few that are left are computed by C(t).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from metertui.engine.base import Int64Array, Progress, no_progress, part_of_progress
from metertui.engine.columns import Frozen
from metertui.engine.usage.buckets import Buckets
from metertui.engine.usage.group_sums import RowKeys
from metertui.engine.usage.intervals import Block, Intervals, intervals_in_window, meter_blocks
from metertui.engine.usage.segments import Segments, segments_in_window, usage_cells

_TOGETHER: Final = 1_000_000
"""Half hours of single meters in memory at a time, some 40 MB."""
_LOST: Final = 2.0**-50
"""The share of a sum of floats that each of its terms can cost it, eight times over."""


class Peaks(NamedTuple):
    """Rows, and of each its highest half hour; equal lengths, int64."""

    key: Int64Array
    used: Int64Array
    """Wh."""
    at: Int64Array
    """When the first such began, µs UTC."""


def find_peaks(
    frozen: Frozen, meter: int | None, label_of_group: Int64Array, halves: Buckets, keys: RowKeys, progress: Progress
) -> Peaks:
    """Return the peaks of the rows of `keys`, ascending, whose half hours are `halves`; of all meters, or of one code.

    `progress` is called with the share done; what it raises ends the work.
    """
    search = _Search(frozen, label_of_group, halves, keys)
    if not keys.per_meter:
        return search.found(list(meter_blocks(frozen, meter)), progress)
    found = []
    for block in meter_blocks(frozen, meter, most=max(1, _TOGETHER // len(halves.row))):
        found.append(search.found([block], no_progress))
        progress(block.share_of_all(1))
    return _together(found)


class _Search:
    """The search for the peaks of some meters' rows. A *line* is a row without its time."""

    def __init__(self, frozen: Frozen, label_of_group: Int64Array, halves: Buckets, keys: RowKeys) -> None:
        self._frozen = frozen
        self._label_of_group = label_of_group
        self._marks = halves.marks
        self._row = halves.row
        self._keys = keys
        self._window = int(halves.marks[0]), int(halves.marks[-1])

    def found(self, parts: Sequence[Block], progress: Progress) -> Peaks:
        """Return the peaks of the meters of these blocks."""
        part_done = part_of_progress(progress, 0, 2)
        whole = [self._stays(block) for block in parts]
        lines = np.unique(np.concatenate([self._line(taken) for taken in whole]))
        rough = _Rough(len(lines), self._marks)
        for block, taken in zip(parts, whole, strict=True):
            rough.there(np.searchsorted(lines, self._line(taken)), taken)
            each = intervals_in_window(self._frozen, block.curve, self._label_of_group, *self._window)
            rough.add(np.searchsorted(lines, self._line(each)), each)
            part_done(block.share_of_all(1))
        part_done = part_of_progress(progress, 1, 2)
        left = [_Left(rough.highest(at, self._row), self._marks) for at in range(len(lines))]
        for block, taken in zip(parts, whole, strict=True):
            of = np.searchsorted(lines, self._line(taken))
            for at in np.unique(of).tolist():
                left[at].add(self._frozen, taken.part(of == at))
            part_done(block.share_of_all(1))
        peaks_of = zip(lines.tolist(), left, strict=True)
        return _together([some.peaks(line, self._keys, self._row) for line, some in peaks_of])

    def _stays(self, block: Block) -> Segments:
        return segments_in_window(self._frozen, block.curve, self._label_of_group, *self._window)

    def _line(self, taken: Intervals | Segments) -> Int64Array:
        return self._keys.row_of(np.zeros_like(taken.meter), taken.label, taken.meter)


class _Rough:
    """Approximate half hours by line."""

    def __init__(self, lines: int, marks: Int64Array) -> None:
        self._marks = marks
        self._length = np.diff(marks)
        size = (lines, len(marks))
        self._wh = np.zeros(size)
        self._power = np.zeros(size)
        """By how much it changes at a mark, Wh a µs."""
        self._cut = np.zeros(size, dtype=np.int32)
        """By how many more roundings are in a half hour than in the one before: those of intervals that are cut."""
        self._there = np.zeros(size, dtype=np.int32)
        """The same for segments that reach into it."""
        self._steps = np.zeros(lines, dtype=np.int64)
        self._powers = np.zeros(lines)
        """The sum of all that was added to `_power`."""

    def there(self, line: Int64Array, taken: Segments) -> None:
        """Mark where these lines have data."""
        first, last = taken.buckets(self._marks)
        np.add.at(self._there.ravel(), line * len(self._marks) + first, 1)
        np.add.at(self._there.ravel(), line * len(self._marks) + last + 1, -1)

    def add(self, line: Int64Array, taken: Intervals) -> None:
        """Add intervals of these lines."""
        marks, high = self._marks, taken.high
        self._steps += np.bincount(line, minlength=len(self._steps))
        last = np.maximum(np.searchsorted(marks, high) - 1, 0)  # a first reading may stand at the first mark
        ends = line * len(marks) + last
        whole = (marks[last] <= taken.t0) & (high == taken.t1)  # of one half hour, and known
        rise = (taken.e1 - taken.e0).astype(np.float64)
        np.add.at(self._wh.ravel(), ends[whole], rise[whole])
        if whole.all():
            return
        line, last, ends, rise, high = (each[~whole] for each in (line, last, ends, rise, high))
        low, length = taken.low[~whole], (taken.t1 - taken.t0)[~whole]
        power = rise / np.maximum(length, 1)
        first = np.minimum(np.searchsorted(marks, low, side="right") - 1, last)
        begins = line * len(marks) + first
        np.add.at(self._cut.ravel(), begins, taken.roundings)
        np.add.at(self._cut.ravel(), ends + 1, -taken.roundings)
        # All of it from where it begins on, less what its first half hour lacks, and has too much at its end.
        np.add.at(self._power.ravel(), begins, power)
        np.add.at(self._power.ravel(), ends + 1, -power)
        np.add.at(self._wh.ravel(), begins, -power * (low - marks[first]))
        np.add.at(self._wh.ravel(), ends, -power * (marks[last + 1] - high))
        np.add.at(self._powers, line, power)

    def highest(self, line: int, row: Int64Array) -> Int64Array:
        """Return the half hours of a line that can be the highest of their rows; `row` below 0 is no row."""
        there = np.flatnonzero((np.cumsum(self._there[line])[:-1] > 0) & (row >= 0))
        if not len(there):
            return there
        rough = self._wh[line, :-1] + np.cumsum(self._power[line])[:-1] * self._length
        terms = int(self._steps[line]) + len(row)
        lost = _LOST * terms * (self._powers[line] * int(self._length.max()) + float(rough.max()))
        off = np.cumsum(self._cut[line])[:-1][there] + lost
        rough, of = rough[there], row[there]
        least = np.full(int(row.max()) + 1, -np.inf)
        np.maximum.at(least, of, rough - off)
        return np.asarray(there[rough + off >= least[of]], dtype=np.int64)


class _Left:
    """The half hours of a line that can still be the highest."""

    def __init__(self, slots: Int64Array, marks: Int64Array) -> None:
        self._slots = slots
        places = np.unique(np.concatenate(([0], slots, slots + 1, [len(marks) - 1])))
        self._marks = marks[places]
        self._bucket = np.searchsorted(places, slots)
        self._wh = np.zeros(len(places) - 1, dtype=np.int64)

    def add(self, frozen: Frozen, taken: Segments) -> None:
        """Add the usage of some whole meters of the line."""
        for cells in usage_cells(frozen.curve, taken, self._marks):
            np.add.at(self._wh, cells.bucket, cells.amount)

    def peaks(self, line: int, keys: RowKeys, row: Int64Array) -> Peaks:
        """Return the highest half hour of each row."""
        wh, of = self._wh[self._bucket], row[self._slots]
        order = np.lexsort((self._slots, -wh, of))
        first = order[np.flatnonzero(np.diff(of[order], prepend=-1))]
        none = np.zeros_like(first)
        return Peaks(keys.row_of(of[first], none, none) + line, wh[first], self._marks[self._bucket[first]])


def _together(found: Sequence[Peaks]) -> Peaks:
    none = np.empty(0, dtype=np.int64)
    key, wh, at = (np.concatenate(column) for column in zip((none, none, none), *found, strict=True))
    order = np.argsort(key)
    return Peaks(key[order], wh[order], at[order])
