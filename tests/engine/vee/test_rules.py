"""Which readings count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.zone import DAY, HOUR, SiteZone
from metertui.engine.vee import rules
from metertui.engine.vee.rules import COUNTED, REJECTED, RESET, SUSPECT, Judge
from tests import oracle
from tests.strategies import START, courses

MAX_W = 100_000
NAMES = {"counted": COUNTED, "reset": RESET, "suspect": SUSPECT, "rejected": REJECTED}


def judged(*registers: int, step: int = HOUR // 2) -> list[int]:
    judge = Judge(MAX_W)
    for place, wh in enumerate(registers):
        judge.push(START + place * step, wh)
    return judge.status


@pytest.mark.parametrize(
    ("registers", "status"),
    [
        ((100, 200, 300), [COUNTED] * 3),
        ((100, 100, 100), [COUNTED] * 3),
        ((100, 200, 50), [COUNTED, COUNTED, SUSPECT]),
        ((100, 200, 50, 300), [COUNTED, COUNTED, REJECTED, COUNTED]),
        ((100, 200, 50, 60), [COUNTED, COUNTED, RESET, COUNTED]),
        # the last counted one was the bad read: what follows fits the one before it
        ((100, 200, 2_000_000, 300, 400), [COUNTED, COUNTED, REJECTED, COUNTED, COUNTED]),
        ((100, 200, 50, 40), [COUNTED, COUNTED, REJECTED, SUSPECT]),
        # nothing was counted before the first, so it cannot be told from another register
        ((5_000_000, 100, 200), [COUNTED, RESET, COUNTED]),
    ],
)
def test_the_next_reading_decides(registers: tuple[int, ...], status: list[int]) -> None:
    assert judged(*registers) == status


def released(*registers: int, releases: frozenset[int]) -> list[int]:
    """As `judged`, of which those at some places are released."""
    judge = Judge(MAX_W)
    for place, wh in enumerate(registers):
        (judge.push_released if place in releases else judge.push)(START + place * HOUR, wh)
    return judge.status


@pytest.mark.parametrize(
    ("registers", "releases", "status"),
    [
        # what is released is no bad read, whatever follows; left alone it would be
        ((100, 300, 150, 200), {1}, [COUNTED, COUNTED, RESET, COUNTED]),
        ((100, 300, 150, 200), set(), [COUNTED, REJECTED, COUNTED, COUNTED]),
        # it outweighs one reading that nobody released, but not another that somebody did
        ((100, 300, 200), {2}, [COUNTED, REJECTED, COUNTED]),
        ((100, 300, 200), {1, 2}, [COUNTED, COUNTED, RESET]),
        # what is counted after it does not stand as firmly
        ((100, 200, 2_000_000, 300, 400), {1}, [COUNTED, COUNTED, REJECTED, COUNTED, COUNTED]),
        ((100, 200, 900, 300), {1, 3}, [COUNTED, COUNTED, REJECTED, COUNTED]),
    ],
)
def test_a_released_reading_stands_firm(registers: tuple[int, ...], releases: set[int], status: list[int]) -> None:
    assert released(*registers, releases=frozenset(releases)) == status


def test_a_rise_is_measured_against_a_day_at_least() -> None:
    most = MAX_W * 24
    assert rules.fits(0, 0, HOUR, most, MAX_W)
    assert not rules.fits(0, 0, HOUR, most + 1, MAX_W)
    assert rules.fits(0, 0, 2 * DAY, 2 * most, MAX_W)
    assert not rules.fits(0, 0, 2 * DAY, 2 * most + 1, MAX_W)


@given(courses(), st.sampled_from([1, 100]))
def test_the_judge_agrees_with_the_rules(course: list[tuple[int, int]], max_kw: int) -> None:
    judge = Judge(max_kw * 1000)
    for time, wh in course:
        judge.push(time, wh)
    assert judge.status == [NAMES[kind] for _, kind in oracle.Meter(course, max_kw).judged()]


@given(st.lists(courses(), min_size=1, max_size=4))
def test_whole_columns_are_judged_as_one_by_one(meters: list[list[tuple[int, int]]]) -> None:
    meter = np.repeat(np.arange(len(meters), dtype=np.int32), [len(course) for course in meters])
    time = np.array([t for course in meters for t, _ in course], dtype=np.int64)
    wh = np.array([v for course in meters for _, v in course], dtype=np.int64)
    expected = [NAMES[kind] for course in meters for _, kind in oracle.Meter(course).judged()]
    assert rules.judge_columns(meter, time, wh, MAX_W).tolist() == expected


def test_the_reason_is_one_clause() -> None:
    zone = SiteZone("Asia/Singapore")
    lower = rules.misfit((START, 120_000), START + HOUR, 100_000, MAX_W, zone)
    assert lower == "100 kWh is lower than the 120 kWh counted at 2025-03-01T08:00:00+08:00"
    leap = rules.misfit((START, 0), START + HOUR // 2, 3_000_000, MAX_W, zone)
    assert leap == "3000 kWh is a rise of 3000 kWh in 30 min, more than 100 kW allows"


def test_a_reading_that_fits_the_one_before_does_not_fit_those_after() -> None:
    zone = SiteZone("Asia/Singapore")
    assert rules.misfit((START, 1000), START + HOUR, 1500, MAX_W, zone) == ""
    assert rules.misfit(None, START, 1500, MAX_W, zone) == ""
    why = rules.why_not_counted((START, 1000), START + HOUR, 1500, MAX_W, zone)
    assert why == "1.5 kWh does not fit the readings after it"
