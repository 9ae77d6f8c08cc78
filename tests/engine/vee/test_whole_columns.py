"""The readings of many meters at once: the same as one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.limits import MeterLimits, former_limits
from metertui.engine.base.zone import DAY, HOUR
from metertui.engine.vee.rules import COUNTED, REJECTED, RESET, ROUNDING, SUSPECT, Judge
from metertui.engine.vee.whole_columns import judge_columns
from tests import oracle
from tests.strategies import START, close_courses, courses

NAMES = {"counted": COUNTED, "rounding": ROUNDING, "reset": RESET, "suspect": SUSPECT, "rejected": REJECTED}


def whole(meters: list[list[tuple[int, int]]], limits: int | MeterLimits) -> list[int]:
    """Return the status of all readings; a whole number as limits is the highest power, kW."""
    meter = np.repeat(np.arange(len(meters), dtype=np.int32), [len(course) for course in meters])
    time = np.array([t for course in meters for t, _ in course], dtype=np.int64)
    wh = np.array([v for course in meters for _, v in course], dtype=np.int64)
    limits = MeterLimits(1000, (limits * 1000,)) if isinstance(limits, int) else limits
    return list(map(int, judge_columns(meter, time, wh, limits)))


@settings(max_examples=300)
@given(st.lists(st.one_of(courses(), close_courses(40)), min_size=1, max_size=4), st.sampled_from([1, 2, 100]))
def test_whole_columns_are_judged_as_one_by_one(meters: list[list[tuple[int, int]]], max_kw: int) -> None:
    expected = [NAMES[kind] for course in meters for _, kind in oracle.Meter(course, max_kw).judged()]
    assert whole(meters, max_kw) == expected


def test_three_that_fit_one_another_do_not_settle_what_was_counted_before_them() -> None:
    """The register counted before may be higher than all three."""
    registers = [*range(0, 20_000, 1_000), 19_900, 19_100, 19_200, 19_300, 18_899, 30_000]
    course = [(START + place * HOUR, wh) for place, wh in enumerate(registers)]
    assert whole([course], 100)[-6:] == [COUNTED, ROUNDING, ROUNDING, ROUNDING, REJECTED, COUNTED]


def test_a_rounding_of_a_rounding_may_lie_two_roundings_below_what_is_counted() -> None:
    """20 kWh are counted before the bad 90 kWh, so 19 and 18 kWh count with them, and 19.2 kWh is not known to."""
    registers = [20_000, 90_000, 19_000, 18_000, 18_100, 19_100, 19_200, 18_900, 30_000]
    course = [(START + place * HOUR, wh) for place, wh in enumerate(registers)]
    rounded = [COUNTED, REJECTED, ROUNDING, ROUNDING, REJECTED, ROUNDING, ROUNDING, REJECTED, COUNTED]
    assert whole([course], 100) == rounded
    assert [NAMES[kind] for _, kind in oracle.Meter(course).judged()] == rounded


@settings(max_examples=100)
@given(st.lists(st.one_of(courses(), close_courses(40)), min_size=1, max_size=4), st.sampled_from([1, 100]))
def test_whole_columns_are_judged_as_one_by_one_by_the_former_rules(
    meters: list[list[tuple[int, int]]], max_kw: int
) -> None:
    limits = former_limits(max_kw * 1000)
    expected = []
    for course in meters:
        judge = Judge(0, DAY)
        for time, wh in course:
            judge.push(time, wh, max_kw * 1000)
        expected += judge.status
    assert whole(meters, limits) == expected


def test_a_leap_within_a_day_counted_by_the_former_rules_and_a_small_fall_did_not() -> None:
    leap = [(START, 0), (START + HOUR, 1_500_200), (START + 2 * HOUR, 1_500_700)]
    fall = [(START + place * HOUR, wh) for place, wh in enumerate([1000, 1100, 900, 950])]
    assert whole([leap, fall], former_limits(100_000)) == [COUNTED] * 5 + [RESET, COUNTED]
    assert whole([leap, fall], 100) == [COUNTED, RESET, COUNTED, COUNTED, COUNTED, ROUNDING, ROUNDING]
