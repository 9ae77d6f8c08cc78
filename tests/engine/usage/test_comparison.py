"""Changes between periods of equal and of different lengths."""

from __future__ import annotations

import numpy as np

from metertui.engine.base.zone import DAY, HOUR
from metertui.engine.usage.comparison import are_alike, change_per_day, per_day


def test_a_steady_use_does_not_change_whatever_the_lengths() -> None:
    """A month of 31 days after one of 28, and a day of 23 hours after one of 24."""
    used, before = np.array([31.0, 23.0, 2.0, 1.0, 1.0]), np.array([28.0, 24.0, 1.0, 0.0, np.nan])
    length = np.array([31 * DAY, 23 * HOUR, DAY, DAY, DAY])
    length_before = np.array([28 * DAY, 24 * HOUR, DAY, DAY, -1])
    found = change_per_day(used, length, before, length_before)
    assert np.round(found, 9).tolist()[:3] == [0, 0, 1]
    assert np.isnan(found[3:]).all()
    assert np.allclose(per_day(used, length)[:2], [1, 24])
    assert np.isnan(per_day(used, np.zeros(5, dtype=np.int64))).all()


def test_hours_of_a_day_are_not_compared_with_other_hours() -> None:
    """Four hours of a night are no day, and a day and a night no two days."""
    cases = [
        (4 * HOUR, DAY, False),
        (4 * HOUR, 28 * HOUR, False),
        (28 * HOUR, 2 * DAY, False),
        (5 * DAY + 20 * HOUR, 31 * DAY, False),
        (23 * HOUR, DAY, True),
        (2 * DAY, 3 * DAY - HOUR, True),
        (8 * DAY + 4 * HOUR, 31 * DAY, True),
        (58 * HOUR // 60, HOUR, True),
        (DAY, -1, False),
    ]
    length, other = (np.array(column, dtype=np.int64) for column in list(zip(*cases, strict=True))[:2])
    assert are_alike(length, other).tolist() == [alike for _, _, alike in cases]
    assert are_alike(other, length).tolist() == [alike for _, _, alike in cases]
    used = np.ones(len(cases))
    assert np.isnan(change_per_day(used, length, used, other)).tolist() == [not alike for _, _, alike in cases]
