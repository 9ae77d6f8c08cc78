"""The times of many rows at once: each different date and each different time of day is looked at once.

It holds for rows whose dates are plain: there a label is the midnight of its day and something that follows from the
other cells alone. The labels of the first row with such cells are read as any are, and what is above midnight is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import repeat
from typing import Final, NamedTuple

import numpy as np

from metertui.engine.base import DAY, SECOND, Int64Array, SiteZone
from metertui.formats.meter_tables.columns import ODD, Columns, Lookup
from metertui.formats.meter_tables.local_times import BARE
from metertui.formats.meter_tables.slots import edges_of
from metertui.formats.meter_tables.times import TimeColumns
from metertui.formats.said import DateOrder
from metertui.formats.tables import Label, are_seconds, days_of, halves, is_plain_date, is_plain_rest

_MOST_KEPT: Final = 100_000
_NONE: Final = ODD + 1
"""In place of the end of a row that has none."""
_UNKNOWN: Final = (ODD, 0, 0, 0, 0)
"""The labels of a rest that is to be read with its row."""


class Labels(NamedTuple):
    """What clocks show in rows, as `Entries` have it; arrays of equal length."""

    wall: Int64Array
    """ODD where a row is to be read by itself."""
    offset: Int64Array
    end_wall: Int64Array
    end_offset: Int64Array
    day_only: Int64Array


class LabelColumns:
    """Reads the labels of rows in an order of day and month; `zone` as in the reader of a row."""

    def __init__(self, times: TimeColumns, order: DateOrder, zone: SiteZone | None = None) -> None:
        self._dates = Lookup(partial(_midnight, order))
        ends = [times.start, times.end] if times.form == "two" else []
        self._times = [TimeColumns("one", each, days=times.days) for each in ends] or [times]
        self._rests = [_Rests(each, order) for each in self._times]
        self._zone = zone if times.part is not None else None

    def read(self, columns: Columns) -> Labels:
        """Return the labels of rows."""
        start, *end = [self._labels(columns, *each) for each in zip(self._times, self._rests, strict=True)]
        if not end:
            return start
        wall = np.where(end[0].wall == ODD, ODD, start.wall)
        return start._replace(wall=wall, end_wall=end[0].wall, end_offset=end[0].offset)

    def _labels(self, columns: Columns, times: TimeColumns, rests: _Rests) -> Labels:
        texts = columns[times.places[0]]
        if times.form != "one" or len(times.start) > 1:
            return self._on_days(self._dates(texts), rests.above(columns, texts, []))
        if texts and not times.days and are_seconds(texts):
            wall = np.array([*map(int, texts)], dtype=np.int64) * SECOND
            zeros = np.zeros_like(wall)
            return Labels(wall, zeros, zeros, np.full_like(wall, BARE), zeros)
        days, clocks = halves(texts)
        return self._on_days(self._dates(days), rests.above(columns, days, clocks))

    def _on_days(self, midnights: Int64Array, above: Labels) -> Labels:
        known = (midnights != ODD) & (above.wall != ODD)
        day = np.where(known, midnights, 0)
        ends = np.where(above.end_wall == _NONE, 0, day + above.end_wall)
        if self._zone is None:
            return above._replace(wall=np.where(known, day + above.wall, ODD), end_wall=ends)
        zeros = np.zeros_like(day)
        begin, after = edges_of(day, self._zone)
        start, end = (np.minimum(begin + each, after) for each in (above.wall, above.end_wall))
        return Labels(np.where(known, start, ODD), zeros, end, zeros, zeros)


class _Rests:
    """The labels of rows less the midnight of their day, by what stands beside their dates."""

    def __init__(self, times: TimeColumns, order: DateOrder) -> None:
        self._times = times
        self._order = order
        self._read = times.reader(order)
        self._forget()

    def _forget(self) -> None:
        self._known: dict[str, int] = {}
        """The rows of different rests in the table."""
        self._table = np.array([_UNKNOWN], dtype=np.int64)
        """Labels less the midnights of their days."""

    def above(self, columns: Columns, days: Sequence[str], clocks: Sequence[str]) -> Labels:
        """Return labels less the midnights of `days`; `clocks` are what stands in the same cells behind them."""
        others = [columns[at] for at in self._times.places[1:]]
        if not others:
            rests = clocks or [""] * len(days)
        else:
            rests = others[0] if len(others) == 1 else ["\n".join(each) for each in zip(*others, strict=True)]
        if len(self._known) > _MOST_KEPT:
            self._forget()
        found = self._learn(columns, days, rests, alone=bool(clocks))
        if found:
            self._table = np.concatenate((self._table, found))
        places = np.fromiter(map(self._known.get, rests, repeat(0)), np.int64, len(rests))
        return Labels(*self._table[places].T)

    def _learn(
        self, columns: Columns, days: Sequence[str], rests: Sequence[str], *, alone: bool
    ) -> list[tuple[int, ...]]:
        """Read the row of each rest that is new, where its date is plain, and return what follows from the rest."""
        learned: list[tuple[int, ...]] = []
        new = set(rests).difference(self._known)
        if not new:
            return learned
        places = self._times.places
        for at, rest in enumerate(rests):
            midnight = _midnight(self._order, days[at]) if rest in new else ODD
            if midnight == ODD:
                continue
            new.discard(rest)
            self._known[rest] = 0
            cells = [columns[place][at] if place in places else "" for place in range(max(places) + 1)]
            found = self._read(cells) if not alone or is_plain_rest(rest) else None
            if found is not None:
                self._known[rest] = len(self._table) + len(learned)
                learned.append(_above(found, midnight))
        return learned


def _midnight(order: DateOrder, text: str) -> int:
    day = days_of(text).get(order) if is_plain_date(text) else None
    return ODD if day is None else day * DAY


def _above(found: tuple[Label, Label | None], midnight: int) -> tuple[int, ...]:
    wall, offset, end_wall, end_offset, day_only = as_shown(*found)
    last = _NONE if found[1] is None else end_wall - midnight
    return wall - midnight, offset, last, end_offset, day_only


def as_shown(start: Label, end: Label | None) -> tuple[int, int, int, int, int]:
    """Return the labels of a row as `Entries` have them."""
    return (*_shown(start), *((0, BARE) if end is None else _shown(end)), int(start.day_only))


def _shown(label: Label) -> tuple[int, int]:
    return label.wall, BARE if label.offset is None else label.offset
