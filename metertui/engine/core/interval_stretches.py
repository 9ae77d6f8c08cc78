"""Stretches of the intervals of an import that have nothing to do with one another.

What becomes of an interval depends on those that overlap it. So the rows of a meter are cut where no interval of it,
of files or stored, goes through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.columns import IntervalColumns, concat_ranges, first_at_least
from metertui.engine.storage import Records

_TRIED: Final = 1000
"""Places that are tried from the end of a part on."""


def stretches(parts: Iterable[Records], stored: IntervalColumns, meter_of: NDArray[np.int32]) -> Iterator[Records]:
    """Yield rows in their order, (`of`, `start`), in stretches; given `meter_of` the registers by code.

    A stretch is as long as a part, or longer where no instant of a part is free of intervals.
    """
    held: Records | None = None
    for part in parts:
        rows = part if held is None else np.concatenate((held, part))
        cut = _last_cut(rows, stored, meter_of)
        if cut:
            yield rows[:cut]
        held = rows[cut:].copy()
    if held is not None and len(held):
        yield held


def stored_beside(rows: IntervalColumns, stored: IntervalColumns) -> IntervalColumns:
    """Return the stored intervals in the time of rows, by register: from their first start to their last end."""
    codes, place = np.unique(rows.meter, return_inverse=True)
    since, until = np.full(len(codes), np.iinfo(np.int64).max), np.zeros(len(codes), dtype=np.int64)
    np.minimum.at(since, place, rows.start)
    np.maximum.at(until, place, rows.end)
    low, high = _within(stored, codes.astype(np.int64), since, until)
    return stored.take(concat_ranges(low, np.maximum(low, high)))


def _within(
    stored: IntervalColumns, codes: Int64Array, since: Int64Array, until: Int64Array
) -> tuple[Int64Array, Int64Array]:
    """Return the ranges of stored intervals of registers that lie in times, partly or wholly."""
    first, stop = (stored.starts.take(codes + more, mode="clip") for more in (0, 1))
    low = first_at_least(stored.end, first, stop, since + 1)
    return low, first_at_least(stored.start, first, stop, until)


def _last_cut(rows: Records, stored: IntervalColumns, meter_of: NDArray[np.int32]) -> int:
    """Return the last place before which rows end that those from there on have nothing to do with; 0 if there is none.

    More rows may follow, of the last meter too.
    """
    of = rows["of"]
    begin = int(of.searchsorted(of[-1])) if len(of) else 0
    start, until = rows["start"][begin:], np.maximum.accumulate(rows["end"][begin:])
    places = (np.flatnonzero(start[1:] >= until[:-1]) + 1)[-_TRIED:]
    if not len(places):
        return begin
    at = start[places]
    free = np.ones(len(places), dtype=bool)
    for code in np.flatnonzero(meter_of == of[-1]).tolist():
        low, high = _within(stored, np.full(len(at), code, dtype=np.int64), at, at)
        free &= high <= low
    return begin + int(places[free][-1]) if free.any() else begin
