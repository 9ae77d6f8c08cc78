"""Filters and questions."""

from __future__ import annotations

from datetime import date

import pytest

from metertui.engine.attributes import Group
from metertui.engine.base.zone import DAY, HOUR
from metertui.engine.errors import MeterError
from metertui.engine.usage.query import FILTERS, UNFILTERED, Filter, Question, format_clock, parse_clock

DAYS = date(2025, 3, 1), date(2025, 3, 2)


def test_a_filter_has_its_values_by_name() -> None:
    found = Filter.by_name(meter="m", region="East", time="18:00-20:00")
    assert found == Filter(Group("East"), "m", "18:00-20:00")
    assert [found.value(name) for name in FILTERS] == ["m", "", "East", "", "", "18:00-20:00"]
    assert found.set_values() == {"meter": "m", "region": "East", "time": "18:00-20:00"}


def test_an_unknown_name_is_no_filter() -> None:
    with pytest.raises(TypeError):
        Filter.by_name(colour="red")


def test_replacing_a_value_keeps_the_others() -> None:
    assert Filter(Group("East"), "m").replaced(sub_region="Quay") == Filter(Group("East", "Quay"), "m")


def test_an_empty_filter_takes_every_group() -> None:
    assert UNFILTERED.takes_group(Group("East"))
    assert UNFILTERED.set_values() == {}
    assert Filter(Group("East")).takes_group(Group("East", "Quay"))
    assert not Filter(Group("East", "Quay")).takes_group(Group("East"))


def test_a_meter_is_found_or_named() -> None:
    assert UNFILTERED.meter_code({"m": 3}.get) is None
    assert Filter(meter="m").meter_code({"m": 3}.get) == 3
    with pytest.raises(MeterError, match="x"):
        Filter(meter="x").meter_code({"m": 3}.get)


def test_the_whole_day_is_no_filter() -> None:
    assert Filter(time="00:00-24:00").clock is None
    assert Filter(time="00:00-24:00").set_values() == {}


def test_a_time_of_day_may_pass_midnight() -> None:
    assert parse_clock("22:00-06:00") == (22 * HOUR, 6 * HOUR)
    assert parse_clock("22:00-24:00") == (22 * HOUR, DAY)
    assert format_clock((22 * HOUR, 6 * HOUR)) == "22:00-06:00"
    assert format_clock(None) == ""


@pytest.mark.parametrize(
    "question",
    [
        Question(*DAYS, ("colour",)),
        Question(*DAYS, ("day", "day")),
        Question(*DAYS, ("day",), sort="-region"),
        Question(*DAYS, filter=Filter(time="6 pm")),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(question: Question) -> None:
    with pytest.raises(MeterError):
        question.check_question()
