"""Sums by key, and the keys of rows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.usage.group_sums import RowKeys, sum_by_key


@given(st.lists(st.tuples(st.integers(0, 9) | st.integers(0, 10**12), st.integers(0, 10**9)), min_size=1))
def test_sums_by_key_are_those_of_a_plain_count(pairs: list[tuple[int, int]]) -> None:
    expected: Counter[int] = Counter()
    for key, value in pairs:
        expected[key] += value
    keys, sums = sum_by_key(*(np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True)))
    assert dict(zip(keys.tolist(), sums.tolist(), strict=True)) == dict(expected)
    assert keys.tolist() == sorted(expected)


@pytest.mark.parametrize("per_meter", [False, True])
def test_a_key_has_the_parts_that_it_was_made_of(per_meter: bool) -> None:
    keys = RowKeys(5, 3, 7, per_meter=per_meter)
    period, attribute, meter = (np.array(column, dtype=np.int64) for column in ([0, 4, 2], [2, 0, 1], [6, 0, 3]))
    found = keys.parts(keys.row_of(period, attribute, meter))
    assert found[0].tolist() == period.tolist()
    assert found[1].tolist() == attribute.tolist()
    assert found[2].tolist() == (meter.tolist() if per_meter else [0, 0, 0])


def test_keys_are_in_order_of_period_then_attribute() -> None:
    keys = RowKeys(2, 3, 4, per_meter=False)
    zero = np.zeros(1, dtype=np.int64)
    assert keys.row_of(zero, zero + 2, zero)[0] < keys.row_of(zero + 1, zero, zero)[0]
