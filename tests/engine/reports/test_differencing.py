"""What the difference of two tables tells."""

from __future__ import annotations

from datetime import date

import pytest

from metertui.engine.reports.differencing import attributes, differences, shared
from metertui.engine.usage.query import Filter, Question

MARCH = (date(2025, 3, 1), date(2025, 3, 31))
QUARTER = (date(2025, 1, 1), date(2025, 3, 31))


def about(days: tuple[date, date], *by: str, **conditions: str) -> Question:
    return Question(*days, by, Filter.by_name(**conditions))


def test_the_attributes_of_a_table_are_its_keys_and_its_filters() -> None:
    assert attributes(about(MARCH, "month", "sub_region", region="East")) == ("region", "sub_region")
    assert attributes(about(MARCH, "month")) == ()


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (about(MARCH, "region"), about(QUARTER, "region", "apartment_type"), ("region",)),
        (about(MARCH, "region"), about(QUARTER, "apartment_type"), ()),
        (about(MARCH, region="East"), about(QUARTER, "region"), ("region",)),
        (about(MARCH, region="East"), about(QUARTER, "apartment_type"), None),
        (about(MARCH, "region"), about(QUARTER, "region", apartment_type="4-room"), None),
    ],
)
def test_two_tables_share_what_both_tell_apart_unless_a_filter_cuts_it_out(
    one: Question, other: Question, both: tuple[str, ...] | None
) -> None:
    assert shared(one, other) == both
    assert shared(other, one) == both


def test_the_difference_of_tables_discloses_days_that_only_one_has() -> None:
    before = Question(date(2025, 1, 1), date(2025, 2, 28), ("region",))
    for pair in (
        (about(MARCH, "region"), about(QUARTER, "region")),
        (about(QUARTER, "region"), about(MARCH, "region")),
    ):
        assert list(differences(*pair)) == [before]


def test_each_of_two_tables_that_overlap_has_days_of_its_own() -> None:
    spring = (date(2025, 3, 10), date(2025, 4, 5))
    assert [(each.first, each.last) for each in differences(about(MARCH), about(spring))] == [
        (date(2025, 3, 1), date(2025, 3, 9)),
        (date(2025, 4, 1), date(2025, 4, 5)),
    ]


def test_tables_of_the_same_days_or_of_none_in_common_tell_nothing_more() -> None:
    april = (date(2025, 4, 1), date(2025, 4, 30))
    assert not list(differences(about(MARCH, "region"), about(MARCH, "region")))
    assert not list(differences(about(MARCH, "region"), about(april, "region")))


def test_the_difference_of_tables_discloses_hours_that_only_one_has() -> None:
    night = about(MARCH, time="22:00-06:00")
    [found] = differences(about(MARCH, time="22:00-07:00"), night)
    assert (found.first, found.last, found.filter.time) == (*MARCH, "06:00-07:00")
    [found] = differences(about(MARCH), night)
    assert found.filter.time == "06:00-22:00"
