"""Changes between periods of equal and of different lengths."""

from __future__ import annotations

import numpy as np

from metertui.engine.base.zone import DAY, HOUR
from metertui.engine.usage.comparison import change_per_day, per_day


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
