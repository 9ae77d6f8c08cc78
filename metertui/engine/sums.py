"""Sums by row of a table, exact: whole numbers throughout."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metertui.engine.steps import Longs


class Rows(NamedTuple):
    """Rows as numbers, ascending, and of each what it sums to; equal lengths, int64."""

    key: Longs
    used: Longs
    """Wh."""
    meters: Longs
    """How many have data in it."""
    largest: Longs
    """Wh of the one that used most."""


class Keys:
    """One number for a row, which is a period, a combination of attributes and, if rows are per meter, a meter."""

    def __init__(self, attributes: int, meters: int, *, per_meter: bool) -> None:
        self._attributes = max(1, attributes)
        self._meters = max(1, meters)
        self.per_meter = per_meter

    def of(self, period: Longs, attribute: Longs, meter: Longs) -> Longs:
        """The row that each belongs to."""
        key = period * self._attributes + attribute
        return key * self._meters + meter if self.per_meter else key

    def with_meter(self, period: Longs, attribute: Longs, meter: Longs) -> Longs:
        """The row, parted by meter."""
        return (period * self._attributes + attribute) * self._meters + meter

    def without_meter(self, key: Longs) -> Longs:
        """The row of one that was parted by meter."""
        return key if self.per_meter else key // self._meters

    def parts(self, key: Longs) -> tuple[Longs, Longs, Longs]:
        """Period, attribute and meter of rows; the meter is 0 where rows are not per meter."""
        meter = key % self._meters if self.per_meter else np.zeros_like(key)
        period, attribute = np.divmod(key // self._meters if self.per_meter else key, self._attributes)
        return period, attribute, meter


class Sums:
    """What rows sum to, grown by the pieces of some meters at a time."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        none: Longs = np.empty(0, dtype=np.int64)
        self._rows = Rows(none, none, none, none)

    def add(self, period: Longs, attribute: Longs, meter: Longs, used: Longs) -> None:
        """Add the pieces of some meters, all that there are of each: so a meter is counted once in a row."""
        pairs, sums = summed(self._keys.with_meter(period, attribute, meter), used)
        had = self._rows
        key = np.concatenate((had.key, self._keys.without_meter(pairs)))
        if not len(key):
            return
        order = np.argsort(key, kind="stable")
        key = key[order]
        starts = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
        self._rows = Rows(
            key[starts],
            np.add.reduceat(np.concatenate((had.used, sums))[order], starts),
            np.add.reduceat(np.concatenate((had.meters, np.ones_like(pairs)))[order], starts),
            np.maximum.reduceat(np.concatenate((had.largest, sums))[order], starts),
        )

    def rows(self) -> Rows:
        """All that was added."""
        return self._rows


class Counts:
    """How often rows were met, grown like Sums."""

    def __init__(self) -> None:
        self._found: list[tuple[Longs, Longs]] = []

    def add(self, key: Longs) -> None:
        """Count rows, each as often as it is there."""
        self._found.append(summed(key, np.ones_like(key)))

    def of(self, key: Longs) -> Longs:
        """How often each of some rows was met."""
        if not self._found:
            return np.zeros_like(key)
        rows, counts = summed(*(np.concatenate(column) for column in zip(*self._found, strict=True)))
        place = np.searchsorted(rows, key)
        met = place < len(rows)
        met[met] = rows[place[met]] == key[met]
        found = np.zeros_like(key)
        found[met] = counts[place[met]]
        return found


class Peaks:
    """The half hour of each row in which most was used, grown like Sums."""

    def __init__(self, keys: Keys, row: Longs, marks: Longs) -> None:
        """`row`: the period that each half hour belongs to; `marks`: where they begin and the last ends, µs UTC."""
        self._keys = keys
        self._row = row
        self._marks = marks
        none: Longs = np.empty(0, dtype=np.int64)
        self._slots, self._used = none, none
        self._found: list[tuple[Longs, Longs, Longs]] = []

    def add(self, slot: Longs, attribute: Longs, meter: Longs, used: Longs) -> None:
        """Add the pieces of some meters, all that there are of each."""
        slots, sums = summed(self._keys.of(slot, attribute, meter), used)
        if self._keys.per_meter:
            self._found.append(self._highest(slots, sums))
        else:
            self._slots, self._used = summed(np.concatenate((self._slots, slots)), np.concatenate((self._used, sums)))

    def rows(self) -> tuple[Longs, Longs, Longs]:
        """Rows ascending, their highest half hour in Wh, and the instant (µs UTC) at which the first such began."""
        if self._keys.per_meter and self._found:
            key, used, at = (np.concatenate(column) for column in zip(*self._found, strict=True))
            order = np.argsort(key, kind="stable")
            return key[order], used[order], at[order]
        return self._highest(self._slots, self._used)

    def _highest(self, slots: Longs, used: Longs) -> tuple[Longs, Longs, Longs]:
        slot, attribute, meter = self._keys.parts(slots)
        key = self._keys.of(self._row[slot], attribute, meter)
        order = np.lexsort((slot, -used, key))
        key, used, slot = key[order], used[order], slot[order]
        first = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1]))) if len(key) else key
        return key[first], used[first], self._marks[slot[first]]


def summed(keys: Longs, values: Longs) -> tuple[Longs, Longs]:
    """Distinct keys ascending, and the sum of `values` by key."""
    if not len(keys):
        return keys, values
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return keys[starts], np.add.reduceat(values[order], starts)
