"""The course of a row: what it used a day in each part of its time, and none of what a small group used."""

from __future__ import annotations

from datetime import date

import pytest

from metertui.engine.attributes import Group
from metertui.engine.base.progress import no_progress
from metertui.engine.columns.columns import Frozen
from metertui.engine.reports import courses
from metertui.engine.reports.courses import courses_of, finer_key
from metertui.engine.reports.disclosure import Rule
from metertui.engine.reports.report import Inquiry, answer_inquiry
from metertui.engine.usage.query import Question
from tests.engine.build import frozen
from tests.engine.reports.test_report import LONDON, RULE, WEEK, asked, boiler, town

__all__ = ["boiler", "town"]  # fixtures


def found_courses(columns: Frozen, inquiry: Inquiry, rule: Rule | None = None) -> courses.Courses | None:
    return courses_of(columns, answer_inquiry(columns, inquiry, rule), rule, no_progress)


@pytest.mark.parametrize(
    ("by", "last", "key"),
    [
        (("region",), "2024-01-02", "hour"),
        (("region",), "2024-02-20", "day"),
        (("region",), "2024-06-30", "week"),
        (("region",), "2025-12-31", "month"),
        (("year",), "2025-12-31", "month"),
        (("quarter", "region"), "2025-12-31", "day"),
        (("month",), "2025-12-31", "day"),
        (("week", "year"), "2025-12-31", "day"),
        (("day",), "2025-12-31", "hour"),
        (("weekday",), "2025-12-31", "hour_of_day"),
        (("hour_of_day",), "2025-12-31", "weekday"),
        (("weekday", "hour_of_day"), "2025-12-31", ""),
        (("hour",), "2024-01-02", ""),
    ],
)
def test_the_points_are_of_the_next_finer_time(town: Frozen, by: tuple[str, ...], last: str, key: str) -> None:
    question = Question(date(2024, 1, 1), date.fromisoformat(last), by)
    assert finer_key(question, answer_inquiry(town, Inquiry(question))) == key


def test_a_course_is_the_usage_a_day_so_that_parts_of_months_are_seen_as_they_are(town: Frozen) -> None:
    found = found_courses(town, asked(date(2024, 12, 20), date(2025, 6, 30), "region"))
    assert found is not None
    assert found.key == "week"
    assert [round(value or 0, 3) for value in found.of_row["North",]][3:] == [316.8] * 10  # to the last reading
    assert found.of_row["North",][0] == pytest.approx(288)
    by_month = found_courses(town, asked(date(2025, 1, 1), date(2025, 12, 31), "month"))
    assert by_month is not None
    assert {row: len(points) for row, points in by_month.of_row.items()} == {
        ("2025-01",): 31, ("2025-02",): 28, ("2025-03",): 12
    }  # fmt: skip


def test_days_without_data_are_gaps() -> None:
    reads = [(LONDON.midnight(date(2025, 1, day)), 1000 * day) for day in (1, 2, 3, 4)]
    later = [(LONDON.midnight(date(2025, 1, day)), 1000 * day) for day in (1, 7)]
    columns = frozen({"a": reads, "b": later}, LONDON, {"a": [Group("N", "", "")] * 4, "b": [Group("S", "", "")] * 2})
    found = found_courses(columns, asked(date(2025, 1, 1), date(2025, 1, 31), "region"))
    assert found is not None
    assert found.of_row == {("N",): (1.0,) * 3 + (None,) * 4, ("S",): (1.0,) * 6 + (None,)}


def test_a_hidden_row_has_no_course_and_a_course_no_hidden_part(town: Frozen, boiler: Frozen) -> None:
    """Each point of a course is told by the finer question too, with the same rule."""
    hidden = found_courses(town, asked(date(2024, 1, 1), date(2025, 1, 31), "region"), RULE)
    assert hidden is not None
    assert list(hidden.of_row) == [("North",)]
    inquiry = asked(*WEEK, "day", "region")
    open_to_all, ruled = (found_courses(boiler, inquiry, rule) for rule in (None, RULE))
    assert open_to_all is not None
    assert ruled is not None
    told = answer_inquiry(boiler, inquiry, RULE).table
    shown = set(told.loc[~told["hidden"], ["day", "region"]].itertuples(index=False, name=None))
    assert ("2025-03-05", "North") in shown & set(open_to_all.of_row)
    assert ("2025-03-05", "North") not in ruled.of_row  # its boiler shows in the hour
    assert ("2025-03-06", "North") in ruled.of_row
    assert set(ruled.of_row) < shown
    finer = answer_inquiry(boiler, asked(*WEEK, "region", "hour"), RULE).table
    cells = zip(finer["hour"], finer["region"], finer["hidden"], strict=True)
    assert not {(hour[:10], region) for hour, region, out in cells if out} & set(ruled.of_row)


def test_what_would_take_long_is_not_worked_out(town: Frozen, monkeypatch: pytest.MonkeyPatch) -> None:
    inquiry = asked(date(2024, 1, 1), date(2025, 1, 31), "region")
    assert found_courses(town, asked(date(2024, 1, 1), date(2025, 1, 31))) is None  # a row of everything
    for limit in ("_MOST_CELLS", "_MOST_POINTS"):
        with monkeypatch.context() as context:
            context.setattr(courses, limit, 10)
            assert found_courses(town, inquiry) is None
    assert found_courses(town, inquiry) is not None
