"""C(t) between two points, to the watt-hour."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.columns.interpolation import interpolate, interpolate_one


def interpolated(*values: int) -> int:
    """Interpolate at one instant, by arrays and without."""
    (found,) = interpolate(*(np.array([value], dtype=np.int64) for value in values)).tolist()
    assert values[2] == values[3] or interpolate_one(*values) == found
    return int(found)


@given(
    st.integers(0, 10**11),
    st.integers(0, 10**11),
    st.integers(0, 10**15),
    st.integers(1, 10**15),
    st.integers(0, 10**15),
)
def test_interpolation_is_exact_however_large(e0: int, rise: int, t0: int, length: int, into: int) -> None:
    t = t0 + into % (length + 1)
    expected = round(Fraction(e0 * length + rise * (t - t0), length))
    assert interpolated(e0, e0 + rise, t0, t0 + length, t) == expected


@pytest.mark.parametrize(
    ("e0", "e1", "t1", "t", "expected"),
    [
        (0, 1, 2, 1, 0),  # 0.5
        (1, 2, 2, 1, 2),  # 1.5: the value is rounded, not the share of the step
        (2, 3, 2, 1, 2),  # 2.5
        (3, 6, 2, 1, 4),  # 4.5
        (1, 3, 8, 2, 2),  # 1.5
        (0, 1, 3, 1, 0),
        (0, 1, 3, 2, 1),
        (0, 1, 1000, 501, 1),
        # Nearer to a half than a float tells, and just not.
        *(
            (e0, e0 + 2**28 + 7, 2**26 + 1, t, None)
            for t in (pow(2**28 + 7, -1, 2**26 + 1) * (2**25 + n) % (2**26 + 1) for n in (0, 1))
            for e0 in (0, 1)
        ),
        *((e0, e0 + 2**bits + 1, 2**50, 2**49 + off, None) for bits in (0, 1) for off in (-1, 0, 1) for e0 in (0, 1)),
    ],
)
def test_halves_are_rounded_to_even_in_the_value_itself(
    e0: int, e1: int, t1: int, t: int, expected: int | None
) -> None:
    expected = expected if expected is not None else round(e0 + Fraction((e1 - e0) * t, t1))
    assert interpolated(e0, e1, 0, t1, t) == expected


def test_a_line_of_no_length_has_the_value_at_its_end() -> None:
    assert interpolated(0, 7, 5, 5, 5) == 7


@given(st.lists(st.tuples(st.integers(0, 10**11), st.integers(0, 10**11), st.integers(1, 10**15)), min_size=1))
def test_many_lines_are_interpolated_as_each_alone(lines: list[tuple[int, int, int]]) -> None:
    e0, rise, length = (np.array(column, dtype=np.int64) for column in zip(*lines, strict=True))
    found = interpolate(e0, e0 + rise, np.zeros_like(e0), length, length // 3)
    assert found.tolist() == [interpolated(a, a + up, 0, long, long // 3) for a, up, long in lines]
