"""Multipliers, digits and registers that begin again each day: the engine beside the rules in exact fractions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.devices import ONE, Device, DeviceCourse
from metertui.engine.base.limits import MeterLimits
from metertui.engine.base.windows import Window
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.columns.curve import DRAWN
from metertui.engine.usage.series import Series
from metertui.engine.vee.edits import corrections_from
from metertui.engine.vee.estimates import why_apart
from metertui.engine.vee.late_reads import replay_after, replay_before, surroundings
from metertui.engine.vee.neighbours import Neighbours
from tests import oracle
from tests.engine.vee.test_curve import KINDS, decided_of, known_of
from tests.engine.vee.test_neighbours import Stored
from tests.strategies import START

ZONE = SiteZone("Europe/Berlin")
RANGE = 100_000_000
"""Of five digits, Wh."""


@dataclass
class Metered:
    """One meter, as the rules have it and as an account says it."""

    meter: oracle.Meter
    course: DeviceCourse

    @property
    def limits(self) -> MeterLimits:
        return MeterLimits(self.meter.rounding, (self.meter.max_kw * 1000,), course=self.course, zone=ZONE)

    def series(self) -> Series:
        readings = sorted(self.meter.readings)
        time = np.array([time for time, _ in readings], dtype=np.int64)
        wh = np.array([wh for _, wh in readings], dtype=np.int64)
        edits = corrections_from({0: decided_of(self.meter)}, None, {0: known_of(self.meter)})
        return Series.from_readings("m", time, wh, self.limits, edits)


@st.composite
def metered(draw: st.DrawFn) -> Metered:
    """A register near its last number, with bad reads, decisions, and a multiplier that changes."""
    time, wh, readings = START, draw(st.sampled_from([99_000_000, 99_999_000, 89_990_000, 50_000])), []
    for _ in range(draw(st.integers(1, 12))):
        time += draw(st.sampled_from([HOUR // 2, HOUR // 2, 1, 7 * HOUR + 333_333, 200 * HOUR]))
        wh += draw(st.sampled_from([0, 1, 333, 40_000, 100_000, 3_000_000, -700, -3_000_000]))
        wh = max(0, wh) % RANGE
        readings.append((time, wh))
        if draw(st.integers(0, 4)) == 0:
            time += HOUR // 2
            readings.append((time, draw(st.sampled_from([0, 7, 60_000_000, 99_999_999]))))
    times = [time for time, _ in readings]
    meter = oracle.Meter(readings, draw(st.sampled_from([100, 7])), range_wh=draw(st.sampled_from([RANGE, RANGE, 0])))
    meter.voids = draw(st.sets(st.sampled_from(times), max_size=1))
    meter.releases = draw(st.sets(st.sampled_from(times), max_size=2))
    between = st.sampled_from(times).flatmap(lambda time: st.sampled_from([time, time + 1, time - HOUR // 4]))
    meter.exchanges = draw(
        st.dictionaries(between, st.tuples(*[st.sampled_from([0, 99_999_000, 100_000])] * 2), max_size=1)
    )
    meter.estimates = draw(st.sets(st.sampled_from(times), max_size=4)) if draw(st.booleans()) else set()
    factors = st.sampled_from([Fraction(1), Fraction(40), Fraction(3, 2), Fraction(1, 1000)])
    instants = st.sampled_from(times).flatmap(lambda time: st.sampled_from([time, time + 1, time - 1000, time + HOUR]))
    meter.multipliers = sorted(draw(st.dictionaries(instants, factors, max_size=3)).items())
    return Metered(meter, course_of(meter))


def course_of(meter: oracle.Meter, daily_from: int | None = None) -> DeviceCourse:
    changes = {since for since, _ in meter.multipliers} | ({daily_from} if daily_from else set())
    devices = tuple(
        Device(meter.range_wh, int(meter.multiplier(at) * ONE), daily_from is not None and daily_from <= at)
        for at in (0, *sorted(changes))
    )
    return DeviceCourse(devices, tuple(sorted(changes)))


windows = st.tuples(st.integers(-3, 500), st.integers(0, 500))


@settings(max_examples=250)
@given(metered(), windows)
def test_a_meter_with_digits_and_a_multiplier_agrees_with_the_rules(found: Metered, window: tuple[int, int]) -> None:
    _check_whole(found, window)


def _check_whole(found: Metered, window: tuple[int, int]) -> None:
    meter, series = found.meter, found.series()
    assert [KINDS[kind] for kind in series.status.tolist()] == [kind for _, kind in meter.judged()]
    exact = dict(meter.exact_curve())
    points = list(zip(series.curve.time.tolist(), series.curve.energy.tolist(), strict=True))
    assert dict(points).keys() <= exact.keys()  # a multiplier may be the same again
    assert {time for time, _ in meter.curve_points()} <= dict(points).keys()
    assert dict(points) == {time: round(exact[time]) for time, _ in points}
    start, end = START + window[0] * HOUR, START + (window[0] + window[1]) * HOUR
    usage = series.usage(Window("some", start, end))
    if len(points) == len(exact):
        assert usage.usage_wh == meter.usage(start, end)
    assert (usage.readings, usage.suspect) == meter.stored(start, end)
    for edge in (usage.opening, usage.closing):
        assert edge is None or edge.wh is not None


@settings(max_examples=200)
@given(metered(), st.data())
def test_a_late_reading_is_judged_as_all_of_them_are(found: Metered, data: st.DataObject) -> None:
    _check_late(found, data)


def _check_late(found: Metered, data: st.DataObject) -> None:
    meter, limits = found.meter, found.limits
    points, kinds = sorted(meter.readings), [kind for _, kind in meter.judged()]
    late = [at for at, (time, _) in enumerate(points) if time not in meter.exchanges and time not in meter.voids]
    if not late:
        return
    own_at = data.draw(st.sampled_from(late))
    time, wh = points[own_at]
    stored = Stored(points[:own_at] + points[own_at + 1 :], meter.estimates)
    neighbours = Neighbours(stored, 0, limits, (), decided_of(meter))
    replay = replay_before(neighbours, time)
    if time in meter.estimates - meter.releases:
        chain = surroundings(replay, neighbours, time)
        why = why_apart(chain.before(time), chain.after, neighbours.estimate(time, wh), limits, ZONE)
        assert (why == "") == (kinds[own_at] != "rejected"), why
        return
    without, own = replay.copy(), len(replay.points)
    replay.push((time, wh))
    replay_after(replay, without, neighbours, time)
    assert replay.is_counted(own) == (kinds[own_at] not in ("suspect", "rejected"))


# -- registers that begin again each day ---------------------------------------------------------------------------


@st.composite
def daily(draw: st.DrawFn) -> Metered:
    """A register that begins at 0 each local day, read more or less often, also at midnight, with bad reads."""
    time, wh, readings = START, 0, dict[int, int]()
    for _ in range(draw(st.integers(1, 30))):
        before = _day(time)[0]
        time += draw(st.sampled_from([HOUR // 2, 3 * HOUR, HOUR, 30 * HOUR]))
        if draw(st.booleans()):
            time = _day(time)[1]
        wh = 0 if _day(time)[0] != before and draw(st.integers(0, 9)) else wh
        wh += draw(st.sampled_from([0, 333, 5_000, 90_000, 120_000, -700, -3_000]))
        wh = max(0, draw(st.sampled_from([wh, wh, wh, 0, 900_000])))
        readings[time] = wh
    meter = oracle.Meter(sorted(readings.items()))
    times = list(readings)
    instants = st.sampled_from(times).flatmap(lambda time: st.sampled_from([time, time + 1, _day(time)[0]]))
    factors = st.sampled_from([Fraction(1), Fraction(3, 2)])
    meter.multipliers = sorted(draw(st.dictionaries(instants, factors, max_size=2)).items())
    if draw(st.booleans()):
        meter.estimates = draw(st.sets(st.sampled_from(times), max_size=6))
        meter.voids = draw(st.sets(st.sampled_from(times), max_size=1))
        meter.releases = draw(st.sets(st.sampled_from(times), max_size=1))
    if draw(st.booleans()):
        between = st.sampled_from(times).flatmap(lambda time: st.sampled_from([time, time + 1, time - HOUR // 4]))
        meter.exchanges = draw(
            st.dictionaries(between, st.tuples(*[st.sampled_from([0, 400, 90_500])] * 2), max_size=1)
        )
    meter.range_wh = draw(st.sampled_from([0, 1_000_000]))
    since = draw(st.sampled_from([0, 0, *times]))
    meter.midnight = lambda instant: _day(instant)[0] if _day(instant)[0] >= since else None
    return Metered(meter, course_of(meter, since))


@lru_cache(4096)
def _day(instant: int) -> tuple[int, int]:
    """The midnights before and at or after an instant."""
    tz = ZoneInfo(ZONE.name)
    last = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant - 1)
    day = last.astimezone(tz).date()
    begun, ends = (datetime(each.year, each.month, each.day, tzinfo=tz) for each in (day, day + timedelta(days=1)))
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return (begun - epoch) // timedelta(microseconds=1), (ends - epoch) // timedelta(microseconds=1)


@settings(max_examples=150)
@given(daily(), windows)
def test_each_day_of_a_register_that_begins_again_is_judged_by_itself(found: Metered, window: tuple[int, int]) -> None:
    _check_whole(found, window)


@settings(max_examples=150)
@given(daily(), st.data())
def test_a_late_reading_of_such_a_register_is_judged_as_all_of_them_are(found: Metered, data: st.DataObject) -> None:
    _check_late(found, data)


# -- examples ----------------------------------------------------------------------------------------------------------


def example(course: DeviceCourse, *readings: tuple[str, float]) -> Series:
    found = [(ZONE.parse(f"2025-03-{time}"), round(kwh * 1000)) for time, kwh in readings]
    return Metered(oracle.Meter(found), course).series()


def always(device: Device) -> DeviceCourse:
    return DeviceCourse((device,))


def test_a_difference_of_registers_is_multiplied() -> None:
    series = example(always(Device(multiplier=40 * ONE)), ("01T00:00", 100), ("01T12:00", 112.5), ("02T00:00", 125))
    usage = series.usage(Window("w", ZONE.parse("2025-03-01T00:00"), ZONE.parse("2025-03-01T12:00")))
    assert usage.opening is not None
    assert usage.closing is not None
    assert (usage.opening.wh, usage.closing.wh, usage.usage_wh) == (100_000, 112_500, 500_000)


def test_max_kw_is_of_the_meter_and_not_of_its_register() -> None:
    """100 kW through a multiplier of 40 is 2.5 kWh an hour on the register."""
    forty = always(Device(multiplier=40 * ONE))
    assert KINDS[example(forty, ("01T00:00", 0), ("01T01:00", 2.5)).status[1]] == "counted"
    assert KINDS[example(forty, ("01T00:00", 0), ("01T01:00", 2.501)).status[1]] == "suspect"


def test_a_register_of_five_digits_rolls_over() -> None:
    series = example(always(Device(range_wh=RANGE)), ("01T00:00", 99_990), ("01T12:00", 10), ("02T00:00", 30))
    assert [KINDS[kind] for kind in series.status.tolist()] == ["counted", "rollover", "counted"]
    assert series.energy.tolist() == [0, 20_000, 40_000]
    assert series.register_at(ZONE.parse("2025-03-01T03:00")) == 99_995_000
    assert series.register_at(ZONE.parse("2025-03-01T09:00")) == 5_000


def test_a_fall_from_the_middle_of_the_range_is_no_rollover() -> None:
    series = example(always(Device(range_wh=RANGE)), ("01T00:00", 60_000), ("30T00:00", 10), ("30T01:00", 11))
    assert [KINDS[kind] for kind in series.status.tolist()] == ["counted", "reset", "counted"]


def test_a_bad_zero_near_the_last_number_is_found_out_by_what_follows() -> None:
    readings = ("01T00:00", 99_950), ("01T01:00", 99_951), ("01T02:00", 0), ("01T03:00", 99_953), ("01T04:00", 99_954)
    series = example(always(Device(range_wh=RANGE)), *readings)
    assert [KINDS[kind] for kind in series.status.tolist()] == [*["counted"] * 2, "rejected", *["counted"] * 2]


def test_another_multiplier_divides_the_step_at_its_instant() -> None:
    noon = ZONE.parse("2025-03-01T12:00")
    course = DeviceCourse((Device(), Device(multiplier=40 * ONE)), (noon,))
    series = example(course, ("01T00:00", 100), ("02T00:00", 124), ("02T01:00", 125))
    assert series.curve.time.tolist()[1] == noon
    assert series.curve.known is not None
    assert series.curve.known.tolist()[1] == DRAWN
    assert series.curve.energy.tolist() == [0, 12_000, 12_000 + 480_000, 12_000 + 520_000]
    assert series.register_at(noon) == 112_000


def test_a_register_that_begins_again_says_what_was_used_since_midnight() -> None:
    readings = (
        ("01T12:00", 6),
        ("01T23:30", 12),
        ("02T00:30", 0.4),
        ("02T23:30", 11),
        ("03T00:00", 11.2),
        ("03T06:00", 2),
    )
    series = example(always(Device(daily_reset=True)), *readings)
    assert not series.status.any()
    days = np.array([ZONE.parse(f"2025-03-0{day}T00:00") for day in (1, 2, 3, 4)])
    assert series.buckets(days)[0].tolist() == [6_000, 11_200, 2_000]


def test_a_reading_at_midnight_may_be_of_either_day() -> None:
    for kwh, kind in ((12.1, "counted"), (0, "rounding")):
        readings = ("01T12:00", 6), ("01T23:30", 12), ("02T00:00", kwh), ("02T00:30", 0.4)
        series = example(always(Device(daily_reset=True)), *readings)
        assert [KINDS[each] for each in series.status.tolist()] == ["counted", "counted", kind, "counted"]
        assert series.energy.tolist()[-1] == (6_500 if kwh else 6_400)


def test_half_a_watt_hour_is_kept_until_c_is_rounded() -> None:
    series = example(always(Device(multiplier=3 * ONE // 2)), *((f"01T0{hour}:00", hour / 1000) for hour in range(6)))
    assert series.energy.tolist() == [0, 2, 3, 4, 6, 8]
    assert sum(np.diff(series.energy).tolist()) == series.energy.tolist()[-1]


def test_an_old_register_may_have_gone_past_its_last_number_before_its_final_reading() -> None:
    """Like any other reading of it, where the rise is one that the meter can make."""
    for reads, final, kinds, energy in (
        ((99_950_000, 99_990_000), 12_000, ["counted", "counted", "counted"], [0, 40_000, 67_000]),
        ((99_000_000, 99_990_000), 12_000, ["counted", "reset", "counted"], [0, 0, 27_000]),
        ((99_000_000, 99_000_000, 99_999_999), 0, ["counted", "counted", "reset", "counted"], [0, 0, 0, 5_001]),
    ):
        readings = [(START + place * HOUR // 2, wh) for place, wh in enumerate(reads)]
        exchanged = readings[-1][0] + 1
        meter = oracle.Meter([*readings, (exchanged + HOUR, 5_000)], exchanges={exchanged: (final, 0)}, range_wh=RANGE)
        found = Metered(meter, course_of(meter))
        _check_whole(found, (0, 5))
        series = found.series()
        assert [KINDS[kind] for kind in series.status.tolist()] == kinds
        assert series.energy.tolist() == energy
        exchange = int(np.searchsorted(series.curve.time, exchanged))
        assert (series.curve.wh[exchange], series.curve.base[exchange]) == (final, 0)


def estimated(readings: Mapping[str, float], *estimates: str) -> Series:
    """A register that begins again each day."""
    found = {ZONE.parse(f"2025-03-{time}"): round(kwh * 1000) for time, kwh in readings.items()}
    meter = oracle.Meter(sorted(found.items()), estimates={ZONE.parse(f"2025-03-{time}") for time in estimates})
    meter.midnight = lambda instant: _day(instant)[0]
    whole = Metered(meter, always(Device(daily_reset=True)))
    _check_whole(whole, (0, 100))
    return whole.series()


def by_day(series: Series) -> list[int]:
    midnights = np.array([ZONE.parse(f"2025-03-0{day}T00:00") for day in (1, 2, 3, 4)])
    return list(series.buckets(midnights)[0].tolist())


def test_an_estimate_of_such_a_register_says_what_was_used_since_midnight() -> None:
    """On a day without any other reading all that is known of it; and it takes nothing from the days beside it."""
    readings = {"01T06:00": 2, "01T23:30": 12, "02T23:30": 10, "03T12:00": 4, "03T23:30": 11}
    assert by_day(estimated(readings)) == by_day(estimated(readings, "02T23:30")) == [10_000, 10_000, 11_000]
    assert by_day(estimated(readings, "03T12:00")) == [10_000, 10_000, 11_000]
    assert by_day(estimated(readings, "03T23:30")) == [10_000, 10_000, 11_000]
    assert by_day(estimated(readings, "01T06:00", "01T23:30")) == [10_000, 10_000, 11_000]


def test_an_estimate_counts_if_the_readings_of_its_day_allow_it() -> None:
    readings = {"01T12:00": 6, "01T23:30": 12, "02T06:00": 1, "02T12:00": 20, "02T23:30": 15, "03T12:00": 5}
    series = estimated(readings, "02T12:00")
    assert [KINDS[kind] for kind in series.status.tolist()] == [*["counted"] * 3, "rejected", *["counted"] * 2]
    assert by_day(series) == [6_000, 15_000, 5_000]
    before_midnight = estimated({"01T12:00": 6, "02T00:00": 0, "02T12:00": 3}, "02T00:00")
    assert by_day(before_midnight) == [0, 3_000, 0]
    assert KINDS[before_midnight.status[1]] == "rounding"
