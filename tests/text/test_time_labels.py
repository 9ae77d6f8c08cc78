"""Times on an axis and in full."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.text.time_labels import (
    day,
    in_full,
    in_iso,
    key_in_full,
    key_on_axis,
    moment,
    month,
    on_axis,
    period,
    span,
    to_type,
    wall_clock,
)

AT = datetime(2025, 3, 2, 9, 30)


@pytest.mark.parametrize(
    ("unit", "short", "full"),
    [
        ("half hour", "09:30", "Sun 2 Mar 09:30"),
        ("hour", "Sun 09:30", "Sun 2 Mar 09:30"),
        ("day", "2 Mar", "Sun 2 Mar 2025"),
        ("month", "Mar 2025", "March 2025"),
        ("year", "2025", "2025"),
    ],
)
def test_a_time_is_short_on_an_axis(unit: str, short: str, full: str) -> None:
    assert (on_axis(AT, unit), in_full(AT, unit)) == (short, full)


@pytest.mark.parametrize(
    ("zone", "time", "said"),
    [
        ("Asia/Singapore", "2026-11-30T01:03:02", "Mon 30 Nov 01:03:02 UTC+8"),
        ("Asia/Kathmandu", "2026-11-30T01:03:02", "Mon 30 Nov 01:03:02 UTC+5:45"),
        ("America/Sao_Paulo", "2026-11-30T01:03:02", "Mon 30 Nov 01:03:02 UTC-3"),
        ("Europe/Berlin", "2026-07-01T12:00:00", "Wed 1 Jul 12:00:00 CEST"),
        ("UTC", "2026-01-04T00:00:00", "Sun 4 Jan 00:00:00 UTC"),
    ],
)
def test_a_wall_clock_has_the_day_and_the_zone(zone: str, time: str, said: str) -> None:
    site = SiteZone(zone)
    assert wall_clock(site, site.parse(time)) == said


@pytest.mark.parametrize(
    ("key", "value", "short", "full"),
    [
        ("year", "2025", "2025", "2025"),
        ("quarter", "2025-Q1", "Q1 2025", "Q1 2025"),
        ("month", "2025-09", "Sep 2025", "September 2025"),
        ("week", "2025-W09", "W9 2025", "W9 2025"),
        ("day", "2025-09-01", "1 Sep", "Mon 1 Sep 2025"),
        ("hour", "2025-09-01T13:00:00+08:00", "1 Sep 13:00", "Mon 1 Sep 13:00"),
        ("weekday", "Mon", "Mon", "Mon"),
    ],
)
def test_the_key_of_a_row_becomes_a_time_for_people(key: str, value: str, short: str, full: str) -> None:
    assert (key_on_axis(key, value), key_in_full(key, value)) == (short, full)


def test_days_moments_and_months_are_written_for_people() -> None:
    assert day(date(2026, 11, 1)) == "1 Nov 2026"
    assert span(date(2026, 11, 1), date(2026, 11, 30)) == "1 Nov 2026 – 30 Nov 2026"
    assert moment(AT) == "2 Mar 2025 09:30"
    assert moment(AT.replace(second=5)) == "2 Mar 2025 09:30:05"
    twice = datetime(2025, 10, 26, 1, 30, fold=1, tzinfo=ZoneInfo("Europe/London"))
    assert moment(twice) == "26 Oct 2025 01:30 (+0000)"
    assert month("2026-11") == "November 2026"


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("2026-11-03", "2026-11-03", "3 Nov 2026"),
        ("2026-11-03", "2026-11-07", "3 Nov 2026 to 7 Nov 2026"),
        ("2026-11-01", "2026-11-30", "November 2026"),
        ("2025-12-01", "2026-11-30", "Dec 2025 to Nov 2026"),
        ("2026-01-01", "2026-12-31", "2026"),
        ("2025-01-01", "2026-12-31", "2025 to 2026"),
        ("2026-01-01", "9999-12-31", "1 Jan 2026 to 31 Dec 9999"),
    ],
)
def test_a_period_is_named_in_whole_months_or_years_where_it_has_them(first: str, last: str, text: str) -> None:
    assert period(date.fromisoformat(first), date.fromisoformat(last)) == text


def test_a_time_to_edit_is_local_and_means_the_same_instant() -> None:
    """In the hour that comes twice, its offset says which one is meant; so does a part of a second."""
    zone = SiteZone("Europe/Berlin")
    written = {
        "2025-03-11T12:00:00+01:00": "11 Mar 2025 12:00",
        "2025-03-01T12:00:07+01:00": "1 Mar 2025 12:00:07",
        "2025-10-26T02:30:00+02:00": "26 Oct 2025 02:30",
        "2025-10-26T02:30:00+01:00": "2025-10-26 02:30:00+01:00",
        "2025-03-11T12:00:00.25+01:00": "2025-03-11 12:00:00.250000+01:00",
    }
    for instant, text in written.items():
        assert to_type(zone.parse(instant), zone) == text
        assert zone.parse(in_iso(text)) == zone.parse(instant)
    assert in_iso("31 Feb 2025 12:00") == "31 Feb 2025 12:00"
