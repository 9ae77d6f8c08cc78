"""What becomes of the intervals of a file beside those that are known: which are new, and which differ.

Each has its own energy and quality, so it is compared by itself. One with other bounds than the known ones says the
same if it has their energy for exactly their time. The known ones are those that are stored and those of the files
before.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.columns import IntervalColumns, concat_ranges, first_at_least
from metertui.engine.intervals import overlapping


class What(IntEnum):
    """What becomes of an interval."""

    NEW = 0
    DUPLICATE = 1
    """It is known, or stands in the file before."""
    DIFFERENT = 2
    """Something else is known of its time."""
    CONFLICT = 3
    """Its own file says something else of its time before."""


class FileOutcomes(NamedTuple):
    """What becomes of the n intervals of a file."""

    what: NDArray[np.uint8]
    """See What; uint8[n]."""
    order: Int64Array
    """Their places in order of (meter, start, end)."""
    known: Int64Array
    """The places of the known intervals in whose time different ones lie, ascending, each once."""
    beside: Int64Array
    """Of each interval, in the order of the file, the place of the first of those; -1 if it is not different."""
    divided: Int64Array
    """The places of the known intervals that new ones divide and have the energy of, ascending."""


def file_outcomes(file: IntervalColumns, known: IntervalColumns) -> FileOutcomes:
    """Find out what becomes of the intervals of a file, in its order, beside known ones, of which no two overlap.

    Of the values that it has for one interval the first holds. Those that divide a known one, and have its energy
    together, are new: so it does not matter whether the longer or the shorter ones come first.
    """
    count = len(file)
    order = np.lexsort((np.arange(count), file.end, file.start, file.meter))
    rows = file.take(order)
    what = np.full(count, What.NEW, dtype=np.uint8)
    first = np.ones(count, dtype=bool)
    first[1:] = ~(_same(rows.meter) & _same(rows.start) & _same(rows.end))
    leader = np.maximum.accumulate(np.where(first, np.arange(count), 0))
    says_so = (rows.energy == rows.energy[leader]) & (rows.quality == rows.quality[leader])
    what[~first] = np.where(says_so[~first], What.DUPLICATE, What.CONFLICT)
    held = np.flatnonzero(first)
    late = overlapping(rows.take(held))
    if late.any():
        over, held = held[late], held[~late]
        what[over] = np.where(_as_others(rows.take(over), rows.take(held)), What.DUPLICATE, What.CONFLICT)
    kept = rows.take(held)
    low, high = _overlapped(kept, known)
    inside = high > low
    exact = np.zeros(len(held), dtype=bool)
    at = low[inside]
    exact[inside] = (known.start[at] == kept.start[inside]) & (known.end[at] == kept.end[inside])
    same = np.zeros(len(held), dtype=bool)
    at = low[exact]
    same[exact] = (known.energy[at] == kept.energy[exact]) & (known.quality[at] == kept.quality[exact])
    rest = inside & ~exact
    same[rest] = _as_others(kept.take(rest), known)
    parts = np.flatnonzero(rest & ~same & (high - low == 1))
    split = np.unique(low[parts])
    whole = split[_as_others(known.take(split), kept)]
    divides = np.zeros(len(held), dtype=bool)
    divides[parts] = np.isin(low[parts], whole)
    differs = inside & ~same & ~divides
    what[held] = np.where(same, What.DUPLICATE, np.where(differs, What.DIFFERENT, What.NEW))
    beside = np.full(count, -1, dtype=np.int64)
    beside[order[held[differs]]] = low[differs]
    in_order = np.empty(count, dtype=np.uint8)
    in_order[order] = what
    return FileOutcomes(in_order, order, np.unique(concat_ranges(low[differs], high[differs])), beside, whole)


def _same(column: NDArray[np.int32] | Int64Array) -> NDArray[np.bool_]:
    """Return which values but the first are those before them."""
    return np.asarray(column[1:] == column[:-1])


def _overlapped(rows: IntervalColumns, others: IntervalColumns) -> tuple[Int64Array, Int64Array]:
    """Return the range of others, of which no two overlap, in whose time each of the rows lies."""
    meter = rows.meter.astype(np.int64)
    first, stop = (others.starts.take(meter + more, mode="clip") for more in (0, 1))
    low = first_at_least(others.end, first, stop, rows.start + 1)
    high = first_at_least(others.start, first, stop, rows.end)
    return low, np.maximum(low, high)


def _as_others(rows: IntervalColumns, others: IntervalColumns) -> NDArray[np.bool_]:
    """Return which rows have the energy of some others for exactly their time."""
    low, high = _overlapped(rows, others)
    found = high > low
    at, last = low[found], high[found] - 1
    found[found] = (others.start[at] == rows.start[found]) & (others.end[last] == rows.end[found])
    for sums, value in (
        (_sums(others.end - others.start), rows.end - rows.start),
        (_sums(others.energy), rows.energy),
    ):
        found[found] = sums[high[found]] - sums[low[found]] == value[found]
    return found


def _sums(values: Int64Array) -> Int64Array:
    """Return the sums of the first values, from none to all; where they overflow, their differences are right."""
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(values)))
