"""The limits of a meter in time."""

from __future__ import annotations

import numpy as np

from metertui.engine.base.limits import FitRule, MeterLimits, former_limits
from metertui.engine.base.zone import DAY, HOUR

MANY = np.zeros(5, dtype=np.int32)
TIMES = np.array([0, 9, 10, 19, 20])


def test_another_limit_holds_from_its_instant_on() -> None:
    limits = MeterLimits(1000, (5, 3, 7), (10, 20))
    assert [limits.at(time) for time in TIMES.tolist()] == [5, 5, 3, 3, 7]
    found = limits.of_readings(MANY, TIMES)
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [5, 5, 3, 3, 7]
    assert limits.lowest == 3
    assert limits.of_meter(9) is limits


def test_one_limit_is_shared_by_all_readings() -> None:
    assert MeterLimits(1000, (5,)).of_readings(MANY, TIMES) == 5


def test_a_type_without_a_power_of_its_own_has_that_of_all() -> None:
    fit = FitRule(100, {"shop": 500})
    assert [fit.max_w_of(kind) for kind in ("shop", "", "flat")] == [500, 100, 100]


def test_the_former_limits_measure_a_rise_by_a_day_and_round_nothing() -> None:
    former = former_limits(5)
    assert (former.rounding_wh, former.shortest_us, former.at(0)) == (0, DAY, 5)
    assert MeterLimits(1000, (5,)).shortest_us == HOUR
