"""Views of all readings: those of one moment, cheap to make, and turned into columns when something asks for them."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np

from metertui.engine.base import Int64Array, SiteZone
from metertui.engine.columns import (
    Arrivals,
    Columns,
    Corrections,
    Frozen,
    FrozenTail,
    IntervalColumns,
    Windows,
    lie_within,
    tail_columns,
)
from metertui.engine.index.index import ReadingIndex
from metertui.engine.index.meter_codes import MeterCodes
from metertui.engine.index.reading_list import ALL_THE_FIRST, NotTheFirst, ReadingList, Stored, in_order_of_meter
from metertui.engine.intervals import join_intervals
from metertui.engine.vee import validate

_FEW: Final = 32
"""Registers that are looked up one by one."""


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
                    # Who asked for the same view may have taken it off the list by now.
                    newest, make_newest = max([(number, make), *list(self._wanted.items())], key=lambda each: each[0])
                    made = make_newest()
                    self._newest, self._made = newest, weakref.ref(made)
                return made
        finally:
            self._wanted.pop(number, None)


class View:
    """The readings of one moment. Cheap to make; `frozen` does the work, in the thread that calls it first."""

    def __init__(
        self,
        history: Columns,
        tail: FrozenTail,
        index: ReadingIndex,
        directory: MeterCodes,
        zone: SiteZone,
        corrections: Corrections | None = None,
        not_the_first: NotTheFirst = ALL_THE_FIRST,
        freezing: FreezeQueue | None = None,
        intervals: IntervalColumns | None = None,
        former: IntervalColumns | None = None,
    ) -> None:
        self._freezing = freezing or FreezeQueue()
        self._number = self._freezing.next_number()
        self._index = index
        self._limit = limit = len(index)
        self._code_of = directory.codes.get  # of one id at a time, which is safe while ids are added
        self.stored: Final = Stored(
            history,
            tail,
            directory.frozen_ids(),
            directory.groups_in_time(),
            tuple(directory.groups),
            zone,
            corrections,
            not_the_first,
            # Not self._limit: a view that refers to itself outlives its last use, with all its columns.
            lambda code: index.select(meter=code, limit=limit),
            limit,
            IntervalColumns.empty() if intervals is None else intervals,
            IntervalColumns.empty() if former is None else former,
        )
        self._limits = directory.site_limits(self.stored.groups_in_time)
        self._frozen: Frozen | None = None

    def code(self, meter: str) -> int | None:
        """Return the code of a meter id; None for one that was not known at this moment."""
        code = self._code_of(meter)
        return None if code is None or code >= len(self.stored.ids) else code

    def find(
        self,
        registers: Sequence[int] | None = None,
        groups: Iterable[int] | None = None,
        windows: Windows | None = None,
    ) -> ReadingList:
        """Return the readings that meet every condition given, in order of meter and time; see `ReadingIndex.select`.

        `registers` are codes. Those that stand, and no void one. A register's first one belongs to the window that it
        opens, all others to the one that they close. An interval of a file counts as one at its end. Any thread.
        """
        chosen = None if groups is None else list(groups)
        rows = self._select(registers, chosen, windows)
        if windows is not None:
            rows = self._with_openings(rows, registers, chosen, windows)
        void = self.stored.not_the_first.void
        if len(void):
            rows = rows[~np.isin(rows, void)]
        if len(self.stored.intervals):
            rows = np.concatenate((rows, self._intervals(registers, chosen, windows)))
        return ReadingList(self.stored, in_order_of_meter(self.stored, rows))

    def _select(self, registers: Sequence[int] | None, groups: list[int] | None, windows: Windows | None) -> Int64Array:
        if registers is not None and len(registers) <= _FEW:
            none = np.empty(0, dtype=np.int64)
            return np.concatenate(
                [none, *(self._index.select(code, groups, windows, self._limit) for code in registers)]
            )
        rows = self._index.select(None, groups, windows, self._limit)
        if registers is None:
            return rows
        return rows[np.isin(tail_columns.readings_at(self.stored.history, self.stored.tail, rows).meter, registers)]

    def _intervals(
        self, registers: Sequence[int] | None, groups: list[int] | None, windows: Windows | None
    ) -> Int64Array:
        """Return the rows of the intervals that meet every condition given: O(n) in numpy for n intervals."""
        stored, found = self.stored, self.stored.intervals
        kept = np.ones(len(found), dtype=bool)
        if registers is not None:
            kept &= np.isin(found.meter, registers)
        if windows is not None:
            kept[kept] = lie_within(found.end[kept], windows)
        if groups is not None:
            kept[kept] = np.isin(stored.groups_in_time.groups_of(found.meter[kept], found.end[kept]), groups)
        return stored.reads + np.flatnonzero(kept)

    def _with_openings(
        self, rows: Int64Array, registers: Sequence[int] | None, groups: list[int] | None, windows: Windows
    ) -> Int64Array:
        """Return the rows of windows (start, end] with the first readings moved to the windows that they open."""
        openings = self.stored.openings
        closed, opened = (lie_within(openings.time + late, windows) for late in (0, 1))
        asked = closed != opened
        if registers is not None:
            asked &= np.isin(openings.meter, registers)
        if groups is not None:
            asked &= np.isin(openings.group, groups)
        if not asked.any():
            return rows
        kept = rows[~np.isin(rows, openings.row[asked & closed])]
        return np.concatenate((kept, openings.row[asked & opened]))

    def history_and_tail(self) -> tuple[Columns, Arrivals, Sequence[str]]:
        """Return history, the readings since in order of arrival, and meter ids by code, all without validation."""
        return self.stored.history, self.stored.tail.arrivals(), self.stored.ids

    def frozen(self) -> Frozen:
        """Return all readings in order with status, energy and group, at least those of this moment; O(n) once."""
        if self._frozen is None:
            self._frozen = self._freezing.freeze(self._number, self._make)
        return self._frozen

    def _make(self) -> Frozen:
        stored = self.stored
        columns = tail_columns.merge_arrivals(stored.history, stored.tail.arrivals())
        found = validate(columns, stored.corrections, self._limits)
        columns = found.columns
        groups_of = stored.groups_in_time.groups_of
        group = groups_of(columns.meter, columns.time)
        intervals = stored.intervals
        curve = join_intervals(found.curve, intervals)
        same = curve.time is columns.time
        return Frozen(
            columns=columns,
            status=found.status,
            energy=found.energy,
            group=group,
            curve=curve,
            corrections=stored.corrections,
            curve_group=group if same else groups_of(curve.meter, curve.label_times(found.curve)),
            ids=stored.ids,
            groups=stored.groups,
            zone=stored.zone,
            limits=self._limits,
            intervals=intervals,
            interval_group=groups_of(intervals.meter, intervals.end),
            former=stored.former,
            former_group=groups_of(stored.former.meter, stored.former.end),
            reads=found.curve,
            quality=found.quality,
        )
