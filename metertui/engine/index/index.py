"""The index of readings: by meter and time, by attributes and day, by attributes and time of day.

A reading is a *row*: rows 0 to H-1 are history in order of (meter, time), row H+i is the i-th reading since the
last close. Three orders, each an ordered map of runs (see columns/sorted_runs.py), lead from a question to rows:

    order       key of a run                 value inside a run
    meter       meter code                   instant, µs UTC
    day         group, local day             wall clock within the day, µs
    slot        group, half-hour of the day  local day

With n readings, r runs that match, k rows to answer:

    find, before, after                      O(log n + k)
    rows_of                                  O(log n + k), and k log k more where live rows are among them
    select by group, day, clock              O(r log n + k), r the fewer of the matching runs by day and by slot
    select by meter and anything else        O(log n + m), m the readings of that meter on these days
    extend by b readings of c meters         O(b log b + c); the day and slot orders follow at the next select
    build                                    O(n log n), nearly all of it numpy's sorting outside the GIL

Memory: history costs 24 bytes a reading (the row and the value in the day and slot orders, its group) beside
its columns, which are the meter order themselves; a live reading about 65. Keys repeat freely, nothing is lost
by it: meters that are read at the same moment are pairs of one run.

A ReadingIndex is for one thread at a time. `build` only reads what it is given: it may run in any thread.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, HALF_HOUR, Int64Array, SiteZone
from metertui.engine.columns import LEAF_LOAD, Columns, FrozenRuns, GrowingColumn, LiveRun, LiveRuns, Span
from metertui.engine.index.orders import BEYOND_DAYS, FIRST_DAY, build_order, day_pairs, group_of, key_of, slot_pairs

_NO_ROWS: Final[Int64Array] = np.empty(0, dtype=np.int64)


class ReadingIndex:
    """Rows by meter and time, group, local day and time of day. Groups are codes: positions in a list of Group."""

    def __init__(self, columns: Columns, group: NDArray[np.int32], zone: SiteZone, load: int = LEAF_LOAD) -> None:
        """Not for callers: use `build`."""
        self._zone = zone
        self._load = load
        self._history = len(columns)
        self._columns = columns
        self._group = group
        self._by_meter = FrozenRuns(columns.meter, columns.time, None, load)
        self._sort_history()
        self._live_by_meter = LiveRuns(load)
        self._live_by_day, self._live_by_slot = LiveRuns(load), LiveRuns(load)
        self._live_time, self._live_group = GrowingColumn(np.int64), GrowingColumn(np.int32)

    @classmethod
    def build(cls, columns: Columns, group: NDArray[np.int32], zone: SiteZone, load: int = LEAF_LOAD) -> ReadingIndex:
        """Build the index of history.

        `group[i]` is the group code of columns row i; both are kept, and never written to.

        `load` is the number of keys a leaf of the trees; small ones are for tests. Raises ValueError where the
        lengths differ.
        """
        if len(columns) != len(group):
            raise ValueError("a group for each reading")
        return cls(columns, group, zone, load)

    def __len__(self) -> int:
        """Return how many readings are indexed: the row that the next one gets."""
        return self._history + len(self._live_time)

    # -- growing -----------------------------------------------------------------------------------------

    def extend(self, codes: NDArray[np.int32], times: NDArray[np.int64], groups: NDArray[np.int32]) -> None:
        """Add newly stored readings as the next rows: meter codes, µs UTC, group codes; equal lengths."""
        if not len(codes) == len(times) == len(groups):
            raise ValueError("a reading is a code, a time and a group: equal lengths")
        if len(codes):
            first = len(self)
            self._live_by_meter.extend(codes, times, np.arange(first, first + len(codes), dtype=np.int64))
            self._live_time.append(times)
            self._live_group.append(groups)

    def regroup(self, rows: Int64Array, groups: NDArray[np.int32]) -> None:
        """Move `rows` to `groups`, after an account's attributes were changed for the past too.

        The next `select` by anything but a meter pays for it: a catch-up of all live rows, or a sort of all history.
        """
        old = rows < self._history
        if old.any():
            group = self._group.copy()
            group[rows[old]] = groups[old]
            self._group = group
            self._stale = True
        if not old.all():
            group = self._live_group.part(0, len(self._live_group)).copy()
            group[rows[~old] - self._history] = groups[~old]
            self._live_group = GrowingColumn(np.int32)
            self._live_group.append(group)
            self._live_by_day, self._live_by_slot = LiveRuns(self._load), LiveRuns(self._load)

    # -- one meter ---------------------------------------------------------------------------------------

    def row_at(self, code: int, time: int) -> int | None:
        """Return the row of a meter's reading at the instant `time` (µs UTC); None without one."""
        live = self._live_by_meter.run(code)
        if live is not None:
            at = bisect_left(live.values, time)
            if at < len(live.values) and live.values[at] == time:
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
            stop = bisect_left(live.values, time)
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
            start = bisect_right(live.values, time)
            found += _live_pairs(live, start, start + count)
            found.sort()
        return found[:count]

    def runs_of(self, code: int) -> tuple[Span, LiveRun | None]:
        """Return where a meter's readings are: their span of history, and the run of those since; None without any."""
        return self._by_meter.run(code), self._live_by_meter.run(code)

    def rows_of_meter(self, code: int, start: int | None = None, end: int | None = None) -> Int64Array:
        """Return the rows of a meter's readings in (start, end], µs UTC, in time order (int64). None: no bound."""
        return self._timed_rows(code, start, end)[1]

    # -- many meters -------------------------------------------------------------------------------------

    def select_rows(
        self,
        meter: int | None = None,
        groups: Iterable[int] | None = None,
        days: Span | None = None,
        clock: Span | None = None,
    ) -> Int64Array:
        """Return the rows that meet every condition given, each once (int64): of one meter in time order, else in any.

        `meter` is a meter code, `groups` group codes, `days` local days since 1970-01-01 from the first to before
        the second, `clock` µs of the local wall clock within the day from the first to before the second.
        """
        if days is not None:
            days = max(days[0], FIRST_DAY), min(days[1], BEYOND_DAYS)
        if clock is not None:
            clock = max(clock[0], 0), min(clock[1], DAY)
            clock = None if clock == (0, DAY) else clock
        if any(condition is not None and condition[0] >= condition[1] for condition in (days, clock)):
            return _NO_ROWS
        if meter is not None:
            return self._rows_of_meter(meter, None if groups is None else set(groups), days, clock)
        if groups is None and days is None and clock is None:
            return np.arange(len(self), dtype=np.int64)
        self._catch_up()
        return self._rows_of_groups(self._groups() if groups is None else sorted(set(groups)), days, clock)

    def _rows_of_groups(self, groups: list[int], days: Span | None, clock: Span | None) -> Int64Array:
        first, last = days or (FIRST_DAY, BEYOND_DAYS)
        by_day = [(key_of(group, first), key_of(group, last)) for group in groups]
        found = self._by_day, self._live_by_day, by_day, clock
        if clock is not None and clock[0] % HALF_HOUR == 0 and clock[1] % HALF_HOUR == 0:
            by_slot = [(key_of(group, clock[0] // HALF_HOUR), key_of(group, clock[1] // HALF_HOUR)) for group in groups]
            if _count(self._by_slot, self._live_by_slot, by_slot) < _count(self._by_day, self._live_by_day, by_day):
                found = self._by_slot, self._live_by_slot, by_slot, days
        frozen, live, spans, within = found
        return np.concatenate((frozen.select(spans, within), live.select(spans, within)))

    def _rows_of_meter(self, code: int, groups: set[int] | None, days: Span | None, clock: Span | None) -> Int64Array:
        start = end = None
        if days is not None:
            # The wall clock is never a day ahead of UTC nor behind it: what lies further out needs no look.
            start, end = (days[0] - 1) * DAY, (days[1] + 1) * DAY
        times, rows = self._timed_rows(code, start, end)
        keep = np.ones(len(rows), dtype=bool)
        if groups is not None:
            keep &= np.isin(self._groups_of(rows), list(groups))
        if days is not None or clock is not None:
            day, moment = np.divmod(self._zone.wall_clock(times), DAY)
            if days is not None:
                keep &= (day >= days[0]) & (day < days[1])
            if clock is not None:
                keep &= (moment >= clock[0]) & (moment < clock[1])
        return rows[keep]

    # -- inside ------------------------------------------------------------------------------------------

    def _sort_history(self) -> None:
        wall = self._zone.wall_clock(self._columns.time)
        self._by_day = build_order(day_pairs, self._group, wall, self._load)
        self._by_slot = build_order(slot_pairs, self._group, wall, self._load)
        self._stale = False

    def _catch_up(self) -> None:
        """Bring the day and slot orders up to the last change and reading."""
        if self._stale:
            self._sort_history()
        done = len(self._live_by_day)
        if done == len(self._live_time):
            return
        group = self._live_group.part(done, len(self._live_group))
        wall = self._zone.wall_clock(self._live_time.part(done, len(self._live_time)))
        rows = np.arange(self._history + done, len(self), dtype=np.int64)
        self._live_by_day.extend(*day_pairs(group, wall), rows)
        self._live_by_slot.extend(*slot_pairs(group, wall), rows)

    def _timed_rows(self, code: int, start: int | None, end: int | None) -> tuple[Int64Array, Int64Array]:
        """Return times and rows of a meter's readings in (start, end], in time order; fresh or read-only arrays."""
        low, high = span = self._by_meter.run(code)
        if start is not None:
            low = self._by_meter.cut(span, start + 1)
        if end is not None:
            high = self._by_meter.cut(span, end + 1)
        times, rows = self._columns.time[low:high], np.arange(low, high, dtype=np.int64)
        live = self._live_by_meter.run(code)
        if live is not None:
            low = 0 if start is None else bisect_right(live.values, start)
            high = len(live.values) if end is None else bisect_right(live.values, end)
            times = np.concatenate((times, np.array(live.values[low:high], dtype=np.int64)))
            rows = np.concatenate((rows, np.array(live.rows[low:high], dtype=np.int64)))
            order = times.argsort(kind="stable")
            times, rows = times[order], rows[order]
        return times, rows

    def _pairs(self, start: int, stop: int) -> list[tuple[int, int]]:
        return list(zip(self._columns.time[start:stop].tolist(), range(start, stop), strict=False))

    def _groups(self) -> list[int]:
        """Return the group codes that readings have, in order: one look-up in the trees for each."""
        found = set()
        for directory in (self._by_day.directory, self._live_by_day.directory):
            at = 0
            while at < len(directory):
                group = group_of(directory.keys()[at])
                found.add(group)
                at = directory.bisect_left(key_of(group + 1, FIRST_DAY))
        return sorted(found)

    def _groups_of(self, rows: Int64Array) -> NDArray[np.int32]:
        groups = np.empty(len(rows), dtype=np.int32)
        old = rows < self._history
        groups[old] = self._group[rows[old]]
        groups[~old] = self._live_group.take(rows[~old] - self._history)
        return groups

    def _check(self) -> None:
        """Raise AssertionError for a broken invariant; takes far longer than a rebuild."""
        self._by_meter._check(self._columns.meter, self._columns.time)
        if not self._stale:
            wall = self._zone.wall_clock(self._columns.time)
            self._by_day._check(*day_pairs(self._group, wall))
            self._by_slot._check(*slot_pairs(self._group, wall))
        assert len(self._live_by_meter) == len(self._live_time) == len(self._live_group), "live columns are in step"
        codes = np.full(len(self._live_time), -1)
        for code, run in self._live_by_meter.directory.items():
            codes[np.array(run.rows) - self._history] = code
        self._live_by_meter._check(codes, self._live_time.part(0, len(self._live_time)), self._history)
        caught_up = len(self._live_by_day)
        group = self._live_group.part(0, caught_up)
        wall = self._zone.wall_clock(self._live_time.part(0, caught_up))
        self._live_by_day._check(*day_pairs(group, wall), self._history)
        self._live_by_slot._check(*slot_pairs(group, wall), self._history)


def _count(frozen: FrozenRuns, live: LiveRuns, spans: list[Span]) -> int:
    return frozen.count(spans) + live.count(spans)


def _live_pairs(run: LiveRun, start: int, stop: int) -> list[tuple[int, int]]:
    return list(zip(run.values[start:stop], run.rows[start:stop], strict=True))
