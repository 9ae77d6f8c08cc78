"""Windows by name, by dates, by month."""

from __future__ import annotations

from datetime import date

import pytest

from metertui.engine.base import windows
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
    window = windows.named(name, NOW, LONDON)
    assert (window.name, window.start, window.end) == (name, LONDON.parse(start), LONDON.parse(end))


def test_a_day_may_have_25_hours() -> None:
    day = windows.between(date(2025, 10, 26), date(2025, 10, 26), LONDON)
    assert day.end - day.start == 25 * HOUR
    assert windows.named("today", NOW, LONDON).end - day.start == 13 * HOUR


def test_dates_are_both_included() -> None:
    window = windows.between(date(2025, 2, 1), date(2025, 2, 28), LONDON)
    assert (window.start, window.end) == windows.month("2025-02", LONDON)
    with pytest.raises(MeterError, match="2025-02-01 is before 2025-02-28"):
        windows.between(date(2025, 2, 28), date(2025, 2, 1), LONDON)


def test_dates_may_be_any_of_the_calendar() -> None:
    for zone in (LONDON, SiteZone("Asia/Singapore"), SiteZone("Etc/GMT+12"), SiteZone("Etc/GMT-14")):
        window = windows.between(date(1, 1, 1), date(9999, 12, 31), zone)
        assert window.start < 0 < zone.parse("2199-12-31T23:59:59") < window.end
        assert (zone.day(window.start).year, zone.day(window.end).year) == (1, 9999)
        for day in (date(1, 1, 1), date(9999, 12, 31)):
            edge = windows.between(day, day, zone)
            assert edge.start <= edge.end


@pytest.mark.parametrize("text", ["", "2025", "2025-13", "2025-00", "25-01", "2025-1", "2025-01-01", "0000-01"])
def test_what_is_no_month_is_named(text: str) -> None:
    with pytest.raises(MeterError, match="is no month"):
        windows.month(text, LONDON)


def test_what_is_no_window_is_named() -> None:
    with pytest.raises(MeterError, match="fortnight is no window; they are today, yesterday"):
        windows.named("fortnight", NOW, LONDON)


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
    window = windows.named(name, LONDON.parse(now), LONDON)
    found = windows.before(window, LONDON.parse(until), LONDON)
    assert (LONDON.iso(found.start)[:16], LONDON.iso(found.end)[:16]) == (start, end)
    assert found.end <= window.start


def test_any_days_are_compared_with_as_many_before() -> None:
    window = windows.between(date(2025, 6, 10), date(2025, 6, 12), LONDON)
    found = windows.before(window, window.end, LONDON)
    assert (found.start, found.end) == (LONDON.parse("2025-06-07T00:00"), window.start)
    cut = windows.before(window, LONDON.parse("2025-06-11T06:00"), LONDON)
    assert (cut.start, cut.end) == (found.start, LONDON.parse("2025-06-08T06:00"))
    half = windows.Window("last_half_hour", LONDON.parse("2025-06-10T10:00"), LONDON.parse("2025-06-10T10:30"))
    assert windows.before(half, half.end, LONDON).start == LONDON.parse("2025-06-10T09:30")
    endless = windows.between(date(1, 1, 1), date(9999, 12, 31), LONDON)
    assert not windows.before(endless, endless.end, LONDON).known
