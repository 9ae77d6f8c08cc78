"""What an account says of a meter itself: the texts that are kept, and their meaning in time."""

from __future__ import annotations

import numpy as np
import pytest

from metertui.engine.attributes import DeviceFields
from metertui.engine.base.devices import (
    NOT_DAILY,
    ONE,
    PLAIN,
    Device,
    DeviceCourse,
    DevicesInTime,
    OneDevice,
    check_device_field,
    device_of,
    multiplier_text,
    times_wh,
)
from metertui.engine.base.limits import MeterLimits
from metertui.engine.base.zone import DAY, HOUR, SiteZone
from metertui.engine.errors import Refused

ZONE = SiteZone("Europe/Berlin")
FORTY = Device(multiplier=40 * ONE)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("digits", "05", "5"),
        ("multiplier", "40.0", "40"),
        ("multiplier", "1.5", "1.5"),
        ("multiplier", "1", ""),
        ("daily_reset", "Yes", "yes"),
        ("daily_reset", "no", ""),
        ("max_kw", "7.400", "7.4"),
        ("max_kw", " ", ""),
    ],
)
def test_one_text_is_kept_for_one_meaning(name: str, value: str, kept: str) -> None:
    assert check_device_field(name, value) == kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("digits", "0"),
        ("digits", "9"),
        ("digits", "5.5"),
        ("digits", "٥"),
        ("multiplier", "0"),
        ("multiplier", "1e3"),
        ("multiplier", "-40"),
        ("multiplier", "0.0000001"),
        ("multiplier", "1000001"),
        ("daily_reset", "daily"),
        ("max_kw", "0"),
        ("max_kw", "7.4005"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(Refused, match=name) as refused:
        check_device_field(name, value)
    assert refused.value.code == "bad-field"


def test_fields_are_numbers() -> None:
    assert device_of(DeviceFields()) == PLAIN
    said = device_of(DeviceFields("5", "1.5", "yes", "7.4"))
    assert said == Device(100_000_000, 1_500_000, daily_reset=True, max_w=7400)
    assert multiplier_text(said.multiplier) == "1.5"


def test_the_power_of_a_register_is_rounded_up() -> None:
    """100 kWh in 3 hours times 3 is what 100 kW allows."""
    assert Device(multiplier=3 * ONE).register_w(100_000) == 33_334
    assert PLAIN.register_w(100_000) == 100_000


def test_a_figure_times_a_multiplier_is_rounded_half_even() -> None:
    assert [times_wh(wh, 1_500_000) for wh in (1, 2, 3, 5)] == [2, 3, 4, 8]
    assert times_wh(12_500, 40 * ONE) == 500_000


def test_a_device_holds_from_its_instant_on_and_a_step_that_ends_there_has_the_one_before() -> None:
    course = DeviceCourse((PLAIN, FORTY), (100,))
    assert [course.at(each) for each in (99, 100)] == [PLAIN, FORTY]
    assert [course.until(each) for each in (100, 101)] == [PLAIN, FORTY]
    meter, time = np.array([7, 3, 3, 3, 9], dtype=np.int32), np.array([100, 99, 100, 101, 100])
    for devices in (DevicesInTime({3: course}, ZONE), DevicesInTime({8: course}, ZONE).under(dict.fromkeys([3], 8))):
        factor = devices.column("multiplier") // ONE
        assert factor[devices.numbers_at(meter, time)].tolist() == [1, 1, 40, 40, 1]
        assert factor[devices.numbers_at(meter, time, ending=True)].tolist() == [1, 1, 1, 40, 1]
        assert devices.concern(meter).tolist() == [False, True, True, True, False]
    assert OneDevice(course, ZONE).numbers_at(meter, time).tolist() == [1, 0, 1, 1, 1]


def test_a_reading_at_midnight_is_of_the_day_that_ends() -> None:
    midnight = ZONE.parse("2025-03-30T00:00:00")  # a day of 23 hours
    time = np.array([midnight, midnight + 1, midnight + 23 * HOUR, midnight + 23 * HOUR + 1])
    meter = np.array([3, 3, 3, 3], dtype=np.int32)
    devices = DevicesInTime({3: DeviceCourse((Device(daily_reset=True),))}, ZONE)
    assert devices.days_begun(meter, time).tolist() == [midnight - DAY, midnight, midnight, midnight + 23 * HOUR]
    assert devices.end_days(meter, time).tolist() == [True, False, True, False]
    assert devices.days_begun(meter + 1, time).tolist() == [NOT_DAILY] * 4


def test_a_register_begins_again_from_the_first_midnight_on_at_which_its_account_says_so() -> None:
    midnight = ZONE.parse("2025-03-30T00:00:00")
    course = DeviceCourse((PLAIN, Device(daily_reset=True), PLAIN), (midnight + HOUR, midnight + 30 * HOUR))
    limits = MeterLimits(1000, (1,), course=course, zone=ZONE)
    hours = np.array([0, 2, 23, 24, 40, 47, 48])
    time, begun = midnight + hours * HOUR, midnight + 23 * HOUR
    expected = [NOT_DAILY, NOT_DAILY, NOT_DAILY, begun, begun, begun, NOT_DAILY]
    found = [NOT_DAILY if day is None else day for day in map(limits.day_begun, time.tolist())]
    assert found == OneDevice(course, ZONE).days_begun(np.zeros(7, dtype=np.int32), time).tolist() == expected
    assert [limits.ends_day(at, 0) for at in time.tolist()] == [False, False, True, False, False, False, False]
