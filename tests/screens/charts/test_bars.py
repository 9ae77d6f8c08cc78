"""Charts as text: their bars and maps, and that they keep to their room."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.segment import Segment

from metertui.screens.charts.bars import _half_rows, deciles, sideways, upright
from metertui.screens.charts.chart import BEFORE, Picture, Series, means
from metertui.screens.charts.heat import heat
from metertui.screens.charts.inks import CONTEXT, CURSOR, ESTIMATED, ON_BAR
from tests.screens.charts.helpers import INKS


def lines(drawn: Sequence[Sequence[Segment]]) -> list[str]:
    return ["".join(segment.text for segment in line).rstrip() for line in drawn]


def bars(*series: tuple[str, list[float | None]], kind: str = "bars", labels: list[str] | None = None) -> Picture:
    names = labels or [f"2025-{n + 1:02d}" for n in range(len(series[0][1]))]
    return Picture(kind, tuple(names), tuple(Series(name, tuple(values)) for name, values in series), "kWh")  # type: ignore[arg-type]


def test_bars_stand_as_high_as_they_are() -> None:
    drawn = lines(upright(bars(("", [0.0, 1.0, None, 4.0])), 28, 5, INKS))
    assert drawn[0].startswith("4┤")
    assert [line.count("█") for line in drawn] == [5, 5, 5, 10, 0]
    assert drawn[3].index("█") < drawn[0].index("█")


def test_what_is_known_stands_on_the_line_however_low() -> None:
    drawn = lines(upright(bars(("", [0.0, None, 100.0])), 30, 6, INKS))
    assert drawn[4][4:].startswith("▁▁▁▁▁▁▁ " + " " * 8 + "███")


def test_what_is_estimated_has_another_fill_and_ink() -> None:
    picture = bars(("", [100.0, 100.0, 1.0]))._replace(estimated=(False, True, True))
    drawn = upright(picture, 30, 6, INKS)
    assert [char for char in lines(drawn)[0][4:] if char in "█▒"] == ["█"] * 7 + ["▒"] * 7
    assert "▁" in lines(drawn)[4]
    assert {segment.style for segment in drawn[0] if "▒" in segment.text} == {INKS.style(ESTIMATED)}


def test_a_period_that_is_not_over_is_an_outline() -> None:
    picture = bars(("", [4.0, 4.0, 2.5, 2.0]))._replace(running=(False, False, True, True))
    drawn = [line[2:] for line in lines(upright(picture, 28, 5, INKS))]
    outlines = [line[12:18] for line in drawn[:4]], [line[18:] for line in drawn[:4]]
    assert outlines[0] == ["▔▔▔▔▔▔", "▄▄▄▄▄", "▌   ▐▔", "▌   ▐ "]
    assert [line.rstrip("▔ ") for line in outlines[1]] == ["", "", "▛▀▀▀▜", "▌   ▐"]
    two = lines(upright(bars(("", [4.0, 4.0]))._replace(running=(False, True)), 9, 5, INKS))
    assert [line[5:7] for line in two[:4]] == ["▛▜", "▌▐", "▌▐", "▌▐"]
    narrow = lines(upright(bars(("", [4.0] * 30))._replace(running=(False,) * 29 + (True,)), 34, 5, INKS))
    assert narrow[0].rstrip("▔").endswith("▌░")


def test_a_low_bar_of_a_period_that_is_not_over_has_its_mark() -> None:
    for count in (3, 20):
        picture = bars(("", [*[100.0] * (count - 1), 1.0]))._replace(running=(*[False] * (count - 1), True))
        drawn = lines(upright(picture, 50, 10, INKS))
        mark = drawn[7].index("□")
        assert drawn[8][mark] == "▁"
        assert "".join(drawn).count("□") == 1


def test_few_bars_stand_in_the_middle() -> None:
    row = lines(upright(bars(("", [4.0])), 100, 6, INKS))[3]
    assert abs(row.index("█") - 3 - (98 - row.rindex("█"))) <= 3


def test_few_bars_have_both_ends_of_their_axis() -> None:
    times = bars(("", [1.0, 2.0]), labels=["07:32", "08:02"])._replace(until="08:14")
    axis = lines(upright(times, 60, 6, INKS))[-1]
    assert axis.split() == ["07:32", "08:02", "08:14"]
    assert (axis.index("07:32"), axis.index("08:02"), len(axis)) == (2, 2 + 28, 2 + 57)
    many = bars(("", [1.0] * 4), labels=["07:00", "07:30", "08:00", "08:30"])._replace(until="09:00")
    assert "09:00" not in lines(upright(many, 60, 6, INKS))[-1]


def test_a_hatched_bar_ends_at_its_height() -> None:
    picture = bars(("", [4.0, 2.6, *[4.0] * 30]))._replace(estimated=(False, True, *[False] * 30))
    for drawn in (
        upright(picture, 70, 5, INKS),
        upright(picture._replace(estimated=(), running=picture.estimated), 70, 5, INKS),
    ):
        column = [line[lines(drawn)[0].index("█") + 2] for line in lines(drawn)[:4]]
        assert column[1] == "▅"
        assert column[2] in "▒░"


def test_half_bars_use_the_room_and_have_gaps() -> None:
    drawn = lines(upright(bars(("", [8.0] * 40)), 66, 10, INKS))
    assert drawn[5][3:].startswith(("▌▐ ▌▐ ", " ▌▐ ▌▐"))
    guessed = bars(("", [8.0] * 40))._replace(estimated=(True, *[False] * 39))
    assert "▐" not in "".join(lines(upright(guessed, 66, 10, INKS)))


def test_the_bar_under_the_cursor_has_its_ink() -> None:
    drawn = upright(bars(("", [1.0, 4.0, 2.0])), 28, 5, INKS, cursor=2)
    assert [segment.text for segment in drawn[3] if segment.style == INKS.style(CURSOR)] == ["█" * 7]
    many = upright(bars(("", [4.0] * 100)), 54, 5, INKS, cursor=99)
    assert many[0][-1].style == INKS.style(CURSOR) or many[0][-2].style == INKS.style(CURSOR)


@pytest.mark.parametrize(
    ("count", "wide", "gaps"), [(62, 1, set()), (40, 1, {1}), (30, 1, {1}), (20, 2, {1}), (10, 5, {1, 2})]
)
def test_bars_have_one_width_and_narrow_ones_equal_gaps(count: int, wide: int, gaps: set[int]) -> None:
    row = lines(upright(bars(("", [8.0] * count)), 66, 10, INKS))[5][2:].replace("▔", " ").replace("─", " ").rstrip()
    assert 0.6 * 64 < len(row) <= 64
    fill = "█" if count < 40 else "▌"
    row = row.replace("▐", "▌")
    assert row.count(fill) == count * wide
    room = row.lstrip()
    assert {len(run) for run in room.split(fill) if run} == gaps
    before, behind = len(row) - len(room), 62 - len(row)
    assert max(gaps, default=0) > 1 or abs(before - behind) <= 2  # in the middle
    assert all(len(run) % wide == 0 for run in row.split())


@pytest.mark.parametrize("rows", range(4, 40))
@pytest.mark.parametrize("highest", [5.7, 15.0, 99_221.9])
def test_a_line_of_the_scale_stands_at_its_figure(rows: int, highest: float) -> None:
    drawn = lines(upright(bars(("", [highest, None])), 40, rows + 1, INKS))[:rows][::-1]
    bar = 8 * sum("█" in line for line in drawn)
    bar += max(" ▁▂▃▄▅▆▇".find(char) for line in drawn for char in line)
    marks = [(row, line) for row, line in enumerate(drawn) if "▔" in line or "─" in line]
    assert len(marks) >= 2
    for row, line in marks:
        figure = float(line.split("┤")[0].replace(" ", ""))
        assert bar / highest * figure == pytest.approx(8 * row + (8 if "▔" in line else 4), abs=0.6 * figure / highest)


@pytest.mark.parametrize(("count", "tops"), [(1, "▄"), (30, "▄")])
def test_what_a_bar_is_compared_with_leaves_its_top_to_be_seen(count: int, tops: str) -> None:
    now: list[float | None] = [2.5] * count
    picture = bars(("now", now), (BEFORE, [*now[1:], 4.0]))
    drawn = lines(upright(picture, 66, 6, INKS))
    assert drawn[0].count("▀") > 0
    assert drawn[1].count(tops) >= count
    assert drawn[1].count("━") == count - 1


def test_bars_that_touch_have_no_mark_where_no_bar_is() -> None:
    picture = bars(("now", [2.5] * 48), (BEFORE, [2.5] * 48))._replace(estimated=(True,) * 48)
    drawn = lines(upright(picture, 75, 6, INKS))
    right = max(line.rindex("▒") for line in drawn if "▒" in line)
    assert not any(char in "━▁▀" for line in drawn[:5] for char in line[right + 1 :])


@pytest.mark.parametrize("width", range(43, 60))
def test_each_label_stands_below_the_middle_of_its_bar(width: int) -> None:
    drawn = lines(upright(bars(("", [float(n % 2 + 1) for n in range(13)])), width, 6, INKS))
    left = drawn[0].index("┤") + 1
    row = drawn[4][left:]
    begins = [at for at, char in enumerate(row) if char == "█" and (at == 0 or row[at - 1] == " ")]
    told = {label: drawn[-1].index(label) for label in drawn[-1].split()}
    for label, at in told.items():
        start = left + begins[int(label[-2:]) - 1]
        end = left + row.find(" ", start - left) if " " in row[start - left :] else left + len(row)
        assert abs((start + end) / 2 - (at + len(label) / 2)) <= 1 or at == left
    assert len(told) > 2


def test_stacked_bars_differ_by_what_fills_them() -> None:
    drawn = lines(upright(bars(("North", [3.0]), ("South", [1.0]), kind="stacked"), 20, 6, INKS))
    assert "█ North  ▒ South" in drawn[-1]
    column = [next((char for char in line[3:] if char in "█▒"), " ") for line in drawn[:4]]
    assert column == ["▒", "█", "█", "█"]


def test_no_part_of_a_stack_is_lost_where_rows_are_few() -> None:
    """Four parts of three quarters of a row each are seen in halves of rows, two of them in one row."""
    same: list[float | None] = [11.0]
    four = bars(*((name, same) for name in "abcd"), ("e", [None]), ("f", [16.0]), kind="stacked")
    drawn = upright(four, 20, 6, INKS)
    inks = [segment.style for line in drawn[:-3] for segment in line if set(segment.text) & set("█▒░▓≡#▄")]
    seen = {colour for style in inks if style for colour in (style.color, style.bgcolor) if colour}
    assert len(seen) == 2  # the two colours of these inks
    tops = _half_rows(np.array([[0.73], [0.6], [0.7], [0.77], [0.0], [0.1]]))
    assert tops.ravel().tolist() == [1, 3, 4, 6, 6, 6]
    assert _half_rows(np.array([[1.4], [2.0]])).ravel().tolist() == [2, 6]  # whole rows where nothing is lost


def test_what_a_bar_is_compared_with_is_a_line_across_it() -> None:
    drawn = upright(bars(("now", [1.0, 2.0]), (BEFORE, [2.0, 1.0])), 40, 8, INKS)
    assert "█ now  ━ before" in lines(drawn)[-1]
    lines_before = [
        (y, segment) for y, line in enumerate(drawn[:-2]) for segment in line if set(segment.text) & {*"▁▀"}
    ]
    assert [(y, segment.style) for y, segment in lines_before] == [(0, INKS.style(CONTEXT)), (2, INKS.style(ON_BAR))]
    assert "█" not in lines(drawn)[0][:19]


def test_more_bars_than_there_is_room_for_are_means() -> None:
    drawn = lines(upright(bars(("", [float(n % 2) * 2 for n in range(400)])), 60, 10, INKS))
    assert max(map(len, drawn)) <= 60
    assert "▌" in "".join(drawn)
    assert drawn[-1] == "each bar is the mean of 8"


def test_bars_to_the_right_are_of_a_common_length() -> None:
    drawn = lines(sideways(bars(("", [4.0, 1.0, None]), kind="rows", labels=["North", "South", "x"]), 40, 3, INKS))
    assert drawn[0].endswith(" 4.000")
    assert drawn[0].count("█") == pytest.approx(4 * drawn[1].count("█"), abs=2)
    assert drawn[2].endswith("no data")


def test_shares_are_of_the_whole() -> None:
    drawn = lines(sideways(bars(("", [3.0, 1.0]), kind="shares", labels=["North", "South"]), 40, 2, INKS))
    assert [line[-12:].strip() for line in drawn] == ["75.0% 3.000", "25.0% 1.000"]
    assert drawn[0].count("█") == 3 * drawn[1].count("█") == pytest.approx(40 - 6 - 12, abs=2)
    drawn = lines(sideways(bars(("a", [3.0, 1.0]), ("b", [1.0, 3.0]), kind="shares", labels=["N", "S"]), 40, 3, INKS))
    assert drawn[0].count("█") == 3 * drawn[0].count("▒")
    assert drawn[1].count("▒") == 3 * drawn[1].count("█")


@pytest.mark.parametrize(("height", "thick"), [(2, 1), (3, 1), (4, 1), (6, 2), (8, 3), (40, 3)])
def test_bars_to_the_right_are_thicker_where_there_is_room(height: int, thick: int) -> None:
    drawn = lines(sideways(bars(("", [4.0, 4.0]), kind="rows", labels=["North", "South"]), 40, height, INKS))
    assert len(drawn) <= height
    assert [line[:5].strip() for line in drawn if "█" in line] == ["North", *[""] * (thick - 1), "South"] + [""] * (
        thick - 1
    )
    assert len({line.count("█") for line in drawn if "█" in line}) == 1


def test_what_has_no_line_is_in_the_table() -> None:
    labels = [f"r{n}" for n in range(30)]
    drawn = lines(sideways(bars(("", [1.0] * 30), kind="rows", labels=labels), 40, 10, INKS))
    assert len(drawn) == 10
    assert drawn[-1] == "… and 21 more, in the table"


def test_a_mark_says_what_it_was_before() -> None:
    picture = bars(("now", [4.0]), (BEFORE, [2.0]), kind="rows", labels=["North"])
    bar, legend = lines(sideways(picture, 40, 2, INKS))
    assert bar.index("│") == pytest.approx(bar.rindex("█") / 2 + 3, abs=2)
    assert legend == "█ now  │ before"


@settings(max_examples=60)
@given(
    kind=st.sampled_from(["bars", "stacked", "rows", "shares", "heat"]),
    width=st.integers(20, 120),
    height=st.integers(4, 30),
    columns=st.integers(1, 9),
    values=st.lists(st.one_of(st.none(), st.floats(0, 1e9)), min_size=1, max_size=40),
)
def test_a_chart_keeps_to_its_room(
    kind: str, width: int, height: int, columns: int, values: list[float | None]
) -> None:
    picture = bars(*((f"series {n}", values) for n in range(columns)), kind=kind)
    draw = {"rows": sideways, "shares": sideways, "heat": heat}.get(kind, upright)
    drawn = lines(draw(picture, width, height, INKS))
    assert "".join(drawn).strip()
    assert "nan" not in "".join(drawn)
    if kind in ("bars", "stacked", "rows") and columns < 3 and height > 8:
        assert max(map(len, drawn)) <= width
        assert len(drawn) <= height


def test_a_bar_of_which_a_part_is_hidden_has_no_figure() -> None:
    regions = bars(
        ("1-room", [7.0, None, 9.0]), ("2-room", [15.0, None, 1.0]), ("3-room", [None, None, 2.0]),
        kind="rows", labels=["Central", "East", "West"],
    )._replace(hidden=((False, True, False), (False, True, False), (True, True, False)))  # fmt: skip
    central, east, west, _legend = lines(sideways(regions, 60, 4, INKS))
    assert central.split("//")[1].strip() == east.split("//")[1].strip() == "hidden"
    assert "█" in central.split("//")[0]
    assert west.endswith(" 12.000")
    assert "no data" not in east
    central, east, west, _legend = lines(sideways(regions._replace(kind="shares"), 60, 4, INKS))
    assert "█" not in central + east
    assert "█" in west


def test_the_place_of_a_hidden_bar_is_marked() -> None:
    alone = bars(("", [4.0, None, None]))._replace(hidden=((False, True, False),))
    drawn = lines(upright(alone, 28, 5, INKS))
    assert [line.count("/") for line in drawn] == [0, 0, 0, 7, 0]
    stack = bars(("a", [2.0, 4.0]), ("b", [None, 4.0]), kind="stacked")._replace(hidden=((False,) * 2, (True, False)))
    drawn = lines(upright(stack, 30, 6, INKS))
    assert [line.count("/") > 0 for line in drawn] == [False, False, True, False, False, False]
    many = bars(("", [2.0] * 400))._replace(hidden=((*[True], *[False] * 399),))
    assert lines(upright(many, 60, 10, INKS))[-3].count("/") == 1


def test_what_is_incomplete_is_marked_above_a_stack_and_its_cursor_too() -> None:
    stack = bars(("a", [2.0, 4.0]), ("b", [1.0, 4.0]), kind="stacked")._replace(cut=(True, False))
    drawn = lines(upright(stack, 30, 10, INKS, cursor=0))
    assert [line.count("□") for line in drawn] == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert [line.count("▼") for line in drawn] == [1] + [0] * 9
    beside = lines(upright(stack._replace(kind="bars"), 30, 10, INKS))
    assert [line.count("□") for line in beside].count(1) == 1


def test_bars_to_the_right_show_those_round_the_cursor() -> None:
    many = bars(
        ("", [float(place) for place in range(30)]), kind="rows", labels=[f"m{place:02d}" for place in range(30)]
    )
    drawn = sideways(many, 40, 6, INKS, cursor=20)
    assert [line[:3] for line in lines(drawn)] == ["m18", "m19", "m20", "m21", "m22", "… a"]
    assert [bool(line[0].style and line[0].style.reverse) for line in drawn[:5]] == [False, False, True, False, False]
    assert [line[:3] for line in lines(sideways(many, 40, 6, INKS, cursor=29))][:5] == [
        f"m{place}" for place in range(25, 30)
    ]


def test_means_leave_out_what_is_not_known() -> None:
    assert means([1.0, 3.0, None, 5.0, None, None, 7.0], 2) == (2.0, 5.0, None, 7.0)


def test_deciles_lie_to_both_sides_of_nothing() -> None:
    text = deciles(["10 %", "median", "90 %"], [-5, 0, 10], ["-5.00", "0.00", "+10.00"], 40, INKS.series)
    drawn = text.plain.split("\n")
    middle = drawn[1].index("│")
    assert [line.index("│") for line in drawn] == [middle] * 3
    assert (drawn[0].count("▒"), drawn[2].count("█")) == (6, 12)
    assert drawn[2].endswith("+10.00")


def test_bars_without_room_for_a_gap_are_half_a_cell_wide() -> None:
    drawn = lines(upright(bars(("", [8.0, 4.0, 1.0] * 10)), 36, 9, INKS))
    assert [sum(line.count(char) for line in drawn) for char in "▌▖█"] == [10 * (8 + 4 + 1), 0, 0]
    assert "▖" in "".join(lines(upright(bars(("", [8.0, 4.5, 0.1] * 10)), 36, 9, INKS)))
    assert "▌" not in "".join(lines(upright(bars(("", [8.0, 4.0])), 36, 9, INKS)))


def test_what_an_estimated_bar_is_compared_with_has_no_ground_of_a_read_one() -> None:
    picture = bars(("now", [100.0, 100.0]), (BEFORE, [50.0, 50.0]))._replace(estimated=(False, True))
    styles = [segment.style for line in upright(picture, 40, 10, INKS)[:8] for segment in line if "▁" in segment.text]
    assert styles == [INKS.style(ON_BAR), INKS.style(CONTEXT)]
