"""Whole-number arithmetic over arrays that rounds half-up and never overflows: for money."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import numpy as np

from metertui.engine.base import Int64Array

_SAFE: Final = float(1 << 61)
"""Twice a product below this is exact in int64."""


def half_up(dividend: int, divisor: int) -> int:
    """`dividend` / `divisor` (> 0), a half rounded away from zero."""
    share = (2 * abs(dividend) + divisor) // (2 * divisor)
    return share if dividend >= 0 else -share


def half_up_products(a: Int64Array, b: Int64Array, divisor: int) -> Int64Array:
    """a * b / `divisor` by element, none of them negative, half-up; by whole Python numbers where 64 bits do not hold.

    Raises OverflowError where a result does not fit into int64.
    """
    a, b = np.broadcast_arrays(a, b)
    if divisor >= _SAFE or bool(np.any(a.astype(np.float64) * b >= _SAFE)):
        exact = [half_up(int(x) * int(y), divisor) for x, y in zip(a.ravel(), b.ravel(), strict=True)]
        return np.array(exact, dtype=np.int64).reshape(a.shape)
    return np.asarray((2 * (a * b) + divisor) // (2 * divisor), dtype=np.int64)


def scaled(values: Sequence[Decimal]) -> tuple[Int64Array, int]:
    """Decimals of at most 18 digits as whole numbers, and how many of them make 1."""
    places = decimals(values)
    return np.array([int(value.scaleb(places)) for value in values], dtype=np.int64), 10**places


def decimals(values: Iterable[Decimal]) -> int:
    """Return how many decimals the value with the most of them has."""
    return max((max(0, -int(value.as_tuple().exponent)) for value in values), default=0)
