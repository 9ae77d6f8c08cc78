"""Windows by name and by dates."""

from __future__ import annotations

from datetime import date

import pytest

from metertui.engine.base.calendar import month_bounds
from metertui.engine.base.windows import Window, named_window, window_before, window_of_days
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.errors import MeterError

LONDON = SiteZone("Europe/London")
NOW = LONDON.parse("2025-10-26T12:00:00")  # a Sunday, on which the clock goes back


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("today", "2025-10-26T00:00:00", "2025-10-26T12:00:00"),
        ("yesterday", "2025-10-25T00:00:00", "2025-10-26T00:00:00"),
        ("week", "2025-10-20T00:00:00", "2025-10-26T12:00:00"),
        ("month", "2025-10-01T00:00:00", "2025-10-26T12:00:00"),
        ("year", "2025-01-01T00:00:00", "2025-10-26T12:00:00"),
        ("last_month", "2025-09-01T00:00:00", "2025-10-01T00:00:00"),
    ],
)
def test_named_windows(name: str, start: str, end: str) -> None:
    window = named_window(name, NOW, LONDON)
    assert (window.name, window.start, window.end) == (name, LONDON.parse(start), LONDON.parse(end))


def test_a_day_may_have_25_hours() -> None:
    day = window_of_days(date(2025, 10, 26), date(2025, 10, 26), LONDON)
    assert day.end - day.start == 25 * HOUR
    assert named_window("today", NOW, LONDON).end - day.start == 13 * HOUR


def test_dates_are_both_included() -> None:
    window = window_of_days(date(2025, 2, 1), date(2025, 2, 28), LONDON)
    assert (window.start, window.end) == month_bounds("2025-02", LONDON)
    with pytest.raises(MeterError, match="2025-02-01 is before 2025-02-28"):
        window_of_days(date(2025, 2, 28), date(2025, 2, 1), LONDON)


def test_dates_may_be_any_of_the_calendar() -> None:
    for zone in (LONDON, SiteZone("Asia/Singapore"), SiteZone("Etc/GMT+12"), SiteZone("Etc/GMT-14")):
        window = window_of_days(date(1, 1, 1), date(9999, 12, 31), zone)
        assert window.start < 0 < zone.parse("2199-12-31T23:59:59") < window.end
        assert (zone.day(window.start).year, zone.day(window.end).year) == (1, 9999)
        for day in (date(1, 1, 1), date(9999, 12, 31)):
            edge = window_of_days(day, day, zone)
            assert edge.start <= edge.end


def test_an_unknown_window_is_named_in_the_error() -> None:
    with pytest.raises(MeterError, match="fortnight is not a window; choose one of today, yesterday"):
        named_window("fortnight", NOW, LONDON)


@pytest.mark.parametrize(
    ("name", "now", "until", "start", "end"),
    [
        ("today", "2025-06-12T10:40", "2025-06-12T10:30", "2025-06-11T00:00", "2025-06-11T10:30"),
        ("yesterday", "2025-06-12T10:40", "2025-06-12T00:00", "2025-06-10T00:00", "2025-06-11T00:00"),
        ("week", "2025-06-12T10:40", "2025-06-12T10:40", "2025-06-02T00:00", "2025-06-05T10:40"),
        ("month", "2025-06-12T10:40", "2025-06-12T10:30", "2025-05-01T00:00", "2025-05-12T10:30"),
        ("month", "2025-01-12T10:40", "2025-01-12T10:30", "2024-12-01T00:00", "2024-12-12T10:30"),
        ("month", "2025-03-31T10:40", "2025-03-31T10:40", "2025-02-01T00:00", "2025-03-01T00:00"),
        ("last_month", "2025-03-31T10:40", "2025-03-01T00:00", "2025-01-01T00:00", "2025-02-01T00:00"),
        ("last_month", "2025-03-31T10:40", "2025-02-10T06:00", "2025-01-01T00:00", "2025-01-10T06:00"),
        ("year", "2025-06-12T10:40", "2025-06-12T10:40", "2024-01-01T00:00", "2024-06-12T10:40"),
        ("year", "2024-02-29T10:40", "2024-02-29T10:40", "2023-01-01T00:00", "2023-03-01T00:00"),
        # the days on which the clock changes: never beyond the day that is compared with
        ("today", "2025-03-31T23:30", "2025-03-31T23:30", "2025-03-30T00:00", "2025-03-31T00:00"),
        ("today", "2025-10-27T10:00", "2025-10-27T10:00", "2025-10-26T00:00", "2025-10-26T09:00"),
    ],
)
def test_the_window_before_ends_where_this_one_is_known_to(
    name: str, now: str, until: str, start: str, end: str
) -> None:
    window = named_window(name, LONDON.parse(now), LONDON)
    found = window_before(window, LONDON.parse(until), LONDON)
    assert (LONDON.iso(found.start)[:16], LONDON.iso(found.end)[:16]) == (start, end)
    assert found.end <= window.start


def test_any_days_are_compared_with_as_many_before() -> None:
    window = window_of_days(date(2025, 6, 10), date(2025, 6, 12), LONDON)
    found = window_before(window, window.end, LONDON)
    assert (found.start, found.end) == (LONDON.parse("2025-06-07T00:00"), window.start)
    cut = window_before(window, LONDON.parse("2025-06-11T06:00"), LONDON)
    assert (cut.start, cut.end) == (found.start, LONDON.parse("2025-06-08T06:00"))
    half = Window("last_half_hour", LONDON.parse("2025-06-10T10:00"), LONDON.parse("2025-06-10T10:30"))
    assert window_before(half, half.end, LONDON).start == LONDON.parse("2025-06-10T09:30")
    endless = window_of_days(date(1, 1, 1), date(9999, 12, 31), LONDON)
    assert not window_before(endless, endless.end, LONDON).known
