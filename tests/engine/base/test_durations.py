"""Durations in words."""

from __future__ import annotations

import pytest

from metertui.engine.base.durations import duration_text
from metertui.engine.base.zone import DAY, HOUR, MINUTE, SECOND


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (-5, "0 s"),
        (59 * SECOND, "59 s"),
        (HOUR, "1 h"),
        (119 * MINUTE + 1, "119 min"),
        (2 * HOUR, "2 h"),
        (55 * HOUR + 30 * MINUTE, "55 h"),
        (3 * DAY - 1, "71 h"),
        (3 * DAY + 4 * HOUR, "3 d"),
    ],
)
def test_a_duration_in_one_unit_is_cut_to_what_tells_most(us: int, text: str) -> None:
    assert duration_text(us) == text
