"""Durations in words."""

from __future__ import annotations

import pytest

from metertui.engine.base.durations import duration_text
from metertui.engine.base.zone import DAY, HOUR, MINUTE


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (-5, "0 min"),
        (119 * MINUTE + 1, "119 min"),
        (2 * HOUR, "2 h"),
        (2 * DAY - 1, "47 h"),
        (2 * DAY, "2 days"),
    ],
)
def test_duration_is_cut_to_whole_minutes_hours_or_days(us: int, text: str) -> None:
    assert duration_text(us) == text
