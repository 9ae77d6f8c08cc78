"""All stored readings: the history of closed days, the tail since, and the index over both."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array, SiteZone
from metertui.engine.columns import Arrivals, Columns, Corrections, Frozen, FrozenTail, Span, Tail, tail_columns
from metertui.engine.index.index import ReadingIndex
from metertui.engine.index.meter_codes import GroupsInTime, MeterCodes
from metertui.engine.vee import EditLog, Point, validate

Values = Sequence[int] | NDArray[Any]

_ERAS: Final = count()
"""Numbers of the times between two changes to stored readings, in any ReadingStore."""
_BACKLOG: Final = 4096
"""Readings by which the index may lag behind. Catching up takes 1 ms where they are of 1,000 meters, 4 of 20,000; with
16,384 it took 15, for no less work.
"""


@dataclass(frozen=True)
class Rebuilt:
    """A history with its index, ready to replace the one in use.

    `taken` rows of the tail went into the history, and `indexed` of those behind them into the index.
    """

    history: Columns
    index: ReadingIndex
    taken: int
    indexed: int


class ReadingStore:
    """Columns and index, kept together. Written on one thread; other threads read by `view`."""

    def __init__(self, history: Columns, directory: MeterCodes, zone: SiteZone, events: EditLog | None = None) -> None:
        self._directory = directory
        self._zone = zone
        self._events = events
        self.history = history
        self.tail = Tail()
        self._indexed = 0
        self._index = self._build(history, directory.groups_in_time())
        self._view: View | None = None
        self._freezing = FreezeQueue()
        self._era = next(_ERAS)
        self.version = 0
        """Changes when stored readings get other attributes, which a rebuild under way has not seen."""

    def __len__(self) -> int:
        return len(self.history) + len(self.tail)

    def append(self, codes: Values, times: Values, whs: Values) -> None:
        """Add readings in order of arrival: meter codes, µs UTC, Wh; O(1) each. The index follows close behind."""
        self.tail.append(codes, times, whs)
        self._view = None
        if len(self.tail) - self._indexed >= _BACKLOG:
            self._indexed = self._extend(self._index, 0, self._indexed)

    def regroup(self, code: int, since: int) -> None:
        """Update views and the index after a meter's attributes changed from `since` (µs UTC) on."""
        self.version += 1
        self._era = next(_ERAS)
        self._view = None
        rows = self._caught_up().rows_of_meter(code, since - 1)
        if len(rows):
            meter, time, _ = self.readings_at(rows)
            self._caught_up().regroup(rows, self._directory.groups_in_time().groups_of(meter, time))

    # -- one meter: O(log n + answer) ------------------------------------------------------------------------

    def register_at(self, code: int, time: int) -> int | None:
        """Return the stored register (Wh) of a meter at an instant (µs UTC); None without one."""
        row = self._caught_up().row_at(code, time)
        return None if row is None else self._wh(row)

    def reads_before(self, code: int, time: int, count: int) -> list[Point]:
        """Return up to `count` readings right before `time` (µs UTC), in time order."""
        return [(at, self._wh(row)) for at, row in self._caught_up().rows_before(code, time, count)]

    def reads_after(self, code: int, time: int, count: int) -> list[Point]:
        """Return up to `count` readings right after `time` (µs UTC), in time order."""
        return [(at, self._wh(row)) for at, row in self._caught_up().rows_after(code, time, count)]

    def state_of(self, code: int) -> tuple[int, ...]:
        """Return a value that changes whenever a meter's readings, or edits of any meter, may have changed."""
        _, live = self._caught_up().runs_of(code)
        return self._era, code, 0 if live is None else len(live.rows)

    def readings_of(self, code: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return a meter's readings in time order: µs UTC and Wh, both int64[n]; not to be written to."""
        (start, stop), live = self._caught_up().runs_of(code)
        time, wh = self.history.time[start:stop], self.history.wh[start:stop]
        if live is None:
            return time, wh
        late = np.array(live.values, dtype=np.int64)
        new = self.tail.take(np.array(live.rows, dtype=np.int64) - len(self.history)).wh
        time, wh = np.concatenate((time, late)), np.concatenate((wh, new))
        if start < stop and late[0] < time[stop - start - 1]:
            order = time.argsort(kind="stable")
            time, wh = time[order], wh[order]
        return time, wh

    # -- many ------------------------------------------------------------------------------------------------

    def select_rows(
        self,
        meter: int | None = None,
        groups: Iterable[int] | None = None,
        days: Span | None = None,
        clock: Span | None = None,
    ) -> Int64Array:
        """Return the rows that meet every condition given; see `ReadingIndex.select_rows`."""
        return self._caught_up().select_rows(meter, groups, days, clock)

    def _caught_up(self) -> ReadingIndex:
        """Return the index with everything in it that has been appended."""
        if self._indexed < len(self.tail):
            self._indexed = self._extend(self._index, 0, self._indexed)
        return self._index

    def readings_at(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        """Return meter codes, µs UTC and Wh of rows from `select_rows`, in their order."""
        split = len(self.history)
        old = rows < split
        meter = np.empty(len(rows), dtype=np.int32)
        time = np.empty(len(rows), dtype=np.int64)
        wh = np.empty(len(rows), dtype=np.int64)
        chosen = rows[old]
        meter[old], time[old], wh[old] = self.history.meter[chosen], self.history.time[chosen], self.history.wh[chosen]
        meter[~old], time[~old], wh[~old] = self.tail.take(rows[~old] - split)
        return meter, time, wh

    def view(self) -> View:
        """Return all that is stored now, to be read in any thread; the same view until something changes."""
        if self._view is None or self._view.ids is not self._directory.frozen_ids():
            corrections = self._events.corrections(self._directory.codes) if self._events is not None else None
            self._view = View(
                self.history, self.tail.freeze(), self._directory, self._zone, corrections, self._freezing
            )
        return self._view

    def refresh_views(self) -> None:
        """Drop the current view after an edit of stored readings."""
        self._era = next(_ERAS)
        self._view = None

    # -- the day close ---------------------------------------------------------------------------------------

    def first_of_tail(self, count: int) -> Arrivals:
        """Return the first `count` readings of the tail, without a copy."""
        return self.tail.part(0, count)

    def rebuild_history(self, taken: int) -> Rebuilt:
        """Build the history with the tail's first `taken` readings in it, and its index. For a worker thread.

        What arrives meanwhile is indexed too, or the owner's thread would have to do it all at the swap.
        """
        history = tail_columns.merge_arrivals(self.history, self.first_of_tail(taken))
        index = self._build(history, self._directory.groups_in_time())
        indexed = 0
        while len(self.tail) - taken - indexed >= _BACKLOG:
            indexed = self._extend(index, taken, indexed)
        return Rebuilt(history, index, taken, indexed)

    def swap_history(self, rebuilt: Rebuilt) -> None:
        """Use a rebuilt history; readings that came after it stay in the tail."""
        self._era = next(_ERAS)
        self.history = rebuilt.history
        self.tail.drop(rebuilt.taken)
        self._index = rebuilt.index
        self._indexed = rebuilt.indexed
        self._view = None

    def _extend(self, index: ReadingIndex, first: int, indexed: int) -> int:
        """Extend an index, with `indexed` rows behind row `first` of the tail, up to now.

        Return how many it has then.
        """
        end = len(self.tail)
        new = self.tail.part(first + indexed, end)
        index.extend(new.meter, new.time, self._directory.groups_in_time().groups_of(new.meter, new.time))
        return end - first

    def _build(self, history: Columns, groups: GroupsInTime) -> ReadingIndex:
        return ReadingIndex.build(history, groups.groups_of(history.meter, history.time), self._zone)

    def _wh(self, row: int) -> int:
        split = len(self.history)
        return int(self.history.wh[row]) if row < split else self.tail.wh_at(row - split)


class FreezeQueue:
    """One view at a time becomes columns, however many are asked of in a flood: each takes the memory of all readings.

    Who waits meanwhile gets what the newest that is waited for becomes.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._views = 0
        self._wanted: dict[int, Callable[[], Frozen]] = {}
        self._newest = 0
        self._made: weakref.ref[Frozen] | None = None

    def next_number(self) -> int:
        """Return the number of a new view."""
        self._views += 1
        return self._views

    def freeze(self, number: int, make: Callable[[], Frozen]) -> Frozen:
        """Return the columns of the view with that number, or of a later one."""
        self._wanted[number] = make
        try:
            with self._lock:
                made = self._made() if self._made is not None and self._newest >= number else None
                if made is None:
                    newest = max(list(self._wanted))
                    made = self._wanted[newest]()
                    self._newest, self._made = newest, weakref.ref(made)
                return made
        finally:
            del self._wanted[number]


class View:
    """The readings of one moment. Cheap to make; `frozen` does the work, in the thread that calls it first."""

    def __init__(
        self,
        history: Columns,
        tail: FrozenTail,
        directory: MeterCodes,
        zone: SiteZone,
        corrections: Corrections | None = None,
        freezing: FreezeQueue | None = None,
    ) -> None:
        self._freezing = freezing or FreezeQueue()
        self._number = self._freezing.next_number()
        self._corrections = corrections
        self._history = history
        self._tail = tail
        self._groups = directory.groups_in_time()
        self.ids: Final = directory.frozen_ids()
        """Ids of meters by code."""
        self._limits = directory.site_limits(self._groups)
        self._group_names = tuple(directory.groups)
        self._zone = zone
        self._frozen: Frozen | None = None

    def history_and_tail(self) -> tuple[Columns, Arrivals, Sequence[str]]:
        """Return history, the readings since in order of arrival, and meter ids by code, all without validation."""
        return self._history, self._tail.arrivals(), self.ids

    def frozen(self) -> Frozen:
        """Return all readings in order with status, energy and group, at least those of this moment; O(n) once."""
        if self._frozen is None:
            self._frozen = self._freezing.freeze(self._number, self._make)
        return self._frozen

    def _make(self) -> Frozen:
        columns = tail_columns.merge_arrivals(self._history, self._tail.arrivals())
        found = validate(columns, self._corrections, self._limits)
        group = self._groups.groups_of(columns.meter, columns.time)
        curve = found.curve
        same = curve.time is columns.time
        return Frozen(
            columns=columns,
            status=found.status,
            energy=found.energy,
            group=group,
            curve=curve,
            corrections=self._corrections,
            curve_group=group if same else self._groups.groups_of(curve.meter, curve.time),
            ids=self.ids,
            groups=self._group_names,
            zone=self._zone,
            limits=self._limits,
        )
