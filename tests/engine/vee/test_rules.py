"""Which readings count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.limits import MeterLimits
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.vee import rules
from metertui.engine.vee.rules import COUNTED, REJECTED, RESET, ROUNDING, SUSPECT, Judge
from tests import oracle
from tests.strategies import START, close_courses, courses

MAX_W = 100_000
ROUND = 1000
LIMITS = MeterLimits(ROUND, (MAX_W,))
NAMES = {"counted": COUNTED, "rounding": ROUNDING, "reset": RESET, "suspect": SUSPECT, "rejected": REJECTED}


def judged(*registers: int, step: int = HOUR // 2) -> list[int]:
    judge = Judge(ROUND)
    for place, wh in enumerate(registers):
        judge.push(START + place * step, wh, MAX_W)
    return judge.status


@pytest.mark.parametrize(
    ("registers", "status"),
    [
        ((100, 200, 300), [COUNTED] * 3),
        ((100, 100, 100), [COUNTED] * 3),
        ((10_000, 20_000, 5_000), [COUNTED, COUNTED, SUSPECT]),
        ((10_000, 20_000, 5_000, 30_000), [COUNTED, COUNTED, REJECTED, COUNTED]),
        ((10_000, 20_000, 5_000, 6_000), [COUNTED, COUNTED, RESET, COUNTED]),
        # the last counted one was the bad read: what follows fits the one before it
        ((100, 200, 2_000_000, 300, 400), [COUNTED, COUNTED, REJECTED, COUNTED, COUNTED]),
        ((10_000, 20_000, 5_000, 3_000), [COUNTED, COUNTED, REJECTED, SUSPECT]),
        # nothing was counted before the first, so it cannot be told from another register
        ((5_000_000, 100, 200), [COUNTED, RESET, COUNTED]),
        # a leap is measured by the time between, or by one hour
        ((0, 1_500_200, 1_500_700), [COUNTED, RESET, COUNTED]),
        ((0, 284_913, 285_000, 345_276), [COUNTED, RESET, COUNTED, COUNTED]),
        # a little lower is a rounding, which counts with the register before it, however many follow
        ((11_800_100, 11_800_268, 11_800_000, 11_800_000, 11_800_600), [COUNTED, COUNTED, ROUNDING, ROUNDING, COUNTED]),
        ((10_000, 9_000, 9_999, 10_000), [COUNTED, ROUNDING, ROUNDING, COUNTED]),
        ((10_000, 9_200, 9_300, 9_400, 8_999), [COUNTED, ROUNDING, ROUNDING, ROUNDING, SUSPECT]),
        ((10_000, 8_999), [COUNTED, SUSPECT]),
        ((10_000, 8_999, 8_998), [COUNTED, RESET, ROUNDING]),
        ((10_000, 900_000, 9_500, 9_000), [COUNTED, REJECTED, ROUNDING, ROUNDING]),
    ],
)
def test_the_next_reading_decides(registers: tuple[int, ...], status: list[int]) -> None:
    assert judged(*registers) == status


def released(*registers: int, releases: frozenset[int]) -> list[int]:
    """As `judged`, of which those at some places are released."""
    judge = Judge(ROUND)
    for place, wh in enumerate(registers):
        (judge.push_released if place in releases else judge.push)(START + place * HOUR, wh, MAX_W)
    return judge.status


@pytest.mark.parametrize(
    ("registers", "releases", "status"),
    [
        # what is released is no bad read, whatever follows; left alone it would be
        ((10_000, 30_000, 15_000, 20_000), {1}, [COUNTED, COUNTED, RESET, COUNTED]),
        ((10_000, 30_000, 15_000, 20_000), set(), [COUNTED, REJECTED, COUNTED, COUNTED]),
        # it takes nothing away from what was counted before it, whether somebody released that or not
        ((10_000, 30_000, 20_000), {2}, [COUNTED, COUNTED, COUNTED]),
        ((10_000, 30_000, 20_000), {1, 2}, [COUNTED, COUNTED, COUNTED]),
        # what follows is judged by it
        ((10_000, 30_000, 20_000, 21_000, 31_000), {2}, [COUNTED] * 5),
        # what is counted after it does not stand as firmly
        ((100, 200, 2_000_000, 300, 400), {1}, [COUNTED, COUNTED, REJECTED, COUNTED, COUNTED]),
        ((10_000, 20_000, 90_000, 30_000), {1, 3}, [COUNTED] * 4),
        # a rounding stays one
        ((10_000, 9_500, 9_800), {1}, [COUNTED, ROUNDING, ROUNDING]),
    ],
)
def test_a_released_reading_stands_firm(registers: tuple[int, ...], releases: set[int], status: list[int]) -> None:
    assert released(*registers, releases=frozenset(releases)) == status


def test_judges_of_the_same_readings_agree_only_if_the_last_is_as_firm_in_both() -> None:
    judges = Judge(ROUND), Judge(ROUND)
    for judge, push in zip(judges, (Judge.push, Judge.push_released), strict=True):
        judge.push(START, 10_000, MAX_W)
        push(judge, START + HOUR, 30_000, MAX_W)
    assert not judges[0].agrees_with(judges[1])
    for judge in judges:
        judge.push(START + 2 * HOUR, 15_000, MAX_W)
        judge.push(START + 3 * HOUR, 20_000, MAX_W)
    assert [judge.status[1] for judge in judges] == [REJECTED, COUNTED]


def test_a_copy_goes_its_own_way() -> None:
    judge = Judge(ROUND)
    judge.push(START, 10_000, MAX_W)
    judge.push(START + HOUR, 5_000, MAX_W)
    other = judge.copy()
    judge.push(START + 2 * HOUR, 11_000, MAX_W)
    other.push(START + 2 * HOUR, 6_000, MAX_W)
    assert (judge.status, other.status) == ([COUNTED, REJECTED, COUNTED], [COUNTED, RESET, COUNTED])


def test_a_rise_is_measured_against_an_hour_at_least() -> None:
    def fits(rise: int, time: int) -> bool:
        return rules.fits(0, 5_000, time, 5_000 + rise, MAX_W, ROUND)

    assert fits(MAX_W, 1)
    assert not fits(MAX_W + 1, 1)
    assert fits(2 * MAX_W, 2 * HOUR)
    assert not fits(2 * MAX_W + 1, 2 * HOUR)
    assert fits(-ROUND, HOUR)
    assert not fits(-ROUND - 1, HOUR)


@given(st.one_of(courses(), close_courses()), st.sampled_from([1, 100]))
def test_the_judge_agrees_with_the_rules(course: list[tuple[int, int]], max_kw: int) -> None:
    judge = Judge(ROUND)
    for time, wh in course:
        judge.push(time, wh, max_kw * 1000)
    assert judge.status == [NAMES[kind] for _, kind in oracle.Meter(course, max_kw).judged()]


def test_the_reason_is_one_clause() -> None:
    zone = SiteZone("Asia/Singapore")
    lower = rules.misfit((START, 120_000), START + HOUR, 100_000, LIMITS, zone)
    assert lower == "100 kWh is lower than the 120 kWh counted at 2025-03-01T08:00:00+08:00"
    leap = rules.misfit((START, 0), START + HOUR // 2, 3_000_000, LIMITS, zone)
    assert leap == "3000 kWh is a rise of 3000 kWh in 30 min, more than 100 kW allows"


def test_a_reading_that_fits_the_one_before_does_not_fit_those_after() -> None:
    zone = SiteZone("Asia/Singapore")
    assert rules.misfit((START, 1000), START + HOUR, 1500, LIMITS, zone) == ""
    assert rules.misfit(None, START, 1500, LIMITS, zone) == ""
    why = rules.why_not_counted((START, 1000), START + HOUR, 1500, LIMITS, zone)
    assert why == "1.5 kWh does not fit the readings after it"
