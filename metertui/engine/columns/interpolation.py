"""The value of C(t), the cumulative energy of a meter, between two points of its curve.

It is linear there, and rounded half-even to a whole Wh. The value itself is rounded, not a share of it, so that
differences of C sum.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from metertui.engine.base import Int64Array

_SAFE: Final = float(1 << 62)
"""Products below this are exact in int64."""
_FLOAT: Final = float(1 << 52)
"""Below this a float is exact enough to tell a quotient from a half."""


def interpolate(e0: Int64Array, e1: Int64Array, t0: Int64Array, t1: Int64Array, t: Int64Array) -> Int64Array:
    """Return C (Wh) at `t` on lines from (t0, e0) to (t1, e1), t0 <= t <= t1, rounded half-even. Exact.

    Arrays of equal length. Where t0 = t1 the result is e1.
    """
    value = np.where(t == t1, e1, e0)
    within = np.flatnonzero((t > t0) & (t < t1))
    value[within] = _interpolate_within(e0[within], (e1 - e0)[within], (t - t0)[within], (t1 - t0)[within])
    return value


def interpolate_one(e0: int, e1: int, t0: int, t1: int, t: int) -> int:
    """Do the same for one instant t0 <= t <= t1, t0 < t1, without arrays."""
    share, rest = divmod((e1 - e0) * (t - t0), t1 - t0)
    value = e0 + share
    return value + (2 * rest > t1 - t0 or (2 * rest == t1 - t0 and value % 2 == 1))


def _interpolate_within(e0: Int64Array, rise: Int64Array, run: Int64Array, length: Int64Array) -> Int64Array:
    # Where the quotient's numerator has fewer bits than a float it is nearer to the true one than that is to any half,
    # so a float rounds as the whole numbers would. An odd e0 is carried along: what must be even is the sum.
    odd = e0 & 1
    product = rise.astype(np.float64) * run
    value = e0 - odd + np.rint((product + odd * length) / length).astype(np.int64)
    if len(product) and float(np.abs(product).max()) + float(length.max()) >= _FLOAT:
        rest = np.flatnonzero(np.abs(product) + length >= _FLOAT)
        value[rest] = _interpolate_large(e0[rest], rise[rest], run[rest], length[rest])
    return np.asarray(value, dtype=np.int64)


def _interpolate_large(e0: Int64Array, rise: Int64Array, run: Int64Array, length: Int64Array) -> Int64Array:
    """Do the same with whole numbers: 64 bits wide, or Python's own where those do not hold the product."""
    large = rise.astype(np.float64) * run >= _SAFE
    if large.any():
        # A long interval of much energy. Instants are mostly whole minutes, which makes its fraction a small one.
        common = np.gcd(run[large], length[large])
        run[large] //= common
        length[large] //= common
        large = rise.astype(np.float64) * run >= _SAFE
    product = np.where(large, 0, rise) * run
    share, rest = np.divmod(product, length)
    value = e0 + share
    value += (2 * rest > length) | ((2 * rest == length) & (value % 2 == 1))
    for i in np.flatnonzero(large).tolist():
        value[i] = interpolate_one(int(e0[i]), int(e0[i] + rise[i]), 0, int(length[i]), int(run[i]))
    return np.asarray(value, dtype=np.int64)
