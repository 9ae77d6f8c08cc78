"""A proposed register: by the year before, by a mean, or on the line between two readings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from metertui.engine.attributes import DeviceFields
from metertui.engine.base.devices import DeviceCourse, device_of
from metertui.engine.base.zone import DAY, HOUR, SiteZone
from metertui.engine.usage.proposal import Proposal, propose_register
from metertui.engine.usage.series import Series
from tests.engine.build import LIMITS, series

ZONE = SiteZone("Asia/Singapore")
START = ZONE.parse("2024-02-28T00:00:00")


def test_the_same_days_a_year_before_go_before_a_mean() -> None:
    year = 366 * DAY  # a leap day lies between
    before = [(START + day * DAY, day * 24_000) for day in range(11)]
    last = (START + year, 9_000_000)
    found = propose_register(series([*before, last]), START + year + 3 * DAY, ZONE)
    assert found is not None
    assert found == Proposal(START + year + 3 * DAY, 9_072_000, *last, "year before", START, START + 3 * DAY, 72_000)
    assert found.reason(ZONE) == (
        "9000 kWh counted at 2025-02-28T00:00:00+08:00 and what was used on the same days a year before, "
        "72 kWh from 2024-02-28T00:00:00+08:00 to 2024-03-02T00:00:00+08:00"
    )


def test_without_a_year_it_is_the_mean_of_four_weeks_or_of_a_day_at_least() -> None:
    course = [(START + day * DAY, day * 24_000) for day in range(41)]
    end = START + 40 * DAY
    found = propose_register(series(course), end + 12 * HOUR, ZONE)
    assert found == Proposal(end + 12 * HOUR, 972_000, end, 960_000, "mean", end - 28 * DAY, end, 28 * 24_000)
    assert propose_register(series([(START, 0), (START + DAY - 1, 1000)]), START + 2 * DAY, ZONE) is None
    assert propose_register(series(course), START - 1, ZONE) is None


def test_between_two_readings_it_is_on_the_line() -> None:
    found = propose_register(series([(START, 1000), (START + 4 * HOUR, 5000)]), START + HOUR, ZONE)
    assert found is not None
    assert found == Proposal(START + HOUR, 2000, START, 1000, "between", START, START + 4 * HOUR, 4000)
    line = "on the line between the readings at 2024-02-28T00:00:00+08:00 and 2024-02-28T04:00:00+08:00"
    assert found.reason(ZONE) == line


def test_a_register_rises_without_its_multiplier_and_rolls_over() -> None:
    """Of energy that is 40 times what the register rose by."""
    time = np.array([START, START + 2 * DAY], dtype=np.int64)
    course = DeviceCourse((device_of(DeviceFields(digits="4", multiplier="40")),))
    limits = replace(LIMITS, course=course, zone=ZONE)
    made = Series.from_readings("m", time, np.array([9_900_000, 9_990_000], dtype=np.int64), limits)
    found = propose_register(made, START + 4 * DAY, ZONE)
    assert found is not None
    assert (found.wh, found.used_wh) == (80_000, 90_000 * 40)
