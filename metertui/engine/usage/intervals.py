"""The intervals between points of the curve, cut where figures are separated: at midnights, at the edges of tariffs.

An interval is cut by C(t), so its pieces sum to it, to the watt-hour. A meter's first point is one of no length and
no energy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.columns import DRAWN, ByMeter, Columns, Curve, Frozen, Sums, interpolate, run_edges, tail_columns
from metertui.engine.vee import rules

_BLOCK: Final = 500_000
"""Points of the curve in a block, some 50 MB; a meter's points are never separated."""
_PIECES: Final = 1_000_000
"""Pieces in memory at a time, some 100 MB; an interval of a year has 8,760 of an hour."""


@dataclass(frozen=True)
class Intervals:
    """Intervals that lie, at least in part, in a window, in order of (meter, time); equal lengths, int64.

    Instants are µs UTC, energies Wh.
    """

    meter: Int64Array
    """Meter codes."""
    label: Int64Array
    """The label of the attributes at the interval's later point."""
    t0: Int64Array
    t1: Int64Array
    e0: Int64Array
    e1: Int64Array
    low: Int64Array
    """Where the part in the window begins, and where it ends."""
    high: Int64Array
    sums: Sums | None = None
    """C within the intervals of meters that have several registers; None if there are none."""

    def columns(self) -> dict[str, Any]:
        """Return the columns, int64, by name."""
        return {name: column for name, column in vars(self).items() if name != "sums"}

    def part(self, where: slice | Int64Array) -> Intervals:
        """Return some of them."""
        return replace(self, **{name: column[where] for name, column in self.columns().items()})

    @property
    def roundings(self) -> int:
        """Return how many roundings, of half a Wh at most, C within an interval has."""
        return 1 if self.sums is None else self.sums.most


class Pieces(NamedTuple):
    """Pieces of intervals, none of which crosses a mark; equal lengths, int64."""

    interval: Int64Array
    """Their places among all intervals."""
    bucket: Int64Array
    """Bucket b lies between marks b and b + 1."""
    meter: Int64Array
    label: Int64Array
    used: Int64Array
    """Wh."""
    low: Int64Array
    """(low, high], µs UTC."""
    high: Int64Array

    def share_done(self, taken: Intervals) -> float:
        """Return the share of the intervals that is done with these."""
        return (int(self.interval[-1]) + 1) / len(taken.meter)


class Listed(NamedTuple):
    """Stored readings, and exchanges at which none counts, in order of (meter, time); equal lengths n."""

    meter: NDArray[np.int32]
    """Meter codes."""
    time: Int64Array
    """µs UTC."""
    wh: Int64Array
    """Register, Wh; of an exchange the final read of the old register."""
    status: NDArray[np.uint8]
    """See vee.rules; EXCHANGE for an exchange."""
    used: Int64Array
    """The energy since the point of the curve before, Wh; -1 for a meter's first point and for what does not count."""
    length: Int64Array
    """The time since then, µs; -1 where there is no energy."""
    source: Int64Array
    """The row of the columns; of an exchange ~p for its place p on the curve."""

    def take(self, where: slice | NDArray[Any]) -> Listed:
        """Return some of them."""
        return Listed._make(column[where] for column in self)


@dataclass(frozen=True, slots=True)
class Block:
    """Some whole meters."""

    curve: slice
    """Their points of the curve."""
    columns: slice
    """Their stored readings."""
    intervals: slice
    """Their intervals of files."""
    begun: float
    """The share of all meters' points and readings that lies before them."""
    part: float
    """Theirs."""

    def share_of_all(self, done: float) -> float:
        """Return the share of all that is done when this much of the block is."""
        return self.begun + done * self.part


def meter_blocks(frozen: Frozen, meter: int | None = None, most: int | None = None) -> Iterator[Block]:
    """Yield all meters, or the one of that code, some at a time, `most` at most: intervals take five times the room of
    their points."""
    low, stop = (0, len(frozen.ids)) if meter is None else (meter, meter + 1)
    curve, columns = _starts(frozen.curve, stop), _starts(frozen.standing[0], stop)
    stated = _starts(frozen.intervals, stop)
    both = curve + columns
    whole = max(1, int(both[stop] - both[low]))
    at = low
    while at < stop:
        high = max(at + 1, int(np.searchsorted(both, both[at] + 2 * _BLOCK, side="right")) - 1)
        high = min(high, at + (most or high))
        points, stored, files = (slice(int(starts[at]), int(starts[high])) for starts in (curve, columns, stated))
        yield Block(points, stored, files, float(both[at] - both[low]) / whole, float(both[high] - both[at]) / whole)
        at = high


def _starts(columns: ByMeter, meters: int) -> Int64Array:
    """Return where the runs of the first `meters` meters begin, and where the last ends."""
    known = columns.starts[: meters + 1]
    return np.concatenate((known, np.full(meters + 1 - len(known), len(columns), dtype=np.int64)))


def intervals_in_window(frozen: Frozen, span: slice, label_of_group: Int64Array, start: int, end: int) -> Intervals:
    """Return the intervals that reach into (start, end], µs UTC, of whole meters, whose points are the curve's `span`.

    One whose group has a label below 0 is left out.
    """
    curve = frozen.curve
    time, meter = curve.time[span], curve.meter[span]
    begins = curve.begins[span]
    since = np.concatenate((time[:1], time[:-1]))
    since[begins] = time[begins]
    label = label_of_group[frozen.curve_group[span]]
    taken = np.flatnonzero((label >= 0) & (since < end) & ((time > start) | (begins & (time == start))))
    t0, t1 = since[taken], time[taken]
    energy = curve.energy[span]
    return Intervals(
        meter=meter[taken].astype(np.int64),
        label=label[taken],
        t0=t0,
        t1=t1,
        e0=energy[np.where(begins[taken], taken, taken - 1)],
        e1=energy[taken],
        low=np.maximum(t0, start),
        high=np.minimum(t1, end),
        sums=curve.sums,
    )


def cut_intervals(taken: Intervals, marks: Int64Array) -> Iterator[Pieces]:
    """Yield the intervals cut at marks (µs UTC, ascending; none ends outside), some whole meters at a time."""
    first = np.searchsorted(marks, taken.low, side="right") - 1
    last = np.maximum(np.searchsorted(marks, taken.high) - 1, first)  # one of no length is in the bucket that it opens
    for where in whole_meters(taken.meter, last - first + 1, _PIECES):
        part, begin, count = taken.part(where), first[where], (last - first + 1)[where]
        which = np.repeat(np.arange(len(count)), count)
        nth = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
        bucket = begin[which] + nth
        low = np.where(nth == 0, part.low[which], marks[bucket])
        high = np.where(nth == count[which] - 1, part.high[which], marks[bucket + 1])
        used = _energy(part, which, high) - _energy(part, which, low)
        yield Pieces(which + where.start, bucket, part.meter[which], part.label[which], used, low, high)


def filed_times(meter: NDArray[np.int32], time: Int64Array, curve: Curve) -> Int64Array:
    """Return the instants (µs UTC, int64[n]) that say which windows (start, end] readings belong to.

    They are the readings' own; but a counted reading at which the curve begins, a meter's first or one after a gap,
    opens a window instead of closing one, so its is 1 µs later.
    """
    if curve.after_gap is not None:
        _, opens = tail_columns.locate_rows(curve.part(curve.begins), meter, time)
        return np.asarray(time + opens)
    first = np.full(int(meter[-1]) + 1 if len(meter) else 0, -1, dtype=np.int64)
    begins = run_edges(curve.meter)[:-1]
    begins = begins[curve.meter[begins] < len(first)]
    first[curve.meter[begins]] = curve.time[begins]
    return np.asarray(time + (first[meter] == time))


def list_readings(columns: Columns, status: NDArray[np.uint8], curve: Curve) -> Listed:
    """Return stored readings and, between them, the exchanges, each with the energy since the point before it.

    So the energies of a meter sum to its usage, also where an exchange is the last that is known. An exchange at a
    counted reading is that reading.
    """
    whole = np.arange(len(curve))
    if curve.known is not None:  # steps that are divided are whole ones here
        whole = np.flatnonzero(curve.known != DRAWN)
        curve = curve.part(whole)
    counted = np.flatnonzero(status < rules.SUSPECT)
    alone = _points_alone(Columns(columns.meter[counted], columns.time[counted], columns.wh[counted]), curve)
    rise, since = np.diff(curve.energy, prepend=0), np.diff(curve.time, prepend=0)
    begins = run_edges(curve.meter)[:-1]
    rise[begins] = since[begins] = -1
    read = np.ones(len(curve), dtype=bool)
    read[alone] = False
    used, length = np.full((2, len(columns)), -1, dtype=np.int64)
    used[counted], length[counted] = rise[read], since[read]
    source = np.arange(len(columns), dtype=np.int64)
    listed = Listed(columns.meter, columns.time, columns.wh, status, used, length, source)
    if not len(alone):
        return listed
    at, _ = tail_columns.locate_rows(columns, curve.meter[alone], curve.time[alone])
    exchanged = np.full(len(alone), rules.EXCHANGE, dtype=np.uint8)
    of_exchanges = Listed(
        curve.meter[alone], curve.time[alone], curve.wh[alone], exchanged, rise[alone], since[alone], ~whole[alone]
    )
    pairs: Iterator[tuple[NDArray[Any], NDArray[Any]]] = zip(listed, of_exchanges, strict=True)
    return Listed(*(np.insert(stored, at, new) for stored, new in pairs))


def _points_alone(counted: Columns, curve: Curve) -> Int64Array:
    """Return the places of the points of the curve at which no reading counts, ascending: exchanges."""
    if len(counted) == len(curve):
        return np.empty(0, dtype=np.int64)
    meters = max(len(curve.starts), len(counted.starts)) - 1
    more = np.diff(_starts(curve, meters)) > np.diff(_starts(counted, meters))
    places = np.flatnonzero(more[curve.meter])
    _, known = tail_columns.locate_rows(counted, curve.meter[places], curve.time[places])
    return places[~known]


def whole_meters(meter: Int64Array, counts: Int64Array, most: int) -> Iterator[slice]:
    """Yield rows in order of meters, some at a time: `most` by their counts, but a meter's are never separated."""
    until = np.cumsum(counts)
    at = 0
    while at < len(until):
        done = int(until[at - 1]) if at else 0
        # At least a row, and on to the end of its meter.
        reach = max(at, int(np.searchsorted(until, done + most, side="right")) - 1)
        stop = int(np.searchsorted(meter, meter[reach], side="right"))
        yield slice(at, stop)
        at = stop


def _energy(taken: Intervals, which: Int64Array, instant: Int64Array) -> Int64Array:
    """Return C (Wh) of the intervals `which` at instants within them."""
    found = interpolate(taken.e0[which], taken.e1[which], taken.t0[which], taken.t1[which], instant)
    if taken.sums is not None:
        meter = taken.meter[which]
        inside = np.flatnonzero(taken.sums.is_sum[meter] & (taken.t0[which] < instant) & (instant < taken.t1[which]))
        found[inside] = taken.sums.energy_at(meter[inside].astype(np.int32), instant[inside])
    return found
