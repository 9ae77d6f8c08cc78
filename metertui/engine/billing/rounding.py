"""Integer arithmetic for money: over arrays, rounded half-up, without silent overflow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import numpy as np

from metertui.engine.base import Int64Array

_SAFE: Final = float(1 << 61)
"""Twice a product below this limit is exact in int64."""


def half_up(dividend: int, divisor: int) -> int:
    """Return `dividend` / `divisor` (> 0), rounded to the nearest whole number, halves away from zero."""
    share = (2 * abs(dividend) + divisor) // (2 * divisor)
    return share if dividend >= 0 else -share


def half_up_products(a: Int64Array, b: Int64Array, divisor: int) -> Int64Array:
    """Return a * b / `divisor` by element, rounded half-up. All must be non-negative.

    Products too large for int64 are computed as Python integers. Raises OverflowError for a result beyond int64.
    """
    a, b = np.broadcast_arrays(a, b)
    if divisor >= _SAFE or bool(np.any(a.astype(np.float64) * b >= _SAFE)):
        exact = [half_up(int(x) * int(y), divisor) for x, y in zip(a.ravel(), b.ravel(), strict=True)]
        return np.array(exact, dtype=np.int64).reshape(a.shape)
    return np.asarray((2 * (a * b) + divisor) // (2 * divisor), dtype=np.int64)


def scaled(values: Sequence[Decimal]) -> tuple[Int64Array, int]:
    """Return decimals of at most 18 digits as whole numbers of a common unit, and how many units make 1."""
    places = decimals(values)
    return np.array([int(value.scaleb(places)) for value in values], dtype=np.int64), 10**places


def decimals(values: Iterable[Decimal]) -> int:
    """Return the largest number of decimals among the values."""
    return max((max(0, -int(value.as_tuple().exponent)) for value in values), default=0)
