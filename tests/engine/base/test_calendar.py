"""Arithmetic on months."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.calendar import add_months, first_of_month, last_of_month, month_before, month_bounds
from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import MeterError

LONDON = SiteZone("Europe/London")


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2025, 3, 31), -1, date(2025, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 12, 15), 1, date(2026, 1, 15)),
        (date(2025, 1, 15), -13, date(2023, 12, 15)),
        (date(2025, 5, 5), 0, date(2025, 5, 5)),
    ],
)
def test_a_day_that_another_month_lacks_becomes_its_last(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@given(st.dates(date(2, 1, 1), date(9998, 12, 31)))
def test_months_follow_one_another_without_a_gap(day: date) -> None:
    assert first_of_month(day) <= day <= last_of_month(day)
    assert last_of_month(day) + timedelta(days=1) == first_of_month(day, 1)
    assert first_of_month(day) - timedelta(days=1) == last_of_month(first_of_month(day, -1))


def test_months_outside_the_calendar_are_refused() -> None:
    with pytest.raises(ValueError, match="year"):
        first_of_month(date.max, 1)
    with pytest.raises(ValueError, match="year"):
        add_months(date.min, -1)


def test_a_month_is_bounded_by_local_midnights() -> None:
    start, end = month_bounds("2025-03", LONDON)
    assert (LONDON.iso(start), LONDON.iso(end)) == ("2025-03-01T00:00:00+00:00", "2025-04-01T00:00:00+01:00")


@pytest.mark.parametrize(
    "text", ["", "2025", "2025-13", "2025-00", "25-01", "2025-1", "2025-01-01", "0000-01", "9999-12", "March"]
)
def test_an_invalid_month_is_named_in_the_error(text: str) -> None:
    with pytest.raises(MeterError, match=f"'{text}' is not a month; enter one such as 2025-02"):
        month_bounds(text, LONDON)


def test_the_month_before_is_that_of_the_local_day() -> None:
    midnight = LONDON.midnight(date(2025, 8, 1))
    assert month_before(midnight, LONDON) == "2025-07"
    assert month_before(midnight - 1, LONDON) == "2025-06"
    assert month_before(LONDON.midnight(date(2025, 1, 1)), LONDON) == "2024-12"
