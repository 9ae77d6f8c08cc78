"""The data of a chart: what an answer looks like as labels and series, without a widget."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from metertui.engine.reports.report import Findings, Inquiry, Measure
from metertui.engine.usage.query import Question
from metertui.screens.charts.chart import BEFORE, MOST_POINTS, MOST_ROWS, Cells, Picture, Series, means, picture
from metertui.screens.charts.chart_view import picture_text
from metertui.screens.charts.kinds import Kind
from tests.clock import FakeClock

ZONE = FakeClock().zone


def drawn(
    table: dict[str, list[Any]],
    chart: str,
    *,
    measure: Measure = "total",
    compared: bool = False,
    hidden: bool | list[bool] = False,
    part: str | list[str] = "",
    before_cut: str | list[str] = "",
    days: float | list[float] = 1,
) -> Picture:
    """Return the picture of a table whose columns besides the figures are the keys."""
    by = tuple(name for name in table if name not in ("value", "before"))
    frame = pd.DataFrame(table).assign(hidden=hidden, part=part, days=days)
    frame["value"] = frame["value"].astype("float64")
    frame["before_cut"] = before_cut
    question = Question(date(2025, 1, 1), date(2025, 12, 31), by)
    before = (date(2024, 1, 1), date(2024, 12, 31)) if compared else None
    return picture(Findings(Inquiry(question, measure), frame, None, 2, before), chart, ZONE)


def test_time_has_no_holes_between_its_first_and_last_data() -> None:
    found = drawn({"month": ["2025-02", "2025-04"], "value": [1, 3]}, "bars")
    names = ("February 2025", "March 2025", "April 2025")
    values = (Series("", (1.0, None, 3.0)),)
    cells: Cells = {("2025-02",): (0, 0), ("2025-04",): (2, 0)}
    assert found == Picture("bars", ("Feb 2025", "Mar 2025", "Apr 2025"), values, "kWh", names=names, cells=cells)


def test_of_very_many_rows_the_largest_are_drawn_and_the_others_are_counted() -> None:
    names = [f"m-{place}" for place in range(MOST_ROWS + 20)]
    for chart in ("bars", "shares"):
        found = drawn({"meter": names, "value": list(range(len(names)))}, chart)
        assert (found.labels, len(found.cells)) == (tuple(names[20:]), MOST_ROWS)
        assert (found.more, found.rest) == (20, sum(range(20)))
        lines = picture_text(found, 60, 10).splitlines()
        assert lines[-1] == f"… and {MOST_ROWS + 20 - len(lines) + 1} more, in the table"
    assert lines[0].split()[-2] == f"{20 / sum(range(len(names))):.1%}"  # of all, not of those drawn


def test_of_a_map_of_very_many_series_the_highest_are_drawn_in_the_order_of_the_rows() -> None:
    names = [f"m-{place:03}" for place in range(MOST_ROWS + 20)]
    table: dict[str, list[Any]] = {
        "month": ["2025-01"] * len(names) + ["2025-02"] * 20,
        "meter": names + names[:20],
        "value": [*range(len(names)), *[9.0 * len(names)] * 10, *[0] * 10],
    }
    found = drawn(table, "heat")
    kept = [*names[:10], *names[30:]]
    assert ([series.name for series in found.series], found.note) == (kept, "the 500 highest of 520")
    assert found.series[1].values == (1.0, 9.0 * len(names))
    assert (found.series[10].values, found.cells["2025-01", names[30]]) == ((30.0, None), (0, 10))
    assert ("2025-01", names[15]) not in found.cells


def test_sums_of_days_of_the_week_say_of_how_many_days_they_are() -> None:
    table: dict[str, list[Any]] = {"weekday": ["1 Monday", "2 Tuesday"], "hour_of_day": ["00:00"] * 2, "value": [1, 2]}
    assert drawn(table, "heat", days=[47, 48]).note == "sums of 47 to 48 days"
    assert drawn(table, "heat", days=48).note == drawn(table, "heat", days=[47, 48], measure="per_meter_day").note == ""


def test_incomplete_periods_are_marked() -> None:
    table: dict[str, list[Any]] = {"month": ["2025-01", "2025-02", "2025-03"], "value": [1, 2, 3]}
    found = drawn(table, "bars", part=["cut", "", "running"])
    assert (found.cut, found.running) == ((True, False, False), (False, False, True))
    assert drawn(table, "shares", part=["", "", "running"]).labels[2] == "Mar 2025 □"


def test_a_period_before_of_which_a_part_is_known_is_marked() -> None:
    table: dict[str, list[Any]] = {"month": ["2025-10", "2025-11"], "value": [1, 2], "before": [3.0, 4.0]}
    found = drawn(table, "lines", compared=True, before_cut=["2024-10", ""])
    assert (found.before_cut, found.cut, found.parts().tolist()) == ((True, False), (), [[False] * 2, [True, False]])
    assert picture_text(found, 40, 12).endswith("□ in part")
    bars = picture_text(found._replace(kind="bars"), 40, 12)
    assert [line.count("□") for line in bars.splitlines()].count(1) == 2  # on its line, and in the legend
    assert not drawn(table, "lines", compared=True).before_cut


def test_days_make_a_map_of_months() -> None:
    """A day that no month has, and one without data, are empty; each row of the answer knows its cell."""
    days = ["2025-01-31", "2025-02-01", "2025-02-03"]
    found = drawn({"day": days, "value": [1, 2, 3]}, "heat", part=["", "", "running"])
    assert (found.kind, found.labels, found.names[1]) == ("heat", ("Jan 2025", "Feb 2025 □"), "February 2025")
    assert [series.name for series in found.series] == [str(day) for day in range(1, 32)]
    assert found.series[30].values == (1.0, None)
    assert found.series[0].values == (None, 2.0)
    assert found.cells == {("2025-01-31",): (0, 30), ("2025-02-01",): (1, 0), ("2025-02-03",): (1, 2)}


def test_each_row_of_an_answer_is_found_in_the_chart() -> None:
    table: dict[str, list[Any]] = {
        "month": ["2025-02", "2025-02", "2025-04"],
        "region": ["N", "S", "S"],
        "value": [1, 2, 3],
    }
    assert drawn(table, "lines").cells == {("2025-02", "N"): (0, 0), ("2025-02", "S"): (0, 1), ("2025-04", "S"): (2, 1)}
    assert drawn({"region": ["N", "S"], "value": [1, 2]}, "bars").cells == {("N",): (0, 0), ("S",): (1, 0)}
    assert drawn({"value": [1]}, "bars").cells == {(): (0, 0)}


def test_what_a_chart_leaves_out_of_a_comparison_is_said() -> None:
    table: dict[str, list[Any]] = {"month": ["2025-02", "2025-03"], "value": [1, 2], "before": [3.0, 4.0]}
    found = drawn(table, "shares", compared=True)
    assert [series.name for series in found.series] == [""]  # a share of now and before together says nothing
    assert found.note == "without the period before, which is in the table"


def test_bars_to_the_right_are_in_the_order_of_the_rows() -> None:
    found = drawn({"region": ["North", "", "South"], "value": [1, None, 3]}, "bars")
    assert (found.kind, found.labels) == ("rows", ("North", "(none)", "South"))
    assert found.series == (Series("", (1.0, None, 3.0)),)


def test_a_comparison_has_the_period_before_beside_it() -> None:
    found = drawn({"month": ["2025-02"], "value": [1], "before": [2.0]}, "bars", compared=True)
    assert found.series == (Series("now", (1.0,)), Series(BEFORE, (2.0,)))


def test_a_second_key_is_a_series_each_in_the_order_of_the_rows() -> None:
    table: dict[str, list[Any]] = {
        "month": ["2025-02", "2025-02", "2025-03"],
        "region": ["North", "South", "South"],
        "value": [1, 2, 3],
    }
    found = drawn(table, "bars")
    assert found.kind == "stacked"
    assert found.series == (Series("North", (1.0, None)), Series("South", (2.0, 3.0)))


def test_small_series_are_added_up() -> None:
    names = [f"r{number}" for number in range(10)]
    found = drawn({"month": ["2025-02"] * 10, "region": names, "value": [*range(10)]}, "lines")
    assert [series.name for series in found.series] == [*names[3:], "3 others"]
    assert found.series[-1].values == (3.0,)


@pytest.mark.parametrize(
    ("chart", "measure", "kind"),
    [("shares", "total", "shares"), ("shares", "peak", "bars"), ("lines", "total", "lines"), ("heat", "total", "bars")],
)
def test_a_chart_that_does_not_suit_becomes_the_nearest_kind(chart: str, measure: Measure, kind: Kind) -> None:
    found = drawn({"month": ["2025-02"], "value": [1]}, chart, measure=measure)
    assert found.kind == kind
    needs = {"lines": "", "shares": "shares need a total and a breakdown", "heat": "a heat map needs days or two keys"}
    assert found.note == ("" if kind == chart else needs[chart])


def test_a_hidden_answer_says_so() -> None:
    assert drawn({"value": [None]}, "bars", hidden=True).note == "hidden"
    every = drawn({"region": ["North"], "value": [None]}, "bars", hidden=True)
    assert every.note == "all hidden: break it down less finely"


def test_many_points_become_means() -> None:
    days = pd.date_range("2025-01-01", "2025-12-31").strftime("%Y-%m-%d").tolist()
    found = drawn({"day": days, "value": [*range(365)]}, "lines")
    assert len(found.labels) == 183 <= MOST_POINTS
    assert found.series[0].values[:2] == (0.5, 2.5)
    assert found.note == "a point is the mean of 2"
    assert found.names[0] == "mean of Wed 1 Jan 2025 to Thu 2 Jan 2025"
    assert found.names[-1] == "Wed 31 Dec 2025"
    assert found.cells[("2025-01-02",)] == (0, 0)


def test_a_mean_is_of_what_is_known() -> None:
    assert means([1.0, None, None, None, 5.0], 2) == (1.0, None, 5.0)


def test_what_is_hidden_is_not_missing() -> None:
    """A government analyst asks by region and type of home; the sum of the types that are left is no region's total."""
    table: dict[str, list[Any]] = {
        "region": ["Central", "Central", "Central", "East", "West"],
        "apartment_type": ["1-room", "2-room", "3-room", "1-room", "2-room"],
        "value": [7.0, 15.0, None, None, 4.0],
    }
    found = drawn(table, "bars", hidden=[False, False, True, True, False])
    names = [series.name for series in found.series]
    withheld = found.withheld()
    assert withheld[names.index("3-room")].tolist() == [True, False, False]
    assert withheld[names.index("1-room")].tolist() == [False, True, False]
    assert withheld[names.index("2-room")].tolist() == [False, False, False]
    assert drawn(
        {"region": ["North", "South"], "value": [None, 3]}, "bars", hidden=[True, False]
    ).withheld().tolist() == [[True, False]]


def test_a_sum_or_mean_of_what_is_hidden_in_part_is_hidden() -> None:
    names = [f"r{number}" for number in range(10)]
    values = [None, *range(1, 10)]
    found = drawn({"month": ["2025-02"] * 10, "region": names, "value": values}, "lines", hidden=[True] + [False] * 9)
    assert found.series[-1] == Series("3 others", (None,))
    assert found.withheld()[-1].tolist() == [True]
    days = pd.date_range("2025-01-01", "2025-12-31").strftime("%Y-%m-%d").tolist()
    found = drawn({"day": days, "value": [None, *range(1, 365)]}, "lines", hidden=[True] + [False] * 364)
    assert found.series[0].values[:2] == (None, 2.5)
    assert found.withheld()[0].tolist()[:2] == [True, False]


def test_shares_of_a_whole_of_which_a_part_is_hidden_are_left_out() -> None:
    found = drawn({"region": ["North", "South"], "value": [None, 3]}, "shares", hidden=[True, False])
    assert (found.kind, found.note) == ("rows", "no shares, as a part of the whole is hidden")


@pytest.mark.parametrize("chart", ["lines", "bars", "stacked", "heat"])
def test_a_period_with_a_gap_is_marked_where_it_is_drawn(chart: str) -> None:
    """Only the series that has the gap, where each has a place of its own."""
    of_regions: dict[str, list[Any]] = {
        "month": ["2025-02", "2025-02", "2025-03", "2025-03"],
        "region": ["East", "West", "East", "West"],
        "value": [4, 3, 5, 6],
    }
    found = drawn(of_regions, chart, part=["", "", "gap", ""])
    assert found.gaps == {(1, 0)}
    assert found.parts().tolist() == [[False, True], [False, False]]
    assert found.marks()[1].tolist() == [False, True]
    text = picture_text(found, 70, 14)
    assert text.endswith("with a gap")
    assert text.removesuffix("with a gap").count("□") == 2 + (chart == "heat")  # the mark, the legend, the label
    whole = picture_text(drawn(of_regions, chart), 70, 14)
    assert "□" not in whole


def test_of_a_map_of_days_the_day_with_a_gap_is_marked() -> None:
    days: dict[str, list[Any]] = {"day": ["2025-02-01", "2025-02-02", "2025-03-01"], "value": [4, 3, 5]}
    found = drawn(days, "heat", part=["cut", "", "gap"])
    assert (found.partly, found.gaps) == (frozenset({(0, 0)}), frozenset({(1, 0)}))
    assert found.labels == ("Feb 2025 □", "Mar 2025 □")
    assert picture_text(found, 90, 14).endswith("□ in part or with a gap")
