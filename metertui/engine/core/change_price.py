"""The price of what an edit changes: the energy of intervals that are others after it than before."""

from __future__ import annotations

import numpy as np

from metertui.engine.base import Int64Array
from metertui.engine.core.decision_basis import DecisionBasis
from metertui.engine.usage import Series


def price_change(basis: DecisionBasis, before: Series, after: Series) -> int | None:
    """Return by how much the price of all that a meter used changes, in cents with tax, rounded half-up once.

    Each interval is priced by the apartment type at its later reading, as on a bill. None if one has no tariff.
    """
    gone, come = _changed(_intervals(before), _intervals(after))
    start, end = (np.concatenate((come[:, place], gone[:, place])) for place in (0, 1))
    wh = np.concatenate((come[:, 2], -gone[:, 2]))
    some = np.flatnonzero(wh)
    if not len(some):
        return 0
    return basis.prices.total(basis.types_at(end[some]), wh[some], start[some], end[some])


def _intervals(series: Series) -> Int64Array:
    """Return start, end (µs UTC) and energy (Wh) of the intervals of a meter, int64[n, 3]."""
    curve = series.curve
    return np.stack((curve.time[:-1], curve.time[1:], np.diff(curve.energy)), axis=1)


def _changed(before: Int64Array, after: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Return the intervals between the first and the last that differ, of both."""
    first = _equal(before, after)
    before, after = before[first:], after[first:]
    last = _equal(before[::-1], after[::-1])
    return before[: len(before) - last], after[: len(after) - last]


def _equal(some: Int64Array, others: Int64Array) -> int:
    """Return how many intervals are the same from the first on."""
    count = min(len(some), len(others))
    differ = np.flatnonzero((some[:count] != others[:count]).any(axis=1))
    return int(differ[0]) if len(differ) else count
