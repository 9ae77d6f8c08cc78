"""The question that the options of a command ask."""

from __future__ import annotations

from argparse import Namespace
from datetime import date

import pytest

from metertui.cli.errors import UsageError
from metertui.cli.question_options import parse_question


def options(**given: object) -> Namespace:
    asked = dict.fromkeys(("meter", "region", "sub_region", "apartment_type", "channel", "time"), "")
    return Namespace(**asked | {"first": "2025-03-10", "last": "2025-03-12", "sort": "", "limit": 0} | given)


def test_a_question_has_the_days_filters_and_order_of_the_options() -> None:
    question = parse_question(options(region="North", time="18:00-20:00", sort="-usage_kwh", limit=3), ["usage_kwh"])
    assert (question.first, question.last) == (date(2025, 3, 10), date(2025, 3, 12))
    assert question.filter.set_values() == {"region": "North", "time": "18:00-20:00"}
    assert (question.sort, question.limit) == ("-usage_kwh", 3)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"sort": "-usage"}, "--sort takes one of day, usage_kwh, .*; did you mean usage_kwh"),
        ({"limit": -1}, "--limit must be at least 0"),
        ({"time": "18-20"}, "--time: 18-20 is not a time of day"),
    ],
)
def test_an_option_that_makes_no_question_is_named(given: dict[str, object], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        parse_question(options(**given), ["day", "usage_kwh"])
