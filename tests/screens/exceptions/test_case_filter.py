"""The conditions of the list of exceptions, key by key."""

from __future__ import annotations

from dataclasses import replace

from metertui.engine.base.config import Rules
from metertui.engine.worklist.cases import ExceptionRow
from metertui.engine.worklist.exception_list import ExceptionQuestion
from metertui.screens.exceptions.case_filter import PAGE, CaseFilter
from tests.clock import FakeClock


def test_keys_go_round_and_none_is_left_after_clearing() -> None:
    clock = FakeClock()
    rules = Rules(zone=clock.zone)
    conditions = CaseFilter(rules, clock)
    assert conditions.question(0) == ExceptionQuestion(limit=PAGE, part="cases", together="kind")
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
    assert conditions.none(3, "08:00", 0).plain == "Nothing waits for a decision · 3 meters watched since 08:00"
    assert conditions.none(3, "8", 2).plain.startswith("No case waits for a decision, but 2 silent meters (2) · ")


def test_silent_meters_are_asked_for_by_region_and_one_by_one_where_a_row_is_opened() -> None:
    clock = FakeClock()
    conditions = CaseFilter(Rules(zone=clock.zone), clock)
    conditions.silent = True
    assert conditions.question(0) == ExceptionQuestion(limit=PAGE, part="silent", together="region")
    assert conditions.none(3, "08:00", 0).plain.startswith("No meter has been silent for longer than 24 h · ")
    conditions.opened = ExceptionRow("m-1", 7, 5, "silent", "silent for 2 days", "North", None, (), count=4)
    assert conditions.question(0) == ExceptionQuestion("silent", "North", limit=PAGE, whole_id=True)
    conditions.opened = replace(conditions.opened, cause="rejected")
    assert conditions.question(0) == ExceptionQuestion("rejected", None, "m-1", limit=PAGE, whole_id=True)
    conditions.opened = None
    conditions.meter = "m-"
    assert conditions.question(0) == ExceptionQuestion(meter="m-", limit=PAGE, part="silent")
    conditions.silent = False
    assert conditions.question(0) == ExceptionQuestion(meter="m-", limit=PAGE, together="kind")
    conditions.order, conditions.reverse = "meter", True
    assert conditions.question(0) == ExceptionQuestion(
        meter="m-", limit=PAGE, together="kind", order="meter", reverse=True
    )
