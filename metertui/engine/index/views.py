"""Views of all readings: those of one moment, cheap to make, and turned into columns when something asks for them."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Final

from metertui.engine.base import SiteZone
from metertui.engine.columns import Arrivals, Columns, Corrections, Frozen, FrozenTail, tail_columns
from metertui.engine.index.meter_codes import MeterCodes
from metertui.engine.vee import validate


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
        self._limits = directory.site_limits(self._groups)
        self.ids: Final = directory.frozen_ids()
        """Ids of meters by code."""
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
        columns = found.columns
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
