"""C(t) from register reads and intervals together.

Inside an interval its energy is drawn evenly. In the step between two counted reads the time that no interval covers
shares, evenly, what the step has beyond its intervals, which is never less than nothing. Where neither is known,
between times that are, lies a gap: C is level there, and the point at its end says so.

Energy is summed in whole µWh, and C is that sum, rounded half-even to Wh, at each point. So neither the order of
imports nor how an interval is cut changes a figure.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.columns import (
    DRAWN,
    NO_REGISTER,
    READ,
    UWH_PER_WH,
    Curve,
    IntervalColumns,
    cumulative_wh,
    in_one,
    interpolate,
)


def join_intervals(curve: Curve, intervals: IntervalColumns) -> Curve:
    """Return the curve of register reads with intervals, of which no two of a meter overlap, in it.

    It is the curve itself where there are no intervals.
    """
    if not len(intervals):
        return curve
    concerned = np.isin(curve.meter, np.unique(intervals.meter))
    joined, rest = _joined(curve.part(concerned), intervals), curve.part(~concerned)
    return in_one(rest, joined)


class _Points(NamedTuple):
    """The instants of register reads and of the ends of intervals, in order of (meter, time), each once."""

    meter: NDArray[np.int32]
    time: Int64Array
    read: Int64Array
    """The place of each point of the register curve among them, ascending."""
    start: Int64Array
    """The places of the starts of intervals, ascending, and of their ends."""
    end: Int64Array


def _joined(curve: Curve, intervals: IntervalColumns) -> Curve:
    """Do the same for meters all of which have intervals."""
    points = _points(curve, intervals)
    count = len(points.time)
    energy, gap = _segments(points, curve, intervals)
    wh, base = np.full((2, count), NO_REGISTER, dtype=np.int64)
    wh[points.read], base[points.read] = curve.wh, curve.base
    known = np.full(count, DRAWN, dtype=np.uint8)
    is_read = np.zeros(count, dtype=bool)
    is_read[points.read] = True
    known[is_read] = READ if curve.known is None else curve.known
    rise = np.zeros(count, dtype=np.int64)
    if curve.rise is not None:
        rise[points.read] = curve.rise
    inside = np.zeros(count, dtype=np.int64)
    long = points.end - points.start > 1
    np.add.at(inside, points.start[long] + 1, 1)
    np.add.at(inside, points.end[long], -1)
    known[np.cumsum(inside) > 0] = DRAWN
    stated = ~is_read[points.end]
    known[points.end[stated]] = intervals.quality[stated]
    return Curve(
        points.meter,
        points.time,
        wh,
        base,
        cumulative_wh(points.meter, energy // UWH_PER_WH, energy % UWH_PER_WH),
        after_gap=gap if gap.any() else None,
        known=known,
        rise=None if curve.rise is None else rise,
    )


def _points(curve: Curve, intervals: IntervalColumns) -> _Points:
    meter = np.concatenate((curve.meter, intervals.meter, intervals.meter))
    time = np.concatenate((curve.time, intervals.start, intervals.end))
    order = np.lexsort((time, meter))
    meter, time = meter[order], time[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (meter[1:] != meter[:-1]) | (time[1:] != time[:-1])
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.cumsum(new) - 1
    reads, split = len(curve), len(curve) + len(intervals)
    return _Points(meter[new], time[new], place[:reads], place[reads:split], place[split:])


def _segments(points: _Points, curve: Curve, intervals: IntervalColumns) -> tuple[Int64Array, NDArray[np.bool_]]:
    """Return the energy (µWh) of the time before each point, int64[n], and whether nothing is known of it, bool[n].

    A meter's first point has none.
    """
    meter, time, count = points.meter, points.time, len(points.time)
    before = np.maximum(np.arange(count) - 1, 0)
    inner = np.zeros(count, dtype=bool)
    inner[1:] = meter[1:] == meter[:-1]
    # The interval that covers the time before each point; they do not overlap.
    turns = np.zeros(count + 1, dtype=np.int64)
    np.add.at(turns, points.start + 1, 1)
    np.add.at(turns, points.end + 1, -1)
    covered = np.cumsum(turns)[:count] > 0
    begun = np.zeros(count + 1, dtype=np.int64)
    np.add.at(begun, points.start + 1, 1)
    which = (np.cumsum(begun)[:count] - 1)[covered]
    start, end, whole = intervals.start[which], intervals.end[which], intervals.energy[which]
    none = np.zeros_like(whole)
    energy = np.zeros(count, dtype=np.int64)
    energy[covered] = interpolate(none, whole, start, end, time[covered]) - interpolate(
        none, whole, start, end, time[before][covered]
    )
    # The step that the time before each point lies in.
    is_read = np.zeros(count + 1, dtype=np.int64)
    is_read[points.read + 1] = 1
    step = np.cumsum(is_read)[:count] - 1
    has_next = np.append(curve.meter[1:] == curve.meter[:-1], False)
    stepping = inner & (step >= 0)
    stepping[stepping] = has_next[step[stepping]] & (curve.meter[step[stepping]] == meter[stepping])
    rest = np.where(has_next, np.diff(curve.energy, append=0), 0) * UWH_PER_WH
    taken = stepping & covered
    np.subtract.at(rest, step[taken], energy[taken])
    rest = np.maximum(rest, 0)
    open_time = np.where(stepping & ~covered, time - time[before], 0)
    passed = np.cumsum(open_time)
    at_read = passed[points.read] if len(points.read) else passed[:0]
    length = np.diff(at_read, append=0)
    free = stepping & ~covered
    of = step[free]
    none = np.zeros_like(of)
    until = passed[free] - at_read[of]
    energy[free] = interpolate(none, rest[of], none, length[of], until) - interpolate(
        none, rest[of], none, length[of], until - open_time[free]
    )
    return energy, inner & ~covered & ~stepping
