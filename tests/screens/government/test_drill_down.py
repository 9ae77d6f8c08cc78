"""Drilling down: a row of an answer leads to the question below it, and escape leads back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from metertui.engine.reports.saved_reports import SavedReport
from metertui.engine.usage.query import Filter, Question
from metertui.screens.government.drill_down import NoFinerLevel, question_below
from metertui.screens.government.readings_list import ReadingsScreen
from metertui.screens.tables.sorted_table import SortedTable
from tests.screens.government.helpers import ask, dates, keys, question, screen, table
from tests.screens.town import Town, at_work, settle

SAVED = SavedReport(title="Mine", by=("region",))
BELOW: dict[tuple[str, ...], tuple[int, str]] = {
    ("year",): (1, "by year › 2025 Total kWh by month · Jan 2025 to Mar 2025"),
    ("month",): (11, "by month › March 2025 Total kWh by day · March 2025"),
    ("month", "region"): (
        0,
        "by month and region › April 2024, North Total kWh by day and sub-region · April 2024 · North",
    ),
    ("hour_of_day",): (
        18,
        "by hour of day › 18:00 Total kWh by month · last 12 months, Apr 2024 to Mar 2025 · 18:00-19:00",
    ),
}
"""By keys, a row of the last twelve months, and the title below it: the step, and the question."""


async def test_the_table_is_sorted_and_its_rows_are_gone_into(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("region",))
        heads = []
        for _ in range(6):
            await keys(pilot, "s")
            line = screen(pilot).query_one(SortedTable).render_line(0).text
            heads.append(next((label for label in re.split("  +", line.strip()) if label[-1] in "▲▼"), ""))
        assert heads == ["kWh ▼", "meters ▼", "readings ▼", "region ▲", "", "kWh ▼"]
        assert [row[0] for row in table(pilot)] == ["South", "North", "[b]South"]
        await keys(pilot, "S")
        assert [row[0] for row in table(pilot)] == ["[b]South", "North", "South"]
        await keys(pilot, "S", "enter")  # the South
        assert question(pilot).startswith("by region › South Total kWh by sub-region")
        assert "· South" in question(pilot)
        assert [row[0] for row in table(pilot)] == ["Harbour", "Old Town"]
        await keys(pilot, "enter")
        assert question(pilot).startswith("by region › South › Harbour Total kWh by apartment type")
        await keys(pilot, "enter")
        assert question(pilot).startswith("by region › South › Harbour › 3-room Total kWh by meter")
        await keys(pilot, "m")
        assert question(pilot).startswith("by region › South › Harbour › 3-room kWh per meter")
        screen(pilot)._change(replace(screen(pilot)._saved, period="all"))  # no longer what the steps led to
        await settle(pilot)
        assert question(pilot).startswith("kWh per meter by meter · everything")
        await keys(pilot, "escape", "escape", "escape")
        assert question(pilot).startswith("Total kWh by region")
        assert screen(pilot).query_one(SortedTable).place == 0
        await keys(pilot, "escape")
        assert question(pilot).startswith("Total kWh by region")
        for by, (down, then) in BELOW.items():
            await ask(pilot, by=by)
            screen(pilot).query_one(SortedTable).move_cursor(down)
            await keys(pilot, "enter")
            assert question(pilot) == then
            await keys(pilot, "escape")
        await ask(pilot, by=("hour",), **dates("2025-03-11", "2025-03-11"))
        await keys(pilot, "enter")
        assert isinstance(pilot.app.screen, ReadingsScreen)


def below(
    row: dict[str, str], saved: SavedReport = SAVED, *, single_meters: bool = True
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the keys and the filters of the question below a row, given as its keys with their names."""
    asked = Question(date(2025, 1, 15), date(2025, 3, 12), tuple(row), saved.filter)
    found = question_below(saved, asked, tuple(row.values()), single_meters=single_meters)
    assert found.title == ""
    names = ("region", "sub_region", "apartment_type", "meter", "time")
    return found.by, {name: found.filter.value(name) for name in names if found.filter.value(name)}


def test_a_period_is_cut_to_the_dates_of_the_question() -> None:
    asked = Question(date(2025, 1, 15), date(2025, 3, 12), ("month",))
    found = question_below(SAVED, asked, ("2025-01",), single_meters=True)
    assert (found.period, found.first, found.last, found.by) == ("dates", "2025-01-15", "2025-01-31", ("day",))


def test_an_attribute_becomes_a_filter_above_the_next_narrower_one() -> None:
    assert below({"region": "North"}) == (("sub_region",), {"region": "North"})
    assert below({"region": "North", "sub_region": "Hillside"}) == (
        ("apartment_type",),
        {"region": "North", "sub_region": "Hillside"},
    )


def test_single_meters_are_below_only_for_who_may_see_them() -> None:
    assert below({"apartment_type": "2-room"}) == (("meter",), {"apartment_type": "2-room"})
    assert below({"apartment_type": "2-room"}, single_meters=False) == (("month",), {"apartment_type": "2-room"})


def test_an_hour_of_the_day_becomes_a_time_of_day() -> None:
    assert below({"hour_of_day": "09:00"}) == (("month",), {"time": "09:00-10:00"})


def test_a_meter_is_drilled_into_by_day_within_a_month() -> None:
    month = replace(SAVED, period="dates", first="2025-02-01", last="2025-02-28")
    assert below({"meter": "200-001"}, month) == (("day",), {"meter": "200-001"})
    assert below({"meter": "200-001"}) == (("month",), {"meter": "200-001"})


def test_a_heat_map_becomes_bars() -> None:
    asked = Question(date(2025, 1, 1), date(2025, 3, 12), ("region",))
    assert question_below(replace(SAVED, chart="heat"), asked, ("North",), single_meters=True).chart == "bars"


@pytest.mark.parametrize(
    ("asked", "hour", "time"),
    [
        ("09:20-12:00", "09:00", "09:20-10:00"),
        ("22:30-06:15", "06:00", "06:00-06:15"),
        ("23:10-01:00", "23:00", "23:10-24:00"),
    ],
)
def test_an_hour_is_only_what_the_time_of_day_has_of_it(asked: str, hour: str, time: str) -> None:
    saved = replace(SAVED, filter=Filter(time=asked))
    assert below({"hour_of_day": hour}, saved)[1]["time"] == time


@pytest.mark.parametrize(
    ("key", "name", "time", "why"),
    [
        ("weekday", "Mon", "", "Nothing finer is below a row by weekday"),
        ("sub_region", "", "", "These meters have no sub-region"),
        ("hour_of_day", "06:00", "06:30-06:10", "covers two parts of the hour from 06:00"),
    ],
)
def test_a_row_without_a_finer_level_says_why_and_what_to_do(key: str, name: str, time: str, why: str) -> None:
    with pytest.raises(NoFinerLevel, match=rf"{why}.*\. Press f (to|and) "):
        below({key: name}, replace(SAVED, filter=Filter(time=time)))
