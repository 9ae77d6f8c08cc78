"""Intervals of files among the readings of a list, each with what was used in it.

What an interval states is in its own row. A reading's row has what its step has beyond that: the energy of the time
that no interval covers. So the usages of a meter's rows sum to what it used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.columns import NO_REGISTER, Columns, Curve, IntervalColumns, tail_columns
from metertui.engine.usage.intervals import Listed, list_readings
from metertui.engine.vee import rules


def list_all(
    columns: Columns, status: NDArray[np.uint8], reads: Curve, curve: Curve, intervals: IntervalColumns
) -> Listed:
    """Return stored readings, exchanges and intervals, given the curve of reads alone and that with the intervals.

    The source of an interval is its place behind the rows of the columns. O(n) in numpy.
    """
    listed = list_readings(columns, status, reads)
    if not len(intervals):
        return listed
    listed = _beyond_intervals(listed, curve, intervals)
    until, _ = _places(curve, intervals.meter, intervals.end)
    since, _ = _places(curve, intervals.meter, intervals.start)
    of_intervals = Listed(
        intervals.meter,
        intervals.end,
        np.full(len(intervals), NO_REGISTER, dtype=np.int64),
        np.full(len(intervals), rules.INTERVAL, dtype=np.uint8),
        curve.energy[until] - curve.energy[since],
        intervals.end - intervals.start,
        len(columns) + np.arange(len(intervals), dtype=np.int64),
    )
    at, _ = _places(listed, intervals.meter, intervals.end)
    pairs: Iterator[tuple[NDArray[Any], NDArray[Any]]] = zip(listed, of_intervals, strict=True)
    return Listed(*(np.insert(read, at, stated) for read, stated in pairs))


def list_history(
    columns: Columns,
    status: NDArray[np.uint8],
    reads: Curve,
    curve: Curve,
    intervals: IntervalColumns,
    former: IntervalColumns,
) -> tuple[Listed, IntervalColumns]:
    """Return the same with `former` values of intervals, which have no usage, and all intervals, as the sources say.

    A former value stands at the end of its interval, before the one that took its place there.
    """
    listed = list_all(columns, status, reads, curve, intervals)
    if not len(former):
        return listed, intervals
    standing, at = (
        Columns(intervals.meter, intervals.end, intervals.start),
        Columns(former.meter, former.end, former.start),
    )
    place, known = tail_columns.locate_rows(standing, at.meter, at.time)
    known[known] = standing.wh[place[known]] == at.wh[known]
    of_former = Listed(
        former.meter,
        former.end,
        np.full(len(former), NO_REGISTER, dtype=np.int64),
        np.where(known, rules.REPLACED, rules.WITHDRAWN).astype(np.uint8),
        np.full(len(former), -1, dtype=np.int64),
        former.end - former.start,
        len(columns) + len(intervals) + np.arange(len(former), dtype=np.int64),
    )
    order = np.lexsort((former.end, former.meter))
    row, _ = _places(listed, former.meter[order], former.end[order])
    pairs: Iterator[tuple[NDArray[Any], NDArray[Any]]] = zip(listed, of_former, strict=True)
    names = [field.name for field in fields(IntervalColumns)]
    every = (np.concatenate((getattr(intervals, name), getattr(former, name))) for name in names)
    return Listed(*(np.insert(each, row, gone[order]) for each, gone in pairs)), IntervalColumns(*every)


def _beyond_intervals(listed: Listed, curve: Curve, intervals: IntervalColumns) -> Listed:
    """Return readings with the usage that their steps have beyond intervals; without one where these cover the step."""
    rows = np.flatnonzero((listed.used >= 0) & np.isin(listed.meter, intervals.codes))
    uncovered = ~intervals.cover(curve.meter, curve.time)
    energy = np.cumsum(np.where(uncovered, np.diff(curve.energy, prepend=0), 0))
    time = np.cumsum(np.where(uncovered, np.diff(curve.time, prepend=0), 0))
    meter, end = listed.meter[rows], listed.time[rows]
    until, _ = _places(curve, meter, end)
    since, _ = _places(curve, meter, end - listed.length[rows])
    used = listed.used.copy()
    used[rows] = np.where(time[until] > time[since], energy[until] - energy[since], -1)
    return listed._replace(used=used)


def _places(rows: Listed | Curve, meter: NDArray[np.int32], time: Int64Array) -> tuple[Int64Array, NDArray[np.bool_]]:
    """Return the first row of each meter at or after an instant (µs UTC), or where it would be; see `locate_rows`."""
    return tail_columns.locate_rows(Columns(rows.meter, rows.time, rows.wh), meter, time)
