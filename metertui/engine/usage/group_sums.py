"""Exact sums by row of a table, in whole numbers."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from metertui.engine.base import Int64Array
from metertui.engine.usage.segments import Cells, Segments

_ROOMY: Final = 4
"""Keys this close together, on average, are summed in an array over their whole range; others are sorted."""


class GroupRows(NamedTuple):
    """The keys of rows, ascending, and the sums of each row; equal lengths, int64."""

    key: Int64Array
    used: Int64Array
    """Wh."""
    meters: Int64Array
    """Meters with data in the row."""
    drawing: Int64Array
    """Those of them with more than their first reading in it."""
    largest: Int64Array
    """Wh of the meter that used most."""
    readings: Int64Array
    """Readings stored in the row."""
    missing: Int64Array
    """For how long together nothing is known of its meters, µs."""
    known: Int64Array
    """For how long together something is known of them, µs; 0 unless `add_known` was called."""


class RowKeys:
    """The keys of rows: one number for a period, a combination of attributes and, if rows are per meter, a meter."""

    def __init__(self, periods: int, attributes: int, meters: int, *, per_meter: bool) -> None:
        self.periods = periods
        self._attributes = max(1, attributes)
        self._meters = max(1, meters)
        self.per_meter = per_meter

    def __len__(self) -> int:
        """Return how many rows there could be, meters aside."""
        return self.periods * self._attributes

    def row_of(self, period: Int64Array, attribute: Int64Array, meter: Int64Array) -> Int64Array:
        """Return the key of the row that each belongs to."""
        key = period * self._attributes + attribute
        return key * self._meters + meter if self.per_meter else key

    def by_meter(self, row: Int64Array, taken: Segments, cells: Cells) -> Int64Array:
        """Return the rows of cells of segments, separated by meter, in order of meters; `row`: periods by bucket."""
        of_stay = taken.meter * len(self) + taken.label
        return (row * self._attributes)[cells.bucket] + of_stay[cells.segment]

    def rows_of(self, key: Int64Array) -> Int64Array:
        """Return the rows of keys from `by_meter`."""
        meter, row = np.divmod(key, len(self))
        return row * self._meters + meter if self.per_meter else row

    def parts(self, key: Int64Array) -> tuple[Int64Array, Int64Array, Int64Array]:
        """Return period, attribute and meter of rows; the meter is 0 where rows are not per meter."""
        meter = key % self._meters if self.per_meter else np.zeros_like(key)
        period, attribute = np.divmod(key // self._meters if self.per_meter else key, self._attributes)
        return period, attribute, meter


class Sums:
    """The sums of rows, added up some whole meters at a time.

    Where rows are not per meter each has its place from the start: five numbers for every period and combination of
    attributes.
    """

    def __init__(self, keys: RowKeys) -> None:
        self._keys = keys
        size = 0 if keys.per_meter else len(keys)
        self._used, self._meters, self._drawing, self._largest, self._readings = np.zeros((5, size), dtype=np.int64)
        self._missing, self._known = np.zeros((2, size), dtype=np.int64)
        self._of_meters: list[tuple[Int64Array, Int64Array]] = []
        self._stored: list[tuple[Int64Array, Int64Array]] = []
        self._gaps: list[tuple[Int64Array, Int64Array]] = []
        self._times: list[tuple[Int64Array, Int64Array]] = []

    def add_usage(self, row: Int64Array, taken: Segments, cells: Cells) -> None:
        """Add the usage of some whole meters, so that a meter is counted once in a row.

        `row`: the period that each bucket belongs to, -1 for none.
        """
        rows, sums, begins = self._summed(row, taken, cells)
        if self._keys.per_meter:
            self._of_meters.append((rows, sums))
            return
        np.add.at(self._used, rows, sums)
        np.add.at(self._meters, rows, 1)
        np.add.at(self._drawing, rows, 1)
        np.subtract.at(self._drawing, begins, 1)
        np.maximum.at(self._largest, rows, sums)

    def add_readings(self, row: Int64Array, taken: Segments, cells: Cells) -> None:
        """Add the stored readings of some whole meters."""
        self._add(self._readings, self._stored, *self._summed(row, taken, cells)[:2])

    def add_missing(self, row: Int64Array, taken: Segments, cells: Cells) -> None:
        """Add the gaps of some whole meters."""
        self._add(self._missing, self._gaps, *self._summed(row, taken, cells)[:2])

    def add_known(self, row: Int64Array, taken: Segments, cells: Cells) -> None:
        """Add the time of which something is known of some whole meters."""
        self._add(self._known, self._times, *self._summed(row, taken, cells)[:2])

    def _add(
        self, sums: Int64Array, parts: list[tuple[Int64Array, Int64Array]], rows: Int64Array, amounts: Int64Array
    ) -> None:
        """Add amounts to the sums of their rows, or keep them as a part where rows are per meter."""
        if self._keys.per_meter:
            parts.append((rows, amounts))
        else:
            np.add.at(sums, rows, amounts)

    def _summed(self, row: Int64Array, taken: Segments, cells: Cells) -> tuple[Int64Array, Int64Array, Int64Array]:
        """Return the rows of the cells, each once a meter, their sums, and the rows where a meter has only a point."""
        keys, amount = self._keys.by_meter(row, taken, cells), cells.amount
        point = np.zeros(len(keys), dtype=bool)
        point[cells.points] = True
        if int(row.min()) < 0:
            asked = row[cells.bucket] >= 0
            keys, amount, point = keys[asked], amount[asked], point[asked]
        pairs, sums = sum_by_key(keys, amount)
        alone = keys[point]
        if len(pairs) < len(keys):  # another cell may be beside it
            alone = alone[~np.isin(alone, keys[~point])]
        return self._keys.rows_of(pairs), sums, self._keys.rows_of(alone)

    def rows_with_data(self) -> GroupRows:
        """Return the rows with data."""
        if not self._keys.per_meter:
            key = np.flatnonzero(self._meters)
            columns = (self._used, self._meters, self._drawing, self._largest, self._readings)
            return GroupRows(key, *(column[key] for column in (*columns, self._missing, self._known)))
        key, used = sum_by_key(*_together(self._of_meters))
        parts_of_each = (self._stored, self._gaps, self._times)
        others = (_values_at(key, *sum_by_key(*_together(parts))) for parts in parts_of_each)
        one = np.ones_like(key)
        return GroupRows(key, used, one, one, used, *others)


def _values_at(key: Int64Array, keys: Int64Array, values: Int64Array) -> Int64Array:
    """Return the values of keys, 0 for one that is not among `keys`, which are ascending."""
    found = np.zeros_like(key)
    place = np.searchsorted(keys, key)
    met = place < len(keys)
    met[met] = keys[place[met]] == key[met]
    found[met] = values[place[met]]
    return found


def _together(parts: list[tuple[Int64Array, Int64Array]]) -> tuple[Int64Array, Int64Array]:
    none = np.empty(0, dtype=np.int64)
    keys, values = zip((none, none), *parts, strict=True)
    return np.concatenate(keys), np.concatenate(values)


def sum_by_key(keys: Int64Array, values: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Return the distinct keys, ascending, and the sum of `values` by key."""
    if bool((keys[1:] > keys[:-1]).all()):
        return keys, values
    low = int(keys.min())
    size = int(keys.max()) - low + 1
    if size <= _ROOMY * len(keys):
        there, sums = np.zeros(size, dtype=bool), np.zeros(size, dtype=np.int64)
        place = keys - low
        there[place] = True
        np.add.at(sums, place, values)
        found = np.flatnonzero(there)
        return found + low, sums[found]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return keys[starts], np.add.reduceat(values[order], starts)
