"""All stored readings: the history of closed days, the tail since, and the index over both."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import ACTUAL, Int64Array, SiteZone
from metertui.engine.columns import (
    NO_STATED,
    Arrivals,
    Columns,
    IntervalColumns,
    Known,
    Qualities,
    SharedInstants,
    Stated,
    Tail,
    concat_stated,
    stated_all,
    stated_one,
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
Shared = tuple[int, int, int, int]
"""A reading of an instant that has an earlier one: meter code, µs UTC, Wh, quality."""

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
    place, because it is void or was estimated, is kept beside them, and so are the qualities of all.
    """

    def __init__(
        self,
        history: Columns,
        directory: MeterCodes,
        zone: SiteZone,
        events: EditLog | None = None,
        sharing: Stated = NO_STATED,
        estimated: Stated = NO_STATED,
    ) -> None:
        """Begin with a history and, in order of arrival, what is `sharing` an instant with readings of it.

        `estimated` are those of the history that were not actual at first.
        """
        self._directory = directory
        self._zone = zone
        self.history = history
        self.tail = Tail()
        self.shared = SharedInstants()
        self.qualities = Qualities()
        self._note_qualities(estimated)
        self._history_sharing: list[Shared] = []
        self._tail_sharing: list[Shared] = []
        """In order of arrival. After the history of those before has been merged, they are among these."""
        self._indexed = 0
        self._index = self._build(history, directory.groups_in_time())
        self._share(sharing, self._history_sharing)
        self._view: View | None = None
        self._edited = None if events is None else EditedRows(events, directory, self.shared, self.qualities)
        self._freezing = FreezeQueue()
        self._era = next(_ERAS)
        self._intervals = self._former = IntervalColumns.empty()
        self._version = 0
        self._regrouped: dict[int, int] = {}
        """By meter code, the version that came of its attributes, where a rebuild under way may have missed it."""

    def __len__(self) -> int:
        return len(self.history) + len(self.tail) + len(self.shared.added)

    def append(self, codes: Values, times: Values, whs: Values) -> None:
        """Add readings of new instants in order of arrival: meter codes, µs UTC, Wh; O(1) each.

        The index follows close behind.
        """
        self.tail.append(codes, times, whs)
        self._view = None
        if len(self.tail) - self._indexed >= _BACKLOG:
            self._indexed = self._extend(self._index, 0, self._indexed)

    def append_stated(self, readings: Stated) -> None:
        """Add readings of new instants in order of arrival, each with its quality."""
        self.append(*readings.arrivals)
        self._note_qualities(readings)

    def append_at_shared_instants(self, readings: Stated) -> None:
        """Add readings of instants at which a value is stored, in order of arrival.

        A known value is ignored, unless it was not actual and is now.
        """
        self._share(readings, self._tail_sharing)
        self._view = None

    def append_value(self, code: int, time: int, wh: int, quality: int = ACTUAL) -> bool:
        """Add a single reading (µs UTC, Wh), whether its instant is new or not; False if it is stored already."""
        values = self.values_at(code, time)
        if wh in values and (quality != ACTUAL or wh not in self.qualities.at(code, time)):
            return False
        add = self.append_at_shared_instants if values else self.append_stated
        add(stated_one(code, time, wh, quality))
        return True

    def append_unknown(self, readings: Stated) -> None:
        """Add those readings that are not stored, in order of arrival, whether their instants are new or not.

        O(n log n) for those of the tail and the new ones.
        """
        before = len(self.tail)
        everything = tail_columns.concat_arrivals([self.tail.part(0, before), readings.arrivals])
        fresh = tail_columns.new_arrivals(self.history, everything)[before:]
        self.append_stated(readings.take(fresh))
        if not fresh.all():
            places = tail_columns.further_values(self.history, everything)[0] - before
            again = np.zeros(len(fresh), dtype=bool)
            again[places[places >= 0]] = True
            again |= ~fresh & self._may_become_actual(readings)
            self.append_at_shared_instants(readings.take(again))

    def _note_qualities(self, readings: Stated) -> None:
        for reading in zip(*(column.tolist() for column in readings.take(readings.quality != ACTUAL)), strict=True):
            self.qualities.add_first(*reading)

    def _may_become_actual(self, readings: Stated) -> NDArray[np.bool_]:
        """Return which readings are actual, and of meters of which some are not."""
        return np.asarray((readings.quality == ACTUAL) & np.isin(readings.meter, self.qualities.codes))

    def _share(self, readings: Stated, among: list[Shared]) -> None:
        for code, time, wh, quality in zip(*(column.tolist() for column in readings), strict=True):
            row = self._caught_up().row_at(code, time)
            assert row is not None, "the instant has a reading"
            if self.shared.add(code, time, self._wh(row), wh):
                if quality != ACTUAL:
                    self.qualities.add(code, time, wh, quality)
                else:
                    self.qualities.join_actual(code, time)
            elif quality != ACTUAL or not self.qualities.make_actual(code, time, wh):
                continue
            among.append((code, time, wh, quality))

    @property
    def intervals(self) -> IntervalColumns:
        """Return the stored intervals that stand, by meter code."""
        return self._intervals

    @property
    def former(self) -> IntervalColumns:
        """Return the values of intervals that do not stand any longer."""
        return self._former

    def set_intervals(self, intervals: IntervalColumns, former: IntervalColumns) -> None:
        """Replace the intervals that stand, and the values that do not any longer."""
        self._intervals, self._former = intervals, former
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

    def known_of(self, code: int) -> Mapping[int, Known]:
        """Return the instants of a meter (µs UTC) at which a register is not actual, with the qualities of these."""
        return self.qualities.of_meter(code)

    def known_instants(self, code: int, after: int, before: int) -> Iterator[int]:
        """Yield these instants after one and before another (µs UTC), in order; O(log n) to begin."""
        return self.qualities.instants(code, after, before)

    def is_estimated_only(self, code: int, time: int) -> bool:
        """Return whether a register is stored at an instant (µs UTC), and none of them is actual."""
        if time not in self.qualities.of_meter(code):
            return False
        return time not in self.shared.of_meter(code) or time in self.qualities.alone(code)

    def start_of_estimates(self, code: int, time: int) -> int:
        """Return the first instant of the run of such instants that ends right before `time` (µs UTC); else `time`.

        O(log² n): all readings since an instant are of the run if there are as many as such instants.
        """
        alone = self.qualities.alone(code)
        end, index = alone.bisect_left(time), self._caught_up()
        places = range(end)
        start = bisect_left(
            places, True, key=lambda place: index.count_between(code, alone[place], time) == end - place
        )
        return time if start == end else int(alone[start])

    def end_of_estimates(self, code: int, time: int) -> int:
        """Return the last instant of the run of such instants that begins right after `time` (µs UTC); else `time`."""
        alone = self.qualities.alone(code)
        begin, index = alone.bisect_right(time), self._caught_up()
        places = range(begin, len(alone))
        count = bisect_left(
            places,
            True,
            key=lambda place: index.count_between(code, time + 1, alone[place] + 1) != place - begin + 1,
        )
        return time if count == 0 else int(alone[begin + count - 1])

    def latest_estimate(self, code: int) -> int:
        """Return the last instant (µs UTC) at which a register was not actual, even if only at first; else -1."""
        return self.qualities.latest_of(code)

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
        rows = 0 if live is None else len(live.rows)
        return self._era, code, rows, self.shared.version, len(self.qualities.changed)

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
                self._former,
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

    def first_of_tail(self, mark: Mark) -> Stated:
        """Return the first readings of the tail. Of an instant with several, the first that arrived comes first."""
        return self._tail_part(Mark(), mark)

    def since(self, mark: Mark) -> Stated:
        """Return the readings of the tail behind the first ones."""
        return self._tail_part(mark, self.mark())

    def _tail_part(self, start: Mark, stop: Mark) -> Stated:
        rows = self.tail.part(start.rows, stop.rows)
        stated = Stated(*rows, self.qualities.first_stated(rows))
        sharing = self._tail_sharing[start.sharing : stop.sharing]
        return concat_stated([stated, stated_all(sharing)]) if sharing else stated

    def sharing_in_history(self) -> Stated:
        """Return the readings of the history that share their instant with an earlier one, in order of arrival."""
        return stated_all(self._history_sharing)

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
