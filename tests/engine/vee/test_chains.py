"""Estimates between two actual readings, in any order: kept as if all were judged again, and without doing so."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.zone import HOUR
from metertui.engine.vee.chains import Chain, Chains
from metertui.engine.vee.estimates import Before, Reading, judge_between
from metertui.engine.vee.rules import SUSPECT
from tests.engine.build import LIMITS
from tests.strategies import START

BEFORE = Before(START, 100_000)
registers = st.one_of(st.integers(95_000, 120_000), st.sampled_from([0, 99_500, 110_000, 110_900, 5_000_000]))


def estimate(hour: int, wh: int) -> Reading:
    return Reading(START + hour * HOUR, wh, 100_000)


def following(stored: dict[int, Reading], time: int) -> list[Reading]:
    return [each for at, each in sorted(stored.items()) if at > time]


@given(
    st.lists(st.tuples(st.integers(1, 12), registers), unique_by=lambda each: each[0]),
    st.sampled_from([None, BEFORE]),
    st.sampled_from([None, Reading(START + 13 * HOUR, 115_000, 100_000)]),
)
def test_a_chain_is_what_all_of_its_estimates_would_give(
    arrivals: list[tuple[int, int]], before: Before | None, after: Reading | None
) -> None:
    chain, stored = Chain(before, after, LIMITS), dict[int, Reading]()
    for arrival in arrivals:
        new = estimate(*arrival)
        chain.insert(new, following(stored, new.time))
        stored[new.time] = new
        rows = [each for _, each in sorted(stored.items())]
        judged = judge_between(before, after, rows, LIMITS.rounding_wh, LIMITS.shortest_us)
        counted = before
        for row, (status, register) in zip(rows, judged, strict=True):
            assert chain.before(row.time) == counted
            if status < SUSPECT:
                counted = Before(row.time, register)
        assert chain.before(START + 13 * HOUR) == counted


def test_a_late_estimate_is_judged_without_the_others() -> None:
    hours = list(range(1, 2000))
    random.Random(1).shuffle(hours)
    chain, stored = Chain(BEFORE, Reading(START + 2000 * HOUR, 300_000, 100_000), LIMITS), dict[int, Reading]()
    for hour in hours:
        new = estimate(hour, 100_000 + 100 * hour)
        after = min((at for at in stored if at > new.time), default=None)
        chain.insert(new, [] if after is None else [stored[after]])
        stored[new.time] = new
    assert chain.looks <= 2 * len(hours)
    assert len(chain) == len(hours)


def test_chains_that_were_not_asked_for_are_forgotten() -> None:
    chains = Chains(most=5)
    for code in (1, 2, 3):
        chain = Chain(BEFORE, None, LIMITS)
        chain.append(estimate(1, 110_000))
        chains.keep(code, chain)
    assert chains.take(1, START + HOUR) is None
    assert chains.take(2, START) is None, "it is not around that instant"
    kept = chains.take(3, START + 2 * HOUR)
    assert kept is not None
    assert kept.before(START + 2 * HOUR) == (START + HOUR, 110_000)
    assert chains.take(3, START + 2 * HOUR) is None, "it is the caller's now"
