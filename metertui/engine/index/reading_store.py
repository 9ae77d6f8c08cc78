"""All stored readings: the history of closed days, the tail since, and the index over both."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array, SiteZone
from metertui.engine.columns import (
    Arrivals,
    Columns,
    IntervalColumns,
    SharedInstants,
    Tail,
    tail_columns,
)
from metertui.engine.index.day_order import RunParts
from metertui.engine.index.edited_rows import NO_ROW, EditedRows
from metertui.engine.index.index import ReadingIndex
from metertui.engine.index.meter_codes import GroupsInTime, MeterCodes
from metertui.engine.index.reading_list import ALL_THE_FIRST
from metertui.engine.index.views import FreezeQueue, View
from metertui.engine.vee import EditLog, Point

Values = Sequence[int] | NDArray[Any]
Shared = tuple[int, int, int]
"""A reading of an instant that has an earlier one: meter code, µs UTC, Wh."""

_ERAS: Final = count()
"""Numbers of the times between two changes to stored readings, in any ReadingStore."""
_BACKLOG: Final = 4096
"""Readings by which the index may lag behind. Catching up takes 1 ms where they are of 1,000 meters, 4 of 20,000; with
16,384 it took 15, for no less work.
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """How many readings of the tail are meant: its first rows, and the first that share an instant with others."""

    rows: int = 0
    sharing: int = 0

    def __len__(self) -> int:
        return self.rows + self.sharing


@dataclass(frozen=True)
class Rebuilt:
    """A history with its index, ready to replace the one in use.

    The readings `taken` of the tail went into the history, and `indexed` rows behind them into the index. Meters that
    were regrouped since `version` are regrouped again at the swap.
    """

    history: Columns
    index: ReadingIndex
    taken: Mark
    indexed: int
    version: int


class ReadingStore:
    """Columns and index, kept together. Written on one thread; other threads read by `view`.

    Columns and index have one reading at an instant of a meter, the first that was stored there. What came in its
    place, because it is void, is kept beside them.
    """

    def __init__(
        self,
        history: Columns,
        directory: MeterCodes,
        zone: SiteZone,
        events: EditLog | None = None,
        sharing: Arrivals = tail_columns.NO_ARRIVALS,
    ) -> None:
        """Begin with a history and, in order of arrival, what is `sharing` an instant with readings of it."""
        self._directory = directory
        self._zone = zone
        self.history = history
        self.tail = Tail()
        self.shared = SharedInstants()
        self._history_sharing: list[Shared] = []
        self._tail_sharing: list[Shared] = []
        """In order of arrival. After the history of those before has been merged, they are among these."""
        self._indexed = 0
        self._index = self._build(history, directory.groups_in_time())
        self._share(sharing, self._history_sharing)
        self._view: View | None = None
        self._edited = None if events is None else EditedRows(events, directory, self.shared)
        self._freezing = FreezeQueue()
        self._era = next(_ERAS)
        self._intervals = IntervalColumns.empty()
        self._version = 0
        self._regrouped: dict[int, int] = {}
        """By meter code, the version that came of its attributes, where a rebuild under way may have missed it."""

    def __len__(self) -> int:
        return len(self.history) + len(self.tail) + len(self._history_sharing) + len(self._tail_sharing)

    def append(self, codes: Values, times: Values, whs: Values) -> None:
        """Add readings of new instants in order of arrival: meter codes, µs UTC, Wh; O(1) each.

        The index follows close behind.
        """
        self.tail.append(codes, times, whs)
        self._view = None
        if len(self.tail) - self._indexed >= _BACKLOG:
            self._indexed = self._extend(self._index, 0, self._indexed)

    def append_at_shared_instants(self, arrivals: Arrivals) -> None:
        """Add readings of instants at which another value is stored, in order of arrival; a known one is ignored."""
        self._share(arrivals, self._tail_sharing)
        self._view = None

    def append_value(self, code: int, time: int, wh: int) -> bool:
        """Add a single reading (µs UTC, Wh), whether its instant is new or not; False if it is stored already."""
        values = self.values_at(code, time)
        if wh in values:
            return False
        add = self.append_at_shared_instants if values else self._append_arrivals
        add(tail_columns.one_arrival(code, time, wh))
        return True

    def _append_arrivals(self, arrivals: Arrivals) -> None:
        self.append(*arrivals)

    def append_unknown(self, arrivals: Arrivals) -> None:
        """Add those readings that are not stored, in order of arrival, whether their instants are new or not.

        O(n log n) for those of the tail and the new ones.
        """
        before = len(self.tail)
        everything = tail_columns.concat_arrivals([self.tail.part(0, before), arrivals])
        fresh = tail_columns.new_arrivals(self.history, everything)
        fresh[:before] = False
        self.append(*everything.take(fresh))
        if np.count_nonzero(fresh) < len(arrivals.time):
            places = tail_columns.further_values(self.history, everything)[0]
            self.append_at_shared_instants(everything.take(places[places >= before]))

    def _share(self, arrivals: Arrivals, among: list[Shared]) -> None:
        for code, time, wh in zip(*(column.tolist() for column in arrivals), strict=True):
            row = self._caught_up().row_at(code, time)
            assert row is not None, "the instant has a reading"
            if self.shared.add(code, time, self._wh(row), wh):
                among.append((code, time, wh))

    @property
    def intervals(self) -> IntervalColumns:
        """Return the stored intervals that stand, by meter code."""
        return self._intervals

    def set_intervals(self, intervals: IntervalColumns) -> None:
        """Replace the intervals that stand."""
        self._intervals = intervals
        self.refresh_views()

    def regroup(self, codes: Collection[int]) -> None:
        """Update views and the index after the attributes of some meters changed; O(m) for m meters."""
        self._version += 1
        self._regrouped |= dict.fromkeys(codes, self._version)
        self._era = next(_ERAS)
        self._view = None
        self._caught_up().regroup(codes, self._directory.groups_in_time())

    # -- one meter: O(log n + answer) ------------------------------------------------------------------------

    def values_at(self, code: int, time: int) -> tuple[int, ...]:
        """Return all registers (Wh) stored for a meter at an instant (µs UTC), void ones too, in order of arrival."""
        shared = self.shared.of_meter(code).get(time)
        if shared is not None:
            return shared
        row = self._caught_up().row_at(code, time)
        return () if row is None else (self._wh(row),)

    def shared_of(self, code: int) -> Mapping[int, tuple[int, ...]]:
        """Return the instants of a meter (µs UTC) at which more than one register is stored, with all of them (Wh)."""
        return self.shared.of_meter(code)

    def reads_before(self, code: int, time: int, count: int) -> list[Point]:
        """Return up to `count` readings right before `time` (µs UTC), in time order."""
        return [(at, self._wh(row)) for at, row in self._caught_up().rows_before(code, time, count)]

    def reads_after(self, code: int, time: int, count: int) -> list[Point]:
        """Return up to `count` readings right after `time` (µs UTC), in time order."""
        return [(at, self._wh(row)) for at, row in self._caught_up().rows_after(code, time, count)]

    def count_of(self, code: int) -> int:
        """Return how many readings are stored of a meter, counting all values of an instant that has several."""
        (start, stop), live = self._caught_up().runs_of(code)
        further = sum(len(values) - 1 for values in self.shared.of_meter(code).values())
        return stop - start + (0 if live is None else len(live.rows)) + further

    def state_of(self, code: int) -> tuple[int, ...]:
        """Return a value that changes whenever a meter's readings, or edits of any meter, may have changed."""
        _, live = self._caught_up().runs_of(code)
        return self._era, code, 0 if live is None else len(live.rows), self.shared.version

    def readings_of(self, code: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return a meter's readings in time order, the first of each instant: µs UTC and Wh, both int64[n].

        They are not to be written to.
        """
        _, time, wh = self.readings_at(self._caught_up().select(meter=code))
        return time, wh

    # -- many ------------------------------------------------------------------------------------------------

    def build_index(self, run_parts: RunParts = map) -> None:
        """Build what the index needs for questions about many meters, so that none waits for it. Any thread."""
        self._index.build(run_parts)

    def _caught_up(self) -> ReadingIndex:
        """Return the index with everything in it that has been appended."""
        if self._indexed < len(self.tail):
            self._indexed = self._extend(self._index, 0, self._indexed)
        return self._index

    def readings_at(self, rows: Int64Array) -> Arrivals:
        """Return the readings of rows of the index, in their order: the first of each instant."""
        return tail_columns.readings_at(self.history, self.tail, rows)

    def _find(self, codes: NDArray[np.int32], times: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Return rows and registers of readings as `edited_rows.Find` does: in numpy where they are history."""
        index = self._caught_up()
        rows, known = tail_columns.locate_rows(self.history, codes, times)
        for place in np.flatnonzero(~known).tolist():
            row = index.row_at(int(codes[place]), int(times[place]))
            rows[place] = NO_ROW if row is None else row
        whs = np.zeros(len(rows), dtype=np.int64)
        stored = rows != NO_ROW
        whs[stored] = self.readings_at(rows[stored]).wh
        return rows, whs

    def view(self) -> View:
        """Return all that is stored now, to be read in any thread; the same view until something changes."""
        if self._view is None or self._view.stored.ids is not self._directory.frozen_ids():
            self._view = View(
                self.history,
                self.tail.freeze(),
                self._caught_up(),
                self._directory,
                self._zone,
                *((None, ALL_THE_FIRST) if self._edited is None else self._edited.current(self._find)),
                self._freezing,
                self._intervals,
            )
        return self._view

    def refresh_views(self) -> None:
        """Drop the current view after a change of what is stored already, or of what counts."""
        self._era = next(_ERAS)
        self._view = None

    # -- the day close ---------------------------------------------------------------------------------------

    def mark(self) -> Mark:
        """Return how many readings the tail has, for the methods below."""
        return Mark(len(self.tail), len(self._tail_sharing))

    def first_of_tail(self, mark: Mark) -> Arrivals:
        """Return the first readings of the tail. Of an instant with several, the first that arrived comes first."""
        return self._tail_part(Mark(), mark)

    def since(self, mark: Mark) -> Arrivals:
        """Return the readings of the tail behind the first ones."""
        return self._tail_part(mark, self.mark())

    def _tail_part(self, start: Mark, stop: Mark) -> Arrivals:
        rows = self.tail.part(start.rows, stop.rows)
        sharing = self._tail_sharing[start.sharing : stop.sharing]
        return tail_columns.concat_arrivals([rows, arrivals_of(sharing)]) if sharing else rows

    def sharing_in_history(self) -> Arrivals:
        """Return the readings of the history that share their instant with an earlier one, in order of arrival."""
        return arrivals_of(self._history_sharing)

    def rebuild_history(self, taken: Mark, run_parts: RunParts = map) -> Rebuilt:
        """Build the history with the tail's first readings in it, and its index. For a worker thread.

        `run_parts` runs the parts of the index. What arrives meanwhile is indexed too, or the owner's thread would have
        to do it all at the swap.
        """
        version = self._version  # before the groups are looked at
        history = tail_columns.merge_arrivals(self.history, self.tail.part(0, taken.rows))
        index = self._build(history, self._directory.groups_in_time())
        index.build(run_parts)
        indexed = 0
        while len(self.tail) - taken.rows - indexed >= _BACKLOG:
            indexed = self._extend(index, taken.rows, indexed)
        return Rebuilt(history, index, taken, indexed, version)

    def swap_history(self, rebuilt: Rebuilt) -> None:
        """Use a rebuilt history; readings that came after it stay in the tail.

        Attributes that changed meanwhile take effect now: otherwise steady changes would never let a rebuild end.
        """
        self._era = next(_ERAS)
        self.history = rebuilt.history
        self.tail.drop(rebuilt.taken.rows)
        self._history_sharing += self._tail_sharing[: rebuilt.taken.sharing]
        del self._tail_sharing[: rebuilt.taken.sharing]
        self._index = rebuilt.index
        self._indexed = rebuilt.indexed
        self._view = None
        if self._edited is not None:
            self._edited.forget_rows()
        missed = [code for code, version in self._regrouped.items() if version > rebuilt.version]
        if missed:
            self._caught_up().regroup(missed, self._directory.groups_in_time())
        self._regrouped.clear()

    def _extend(self, index: ReadingIndex, first: int, indexed: int) -> int:
        """Extend an index, with `indexed` rows behind row `first` of the tail, up to now.

        Return how many it has then.
        """
        end = len(self.tail)
        new = self.tail.part(first + indexed, end)
        index.extend(new.meter, new.time, self._directory.groups_in_time().groups_of(new.meter, new.time))
        return end - first

    def _build(self, history: Columns, groups: GroupsInTime) -> ReadingIndex:
        return ReadingIndex(history, groups.groups_of(history.meter, history.time))

    def _wh(self, row: int) -> int:
        split = len(self.history)
        return int(self.history.wh[row]) if row < split else self.tail.wh_at(row - split)


def arrivals_of(readings: Sequence[Shared]) -> Arrivals:
    """Return readings as columns."""
    meter, time, wh = zip(*readings, strict=True) if readings else ((), (), ())
    return Arrivals(np.array(meter, dtype=np.int32), np.array(time, dtype=np.int64), np.array(wh, dtype=np.int64))
