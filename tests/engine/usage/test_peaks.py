"""The half hour with the highest usage of each row."""

from __future__ import annotations

from datetime import date

from metertui.engine.attributes import Group
from metertui.engine.base.zone import HALF_HOUR, HOUR, SiteZone
from metertui.engine.usage.aggregate import usage_figures
from metertui.engine.usage.query import Question
from tests.engine.build import frozen

ZONE = SiteZone("UTC")
DAY = date(2025, 3, 3)
START = ZONE.midnight(DAY)


def test_meters_are_summed_before_the_highest_half_hour_is_sought() -> None:
    one = [(START, 0), (START + HALF_HOUR, 500), (START + HOUR, 600)]
    other = [(START, 0), (START + HALF_HOUR, 0), (START + HOUR, 450)]
    found = usage_figures(frozen({"a": one, "b": other}, ZONE), Question(DAY, DAY, ("day",)), peaks=True)
    assert (found["peak_wh"].tolist(), found["peak_at"].tolist()) == ([550], [START + HALF_HOUR])


def test_of_equal_half_hours_the_first_is_the_peak() -> None:
    course = [(START + n * HALF_HOUR, n * 100) for n in range(5)]
    found = usage_figures(frozen({"a": course}, ZONE), Question(DAY, DAY, ("day",)), peaks=True)
    assert (found["peak_wh"].tolist(), found["peak_at"].tolist()) == ([100], [START])


def test_each_group_has_its_own_peak() -> None:
    meters = {"a": [(START, 0), (START + HALF_HOUR, 300)], "b": [(START, 0), (START + HOUR, 500)]}
    groups = {"a": [Group("East")] * 2, "b": [Group("West")] * 2}
    found = usage_figures(frozen(meters, ZONE, groups), Question(DAY, DAY, ("region",)), peaks=True)
    assert dict(zip(found["region"], found["peak_wh"], strict=True)) == {"East": 300, "West": 250}


def test_each_meter_has_its_own_peak() -> None:
    meters = {"a": [(START, 0), (START + HALF_HOUR, 300)], "b": [(START, 0), (START + HOUR, 500)]}
    found = usage_figures(frozen(meters, ZONE), Question(DAY, DAY, ("meter",)), peaks=True)
    assert found["peak_wh"].tolist() == [300, 250]
