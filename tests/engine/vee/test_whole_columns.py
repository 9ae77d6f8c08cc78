"""The readings of many meters at once: the same as one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.limits import MeterLimits
from metertui.engine.base.zone import HOUR
from metertui.engine.vee.rules import COUNTED, REJECTED, RESET, ROUNDING, SUSPECT
from metertui.engine.vee.whole_columns import judge_columns
from tests import oracle
from tests.strategies import START, close_courses, courses

NAMES = {"counted": COUNTED, "rounding": ROUNDING, "reset": RESET, "suspect": SUSPECT, "rejected": REJECTED}


def whole(meters: list[list[tuple[int, int]]], max_kw: int) -> list[int]:
    meter = np.repeat(np.arange(len(meters), dtype=np.int32), [len(course) for course in meters])
    time = np.array([t for course in meters for t, _ in course], dtype=np.int64)
    wh = np.array([v for course in meters for _, v in course], dtype=np.int64)
    return list(map(int, judge_columns(meter, time, wh, MeterLimits(1000, (max_kw * 1000,)))))


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
