"""Estimated readings beside actual ones; test_curve holds them against the model of the rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from metertui.engine.base.devices import Device, DeviceCourse
from metertui.engine.base.limits import MeterLimits
from metertui.engine.base.qualities import ESTIMATED
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.usage.series import Series
from metertui.engine.vee.edits import corrections_from
from metertui.engine.vee.estimates import Before, Reading, judge_between, why_apart
from metertui.engine.vee.rules import COUNTED, REJECTED, ROUNDING, SUSPECT
from tests import oracle
from tests.engine.build import LIMITS
from tests.engine.vee.test_curve import decided_meters, series_of
from tests.strategies import START

ZONE = SiteZone("Asia/Singapore")


def course(*registers: int, estimated: tuple[int, ...]) -> Series:
    meter = oracle.Meter([(START + place * HOUR, wh) for place, wh in enumerate(registers)])
    meter.estimates = {START + place * HOUR for place in estimated}
    return series_of(meter)


def test_the_actual_reading_counts_where_an_estimate_is_above_it() -> None:
    series = course(100_000, 200_000, 150_000, estimated=(1,))
    assert series.status.tolist() == [COUNTED, REJECTED, COUNTED]
    assert series.energy.tolist() == [0, 0, 50_000]


def test_an_estimate_within_a_rounding_counts_with_the_next_register() -> None:
    series = course(100_000, 100_800, 100_500, 101_000, estimated=(1,))
    assert series.status.tolist() == [COUNTED] * 4
    assert series.curve.wh.tolist() == [100_000, 100_500, 100_500, 101_000]
    assert series.energy.tolist() == [0, 500, 500, 1000]


def test_estimates_before_the_first_and_after_the_last_actual_reading_lengthen_the_curve() -> None:
    series = course(90_000, 95_000, 100_000, 140_000, estimated=(0, 1, 3))
    assert series.energy.tolist() == [0, 5_000, 10_000, 50_000]


@given(decided_meters())
def test_no_estimate_changes_what_lies_between_two_actual_readings(meter: oracle.Meter) -> None:
    whole, actual = series_of(meter), series_of(meter.actual())
    places = np.searchsorted(whole.curve.time, actual.curve.time)
    assert np.array_equal(whole.curve.time[places], actual.curve.time)
    assert len(set((whole.curve.energy[places] - actual.curve.energy).tolist())) <= 1
    assert np.all(np.diff(whole.curve.energy) >= 0)


def test_why_an_estimate_does_not_count() -> None:
    before, after = Before(START, 100_000), Reading(START + 2 * HOUR, 150_000, 100_000)
    rule = LIMITS.rounding_wh, LIMITS.shortest_us
    asked = [Reading(START + HOUR, wh, 100_000) for wh in (120_000, 99_500, 90_000, 200_000)]
    assert [next(judge_between(before, after, [each], *rule)) for each in asked] == [
        (COUNTED, 120_000),
        (ROUNDING, 100_000),
        (REJECTED, 100_000),
        (REJECTED, 100_000),
    ]
    said = [why_apart(before, after, each, LIMITS, ZONE) for each in asked]
    at = ZONE.iso(START)
    assert said[:3] == ["", "", f"90 kWh is lower than the 100 kWh counted at {at}"]
    next_one = f"the next actual reading, 150 kWh at {ZONE.iso(START + 2 * HOUR)}"
    assert said[3] == f"{next_one}, does not fit 200 kWh"
    assert why_apart(None, None, asked[3], LIMITS, ZONE) == ""


@pytest.mark.parametrize("before_any", [False, True])
def test_an_estimate_counts_across_a_rollover_as_an_actual_reading_does(before_any: bool) -> None:
    """Whether the register went past its last number before the estimate, after it, or at either place."""
    registers = np.array([99_950_000, 99_980_000, 10_000, 30_000, 60_000])
    time = START + np.arange(5) * HOUR
    limits = MeterLimits(1000, (100_000,), course=DeviceCourse((Device(range_wh=100_000_000),)), zone=ZONE)
    for estimated in ((1,), (2,), (1, 2), (1, 2, 3), (4,), (2, 3, 4)):
        those = (0, *estimated) if before_any else estimated
        known = {int(time[place]): {int(registers[place]): ESTIMATED} for place in those}
        series = Series.from_readings("m", time, registers, limits, corrections_from({}, None, {0: known}))
        assert (series.status < SUSPECT).all(), estimated
        assert series.energy.tolist() == [0, 30_000, 60_000, 80_000, 110_000], estimated
