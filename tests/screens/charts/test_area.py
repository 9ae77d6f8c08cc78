"""A filled area of dots: its height, its ends and its labels."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.screens.charts.area import area
from metertui.screens.charts.chart import Picture, Series
from metertui.screens.charts.inks import CURSOR
from tests.screens.charts.helpers import INKS


def picture(values: list[float | None]) -> Picture:
    labels = (*(f"-{len(values) - place}" for place in range(1, len(values))), "now")
    return Picture("area", labels, (Series("", tuple(values)),), "readings/s")


def drawn(values: list[float | None], width: int = 44, height: int = 9) -> list[str]:
    lines = area(picture(values), width, height, INKS)
    return ["".join(segment.text for segment in line) for line in lines]


def heights(lines: list[str], left: int) -> list[int]:
    """Return the number of dots in each column of dots."""
    bits = [[ord(char) - 0x2800 if char >= "\u2800" else 0 for char in line[left:]] for line in lines[:-1]]
    sides = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
    return [sum(bool(row[at] & bit) for row in bits for bit in side) for at in range(len(bits[0])) for side in sides]


def test_the_area_is_as_high_as_its_values() -> None:
    lines = drawn([0.0, 10.0, 20.0, 40.0])
    columns = heights(lines, 3)
    assert lines[0].startswith("40┤")
    assert [columns[at] for at in (5, 25, 45, 75)] == [0, 8, 16, 32]


@pytest.mark.parametrize("highest", [57.0, 75.0, 110.0])
def test_the_marks_of_the_scale_are_evenly_apart(highest: float) -> None:
    lines = drawn([0.0, highest], height=10)
    above_zero = [row for row, line in enumerate(lines) if "\u2524" in line][:-1]
    assert {after - before for before, after in pairwise(above_zero)} == {3}, lines


def test_a_low_value_is_seen_and_an_unknown_one_leaves_its_place_empty() -> None:
    columns = heights(drawn([None, 0.001, 1000.0]), 6)
    assert columns[2] == 0
    assert columns[len(columns) // 2] == 1
    assert heights(drawn([None, None]), 3) == [0] * len(heights(drawn([None, None]), 3))


def test_labels_stand_at_the_ends_and_between() -> None:
    axis = drawn([1.0] * 120, width=60)[-1]
    assert axis.split()[0] == "-119"
    assert axis.rstrip().endswith("now")
    assert len(axis.split()) == 5


def test_the_cursor_is_a_line() -> None:
    lines = area(picture([1.0] * 120), 44, 9, INKS, cursor=119)
    assert all(any(segment.style == INKS.style(CURSOR) for segment in line) for line in lines[:-1])


@settings(max_examples=40)
@given(
    width=st.integers(14, 120),
    height=st.integers(3, 30),
    values=st.lists(st.one_of(st.none(), st.floats(0, 1e9)), min_size=1, max_size=200),
)
def test_an_area_keeps_to_its_room(width: int, height: int, values: list[float | None]) -> None:
    lines = drawn(values, width, height)
    assert len(lines) <= max(3, height)
    if width > 30:
        assert max(len(line.rstrip()) for line in lines) <= width


@pytest.mark.parametrize("count", [1, 2])
def test_few_values_fill_the_width(count: int) -> None:
    assert all(height == 32 for height in heights(drawn([4.0] * count), 2)[:-2])
