"""Sums of energy that is known more finely than a watt-hour."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array

UWH_PER_WH: Final = 1_000_000


def cumulative_wh(meter: NDArray[np.int32], whole: Int64Array, part: Int64Array) -> Int64Array:
    """Return the sum (Wh, rounded half-even) of energies since each meter's first point, which has none.

    They are `whole` Wh and `part` µWh, from 0 to below 1 Wh, in order of meter. No sum overflows.
    """
    whole, part = np.cumsum(whole), np.cumsum(part)
    first = np.ones(len(meter), dtype=bool)
    first[1:] = meter[1:] != meter[:-1]
    since = np.maximum.accumulate(np.where(first, np.arange(len(meter)), 0))
    whole, part = whole - whole[since], part - part[since]
    more, left = np.divmod(part, UWH_PER_WH)
    value = whole + more
    value += (2 * left > UWH_PER_WH) | ((2 * left == UWH_PER_WH) & (value % 2 == 1))
    return np.asarray(value, dtype=np.int64)
