"""Which readings are not actual: estimated or substituted, or so at first. Nearly all are actual, and are not here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sortedcontainers import SortedDict, SortedList

from metertui.engine.base import ACTUAL
from metertui.engine.columns.curve import Columns
from metertui.engine.columns.tail_columns import Arrivals, further_values, locate_rows, merge_arrivals, new_arrivals

Known = Mapping[int, int]
"""Of the values (Wh) at an instant, the quality of those that are not actual."""
NONE_KNOWN: Final[Known] = {}
_NOWHERE: Final[Mapping[int, Known]] = {}
_NEVER: Final = -1
_NO_INSTANTS: Final[SortedList[int]] = SortedList()


class Stated(NamedTuple):
    """Readings as they arrived, with the quality that each was stated with; equal lengths.

    A value that was estimated and comes again as actual is there twice.
    """

    meter: NDArray[np.int32]
    time: NDArray[np.int64]
    """µs UTC."""
    wh: NDArray[np.int64]
    quality: NDArray[np.uint8]

    @property
    def arrivals(self) -> Arrivals:
        """Return the readings without their qualities."""
        return Arrivals(self.meter, self.time, self.wh)

    def take(self, places: NDArray[Any]) -> Stated:
        """Return the readings at positions, or where a mask is true."""
        return Stated._make(column[places] for column in self)


NO_STATED: Final = Stated(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8))


def concat_stated(parts: Sequence[Stated]) -> Stated:
    """Concatenate readings; a copy."""
    return Stated(*map(np.concatenate, zip(NO_STATED, *parts, strict=True)))


def stated_one(code: int, time: int, wh: int, quality: int = ACTUAL) -> Stated:
    """Return a single reading."""
    return Stated(np.array([code], np.int32), np.array([time]), np.array([wh]), np.array([quality], np.uint8))


def stated_all(readings: Sequence[tuple[int, int, int, int]]) -> Stated:
    """Return readings (meter code, µs UTC, Wh, quality) as columns."""
    meter, time, wh, quality = np.array(readings, dtype=np.int64).reshape(-1, 4).T
    return Stated(meter.astype(np.int32), time, wh, quality.astype(np.uint8))


class Qualities:
    """The qualities of readings that are not actual, by meter code, instant and value: O(1) each.

    One that was stated again as actual is actual; that it was not at first is kept for the files.
    """

    def __init__(self) -> None:
        self._now: dict[int, SortedDict[int, dict[int, int]]] = {}
        self._alone: dict[int, SortedList[int]] = {}
        """By meter code, the instants at which no value is actual."""
        self._first: dict[tuple[int, int, int], int] = {}
        """Of readings that became actual, the quality before."""
        self._latest: dict[int, int] = {}
        self.changed: list[int] = []
        """The meter code of each change, in order."""

    def add_first(self, code: int, time: int, wh: int, quality: int) -> None:
        """Note the quality of a new reading (µs UTC, Wh) that is not actual, the first of its instant."""
        self.add(code, time, wh, quality)
        self._alone.setdefault(code, SortedList()).add(time)

    def add(self, code: int, time: int, wh: int, quality: int) -> None:
        """Note the quality of a new reading (µs UTC, Wh) that is not actual, beside others at its instant."""
        if code not in self._now:
            self._now[code] = SortedDict()
        self._now[code].setdefault(time, {})[wh] = quality
        self._latest[code] = max(time, self._latest.get(code, _NEVER))
        self.changed.append(code)

    def make_actual(self, code: int, time: int, wh: int) -> bool:
        """Note that a stored reading (µs UTC, Wh) was stated again as actual; False if it was actual already."""
        instants = self._now.get(code, {})
        values = instants.get(time, {})
        if wh not in values:
            return False
        self.join_actual(code, time)
        self._first[code, time, wh] = values[wh]  # before it is taken out: another thread may look for it
        del values[wh]
        if not values:
            del instants[time]
        self.changed.append(code)
        return True

    def join_actual(self, code: int, time: int) -> None:
        """Note that an actual value came to an instant (µs UTC)."""
        if code in self._alone:
            self._alone[code].discard(time)

    def alone(self, code: int) -> SortedList[int]:
        """Return the instants (µs UTC) of a meter at which no stored value is actual, ascending. Not to be changed."""
        return self._alone.get(code, _NO_INSTANTS)

    @property
    def codes(self) -> list[int]:
        """Return the codes of the meters of which a reading is not actual, or was not at first. Any thread."""
        return list(self._latest)

    def at(self, code: int, time: int) -> Known:
        """Return the qualities of the values at an instant (µs UTC) that are not actual."""
        return self.of_meter(code).get(time, NONE_KNOWN)

    def of_meter(self, code: int) -> Mapping[int, Known]:
        """Return the same by instant, of all instants of a meter that have such a value."""
        found: Mapping[int, Known] = self._now.get(code, _NOWHERE)
        return found

    def instants(self, code: int, after: int, before: int) -> Iterator[int]:
        """Yield these instants after one and before another (µs UTC), in order; O(log n) to begin."""
        found = self._now.get(code)
        return iter(()) if found is None else found.irange(after, before, inclusive=(False, False))

    def latest_of(self, code: int) -> int:
        """Return the last instant (µs UTC) at which a value was not actual, at least at first; before any if none."""
        return self._latest.get(code, _NEVER)

    def all_estimated(self) -> Stated:
        """Return all readings that are not actual, or were not at first, with the quality that they had first."""
        now = [
            (code, time, wh, quality)
            for code, instants in self._now.items()
            for time, values in instants.items()
            for wh, quality in values.items()
        ]
        return stated_all([*now, *((*key, quality) for key, quality in self._first.items())])

    def first_stated(self, readings: Arrivals) -> NDArray[np.uint8]:
        """Return with which quality each reading was stated first; uint8[n]. Any thread."""
        found = np.full(len(readings.time), ACTUAL, dtype=np.uint8)
        codes = self.codes
        for place in np.flatnonzero(np.isin(readings.meter, codes)).tolist() if codes else ():
            code, time, wh = (int(column[place]) for column in readings)
            found[place] = self.at(code, time).get(wh, self._first.get((code, time, wh), ACTUAL))
        return found


class FirstValues(NamedTuple):
    """A history with the first value of each instant, and what else was stated."""

    history: Columns
    estimated: Stated
    """The readings of the history that were not actual when they came, among those that were added."""
    sharing: Stated
    """In order of arrival, the other values of instants, and what made an estimated one actual."""


def add_to_history(before: Columns, stated: Stated) -> FirstValues:
    """Return a history with readings, in order of arrival, added to it."""
    arrivals = stated.arrivals
    history = merge_arrivals(before, arrivals)
    if len(history) - len(before) == len(arrivals.time) and not stated.quality.any():
        return FirstValues(history, NO_STATED, NO_STATED)
    fresh = new_arrivals(before, arrivals)
    estimated = stated.take(fresh & (stated.quality != ACTUAL))
    shares = np.zeros(len(fresh), dtype=bool)
    shares[further_values(before, arrivals)[0]] = True
    if len(estimated.time):
        first = merge_arrivals(Columns.empty(), estimated.arrivals)
        at, known = locate_rows(first, stated.meter, stated.time)
        known[known] = first.wh[at[known]] == stated.wh[known]
        shares |= known & (stated.quality == ACTUAL)
    return FirstValues(history, estimated, stated.take(shares))
