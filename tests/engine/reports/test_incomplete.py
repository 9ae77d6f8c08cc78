"""Which rows stand for a part of their period."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from metertui.engine.reports.incomplete import Part, cut_periods, part_of, parts_of_rows
from metertui.engine.usage.query import Question

YEAR = (date(2025, 1, 1), date(2025, 12, 31))
KNOWN = (date(2024, 2, 1), date(2025, 3, 12))


@pytest.mark.parametrize(
    ("key", "name", "asked", "part"),
    [
        ("month", "2025-02", YEAR, ""),
        ("month", "2025-03", YEAR, "running"),
        ("month", "2025-03", (date(2025, 3, 1), date(2025, 3, 11)), "cut"),
        ("month", "2025-03", (date(2025, 3, 5), date(2025, 3, 31)), "running"),
        ("month", "2025-02", (date(2025, 2, 2), date(2025, 3, 31)), "cut"),
        ("week", "2025-W01", YEAR, "cut"),  # its Monday is in December
        ("week", "2025-W11", YEAR, "running"),
        ("day", "2025-03-11", YEAR, ""),
        ("day", "2025-03-12", YEAR, "running"),
        ("quarter", "2024-Q1", (date(2024, 1, 1), date(2025, 12, 31)), "cut"),  # readings begin in February
        ("hour_of_day", "13:00", YEAR, ""),
        ("region", "North", YEAR, ""),
    ],
)
def test_a_row_is_whole_where_all_its_days_are_asked_for_and_known(
    key: str, name: str, asked: tuple[date, date], part: Part
) -> None:
    assert part_of({key: name}, asked, KNOWN) == part


@pytest.mark.parametrize(
    ("names", "part"),
    [
        ({"month": "2025-02", "year": "2025"}, ""),
        ({"year": "2025", "month": "2025-03", "region": "N"}, "running"),
        ({"week": "2025-W01", "year": "2025"}, ""),  # the part of the week that is in the year
        ({"year": "2025", "quarter": "2025-Q1", "day": "2025-03-11"}, ""),
    ],
)
def test_the_period_of_a_row_is_what_all_its_keys_have_in_common(names: dict[str, str], part: Part) -> None:
    assert part_of(names, YEAR, KNOWN) == part


def test_each_row_has_its_part_whichever_key_is_the_period() -> None:
    table = pd.DataFrame({"region": ["N", "N", "S"], "month": ["2025-02", "2025-03", "2025-03"]})
    table = table.assign(missing_share=0.0)
    assert parts_of_rows(table, Question(*YEAR, by=("region", "month")), KNOWN) == ["", "running", "running"]
    assert parts_of_rows(table, Question(*YEAR, by=("region",)), KNOWN) == ["", "", ""]
    assert cut_periods(table, Question(*YEAR, by=("region", "month")), KNOWN) == ["", "2025-03", "2025-03"]
    assert cut_periods(table, Question(*YEAR, by=("region",)), KNOWN) == ["", "", ""]


def test_a_row_of_time_of_which_much_is_missing_is_not_whole() -> None:
    table = pd.DataFrame({"month": ["2024-03", "2024-04", "2025-03"], "hour_of_day": ["12:00", "13:00", "14:00"]})
    table = table.assign(weekday=["Mon", "Tue", "Wed"], region="N", missing_share=[0.01, 0.011, 1.0])
    months = Question(date(2024, 1, 1), YEAR[1], by=("month",))
    assert parts_of_rows(table, months, KNOWN) == ["", "gap", "running"]
    assert cut_periods(table, months, KNOWN) == ["", "2024-04", "2025-03"]
    for key in ("hour_of_day", "weekday"):
        assert parts_of_rows(table, Question(*YEAR, by=(key,)), KNOWN) == ["", "gap", "gap"]
    assert parts_of_rows(table, Question(*YEAR, by=("region",)), KNOWN) == ["", "", ""]
