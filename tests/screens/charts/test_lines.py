"""Lines of a chart: where they pass, where they break, and how they are told apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.screens.charts.chart import ODD, Picture, Series
from metertui.screens.charts.inks import SUSPECT
from metertui.screens.charts.lines import lines
from tests.screens.charts.helpers import INKS


def drawn(
    *series: Sequence[float | None], width: int = 44, height: int = 9, estimated: Sequence[bool] = ()
) -> list[str]:
    labels = tuple(f"{place:02}" for place in range(len(series[0])))
    named = tuple(Series(f"s{place}", tuple(values)) for place, values in enumerate(series))
    made = lines(Picture("lines", labels, named, "kWh", estimated=tuple(estimated)), width, height, INKS)
    return ["".join(segment.text for segment in line).replace("▔", " ") for line in made]  # without the grid


def dots(shown: Sequence[str], left: int = 3) -> list[list[int]]:
    """Of each column of dots the rows, from above, that have one."""
    found = []
    for column in range(left, max(map(len, shown))):
        cells = [ord(line[column]) - 0x2800 if len(line) > column and line[column] >= "\u2800" else 0 for line in shown]
        for bits in ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80)):
            found.append(
                [4 * row + nth for row, cell in enumerate(cells) for nth, bit in enumerate(bits) if cell & bit]
            )
    return found


def test_a_line_rises_from_its_first_point_to_its_last() -> None:
    shown = drawn([0.0, 40.0])
    assert shown[0].startswith("40┤")
    assert shown[7].startswith(" 0┤")
    columns = [column for column in dots(shown) if column]
    assert len(columns) == pytest.approx(41, abs=1)  # from the middle of the one half to that of the other
    assert columns[0][-1] == 31
    assert columns[-1][0] == 0
    tops = [column[0] for column in columns]
    assert tops == sorted(tops, reverse=True)


@pytest.mark.parametrize("rows", range(2, 40))
@pytest.mark.parametrize(("value", "from_zero"), [(5.0, True), (15.0, True), (50_000.0, True), (105.0, False)])
def test_a_line_of_the_scale_stands_at_its_figure(rows: int, value: float, *, from_zero: bool) -> None:
    """A line of the chart at the figure of a mark is beside the line of the scale."""
    values = (value, value, value * (2 if from_zero else 1.1), value * (0 if from_zero else 0.95))
    labels = ("a", "b", "c", "d")
    made = lines(Picture("lines", labels, (Series("", values),), "kWh", from_zero=from_zero), 44, rows + 1, INKS)
    shown = ["".join(segment.text for segment in line) for line in made][:rows]
    for row, line in enumerate(shown):
        mark = line.partition("┤")[0].replace(" ", "")
        if not (mark and "┤" in line and float(mark) == value and ("▔" in line or "─" in line)):
            continue
        left = line.index("┤") + 1
        flat = [column for column in dots(shown, left) if column][:6]
        assert all(abs(column[-1] + 0.5 - (4 * row if "▔" in line else 4 * row + 2)) <= 0.5 for column in flat)


def test_a_line_holds_together_however_steep_it_is() -> None:
    values = [40.0 * (place % 2) for place in range(30)]
    columns = [column for column in dots(drawn(values)) if column]
    for before, after in pairwise(columns):
        assert before[0] - 1 <= after[-1]
        assert after[0] - 1 <= before[-1]


def test_more_points_than_dots_are_all_within_the_line() -> None:
    values = [20.0] * 1000
    values[501] = 40.0
    columns = dots(drawn(values))
    assert sum(0 in column for column in columns) == 1
    assert all(column for column in columns[:78])


def test_a_line_breaks_where_there_is_no_data() -> None:
    shown = drawn([10.0] * 4 + [None] * 4 + [10.0] * 4)
    row = next(line[3:] for line in shown if any(char > "\u2800" for char in line)).rstrip()
    assert "   " in row.strip()
    lonely = "".join(drawn([10.0, 10.0, None, 10.0, None, 10.0, 10.0]))
    assert lonely.count("•") == 1


def test_what_is_estimated_is_dotted_as_far_as_to_what_was_read() -> None:
    shown = drawn([20.0] * 10, estimated=[3 < place < 6 for place in range(10)])
    row = next(line[3:] for line in shown if "·" in line)
    assert row.count("·") >= 8
    assert row.strip("·") == row  # read at both ends
    assert drawn([None, 20.0, None], estimated=[False, True, False])[0].count("·") == 1


def test_lines_have_numbers_that_do_not_cover_one_another() -> None:
    shown = drawn([20.0, 20.0, 20.0], [20.0, 20.0, 20.0], [0.0, None, 40.0])
    assert shown[-1] == "1 s0  2 s1  3 s2  "
    field = [line[3:] for line in shown[:-2]]
    assert [sum(line.count(number) for line in field) for number in "123"] == [3, 3, 2]


def test_a_line_has_its_ink() -> None:
    made = lines(Picture("lines", ("a", "b"), (Series("x", (0.0, 0.0)), Series("y", (9.0, 9.0))), "kWh"), 30, 9, INKS)
    above, under = (
        {segment.style for segment in made[row] if any(char > "\u2800" for char in segment.text)} for row in (0, 6)
    )
    assert above == {INKS.style(1)}
    assert under == {INKS.style(0)}


@settings(max_examples=60)
@given(
    width=st.integers(10, 120),
    height=st.integers(3, 30),
    columns=st.integers(1, 8),
    values=st.lists(st.one_of(st.none(), st.floats(0, 1e9)), min_size=1, max_size=300),
    data=st.data(),
)
def test_lines_keep_to_their_room(
    width: int, height: int, columns: int, values: list[float | None], data: st.DataObject
) -> None:
    estimated = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    shown = drawn(*([values] * columns), width=width, height=height, estimated=estimated)
    assert len(shown) <= max(3, height)
    if width > 30:
        assert max(len(line.rstrip()) for line in shown) <= width
    field = "".join(line.partition("┤")[2] or line.partition("│")[2] for line in shown)
    assert any(value is not None for value in values) == any(char in "•·12345678" or char > "\u2800" for char in field)


@pytest.mark.parametrize("width", range(30, 90))
def test_labels_do_not_touch(width: int) -> None:
    told = drawn([40.0] * 69, width=width)[-1].split()
    assert {len(label) for label in told} == {2}
    assert told == sorted(told)
    assert len(told) > 3


@pytest.mark.parametrize("count", [1, 2, 40])
def test_labels_stand_below_their_points(count: int) -> None:
    shown = drawn([40.0] * count)
    assert shown[-1].split()[0] == "00"
    middle = 3 + 40 / count / 2
    assert shown[-1].index("00") == pytest.approx(middle - 1, abs=1)


def test_a_hidden_point_is_marked_on_the_axis() -> None:
    shown = Picture(
        "lines", ("01", "02", "03"), (Series("", (1.0, None, None)),), "kWh", hidden=((False, True, False),)
    )
    made = ["".join(segment.text for segment in line) for line in lines(shown, 44, 9, INKS)]
    assert [line.count("/") for line in made] == [0] * 7 + [1, 0]


def test_the_reading_that_a_chart_is_about_has_a_sign_and_a_colour_and_the_scale_the_registers() -> None:
    series = Series("counted", (102.0, 106.0, None, 114.0)), Series(ODD, (None, None, 111.0, None))
    made = lines(Picture("lines", ("01", "02", "03", "04"), series, "kWh", from_zero=False), 44, 12, INKS)
    shown = ["".join(segment.text for segment in line) for line in made]
    assert [line.partition("┤")[0] for line in (shown[0], shown[9])] == ["116", "100"]
    assert shown[-1].split() == ["⠒", "counted", "▲", "this", "reading"]
    [row] = [line for line in made[:-1] if any("▲" in segment.text for segment in line)]
    assert [segment.style for segment in row if "▲" in segment.text] == [INKS.style(SUSPECT)]
    assert not any(digit in line.partition("┤")[2] for line in shown[:10] for digit in "12")


def test_no_line_falls_to_a_period_that_is_not_over() -> None:
    labels = ("a", "b", "c", "d")
    two = (Series("now", (9.0, 9.0, 9.0, 0.0)), Series("then", (5.0, 5.0, 5.0, 1.0)))
    picture = Picture("lines", labels, two, "kWh", running=(False, False, False, True))
    shown = ["".join(segment.text for segment in line) for line in lines(picture, 44, 12, INKS)]
    assert sum(line.count("□") for line in shown) == 2
    assert not any(dots(shown[6:10])[50:]), "both lines end with the last whole period"
