"""Meters that send nothing, and gaps between counted readings."""

from __future__ import annotations

from metertui.engine.base.zone import DAY, HOUR
from metertui.engine.core.engine import Engine
from metertui.engine.worklist.cases import NEVER
from tests.clock import FakeClock
from tests.engine.book_changes import deactivate, reactivate
from tests.engine.core.commits import commit_estimates
from tests.engine.worklist.site import ask, at, decide, listed, put, state


def test_meters_that_are_silent(engine: Engine) -> None:
    put(engine, ("a", "100", "2025-03-11T10:40:00"), ("b", "100", "2025-03-11T10:39:59"))
    deactivate(engine.accounts, "c")
    engine.refresh_account("c")
    assert listed(ask(engine)) == [("silent", "b", "silent for 24 h")]
    assert ask(engine).rows[0].wh == 100_000
    reactivate(engine.accounts, "c")
    engine.refresh_account("c")
    assert isinstance(engine.clock, FakeClock)
    engine.clock.advance(3 * 86_400)
    found = ask(engine, cause="silent")
    assert listed(found) == [
        ("silent", "a", "silent for 4 d"),
        ("silent", "b", "silent for 4 d"),
        ("silent", "c", "has never sent in 3 d"),
    ]
    assert found.rows[2].time == NEVER
    decide(engine, "accept", "c", NEVER)  # a cellar without a signal, say
    assert [row.meter for row in ask(engine).rows] == ["a", "b"]
    put(engine, ("a", "110", "2025-03-15T10:00:00"))
    assert [(row.cause, row.meter) for row in ask(engine).rows] == [("gap", "a"), ("silent", "b")]


def test_an_estimate_does_not_end_a_silence(engine: Engine) -> None:
    put(engine, ("a", "100", "2025-03-11T10:00:00"), ("b", "100", "10:00"), ("c", "1", "10:00"))
    commit_estimates(engine, ("a", "101", "2025-03-12T10:00"), ("b", "90", "2025-03-11T10:00"))
    found = ask(engine)
    assert [(row.cause, row.meter, row.wh) for row in found.rows] == [("silent", "a", 100_000)]
    commit_estimates(engine, ("b", "120", "2025-03-12T09:00"))
    [case] = ask(engine, cause="estimate").rows
    why = "the next actual reading, 100 kWh at 2025-03-12T10:00:00+08:00, does not fit 120 kWh"
    assert (case.meter, case.wh, case.why) == ("b", 120_000, why)


def test_long_gaps_in_a_period(engine: Engine) -> None:
    put(engine, ("a", "100", "2025-03-01T00:00"), ("a", "100.5", "2025-03-02T00:00"), ("a", "103", "2025-03-05T00:00"))
    put(engine, ("a", "104", "2025-03-12T00:00"))
    assert listed(ask(engine, cause="gap")) == [
        ("gap", "a", "3 d since the counted reading of 2025-03-02T00:00:00+08:00; 2.5 kWh spread evenly over it"),
        ("gap", "a", "7 d since the counted reading of 2025-03-05T00:00:00+08:00; 1 kWh spread evenly over it"),
    ]
    window = (at("00:00", "2025-03-04"), at("00:00", "2025-03-12"))
    assert [row.stake_time for row in ask(engine, cause="gap").rows] == [
        (at("00:00", "2025-03-02"), at("00:00", "2025-03-05")),
        (at("00:00", "2025-03-05"), at("00:00", "2025-03-12")),
    ]
    assert ask(engine, cause="gap", window=window).total == 2
    assert ask(engine, cause="gap", window=(window[0], window[1] - 1)).total == 1
    put(engine, ("a", "1", "2025-03-12T01:00"))
    doubt = at("01:00", "2025-03-12")
    assert ask(engine, cause="suspect", window=(doubt - 1, doubt)).total == 1
    assert ask(engine, cause="suspect", window=(doubt, doubt + 1)).total == 0  # open to the left, like all windows


def test_a_gap_between_intervals_is_a_case_until_they_arrive(engine: Engine) -> None:
    start, quarter = at("00:00", "2025-03-01"), HOUR // 4
    intervals = [("a", start + n * quarter, start + (n + 1) * quarter, 250_000_000, 0) for n in range(200)]
    gap = slice(110, 116)
    state(engine, intervals[: gap.start] + intervals[gap.stop :])
    put(engine, ("a", "100", "2025-03-04T00:00"))
    found = ask(engine, cause="gap")
    nothing, do = "nothing is known of", "import the file that has it, or intervals of quality E as an estimate"
    assert [row.why for row in found.rows] == [
        f"{nothing} 22 h from 2025-03-03T02:00:00+08:00 on: 88 intervals of 15 min; {do}",
        f"{nothing} 1.5 h from 2025-03-02T03:30:00+08:00 on: 6 intervals of 15 min; {do}",
    ]
    longest = found.rows[0]
    assert (longest.wh, longest.time, longest.stake_wh) == (None, at("00:00", "2025-03-04"), 22_000)
    state(engine, intervals[gap])
    assert ask(engine, cause="gap").total == 1
    state(engine, [("a", at("02:00", "2025-03-03"), at("00:00", "2025-03-04"), 1_000_000, 1)])
    assert ask(engine, cause="gap").total == 0


def test_what_intervals_leave_of_a_step_is_one_by_itself(engine: Engine) -> None:
    put(engine, ("a", "100", "2025-03-01T00:00"), ("a", "110", "2025-03-05T00:00"))
    start = at("00:00", "2025-03-02")
    state(engine, [("a", start, start + DAY, 4_000_000_000, 0)])
    assert listed(ask(engine, cause="gap")) == [
        (
            "gap",
            "a",
            "48 h since the end of the interval of 2025-03-03T00:00:00+08:00; 4 kWh spread evenly over it",
        ),
    ]
