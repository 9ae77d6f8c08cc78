"""What counts when people have decided about readings: the engine beside the rules in exact fractions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from metertui.engine.base.devices import PLAIN_COURSE, DevicesInTime
from metertui.engine.base.limits import MeterLimits
from metertui.engine.base.qualities import ESTIMATED
from metertui.engine.base.windows import Window
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.columns.curve import Columns
from metertui.engine.usage.series import Series
from metertui.engine.vee import rules
from metertui.engine.vee.curve import validate
from metertui.engine.vee.edits import Edit, MeterEdits, corrections_from
from tests import oracle
from tests.strategies import START, close_courses, courses

ZONE = SiteZone("Asia/Singapore")
KINDS = ("counted", "reset", "exchange", "rounding", "rollover", "suspect", "rejected", "void")


@st.composite
def decided_meters(draw: st.DrawFn) -> oracle.Meter:
    """A meter with trouble in its course, and decisions that may be wise or not."""
    if draw(st.booleans()):
        meter = oracle.Meter(draw(courses(10)))
    else:
        meter = oracle.Meter(draw(close_courses()), draw(st.sampled_from([1, 100])))
        if draw(st.booleans()):
            meter.later_max_kw = (START + draw(st.integers(0, 10)) * HOUR, 1)
    times = [time for time, _ in meter.readings] or [START]
    meter.voids = draw(st.sets(st.sampled_from(times), max_size=2))
    meter.releases = draw(st.sets(st.sampled_from(times), max_size=2))
    registers = st.sampled_from([0, 5_000, 7_000, 10_900, 1_000_000, 50_000_000, *(wh for _, wh in meter.readings)])
    between = st.sampled_from(times).flatmap(lambda time: st.sampled_from([time, time + 1, time - HOUR, time + HOUR]))
    meter.exchanges = draw(st.dictionaries(between, st.tuples(registers, registers), max_size=2))
    meter.estimates = draw(st.sets(st.sampled_from(times), max_size=4)) if draw(st.booleans()) else set()
    return meter


def decided_of(meter: oracle.Meter) -> MeterEdits:
    decided = MeterEdits()
    for what, times in (("void", meter.voids), ("release", meter.releases)):
        for time in times:
            decided.apply_edit(Edit(0, "m", what, time, "", ""))
    for time, (final, initial) in meter.exchanges.items():
        decided.apply_edit(Edit(0, "m", "exchange", time, "", "", final, initial))
    return decided


def known_of(meter: oracle.Meter) -> dict[int, dict[int, int]]:
    """The qualities of what is not actual, by instant."""
    return {time: {wh: ESTIMATED} for time, wh in meter.readings if time in meter.estimates}


def limits_of(meter: oracle.Meter) -> MeterLimits:
    watts: tuple[int, ...] = (meter.max_kw * 1000,)
    since: tuple[int, ...] = ()
    if meter.later_max_kw is not None:
        watts, since = (*watts, meter.later_max_kw[1] * 1000), (meter.later_max_kw[0],)
    return MeterLimits(meter.rounding, watts, since)


class AllLimits:
    """The limits of some meters by their codes."""

    rounding_wh = 1000
    shortest_us = HOUR

    def __init__(self, meters: list[oracle.Meter]) -> None:
        self._each = list(map(limits_of, meters))

    def of_meter(self, code: int) -> MeterLimits:
        return self._each[code]

    def of_readings(self, meter: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.int64]:
        pairs = zip(meter.tolist(), time.tolist(), strict=True)
        return np.array([self._each[code].at(at) for code, at in pairs], dtype=np.int64)

    def power_of(self, meter: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.int64]:
        pairs = zip(meter.tolist(), time.tolist(), strict=True)
        return np.array([self._each[code].power_at(at) for code, at in pairs], dtype=np.int64)

    @property
    def devices(self) -> DevicesInTime | None:
        courses = {code: each.course for code, each in enumerate(self._each) if each.course is not PLAIN_COURSE}
        return DevicesInTime(courses, ZONE) if courses else None

    def with_attributes(self, courses: object, devices: object) -> AllLimits:
        raise NotImplementedError


def series_of(meter: oracle.Meter) -> Series:
    readings = sorted(meter.readings)
    time = np.array([time for time, _ in readings], dtype=np.int64)
    wh = np.array([wh for _, wh in readings], dtype=np.int64)
    corrections = corrections_from({0: decided_of(meter)}, None, {0: known_of(meter)})
    return Series.from_readings("m", time, wh, limits_of(meter), corrections)


@settings(max_examples=300)
@given(decided_meters(), st.tuples(st.integers(-3, 500), st.integers(0, 500)))
def test_a_corrected_meter_agrees_with_the_rules(meter: oracle.Meter, window: tuple[int, int]) -> None:
    series = series_of(meter)
    assert [KINDS[kind] for kind in series.status.tolist()] == [kind for _, kind in meter.judged()]
    assert list(zip(series.curve.time.tolist(), series.curve.energy.tolist(), strict=True)) == meter.curve()
    start, end = START + window[0] * HOUR, START + (window[0] + window[1]) * HOUR
    usage = series.usage(Window("some", start, end))
    assert usage.usage_wh == meter.usage(start, end)
    assert (usage.readings, usage.suspect) == meter.stored(start, end)


@settings(max_examples=100)
@given(st.lists(decided_meters(), min_size=1, max_size=4))
def test_whole_columns_are_corrected_as_one_by_one(meters: list[oracle.Meter]) -> None:
    readings = [(code, time, wh) for code, meter in enumerate(meters) for time, wh in sorted(meter.readings)]
    columns = Columns(
        np.array([code for code, _, _ in readings], dtype=np.int32),
        np.array([time for _, time, _ in readings], dtype=np.int64),
        np.array([wh for _, _, wh in readings], dtype=np.int64),
    )
    decided = {code: decided_of(meter) for code, meter in enumerate(meters)}
    known = {code: known_of(meter) for code, meter in enumerate(meters)}
    found = validate(columns, corrections_from(decided, None, known), AllLimits(meters))
    assert [KINDS[kind] for kind in found.status.tolist()] == [kind for meter in meters for _, kind in meter.judged()]
    for code, meter in enumerate(meters):
        mine = found.curve.part(found.curve.span(code))
        assert list(zip(mine.time.tolist(), mine.energy.tolist(), strict=True)) == meter.curve()
        alone = series_of(meter)
        assert found.energy[columns.span(code)].tolist() == alone.energy.tolist()


def steady(*registers: int) -> oracle.Meter:
    return oracle.Meter([(START + place * HOUR, wh) for place, wh in enumerate(registers)])


def test_an_exchange_in_the_middle_of_a_step() -> None:
    meter = steady(1000, 2000, 300, 1300)  # read 2 h after the second: 500 Wh by the old register, 300 by the new
    meter.exchanges = {START + HOUR + HOUR // 2: (2500, 0)}
    series = series_of(meter)
    assert series.status.tolist() == [rules.COUNTED] * 4
    assert series.energy.tolist() == [0, 1000, 1800, 2800]
    assert series.energy_at(START + HOUR + HOUR // 4) == 1250
    assert series.energy_at(START + 2 * HOUR - HOUR // 4) == 1650
    assert series.register_at(START + HOUR + HOUR // 2) == 2500
    assert series.register_at(START + 2 * HOUR - HOUR // 4) == 150
    edge = series.usage(Window("w", START, START + HOUR + HOUR // 2)).closing
    assert edge is not None
    assert (edge.wh, edge.quality) == (2500, "actual")


@pytest.mark.parametrize("stored", [2500, 0])
def test_a_reading_at_the_instant_of_an_exchange_is_of_either_register(stored: int) -> None:
    meter = steady(1000, 2000, stored, 700)
    meter.exchanges = {START + 2 * HOUR: (2500, 0)}
    series = series_of(meter)
    assert series.status.tolist() == [rules.COUNTED] * 4
    assert series.energy.tolist() == [0, 1000, 1500, 2200]
    assert len(series.curve) == 4


def test_a_reading_that_contradicts_an_exchange_is_no_reading() -> None:
    meter = steady(1000, 2000, 2100, 700)
    meter.exchanges = {START + 2 * HOUR: (2500, 0)}
    assert series_of(meter).status.tolist() == [0, 0, rules.REJECTED, 0]
    assert series_of(meter).energy.tolist() == [0, 1000, 1500, 2200]


def test_exchanged_twice_and_rolled_over() -> None:
    meter = steady(99_999_000, 99_999_900, 100, 1100, 50, 950)
    meter.exchanges = {START + HOUR + HOUR // 2: (99_999_999, 0), START + 3 * HOUR + 1: (1100, 0)}
    series = series_of(meter)
    assert series.status.tolist() == [0] * 6
    assert series.energy.tolist() == [0, 900, 1099, 2099, 2149, 3049]


def test_a_released_leap_counts_in_full_and_a_released_fall_counts_nothing() -> None:
    leap = steady(0, 9_000_000, 9_001_000)
    assert series_of(leap).energy.tolist() == [0, 0, 1000]
    leap.releases = {START + HOUR}
    assert series_of(leap).energy.tolist() == [0, 9_000_000, 9_001_000]
    fall = steady(50_000, 100)
    fall.releases = {START + HOUR}
    assert series_of(fall).status.tolist() == [rules.COUNTED, rules.COUNTED]
    assert series_of(fall).energy.tolist() == [0, 0]


def test_a_released_fall_takes_no_counted_energy_away() -> None:
    """Though the reading before it is the only one that it contradicts."""
    meter = steady(128_430, 136_554, 129_566, 130_000)
    meter.rounding = 0
    meter.releases = {START + 2 * HOUR}
    series = series_of(meter)
    assert series.status.tolist() == [rules.COUNTED] * 4
    assert series.energy.tolist() == [0, 8124, 8124, 8558]


def test_a_void_reading_leaves_no_trace_in_any_figure() -> None:
    meter = steady(1000, 1900, 3000)
    meter.voids = {START + HOUR}
    without = steady(1000, 3000)
    without.readings[1] = (START + 2 * HOUR, 3000)
    assert series_of(meter).curve.energy.tolist() == series_of(without).curve.energy.tolist()
    assert series_of(meter).status.tolist() == [0, rules.VOID, 0]


def test_a_meter_of_which_nothing_is_left() -> None:
    meter = steady(1000)
    meter.voids = {START}
    series = series_of(meter)
    assert len(series.curve) == 0
    assert series.usage(Window("w", START - HOUR, START + HOUR)).usage_wh is None


@pytest.mark.parametrize(("final", "register"), [(9_000, 10_000), (8_999, 8_999), (10_500, 10_500)])
def test_the_last_register_of_an_exchange_may_be_a_rounding_too(final: int, register: int) -> None:
    edits = MeterEdits()
    edits.apply_edit(Edit(0, "m", "exchange", START + HOUR, "ann", "x", final, 100))
    columns = Columns(np.zeros(2, dtype=np.int32), np.array([START, START + 2 * HOUR]), np.array([10_000, 300]))
    found = validate(columns, corrections_from({0: edits}), MeterLimits(1000, (100_000,)))
    assert found.curve.wh.tolist() == [10_000, register, 300]
