"""The conditions of the list of exceptions, key by key."""

from __future__ import annotations

from metertui.engine.base.config import Rules
from metertui.engine.worklist.exception_list import ExceptionQuestion
from metertui.screens.exceptions.case_filter import PAGE, CaseFilter
from tests.clock import FakeClock


def test_keys_go_round_and_none_is_left_after_clearing() -> None:
    clock = FakeClock()
    rules = Rules(zone=clock.zone)
    conditions = CaseFilter(rules, clock)
    assert conditions.question(0) == ExceptionQuestion(limit=PAGE)
    conditions.other_cause({"silent", "suspect"}, 1)
    conditions.other_region(["North", ""], -1)
    conditions.other_state()
    conditions.other_period()
    conditions.meter = "200"
    asked = conditions.question(100)
    assert (asked.cause, asked.region, asked.meter, asked.state) == ("suspect", "", "200", "decided")
    today = clock.zone.midnight(clock.zone.day(clock.now()))
    assert asked.window == (today, clock.now() + rules.future_us)
    assert conditions.any
    conditions.other_cause({"silent"}, 1)  # what was asked for is there no longer
    assert conditions.question(0).cause == ""
    for _ in range(3):
        conditions.other_cause({"silent", "suspect"}, 1)
        conditions.other_region(["North", ""], 1)
    assert conditions.question(0).cause == ""
    conditions.clear()
    assert not conditions.any
    assert conditions.none().plain.startswith("There are no open cases")
