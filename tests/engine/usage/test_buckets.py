"""The buckets of time of a table, and the names of its rows."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from metertui.engine.base.zone import DAY, HOUR, SiteZone
from metertui.engine.usage.buckets import cut_time, days_of_row, in_clock, row_names
from metertui.engine.usage.query import Filter, Question

LONDON = SiteZone("Europe/London")
SPRING = date(2025, 3, 30)
"""The day that has 23 hours."""


def window(first: date, last: date) -> tuple[int, int]:
    """Return the window of some days, µs UTC."""
    return LONDON.midnight(first), LONDON.midnight(date.fromordinal(last.toordinal() + 1))


def test_the_hours_of_a_day_of_23_hours_are_23_buckets() -> None:
    cut = cut_time(LONDON, Question(SPRING, SPRING, ("hour",)), *window(SPRING, SPRING))
    assert len(cut) == 23
    assert set(np.diff(cut.marks).tolist()) == {HOUR}


def test_buckets_of_a_weekday_belong_to_one_row() -> None:
    first, last = date(2025, 3, 3), date(2025, 3, 16)
    cut = cut_time(LONDON, Question(first, last, ("weekday",)), *window(first, last))
    assert cut.row.tolist() == [*range(7), *range(7)]
    assert cut.texts["weekday"].tolist() == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert cut.days.tolist() == [2] * 7


def test_time_outside_a_time_of_day_belongs_to_no_row() -> None:
    day = date(2025, 3, 3)
    question = Question(day, day, ("day",), Filter(time="18:00-20:00"))
    cut = cut_time(LONDON, question, *window(day, day))
    assert cut.row.tolist() == [-1, 0, -1]
    assert np.diff(cut.marks).tolist() == [18 * HOUR, 2 * HOUR, 4 * HOUR]


@pytest.mark.parametrize(
    ("key", "name", "first", "last"),
    [
        ("year", "2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("quarter", "2024-Q1", date(2024, 1, 1), date(2024, 3, 31)),
        ("month", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("week", "2024-W09", date(2024, 2, 26), date(2024, 3, 3)),
        ("day", "2024-03-05", date(2024, 3, 5), date(2024, 3, 5)),
        ("hour", "2024-03-05T13:00:00+00:00", date(2024, 3, 5), date(2024, 3, 5)),
    ],
)
def test_a_row_is_named_for_its_days(key: str, name: str, first: date, last: date) -> None:
    assert days_of_row(key, name) == (first, last)
    assert name in row_names(LONDON, key, first, last)


def test_a_row_of_another_key_has_no_days() -> None:
    with pytest.raises(ValueError, match="weekday"):
        days_of_row("weekday", "Mon")


def test_a_moment_is_in_a_time_of_day_from_its_begin_to_before_its_end() -> None:
    moments = np.array([0, 6 * HOUR, 22 * HOUR, DAY - 1], dtype=np.int64)
    assert in_clock(moments, (22 * HOUR, 6 * HOUR)).tolist() == [True, False, True, True]
    assert in_clock(moments, (6 * HOUR, 22 * HOUR)).tolist() == [False, True, False, False]
    assert in_clock(moments, None).all()


@pytest.mark.parametrize(
    ("zone", "day", "around", "lengths"),
    [  # the clock is set back by half an hour at 02:00, and put forward by half an hour at 02:00
        ("Australia/Lord_Howe", date(2025, 4, 6), ["01:00:00+11:00", "01:00:00+10:30", "02:00:00+10:30"], [60, 30, 60]),
        (
            "Australia/Lord_Howe",
            date(2025, 10, 5),
            ["01:00:00+10:30", "02:00:00+11:00", "03:00:00+11:00"],
            [60, 30, 60],
        ),
        # it is set back from 03:45 to 02:45, and put forward from 02:45 to 03:45
        (
            "Pacific/Chatham",
            date(2025, 4, 6),
            ["02:00:00+13:45", "03:00:00+13:45", "02:00:00+12:45", "03:00:00+12:45"],
            [60, 45, 15, 60],
        ),
        ("Pacific/Chatham", date(2025, 9, 28), ["02:00:00+12:45", "03:00:00+13:45", "04:00:00+13:45"], [45, 15, 60]),
        ("Europe/London", date(2025, 10, 26), ["01:00:00+01:00", "01:00:00+00:00", "02:00:00+00:00"], [60, 60, 60]),
    ],
)
def test_an_hour_ends_where_the_clock_is_changed_within_it(
    zone: str, day: date, around: list[str], lengths: list[int]
) -> None:
    site = SiteZone(zone)
    start, end = site.midnight(day), site.midnight(date.fromordinal(day.toordinal() + 1))
    cut = cut_time(site, Question(day, day, ("hour",)), start, end)
    names = cut.texts["hour"].tolist()
    assert names == row_names(site, "hour", day, day)
    at = names.index(f"{day}T{around[0]}")
    assert names[at : at + len(around)] == [f"{day}T{name}" for name in around]
    assert (np.diff(cut.marks)[at : at + len(around)] // (HOUR // 60)).tolist() == lengths
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("clock", ["01:15-01:40", "01:40-03:10"])
def test_part_of_an_hour_has_the_name_of_the_hour(clock: str) -> None:
    site = SiteZone("Australia/Lord_Howe")
    day = date(2025, 4, 6)
    question = Question(day, day, ("hour",), Filter(time=clock))
    cut = cut_time(site, question, site.midnight(day), site.midnight(date(2025, 4, 7)))
    assert set(cut.texts["hour"].tolist()) <= set(row_names(site, "hour", day, day))
