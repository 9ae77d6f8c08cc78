"""Regions as bars: the least complete first, and the meter that has been silent for the longest time."""

from __future__ import annotations

from metertui.screens.live.region_bars import RegionBars
from tests.screens.live.helpers import show
from tests.screens.town import Town, at_work, settle, text_of


async def test_the_least_complete_region_is_the_first(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        await show(town, pilot)
        await settle(pilot)
        lines = text_of(pilot, "#region-bars").splitlines()
        assert [line.split()[0] for line in lines if "%" in line] == ["South", "[b]South", "North"]
        north = next(line for line in lines if line.startswith("North"))
        assert north.endswith("25.0% 4")
        assert 6 <= north.count("█") <= 7  # a quarter of the room between name and figures
        assert lines[-1] == "silent longest  200-001  34 h 40 min"


async def test_where_nothing_is_expected_yet_there_is_no_bar(town: Town) -> None:
    town.clock.set("2025-03-12T00:10:00")  # before the first half hour of the day has ended
    async with at_work(town, "f2") as pilot:
        await show(town, pilot)
        await settle(pilot)
        lines = [line for line in text_of(pilot, "#region-bars").splitlines() if line.startswith("North")]
        assert [line.split() for line in lines] == [["North", "–", "4"]]


async def test_regions_beyond_the_room_are_counted(town: Town) -> None:
    for number in range(30):
        batch = town.engine.ingest.begin()
        batch.add_account(f"900-{number:03}", {"region": f"Region {number:02}"})
        town.engine.ingest.apply(batch)
    async with at_work(town, "f2") as pilot:
        await show(town, pilot)
        await settle(pilot)
        lines = text_of(pilot, "#region-bars").splitlines()
        assert len(lines) <= pilot.app.screen.query_one(RegionBars).size.height
        assert any(line.startswith("and ") and line.endswith("which lack less") for line in lines)


async def test_without_meters_it_says_so(empty_town: Town) -> None:
    async with at_work(empty_town, "f2") as pilot:
        await show(empty_town, pilot)
        pilot.app.screen.remove_class("-no-meters")  # as where there are only deactivated ones
        await settle(pilot)
        assert text_of(pilot, "#region-bars") == "No active meters yet"
