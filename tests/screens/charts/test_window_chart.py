"""The chart of a window: its buckets, what is estimated, what is not over, and the window before."""

from __future__ import annotations

import numpy as np
import pytest

from metertui.engine.base import DAY, HOUR, SiteZone, Window
from metertui.engine.columns import IntervalColumns
from metertui.engine.usage import Series
from metertui.screens.charts.chart import BEFORE
from metertui.screens.charts.window_chart import window_chart
from tests.engine.build import LIMITS, series

ZONE = SiteZone("Asia/Singapore")
BERLIN = SiteZone("Europe/Berlin")
FIRST = ZONE.parse("2025-03-01T00:00")
DAILY = series([(FIRST + day * DAY, day * 1000) for day in range(8)])


def test_a_window_is_drawn_in_its_buckets_beside_the_one_before() -> None:
    now = FIRST + 6 * DAY + 12 * HOUR
    found = window_chart(DAILY, Window("days", FIRST + 4 * DAY, now), ZONE, Window("before", FIRST, FIRST + 2 * DAY))
    assert found.title == "kWh per hour · 5 Mar 2025 00:00 to 7 Mar 2025 12:00"
    assert len(found.picture.labels) == 60
    assert found.picture.kind == "bars"
    assert all(found.picture.estimated[1:-1])
    found = window_chart(DAILY, Window("days", FIRST - 20 * DAY, now), ZONE, Window("before", FIRST - 41 * DAY, FIRST))
    assert found.title.startswith("kWh per day")
    assert found.picture.series[0].values == (None,) * 20 + (1.0,) * 6 + (0.5,)
    assert (found.picture.estimated[-1], found.picture.running[-2:]) == (True, (False, True))
    assert len(found.picture.series) == 1  # nothing is known of the window before
    found = window_chart(
        DAILY, Window("days", FIRST + 20 * DAY, FIRST + 41 * DAY), ZONE, Window("b", FIRST, FIRST + 21 * DAY)
    )
    assert found.picture.series[1] == (BEFORE, (1.0,) * 7 + (None,) * 14)


def test_a_window_of_centuries_is_drawn_where_there_are_readings() -> None:
    found = window_chart(DAILY, Window("dates", FIRST - 30_000 * DAY, FIRST + 30_000 * DAY), ZONE)
    assert found.title.startswith("kWh per hour · 11 Jan 1943 01:00 to ")
    assert len(found.picture.labels) == 9 * 24  # a day more at each end


def test_a_bucket_of_which_only_a_part_is_in_the_window_or_read_is_marked() -> None:
    late = series([(FIRST + hour * HOUR, hour * 1000) for hour in range(12, 24 * 9 + 7)])
    days = window_chart(late, Window("dates", FIRST, FIRST + 20 * DAY), ZONE).picture
    assert [place for place, part in enumerate(days.cut) if part] == [0, 9]
    assert not any(days.running)
    months = window_chart(DAILY, Window("all", FIRST + 3 * DAY, FIRST + 150 * DAY), ZONE).picture
    assert [place for place, part in enumerate(months.cut) if part] == [0]
    assert not window_chart(DAILY, Window("dates", FIRST, FIRST + 7 * DAY), ZONE, daily=True).picture.cut
    before = Window("before", FIRST - 5 * DAY, FIRST + 7 * DAY)
    weeks = window_chart(late, Window("dates", FIRST + 7 * DAY, FIRST + 19 * DAY), ZONE, before).picture
    assert [place for place, part in enumerate(weeks.before_cut) if part] == [5]  # they begin on that day at noon


def test_a_gap_is_no_bar_and_a_bucket_that_holds_a_part_of_one_is_marked() -> None:
    hours = [*range(30), *range(60, 72)]
    start = FIRST + np.array(hours) * HOUR
    zeros = np.zeros(len(hours), dtype=np.int64)
    stated = IntervalColumns(zeros.astype(np.int32), start, start + HOUR, zeros + 1_000_000_000, zeros.astype(np.uint8))
    meter = Series.from_readings("m", zeros[:0], zeros[:0], LIMITS, None, stated)
    found = window_chart(meter, Window("dates", FIRST, FIRST + 3 * DAY), ZONE, daily=True).picture
    assert found.series[0].values == (24.0, 6.0, 12.0)
    assert found.cut == (False, True, True)
    found = window_chart(meter, Window("dates", FIRST, FIRST + 2 * DAY), ZONE).picture
    assert found.series[0].values[28:32] == (1.0, 1.0, None, None)


def test_the_end_of_a_window_of_hours_is_told() -> None:
    half_hour = Window("half hour", FIRST + 7 * HOUR, FIRST + 7 * HOUR + HOUR // 2)
    assert window_chart(DAILY, half_hour, ZONE).picture.until == "07:30"
    assert not window_chart(DAILY, half_hour, ZONE, daily=True).picture.until


def test_a_meter_that_is_read_hourly_has_a_bar_an_hour() -> None:
    hourly = series([(FIRST + hour * HOUR, hour * 1000) for hour in range(30)])
    day, before = Window("day", FIRST + DAY, FIRST + DAY + 5 * HOUR), Window("b", FIRST, FIRST + 5 * HOUR)
    found = window_chart(hourly, day, ZONE, before)
    assert found.title.startswith("kWh per hour")
    assert [each.values for each in found.picture.series] == [(1.0,) * 5] * 2
    assert not any(found.picture.estimated)
    half_hourly = series([(FIRST + half * HOUR // 2, half * 1000) for half in range(20)])
    assert window_chart(half_hourly, Window("day", FIRST, FIRST + DAY), ZONE).title.startswith("kWh per half hour")


@pytest.mark.parametrize(
    ("day", "count"), [("2025-10-26", 25), ("2025-10-27", 24), ("2025-03-30", 23), ("2025-03-31", 24)]
)
def test_the_day_before_is_compared_at_the_same_time_of_the_clock(day: str, count: int) -> None:
    start = BERLIN.parse(f"{day}T00:00")
    now, before = (BERLIN.midnights(BERLIN.day(each), BERLIN.day(each)).tolist() for each in (start, start - HOUR))
    rising = series([(before[0] + hour * HOUR, hour * (hour - 1) * 500) for hour in range(50)])
    found = window_chart(rising, Window("day", *now), BERLIN, Window("b", *before)).picture
    shown = {
        label: value for label, value in zip(found.labels, found.series[1].values, strict=True) if value is not None
    }
    assert len(found.labels) == count
    last = {"2025-10-27": 24.0, "2025-03-31": 22.0}.get(day, 23.0)
    assert (shown["00:00"], shown["23:00"]) == (0.0, last)
    assert len(shown) == {"2025-03-31": 23, "2025-03-30": 23}.get(day, 24)
