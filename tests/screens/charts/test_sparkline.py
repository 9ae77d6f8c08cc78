"""A series in one line of text."""

from __future__ import annotations

from metertui.screens.charts.sparkline import sparkline


def test_values_rise_from_zero_to_the_highest() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6], 8) == "▁▂▃▄▅▆▇"
    assert sparkline([0.0, 0.01, 100.0], 8) == "▁▂▇"
    assert sparkline([0, 0], 8) == "▁▁"


def test_an_unknown_value_leaves_its_place_empty() -> None:
    assert sparkline([None, 1.0, None, 2.0], 8) == " ▄ ▇"
    assert sparkline([None], 8) == " "
    assert sparkline([], 8) == ""


def test_steady_values_have_the_range_that_is_theirs_but_not_a_zero() -> None:
    assert sparkline([60, 70, 80, 90, 100], 8, own_range=True) == "▂▃▄▆▇"
    assert sparkline([100, 98, 100, 96], 8, own_range=True) == "▅▄▅▄"  # a fifth of the highest at least
    assert sparkline([5, 5, None, 5], 8, own_range=True) == "▄▄ ▄"
    assert sparkline([0, 90, 100], 8, own_range=True) == sparkline([0, 90, 100], 8) == "▁▆▇"
    assert sparkline([0, 0], 8, own_range=True) == "▁▁"
    assert sparkline([None], 8, own_range=True) == " "


def test_more_values_than_fit_are_merged() -> None:
    assert sparkline([0, 0, 4, 4, 8, 8, 2, 2], 4) == "▁▄▇▃"
    assert len(sparkline(list(range(1000)), 7)) <= 7
    assert sparkline([1.0], 0) == ""


def test_lines_may_have_a_common_scale() -> None:
    assert sparkline([7.0], 1, highest=14.0) == "▄"
    assert sparkline([28.0], 1, highest=14.0) == "▇"
