"""Whole-number arithmetic that rounds half-up."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.billing.rounding import half_up, half_up_products, scaled


def test_a_half_goes_away_from_zero() -> None:
    assert [half_up(n, 10) for n in (4, 5, 14, 15, 25, -4, -5, -15)] == [0, 1, 1, 2, 3, 0, -1, -2]


@given(
    st.lists(st.tuples(st.integers(0, 10**11), st.integers(0, 10**12)), max_size=5),
    st.sampled_from([1, 3, 1000, 10**8, 10**9, 10**10]),
)
def test_products_are_exact(pairs: list[tuple[int, int]], divisor: int) -> None:
    pairs = [(a, b) for a, b in pairs if a * b // divisor < 2**62]
    a, b = (np.array([pair[i] for pair in pairs], dtype=np.int64) for i in range(2))
    expected = [int(Fraction(x * y, divisor) + Fraction(1, 2)) for x, y in pairs]
    assert half_up_products(a, b, divisor).tolist() == expected


def test_decimals_as_whole_numbers() -> None:
    whole, one = scaled([Decimal("28.12"), Decimal(9), Decimal("0.5"), Decimal("1E+1")])
    assert (whole.tolist(), one) == ([2812, 900, 50, 1000], 100)
    assert scaled([])[1] == 1
