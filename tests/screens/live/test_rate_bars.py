"""Bars of the rate: how values are parted, and what a bar says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Size

from metertui.screens.live.rate_bars import RateBars, bar_heights


@given(st.lists(st.integers(0, 1000), max_size=130), st.integers(0, 300))
def test_the_newest_find_room(values: list[int], width: int) -> None:
    found = bar_heights(values, width)
    assert len(found) <= max(0, width)
    if values and width:
        assert found[-1] == values[-1]
        assert len(found) > width - len(values) if width >= len(values) else found == values[-width:]
    assert set(found) <= set(values)


def test_the_highest_is_as_high_as_there_is_room_and_little_is_not_nothing() -> None:
    rates = RateBars()
    rates._values = (0, 1, 500, 1000)
    assert rates._lines(Size(4, 2)) == "   █\n ▁██"
    rates._values = (0, 0)
    assert rates._lines(Size(2, 1)) == "  "
