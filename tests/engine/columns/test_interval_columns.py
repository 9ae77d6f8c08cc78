"""Stored intervals as columns."""

from __future__ import annotations

import numpy as np

from metertui.engine.columns.interval_columns import IntervalColumns


def test_the_intervals_of_a_meter_are_a_slice() -> None:
    whole = IntervalColumns(
        np.array([0, 2, 2], np.int32),
        np.array([5, 1, 3]),
        np.array([6, 2, 4]),
        np.array([7, 8, 9]),
        np.zeros(3, np.uint8),
    )
    assert [whole.span(code) for code in range(4)] == [slice(0, 1), slice(1, 1), slice(1, 3), slice(0, 0)]
    assert whole.take(whole.span(2)).energy.tolist() == [8, 9]
    assert whole.of_meter(2).meter.tolist() == [0, 0]
    assert len(IntervalColumns.empty()) == 0
    assert IntervalColumns.empty().span(0) == slice(0, 0)


def test_an_interval_covers_the_time_after_its_start_until_its_end() -> None:
    whole = IntervalColumns(
        np.array([0, 2], np.int32), np.array([5, 1]), np.array([7, 4]), np.array([7, 8]), np.zeros(2, np.uint8)
    )
    meter = np.array([0, 0, 0, 0, 1, 2, 2, 3], np.int32)
    time = np.array([5, 6, 7, 8, 6, 1, 4, 6])
    assert whole.cover(meter, time).tolist() == [False, True, True, False, False, False, True, False]
    assert IntervalColumns.empty().cover(meter, time).tolist() == [False] * 8
