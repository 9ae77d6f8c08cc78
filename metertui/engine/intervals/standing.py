"""Which of the values that were stored for intervals stand.

Files keep every value: rows of one interval (identifier, start, end) stand together in order of arrival, and the last
one stands. One without energy withdraws the interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.columns import IntervalColumns
from metertui.engine.intervals.lines import WITHDRAWN
from metertui.engine.intervals.rows import IntervalRows

_NEVER: Final = -(1 << 62)


def merge_values(before: IntervalRows, rows: IntervalRows) -> IntervalRows:
    """Return rows in the order of a file: the values `before`, and behind them those of `rows` that change what stands.

    Both with the same list of identifiers.
    """
    columns = zip(
        *((each.code, each.start, each.end, each.energy, each.quality) for each in (before, rows)), strict=True
    )
    both = IntervalRows(before.ids, *(np.concatenate(pair) for pair in columns))
    order = np.lexsort((both.end, both.id_ranks(), both.start))  # stable: those before come first
    both = both.take(order)
    first = _firsts(both)
    again = ~first
    for column in (both.energy, both.quality):
        again[1:] &= column[1:] == column[:-1]
    idle = np.where(first, both.energy == WITHDRAWN, again)
    return both.take(~idle | (order < len(before)))


def standing_columns(rows: IntervalRows, codes: NDArray[np.int32]) -> IntervalColumns:
    """Return the intervals that stand in files, given the meter code of each identifier; see `without_overlaps`."""
    return standing_and_former(rows, codes)[0]


def standing_and_former(rows: IntervalRows, codes: NDArray[np.int32]) -> tuple[IntervalColumns, IntervalColumns]:
    """Return the same, and the values that do not stand any longer, which may be several of one interval."""
    meter = codes[rows.code] if len(rows) else rows.code
    order = np.lexsort((rows.end, rows.start, meter))
    stated = rows.energy[order] != WITHDRAWN
    last = np.ones(len(rows), dtype=bool)
    last[:-1] = False
    for column in (meter, rows.start, rows.end):  # one at a time: a server has no room for copies of all of them
        in_order = column[order]
        last[:-1] |= in_order[1:] != in_order[:-1]

    def taken(places: NDArray[np.int64]) -> IntervalColumns:
        return IntervalColumns(
            meter[places], rows.start[places], rows.end[places], rows.energy[places], rows.quality[places]
        )

    return taken(order[stated & last]), taken(order[stated & ~last])


def gone_from(before: IntervalColumns, after: IntervalColumns, changes: IntervalRows) -> IntervalColumns:
    """Return the values of intervals that stood before some changes, and do not after them."""
    before, after = (each.take(np.isin(each.start, changes.start)) for each in (before, after))
    if not len(before):
        return before
    names = ("meter", "start", "end", "energy", "quality")
    columns = [np.concatenate((getattr(after, name), getattr(before, name))) for name in names]
    old = np.arange(len(after) + len(before)) >= len(after)
    order = np.lexsort((old, *columns[::-1]))
    kept = old[order]
    kept[:1] = False
    for column in columns:
        kept[1:] &= column[order][1:] == column[order][:-1]
    return before.take(np.sort(order[old[order] & ~kept]) - len(after))


def without_overlaps(columns: IntervalColumns) -> IntervalColumns:
    """Return the intervals that count: where two overlap, which no import leaves behind, the later one is left out."""
    late = overlapping(columns)
    return columns.take(~late) if late.any() else columns


def overlapping(columns: IntervalColumns) -> NDArray[np.bool_]:
    """Return which intervals overlap an earlier one that does not itself; bool[n]."""
    meter, start, end = columns.meter, columns.start, columns.end
    found = np.zeros(len(meter), dtype=bool)
    near = np.flatnonzero((meter[1:] == meter[:-1]) & (start[1:] < end[:-1])) + 1
    for code in np.unique(meter[near]).tolist():
        until = _NEVER
        for row in range(*np.searchsorted(meter, [code, code + 1]).tolist()):
            found[row] = start[row] < until
            until = until if found[row] else int(end[row])
    return found


def merge_columns(before: IntervalColumns, gone: NDArray[Any], new: IntervalColumns) -> IntervalColumns:
    """Return intervals without those at the places `gone` (positions or a mask), and with new ones."""
    kept = np.ones(len(before), dtype=bool)
    kept[gone] = False
    parts: Sequence[IntervalColumns] = (before.take(kept), new)
    both = IntervalColumns(
        np.concatenate([part.meter for part in parts]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.end for part in parts]),
        np.concatenate([part.energy for part in parts]),
        np.concatenate([part.quality for part in parts]),
    )
    return both.take(np.lexsort((both.end, both.start, both.meter)))


def with_values(before: IntervalColumns, rows: IntervalRows, codes: NDArray[np.int32]) -> IntervalColumns:
    """Return the intervals that stand once values were added to those that did; `codes` as in `standing_columns`."""
    meter = codes[rows.code] if len(rows) else rows.code
    both = IntervalRows(
        [],
        np.concatenate((before.meter, meter)),
        np.concatenate((before.start, rows.start)),
        np.concatenate((before.end, rows.end)),
        np.concatenate((before.energy, rows.energy)),
        np.concatenate((before.quality, rows.quality)),
    )
    return standing_columns(both, np.arange(int(both.code.max(initial=-1)) + 1, dtype=np.int32))


def _firsts(rows: IntervalRows) -> NDArray[np.bool_]:
    """Return which rows are the first of their interval, where those of one stand together; bool[n]."""
    first = np.ones(len(rows), dtype=bool)
    first[1:] = False
    for column in (rows.code, rows.start, rows.end):
        first[1:] |= column[1:] != column[:-1]
    return first
