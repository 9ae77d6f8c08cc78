"""The site zone: bare timestamps, days that are not 24 hours long, and the array forms of the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.zone import DAY, HOUR, MINUTE, SECOND, SiteZone, day_number, day_of_number
from metertui.engine.errors import MeterError, Refused

SINGAPORE = SiteZone("Asia/Singapore")
LONDON = SiteZone("Europe/London")
NEW_YORK = SiteZone("America/New_York")
HAVANA = SiteZone("America/Havana")
ZONES = [SINGAPORE, LONDON, NEW_YORK, HAVANA, SiteZone("Australia/Lord_Howe"), SiteZone("Asia/Kathmandu")]


def micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-02-19T00:30:00", datetime(2025, 2, 18, 16, 30, tzinfo=UTC)),
        ("2025-02-19 00:30", datetime(2025, 2, 18, 16, 30, tzinfo=UTC)),
        ("2025-02-19T00:30:00Z", datetime(2025, 2, 19, 0, 30, tzinfo=UTC)),
        ("2025-02-19T00:30:00.25+05:30", datetime(2025, 2, 18, 19, 0, 0, 250_000, tzinfo=UTC)),
        ("2024-02-29T12:00:00.000001", datetime(2024, 2, 29, 4, 0, 0, 1, tzinfo=UTC)),
    ],
)
def test_timestamps(text: str, moment: datetime) -> None:
    assert SINGAPORE.parse(text) == micros(moment)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2025-02-19",
        "2025-02-30T00:00:00",
        "2025-02-29T00:00:00",
        "2025-02-19T24:00:00",
        "2025-02-19T23:59:60",
        "2025-02-19T23:60",
        "2025-02-19T00:30:00.",
        "2025-02-19T00:30:00.1234567",
        "2025-02-19T00:30:00,5",
        "20250219T003000",
        "2025-W08-3T00:30",
        "2025-02-19T00:30:00+0800",
        "2025-02-19T00:30:00+24:00",
        "2025-02-19  00:30:00",
        "２０２５-02-19T00:30:00",
    ],
)
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    with pytest.raises(Refused) as error:
        SINGAPORE.parse(text)
    assert error.value.code == "bad-timestamp"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1969-12-31T23:59:59Z", "past-timestamp"),
        ("0001-01-01T00:00:00+14:00", "past-timestamp"),
        ("2200-01-01T00:00:00Z", "future-timestamp"),
        ("9999-12-31T23:59:59-14:00", "future-timestamp"),
    ],
)
def test_a_timestamp_before_or_after_what_is_stored_is_said_to_be(text: str, code: str) -> None:
    with pytest.raises(Refused) as error:
        SINGAPORE.parse(text)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("zone", "first", "second"),
    [
        ("Europe/London", "2024-10-27T01:30:00+01:00", "2024-10-27T01:30:00+00:00"),
        ("Europe/London", "2024-10-27T01:00:00+01:00", "2024-10-27T01:00:00+00:00"),
        ("Australia/Lord_Howe", "2025-04-06T01:45:00+11:00", "2025-04-06T01:45:00+10:30"),
        ("Europe/London", "2024-10-27T01:00:00+00:00", ""),
        ("Europe/London", "2024-10-27T00:59:59+01:00", ""),
        ("Europe/London", "2025-03-30T00:30:00+00:00", ""),
        ("Australia/Lord_Howe", "2025-04-06T01:29:00+11:00", ""),
        ("Asia/Singapore", "2024-10-27T01:30:00+08:00", ""),
    ],
)
def test_the_second_pass_of_an_hour_that_the_clock_shows_twice(zone: str, first: str, second: str) -> None:
    site = SiteZone(zone)
    instant = site.parse(first)
    assert site.iso(site.second_instant(first.rpartition(first[-6])[0], instant)) == (second or first)
    assert site.second_instant(first, instant) == instant


def test_an_hour_that_occurs_twice_is_its_first_occurrence() -> None:
    first = LONDON.parse("2025-10-26T01:30:00")
    assert first == LONDON.parse("2025-10-26T01:30:00+01:00")
    assert LONDON.parse("2025-10-26T01:30:00+00:00") - first == HOUR


def test_a_time_that_the_clock_skips_does_not_exist() -> None:
    with pytest.raises(Refused, match="does not exist in Europe/London"):
        LONDON.parse("2025-03-30T01:30:00")


def test_instants_are_written_with_offset_and_a_fraction_only_where_there_is_one() -> None:
    instant = SINGAPORE.parse("2025-02-19T00:30:00")
    assert SINGAPORE.iso(instant) == "2025-02-19T00:30:00+08:00"
    assert SINGAPORE.iso(instant + 1) == "2025-02-19T00:30:00.000001+08:00"


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (LONDON, date(2025, 3, 30), 23),
        (LONDON, date(2025, 10, 26), 25),
        (LONDON, date(2025, 6, 1), 24),
        (SINGAPORE, date(2025, 3, 30), 24),
        (HAVANA, date(2025, 3, 9), 23),  # the clock skips midnight itself
        (HAVANA, date(2025, 11, 2), 25),
    ],
)
def test_days_are_as_long_as_the_zone_says(zone: SiteZone, day: date, hours: int) -> None:
    start, end = zone.midnights(day, day).tolist()
    assert end - start == hours * HOUR
    assert zone.day(start) == day
    assert zone.day(start - 1) == day - timedelta(days=1)
    assert len(zone.hours(start, end - 1)) == hours


@given(st.sampled_from(ZONES), st.datetimes(datetime(1970, 1, 3), datetime(2199, 12, 30)))
def test_arrays_agree_with_single_instants(zone: SiteZone, utc: datetime) -> None:
    instant = micros(utc.replace(tzinfo=UTC))
    local = utc.replace(tzinfo=UTC).astimezone(ZoneInfo(zone.name))
    wall = zone.wall_clock(np.array([instant]))[0]
    assert wall == micros(local.replace(tzinfo=UTC))
    assert day_of_number(int(zone.day_numbers(np.array([instant]))[0])) == local.date() == zone.day(instant)
    assert zone.parse(zone.iso(instant)) == instant
    assert zone.midnight(local.date()) <= instant < zone.midnight(local.date() + timedelta(days=1))


@pytest.mark.parametrize(
    ("name", "year"), [("America/Recife", 2000), *(("Asia/Gaza", year) for year in (2040, 2054, 2072))]
)
def test_no_change_of_a_clock_is_missed_however_soon_it_follows_another(name: str, year: int) -> None:
    noons = [datetime(year, 1, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(365)]
    local = [micros(noon.astimezone(ZoneInfo(name)).replace(tzinfo=UTC)) for noon in noons]
    assert SiteZone(name).wall_clock(np.array([micros(noon) for noon in noons])).tolist() == local


@given(st.dates(date(1970, 1, 1), date(2199, 12, 31)))
def test_day_numbers(day: date) -> None:
    assert day_of_number(day_number(day)) == day


def test_hours_stand_on_the_local_clock() -> None:
    kathmandu = SiteZone("Asia/Kathmandu")
    noon = kathmandu.parse("2025-06-01T12:00:00")
    marks = kathmandu.hours(noon - DAY, noon)
    assert all(kathmandu.local(int(mark)).minute == 0 for mark in marks)
    assert set(np.diff(marks).tolist()) == {HOUR}
    assert marks[0] % HOUR == 15 * 60 * SECOND


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "Asia"])
def test_an_unknown_zone_is_named(name: str) -> None:
    with pytest.raises(MeterError, match="is not a time zone"):
        SiteZone(name)


@given(st.sampled_from(ZONES), st.datetimes(datetime(1970, 1, 3), datetime(2199, 12, 30)))
def test_the_first_instant_at_which_the_clock_shows_a_time(zone: SiteZone, shown: datetime) -> None:
    wall = np.array([micros(shown.replace(tzinfo=UTC))])
    found = zone.instants_of(wall)
    try:
        assert found[0] == zone.instant(shown)
    except Refused:
        assert zone.wall_clock(found)[0] != wall[0]


def test_a_zone_may_be_an_offset() -> None:
    zone = SiteZone.at_offset(timedelta(hours=5, minutes=45))
    assert (zone.name, zone.iso(0)) == ("+05:45", "1970-01-01T05:45:00+05:45")
    assert zone.instants_of(zone.wall_clock(np.array([0]))).tolist() == [0]
    assert zone.second_instants(np.array([0])).tolist() == [0]
    assert zone.midnight(date(1970, 1, 2)) == DAY - 345 * MINUTE
