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


def test_what_is_known_in_part_is_not_compared() -> None:
    """Four hours of a night are no day, two days are no three, and five weeks no year."""
    cases = [
        (4 * HOUR, DAY, False),
        (28 * HOUR, 2 * DAY, False),
        (2 * DAY, 3 * DAY - HOUR, False),
        (8 * DAY + 4 * HOUR, 31 * DAY, False),
        (35 * DAY, 334 * DAY, False),
        (23 * HOUR, DAY, True),
        (28 * DAY, 31 * DAY, True),
        (58 * HOUR // 60, HOUR, True),
        (DAY, -1, False),
        (-1, -1, False),
    ]
    length, other = (np.array(column, dtype=np.int64) for column in list(zip(*cases, strict=True))[:2])
    assert are_alike(length, other).tolist() == [alike for _, _, alike in cases]
    assert are_alike(other, length).tolist() == [alike for _, _, alike in cases]
    used = np.ones(len(cases) - 1)
    found = change_per_day(used, length[:-1], used, other[:-1])
    assert np.isnan(found).tolist() == [not alike for _, _, alike in cases[:-1]]


def test_a_period_may_have_more_of_a_day_of_the_week_than_another() -> None:
    length, other = np.array([4, 12, 1, 2]) * DAY, np.array([5 * DAY - HOUR, 14 * DAY, 2 * DAY, 5 * DAY])
    assert are_alike(length, other, weekdays=True).tolist() == [True, True, True, False]
    assert are_alike(length, other).tolist() == [False] * 4
