"""The usage of meters between marks, without going through their intervals one by one.

A *segment* is a meter's consecutive intervals under one label, without a gap; a meter that never moved has one. C(t)
rises over it without a break. So the usage between two marks is the difference of C at them, and only the intervals
that a mark cuts are looked at. A year of half hours by month takes 13 look-ups a meter instead of 17,520 intervals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.columns import ByMeter, Curve, Frozen, concat_ranges, first_at_least
from metertui.engine.usage.intervals import Block, whole_meters

_CELLS: Final = 300_000
"""Cells in memory at a time, some 30 MB; a meter's are never separated. More would leave the cache and be slower."""
_SPARSE: Final = 8
"""A look-up by bisection costs as much as going through so many points."""


@dataclass(frozen=True)
class Segments:
    """Segments that lie, at least in part, in a window, in order of (meter, time); equal lengths, int64.

    Of points of the curve, or of stored readings; instants are µs UTC.
    """

    meter: Int64Array
    """Meter codes."""
    label: Int64Array
    begin: Int64Array
    """The place of the point that it begins at, and of its last."""
    end: Int64Array
    low: Int64Array
    """(low, high] is what of it lies in the window."""
    high: Int64Array

    def buckets(self, marks: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Return the first and the last bucket that each reaches into; one of no length is in the one that it opens."""
        first = np.searchsorted(marks, self.low, side="right") - 1
        return first, np.maximum(np.searchsorted(marks, self.high) - 1, first)

    def part(self, where: NDArray[np.bool_] | slice) -> Segments:
        """Return some of them."""
        return Segments(*(column[where] for column in vars(self).values()))


class Cells(NamedTuple):
    """The parts of segments between two marks; equal lengths, int64."""

    segment: Int64Array
    """Their places among the segments."""
    bucket: Int64Array
    """Bucket b lies between marks b and b + 1."""
    amount: Int64Array
    """Wh, or how many readings."""
    points: Int64Array
    """The places, among these, of cells of no length: a meter's first point where nothing follows it."""

    def share_done(self, taken: Segments) -> float:
        """Return the share of the segments that is done with these."""
        return (int(self.segment[-1]) + 1) / len(taken.meter)


def segments_in_window(frozen: Frozen, span: slice, label_of_group: Int64Array, start: int, end: int) -> Segments:
    """Return the segments that reach into (start, end], µs UTC, of whole meters, whose points are the curve's `span`.

    An interval belongs to the label of its later point's group; one below 0 is left out. A meter's first point is an
    interval of no length and no energy.
    """
    begins = frozen.curve.begins[span]
    meter, label, first, last, begins = _alike(frozen.curve, frozen.curve_group, span, label_of_group, begins)
    time = frozen.curve.time
    begin = np.where(begins, first, first - 1)
    since, until = time[begin], time[last]
    alone = begins & (since == until)
    taken = (label >= 0) & (since < end) & ((until > start) | (alone & (since == start)))
    return Segments(meter, label, begin, last, np.maximum(since, start), np.minimum(until, end)).part(taken)


class Stored(NamedTuple):
    """Readings or intervals of some whole meters, each of which counts as one in tables."""

    rows: ByMeter
    group: NDArray[np.int32]
    """The group of each."""
    filed: Int64Array
    """The instants (µs UTC) that say which windows they belong to."""
    span: slice
    """Those that are meant."""


def stored_in_block(frozen: Frozen, block: Block, filed: Int64Array) -> Iterator[Stored]:
    """Yield the readings that stand of some whole meters, whose times are `filed`, and their intervals, if any."""
    columns, group = frozen.standing
    yield Stored(columns, group, filed, block.columns)
    if block.intervals.stop > block.intervals.start:
        yield Stored(frozen.intervals, frozen.interval_group, frozen.intervals.end, block.intervals)


def stored_segments(stored: Stored, label_of_group: Int64Array, start: int, end: int) -> Segments:
    """Return the same for readings or intervals. Each counts."""
    rows, span, filed = stored.rows, stored.span, stored.filed
    begins = np.ones(span.stop - span.start, dtype=bool)
    begins[1:] = rows.meter[span][1:] != rows.meter[span][:-1]
    meter, label, first, last, _ = _alike(rows, stored.group, span, label_of_group, begins)
    time = filed
    taken = (label >= 0) & (time[last] > start) & (time[first] <= end)
    meter, label, first, last = (column[taken] for column in (meter, label, first, last))
    first, last = first_at_least(time, first, last + 1, start + 1), first_at_least(time, first, last + 1, end + 1) - 1
    held = first <= last
    meter, label, first, last = (column[held] for column in (meter, label, first, last))
    # What begins a segment counts, unlike the point from which a use rises: it begins right before that.
    return Segments(meter, label, first, last, time[first] - 1, time[last])


def usage_cells(curve: Curve, taken: Segments, marks: Int64Array) -> Iterator[Cells]:
    """Yield the usage (Wh) between marks (µs UTC, ascending; no segment ends outside), some whole meters at a time."""
    for part, cut in _cut(taken, marks):
        value = curve.energy_at(cut.places(curve.time, marks, after=False), cut.inner(marks))
        yield cut.cells(_at(curve, part, part.low), value, _at(curve, part, part.high))


def reading_cells(filed: Int64Array, taken: Segments, marks: Int64Array) -> Iterator[Cells]:
    """Yield how many readings, with the times `filed`, are between marks, the later one included; else as above."""
    for part, cut in _cut(taken, marks):
        yield cut.cells(part.begin, cut.places(filed, marks, after=True), part.end + 1)


def time_cells(taken: Segments, marks: Int64Array) -> Iterator[Cells]:
    """Yield how long (µs) segments are between marks, some whole meters at a time."""
    for part, cut in _cut(taken, marks):
        yield cut.cells(part.low, cut.inner(marks), part.high)


def gap_cells(
    frozen: Frozen, span: slice, label_of_group: Int64Array, marks: Int64Array
) -> Iterator[tuple[Segments, Cells]]:
    """Yield the gaps of the curve's `span`, and how long (µs) each is between marks, some whole meters at a time.

    A gap belongs to the label of the point at its end.
    """
    curve = frozen.curve
    if curve.after_gap is None:
        return
    place = np.flatnonzero(curve.after_gap[span]) + span.start
    label = label_of_group[frozen.curve_group[place]]
    low, high = np.maximum(curve.time[place - 1], marks[0]), np.minimum(curve.time[place], marks[-1])
    gaps = Segments(curve.meter[place].astype(np.int64), label, place - 1, place, low, high)
    gaps = gaps.part((label >= 0) & (low < high))
    yield from ((gaps, cells) for cells in time_cells(gaps, marks))


class _Cut(NamedTuple):
    """Segments and the buckets that each reaches into."""

    taken: Segments
    at: int
    """How many segments come before them."""
    first: Int64Array
    last: Int64Array

    def inner(self, marks: Int64Array) -> Int64Array:
        """Return the marks inside each segment, segment after segment."""
        return marks[concat_ranges(self.first + 1, self.last + 1)]

    def places(self, time: Int64Array, marks: Int64Array, *, after: bool) -> Int64Array:
        """Return for each of `inner` the place of the segment's first point at or after it; or strictly `after` it."""
        begin, end, count = self.taken.begin, self.taken.end, self.last - self.first
        if _SPARSE * int(count.sum()) < int((end - begin).sum()):
            which = np.repeat(np.arange(len(count)), count)
            return first_at_least(time, begin[which], end[which] + 1, self.inner(marks) + int(after))
        points = concat_ranges(begin, end + 1)
        which = np.repeat(np.arange(len(count)), end - begin + 1)
        passed = np.searchsorted(marks, time[points], side="left" if after else "right")
        passed = np.clip(passed, (self.first + 1)[which], (self.last + 1)[which])
        new = np.diff(passed, prepend=0)
        begins = np.concatenate(([0], np.cumsum(end - begin + 1)[:-1]))
        new[begins] = passed[begins] - self.first - 1
        return np.repeat(points, new)

    def cells(self, low: Int64Array, inner: Int64Array, high: Int64Array) -> Cells:
        """Return the cells of a quantity that grows along each segment, from its values at ends and inner marks."""
        count = self.last - self.first
        segment = np.arange(len(count))
        begins = np.cumsum(count + 1) - count - 1
        amount = np.empty(len(inner) + len(count), dtype=np.int64)
        until = np.arange(len(inner)) + np.repeat(segment, count)  # the cell that ends at each inner mark
        amount[until], amount[begins + count] = inner, high
        amount[until + 1] -= inner
        amount[begins] -= low
        points = begins[self.taken.low == self.taken.high]
        return Cells(np.repeat(segment + self.at, count + 1), concat_ranges(self.first, self.last + 1), amount, points)


def _cut(taken: Segments, marks: Int64Array) -> Iterator[tuple[Segments, _Cut]]:
    """Yield the segments, some whole meters at a time, and the buckets that they reach into."""
    first, last = taken.buckets(marks)
    for where in whole_meters(taken.meter, last - first + 1, _CELLS):
        part = taken.part(where)
        yield part, _Cut(part, where.start, first[where], last[where])


def _at(curve: Curve, taken: Segments, instant: Int64Array) -> Int64Array:
    """Return C (Wh) of segments at an instant (µs UTC) of each."""
    return curve.energy_at(first_at_least(curve.time, taken.begin, taken.end + 1, instant), instant)


def _alike(
    rows: ByMeter, groups: NDArray[np.int32], span: slice, label_of_group: Int64Array, begins: NDArray[np.bool_]
) -> tuple[Int64Array, Int64Array, Int64Array, Int64Array, NDArray[np.bool_]]:
    """Return the runs of one label: meter and label, the places of first and last, and whether it begins by itself.

    A new run begins in any case where `begins` says so.
    """
    meter = rows.meter[span]
    label = label_of_group[groups[span]]
    new = begins.copy()
    new[1:] |= label[1:] != label[:-1]
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(meter)) - 1 if len(meter) else first
    return meter[first].astype(np.int64), label[first], first + span.start, last + span.start, begins[first]
