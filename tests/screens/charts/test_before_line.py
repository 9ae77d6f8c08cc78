"""The line of what a bar is compared with: at its height, in eighths of a row."""

from __future__ import annotations

import numpy as np
import pytest

from metertui.screens.charts.before_line import HIGH, LOW, MIDDLE, TOP, line_before

_STANDS_AT = {LOW: 0, MIDDLE: 4, HIGH: 8, TOP: 8}


@pytest.mark.parametrize("now", [0, 3, 8, 11, 40])
def test_a_line_is_within_two_eighths_of_a_row_of_its_figure(now: int) -> None:
    before = np.arange(1, 41)
    rows, chars = line_before(before, np.full(40, now), 5)
    drawn = [8 * row + _STANDS_AT[char] for row, char in zip(rows.tolist(), chars.tolist(), strict=True)]
    assert max(abs(place - height) for place, height in zip(drawn, before.tolist(), strict=True)) <= 2
    assert drawn == sorted(drawn)
    assert set(rows.tolist()) == set(range(5))


def test_a_line_between_rows_leaves_the_end_of_the_bar_to_be_seen() -> None:
    same = line_before(np.array([18]), np.array([18]), 5)
    assert [each.tolist() for each in same] == [[2], [MIDDLE]]  # not below the bar that it equals
    rows, chars = line_before(np.array([16, 16, 16, 40, 40]), np.array([19, 16, 30, 8, 40]), 5)
    found = list(zip(rows.tolist(), chars.tolist(), strict=True))
    assert found == [(1, HIGH), (2, LOW), (2, LOW), (4, TOP), (4, HIGH)]
