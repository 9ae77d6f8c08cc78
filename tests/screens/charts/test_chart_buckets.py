"""Buckets part a window without gaps, as fine as a chart can show."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.windows import Window, window_of_days
from metertui.engine.base.zone import DAY, MINUTE, SiteZone
from metertui.screens.charts.chart_buckets import buckets

ZONES = [SiteZone("Asia/Singapore"), SiteZone("Europe/Berlin"), SiteZone("America/New_York")]
MOST = 400


@given(
    zone=st.sampled_from(ZONES),
    start=st.integers(0, 2_000_000_000_000_000),
    length=st.integers(1, 30 * 366 * DAY),
)
def test_the_parts_make_up_the_window(zone: SiteZone, start: int, length: int) -> None:
    parts = buckets(Window("dates", start, start + length), zone)
    assert parts.marks[0] == start
    assert parts.marks[-1] == start + length
    assert (np.diff(parts.marks) > 0).all()
    assert len(parts.labels) == len(parts.names) == len(parts.marks) - 1 <= MOST


@pytest.mark.parametrize(
    ("first", "last", "unit", "number", "labels"),
    [
        ((2025, 3, 12), (2025, 3, 12), "half hour", 48, ("00:00", "23:30")),
        ((2025, 3, 11), (2025, 3, 12), "half hour", 96, ("Tue 00:00", "Wed 23:30")),
        ((2025, 3, 10), (2025, 3, 16), "hour", 168, ("Mon 00:00", "Sun 23:00")),
        ((2025, 3, 8), (2025, 3, 16), "hour", 216, ("Sat 00:00", "Sun 23:00")),  # nine days, and one more
        ((2025, 3, 7), (2025, 3, 16), "day", 10, ("7 Mar", "16 Mar")),
        ((2025, 1, 1), (2025, 4, 3), "day", 93, ("1 Jan", "3 Apr")),  # three months, and a day more
        ((2025, 1, 1), (2025, 4, 4), "month", 4, ("Jan 2025", "Apr 2025")),
        ((2025, 2, 1), (2025, 2, 28), "day", 28, ("1 Feb", "28 Feb")),
        ((2024, 1, 1), (2024, 12, 31), "month", 12, ("Jan 2024", "Dec 2024")),
        ((2000, 1, 1), (2019, 12, 31), "year", 20, ("2000", "2019")),
    ],
)
def test_the_unit_fits_the_window(
    first: tuple[int, int, int], last: tuple[int, int, int], unit: str, number: int, labels: tuple[str, str]
) -> None:
    zone = ZONES[0]
    parts = buckets(window_of_days(date(*first), date(*last), zone), zone)
    assert (parts.unit, len(parts.labels)) == (unit, number)
    assert (parts.labels[0], parts.labels[-1]) == labels
    assert bool(parts.until) == (unit in ("half hour", "hour"))


def test_days_of_other_lengths_are_days() -> None:
    zone = ZONES[1]  # the 30th of March 2025 has 23 hours there
    parts = buckets(window_of_days(date(2025, 3, 20), date(2025, 4, 5), zone), zone)
    lengths = np.diff(parts.marks)
    assert lengths.min() == 23 * 60 * MINUTE
    assert (lengths == DAY).sum() == 16


@pytest.mark.parametrize("days", [1, 7, 28, 200, 6000])
def test_a_bucket_that_the_window_cuts_is_said(days: int) -> None:
    zone = ZONES[0]
    whole = window_of_days(date(2003, 1, 1), date(2003, 1, 1) + timedelta(days=days - 1), zone)
    if days < 100:
        assert not buckets(whole, zone).cut
    now = Window("dates", whole.start, whole.end - 5 * MINUTE)
    assert buckets(now, zone).cut
    assert buckets(Window("year", whole.start, zone.midnight(date(2004, 1, 1))), zone).cut is False


def test_names_are_in_full() -> None:
    zone = ZONES[0]
    day = window_of_days(date(2025, 3, 12), date(2025, 3, 12), zone)
    assert buckets(day, zone).names[21] == "Wed 12 Mar 10:30"
    month = window_of_days(date(2025, 3, 1), date(2025, 3, 31), zone)
    assert buckets(month, zone).names[11] == "Wed 12 Mar 2025"
