"""The canvas of a chart: its scale, the inks of its cells, and the labels below."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from metertui.screens.charts.figure import Figure, Line, nearest_cell, scale, scale_between
from metertui.screens.charts.inks import CONTEXT, GRID
from tests.screens.charts.helpers import INKS


def cells(line: Line) -> list[tuple[str, Style | None]]:
    return [(char, segment.style) for segment in line for char in segment.text]


def test_each_cell_has_its_own_ink() -> None:
    figure = Figure(12, 3, [0.0, 1.0, 2.0], 1.5)
    figure.bars([2, 3], [1, 0], "#", 0)
    figure.mark([3, 5], [0, 2], ["x", "y"], 1)  # over a bar, and where there is none
    top, middle, low, below = (cells(line) for line in figure.lines(["a", "b"], [0, 5], INKS))
    assert "".join(char for char, _ in top) == "2┤▔▔▔▔▔y▔▔▔"
    assert top[2 + 4 : 2 + 6] == [("▔", INKS.style(GRID)), ("y", INKS.style(1))]
    assert middle[2 + 2] == ("#", INKS.style(0))
    assert low[2 : 2 + 4] == [(" ", None), (" ", None), ("#", INKS.style(0)), ("x", INKS.style(1))]
    assert top[0] == ("2", INKS.style(CONTEXT))
    assert "".join(char for char, _ in below) == "  a    b"


def test_a_line_goes_through_every_column_and_row_between_its_points() -> None:
    figure = Figure(14, 5, [0.0, 4.0], 5)
    figure.line([0, 4, 8], [0, 4, 4], "*", 1)
    drawn = ["".join(segment.text for segment in line)[2:] for line in figure.lines([], [], INKS)]
    assert [line.replace("▔", " ").rstrip() for line in drawn] == ["    *****", "   *", "  *", " *", "*", ""]


def test_of_two_marks_on_one_row_the_lower_is_named() -> None:
    for _ in range(20):
        figure = Figure(14, 2, [0.0, 15.0, 30.0], 1)
        figure.mark([0], [0], "x", 0)
        top, low, _ = figure.lines([], [], INKS)
        shown = ["".join(segment.text for segment in line) for line in (top, low)]
        assert [line[:3] for line in shown] == ["30┤", " 0┤"]
        assert ["▔" in line for line in shown] == [True, False], "no line without its figure"


def test_half_a_cell_counts_as_the_next_one() -> None:
    assert [nearest_cell(place) for place in (0.4, 0.5, 1.5, 2.5)] == [0, 1, 2, 3]


def test_labels_leave_out_those_without_room() -> None:
    figure = Figure(22, 2, [0.0, 1.0], 2)
    *_, below = figure.lines([f"day {n}" for n in range(6)], list(range(0, 18, 3)), INKS)
    assert "".join(segment.text for segment in below) == "  day 0    day 3"


@given(highest=st.floats(1e-3, 1e9), steps=st.integers(-3, 30))
def test_a_scale_holds_the_highest_in_few_equal_steps(highest: float, steps: int) -> None:
    marks = scale(highest, steps)
    assert marks[0] == 0
    assert marks[-1] >= highest * (1 - 1e-6)
    assert marks[-2] < highest
    assert 2 <= len(marks) <= max(2, min(6, steps)) + 1
    assert all(later - earlier == pytest.approx(marks[1]) for earlier, later in pairwise(marks))


@given(least=st.integers(0, 99_999_999_999), more=st.integers(0, 10**9), rows=st.integers(2, 40))
def test_a_scale_between_two_registers_holds_both_in_few_equal_steps(least: int, more: int, rows: int) -> None:
    marks, each = scale_between(least / 1000, (least + more) / 1000, rows)
    assert marks[0] <= least / 1000 * (1 + 1e-6)
    assert marks[-1] >= (least + more) / 1000 * (1 - 1e-6)
    assert 2 <= len(marks) <= max(2, rows // 3) + 3
    assert (len(marks) - 1) * each <= rows
    assert each % 0.5 == 0
    assert all(later - earlier == pytest.approx(marks[1] - marks[0], rel=1e-3) for earlier, later in pairwise(marks))


@pytest.mark.parametrize(
    ("highest", "steps", "marks"),
    [(24, 3, [0, 8, 16, 24]), (2847.4, 2, [0, 1500, 3000]), (0.5, 5, [0, 0.1, 0.2, 0.3, 0.4, 0.5]), (0, 4, [0, 0.25])],
)
def test_a_scale_is_made_of_round_figures(highest: float, steps: int, marks: list[float]) -> None:
    assert scale(highest, steps) == pytest.approx(marks)
