"""The index of readings: by meter and time, and by attributes and day.

A reading is a *row*: rows 0 to H-1 are history in order of (meter, time), row H+i is the i-th reading since the
last close. Two orders, each an ordered map of runs (see columns/sorted_runs.py), lead from a question to rows:

    order       key of a run                 order inside a run
    meter       meter code                   instant, µs UTC
    day         group, UTC day               instant, µs UTC

A question has *windows* of time, (start, end]. A day is one, a time of day over a year is 365, and each is cut out of
the runs exactly, wherever it ends. So no row is read that is not in the answer.

With n readings, g groups, w windows and k rows to answer:

    row_at, rows_before, rows_after          O(log n + k)
    select by group, by time                 O(g log n + g w log n + k)
    select by meter and anything else        O(log n + m), m that meter's readings between the windows' ends
    extend by b readings of c meters         O(b log b + c); the day order follows at the next select
    regroup c meters                         O(c); the next select by groups sorts their rows
    build                                    O(n) at once, and O(n log n) outside the GIL when a question first needs it

Memory: history costs 8 bytes a reading (its row in the day order, its group) beside its columns, which are the meter
order themselves; a live reading about 45. Keys repeat freely, nothing is lost by it: meters that are read at the same
moment are rows of one run.

One thread extends and regroups an index, and asks for what is around a reading; `select` is for any thread.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.columns import (
    LEAF_LOAD,
    Columns,
    FrozenRuns,
    GrowingColumn,
    LiveRun,
    LiveRuns,
    Span,
    Windows,
    lie_within,
    run_edges,
)
from metertui.engine.index.day_order import DayOrder, RunParts, day_keys, group_of, key_spans
from metertui.engine.index.meter_codes import GroupsInTime

_NO_ROWS: Final[Int64Array] = np.empty(0, dtype=np.int64)


class ReadingIndex:
    """Rows by meter and time, and by group and day. Groups are codes: positions in a list of Group."""

    def __init__(self, columns: Columns, group: NDArray[np.int32], load: int = LEAF_LOAD) -> None:
        """Index history: `group[i]` is the group code of columns row i; both are kept, and never written to.

        `load` is the number of keys a leaf of the trees; small ones are for tests. Raises ValueError where the
        lengths differ.
        """
        if len(columns) != len(group):
            raise ValueError("a group for each reading")
        self._history = len(columns)
        self._columns = columns
        edges = run_edges(columns.meter)
        self._by_meter = FrozenRuns(columns.meter[edges[:-1]].astype(np.int64), edges, columns.time, None, load)
        self._by_day = DayOrder(group, columns.time, load)
        self._live_by_meter = LiveRuns(load)
        self._live_time = GrowingColumn(np.int64)
        self._live_by_day = _LiveDays(self._history, self._live_time, GrowingColumn(np.int32), load)
        self._moved: _MovedMeters | None = None

    def __len__(self) -> int:
        """Return how many readings are indexed: the row that the next one gets."""
        return self._history + len(self._live_time)

    def build(self, run_parts: RunParts = map) -> None:
        """Build the day order now, its parts by `run_parts`, so that no question waits for it. Any thread."""
        self._by_day.build(run_parts)

    @property
    def is_built(self) -> bool:
        """Return whether the day order is there."""
        return self._by_day.is_built

    # -- growing -----------------------------------------------------------------------------------------

    def extend(self, codes: NDArray[np.int32], times: NDArray[np.int64], groups: NDArray[np.int32]) -> None:
        """Add newly stored readings as the next rows: meter codes, µs UTC, group codes; equal lengths."""
        if not len(codes) == len(times) == len(groups):
            raise ValueError("a reading is a code, a time and a group: equal lengths")
        if len(codes):
            first = len(self)
            self._live_by_meter.extend(codes, times, np.arange(first, first + len(codes), dtype=np.int64))
            self._live_by_day.group.append(groups)
            self._live_time.append(times)

    def regroup(self, codes: Iterable[int], groups: GroupsInTime) -> None:
        """Take the groups of meters from the attributes as they are now, after some were changed for the past too.

        The orders stay. The next `select` by groups sorts the rows of these meters, and takes them from there.
        """
        before = () if self._moved is None else self._moved.codes
        self._moved = _MovedMeters(frozenset(before).union(codes), groups, len(self))

    # -- one meter ---------------------------------------------------------------------------------------

    def row_at(self, code: int, time: int) -> int | None:
        """Return the row of a meter's reading at the instant `time` (µs UTC); None without one."""
        live = self._live_by_meter.run(code)
        if live is not None:
            at = bisect_left(live.times, time)
            if at < len(live.times) and live.times[at] == time:
                return live.rows[at]
        span = self._by_meter.run(code)
        row = self._by_meter.cut(span, time)
        return row if row < span[1] and self._columns.time[row] == time else None

    def rows_before(self, code: int, time: int, count: int) -> list[tuple[int, int]]:
        """Return the last `count` readings of a meter before `time` (µs UTC), as (time, row) in time order."""
        span = self._by_meter.run(code)
        stop = self._by_meter.cut(span, time)
        found = self._pairs(max(span[0], stop - count), stop)
        live = self._live_by_meter.run(code)
        if live is not None:
            stop = bisect_left(live.times, time)
            found += _live_pairs(live, max(0, stop - count), stop)
            found.sort()
        return found[-count:]

    def rows_after(self, code: int, time: int, count: int) -> list[tuple[int, int]]:
        """Return the first `count` readings of a meter after `time` (µs UTC), as (time, row) in time order."""
        span = self._by_meter.run(code)
        start = self._by_meter.cut(span, time + 1)
        found = self._pairs(start, min(span[1], start + count))
        live = self._live_by_meter.run(code)
        if live is not None:
            start = bisect_right(live.times, time)
            found += _live_pairs(live, start, start + count)
            found.sort()
        return found[:count]

    def count_between(self, code: int, start: int, stop: int) -> int:
        """Return how many readings of a meter there are from one instant to before another (µs UTC)."""
        span, live = self.runs_of(code)
        count = self._by_meter.cut(span, stop) - self._by_meter.cut(span, start)
        if live is not None:
            count += bisect_left(live.times, stop) - bisect_left(live.times, start)
        return count

    def runs_of(self, code: int) -> tuple[Span, LiveRun | None]:
        """Return where a meter's readings are: their span of history, and the run of those since; None without any."""
        return self._by_meter.run(code), self._live_by_meter.run(code)

    def _pairs(self, start: int, stop: int) -> list[tuple[int, int]]:
        return list(zip(self._columns.time[start:stop].tolist(), range(start, stop), strict=False))

    # -- any question ------------------------------------------------------------------------------------

    def select(
        self,
        meter: int | None = None,
        groups: Iterable[int] | None = None,
        windows: Windows | None = None,
        limit: int | None = None,
    ) -> Int64Array:
        """Return the rows that meet every condition given, each once (int64): of one meter in time order, else in any.

        `meter` is a meter code, `groups` group codes. Rows from `limit` on are left out: they came after the moment
        that is asked about. Any thread, with a limit that is no more than the length of the index.
        """
        limit = len(self) if limit is None else limit
        chosen = None if groups is None else sorted(set(groups))
        if (windows is not None and not len(windows)) or chosen == []:
            return _NO_ROWS
        if meter is not None:
            return self._rows_of_meter(meter, chosen, windows, limit)
        if chosen is None and windows is None:
            return np.arange(limit, dtype=np.int64)
        moved = self._moved
        live = self._live_by_day.select(chosen, windows, limit)
        rows = np.concatenate((self._by_day.select(chosen, windows), live))
        if moved is None or chosen is None:
            return rows
        return moved.replace(rows, chosen, windows, limit, self._rows_and_times)

    def _rows_of_meter(self, code: int, groups: list[int] | None, windows: Windows | None, limit: int) -> Int64Array:
        rows, times = self._rows_and_times(code, windows, limit)
        return rows if groups is None else rows[np.isin(self._groups_of(code, rows, times), groups)]

    def _rows_and_times(self, code: int, windows: Windows | None, limit: int) -> tuple[Int64Array, Int64Array]:
        """Return the rows before `limit` of a meter in these windows (None: ever), and their instants, by time."""
        low, high = span = self._by_meter.run(code)
        if windows is not None:
            low = self._by_meter.cut(span, int(windows[0, 0]) + 1)
            high = self._by_meter.cut(span, int(windows[-1, 1]) + 1)
        rows = np.arange(low, high, dtype=np.int64)
        times = self._columns.time[low:high]
        run = self._live_by_meter.run(code)
        if run is not None:
            late = np.array(run.rows[:], dtype=np.int64)  # a copy: the owner's thread may be adding to the run
            late = late[late < limit]
            rows = np.concatenate((rows, late))
            times = np.concatenate((times, self._live_time.take(late - self._history)))
            order = np.lexsort((rows, times))
            rows, times = rows[order], times[order]
        if windows is not None:
            within = lie_within(times, windows)
            rows, times = rows[within], times[within]
        return rows, times

    def _groups_of(self, code: int, rows: Int64Array, times: Int64Array) -> NDArray[np.int32]:
        moved = self._moved
        groups = np.empty(len(rows), dtype=np.int32)
        old = rows < self._history
        groups[old] = self._by_day.group[rows[old]]
        groups[~old] = self._live_by_day.group.take(rows[~old] - self._history)
        if moved is not None and code in moved.codes:
            early = rows < moved.limit
            groups[early] = moved.groups.groups_of(np.full(np.count_nonzero(early), code, np.int32), times[early])
        return groups

    def _check(self) -> None:
        """Raise AssertionError for a broken invariant; takes far longer than a rebuild."""
        self._by_meter._check(self._columns.meter)
        assert len(self._by_day.group) == self._history, "each reading of history has a group"
        self._by_day._check()
        live = len(self._live_time)
        assert len(self._live_by_meter) == live == len(self._live_by_day.group), "live columns are in step"
        codes = np.full(live, -1)
        for code, run in self._live_by_meter.directory.items():
            codes[np.array(run.rows) - self._history] = code
        self._live_by_meter._check(codes, self._live_time.part(0, live), self._history)
        self._live_by_day._check()
        if self._moved is not None:
            self._moved._check(self._rows_and_times)


_RowsAndTimes = Callable[[int, Windows | None, int], tuple[Int64Array, Int64Array]]


class _MovedMeters:
    """The day order of meters whose groups changed after the other orders were begun. Any thread; it never changes.

    It has the rows before `limit`: later ones came into their groups by themselves.
    """

    def __init__(self, codes: frozenset[int], groups: GroupsInTime, limit: int) -> None:
        self.codes = codes
        self.groups = groups
        self.limit = limit
        self._lock = threading.Lock()
        self._built: tuple[Int64Array, DayOrder] | None = None

    def replace(
        self, found: Int64Array, groups: list[int], windows: Windows | None, limit: int, rows_of: _RowsAndTimes
    ) -> Int64Array:
        """Return rows that the other orders found for a question, with those of the moved meters by their groups."""
        rows, order = self._build(rows_of)
        if not len(rows):
            return found
        at = np.minimum(rows.searchsorted(found), len(rows) - 1)
        moved = rows[order.select(groups, windows)]
        return np.concatenate((found[rows[at] != found], moved[moved < limit]))

    def _build(self, rows_of: _RowsAndTimes) -> tuple[Int64Array, DayOrder]:
        """Return the rows, ascending, and the order of their places. The first that asks pays for it."""
        with self._lock:
            if self._built is None:
                codes = sorted(self.codes)
                parts = [rows_of(code, None, self.limit) for code in codes]
                rows = np.concatenate([_NO_ROWS, *(rows for rows, _ in parts)])
                times = np.concatenate([_NO_ROWS, *(times for _, times in parts)])
                meter = np.repeat(np.array(codes, dtype=np.int32), [len(rows) for rows, _ in parts])
                order = rows.argsort(kind="stable")
                group = self.groups.groups_of(meter, times)
                self._built = rows[order], DayOrder(group[order], times[order])
            return self._built

    def _check(self, rows_of: _RowsAndTimes) -> None:
        rows, order = self._build(rows_of)
        assert (np.diff(rows) > 0).all(), "each row is here once"
        order._check()


class _LiveDays:
    """The day order of the readings since the last close. Who asks brings it up to date, in whatever thread.

    So ingest does nothing for it: one thread appends to the two columns, the groups first.
    """

    def __init__(self, first: int, time: GrowingColumn, group: GrowingColumn, load: int) -> None:
        """Take the row of the first reading, and the columns of instants (µs UTC) and group codes."""
        self.group = group
        self._first = first
        self._time = time
        self._lock = threading.Lock()
        self._runs = LiveRuns(load)

    def select(self, groups: list[int] | None, windows: Windows | None, limit: int) -> Int64Array:
        """Return the rows before `limit` of these groups (None: of all) in these windows (None: ever)."""
        with self._lock:
            self._catch_up()
            chosen = self._groups() if groups is None else groups
            rows = self._runs.select(key_spans(chosen, windows), windows)
        return rows[rows < limit]

    def _catch_up(self) -> None:
        done, end = len(self._runs), len(self._time)
        if done < end:
            times = self._time.part(done, end)
            rows = np.arange(self._first + done, self._first + end, dtype=np.int64)
            self._runs.extend(day_keys(self.group.part(done, end), times), times, rows)

    def _groups(self) -> list[int]:
        return sorted({group_of(key) for key in self._runs.directory})

    def _check(self) -> None:
        done = len(self._runs)
        times = self._time.part(0, done)
        self._runs._check(day_keys(self.group.part(0, done), times), times, self._first)


def _live_pairs(run: LiveRun, start: int, stop: int) -> list[tuple[int, int]]:
    return list(zip(run.times[start:stop], run.rows[start:stop], strict=True))
