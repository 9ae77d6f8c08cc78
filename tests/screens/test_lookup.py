"""Lookup: a meter is found, its windows say what they rest on, and nothing known is never 0."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Tabs

from metertui.screens.widgets.chart import Chart
from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of


def tiles(pilot: Pilot[None]) -> dict[str, list[str]]:
    """The tiles' lines by their first."""
    shown: dict[str, list[str]] = {}
    for tile in pilot.app.screen.query("#lookup-tiles Tile"):
        label, *rest = text_of(pilot, f"#{tile.id}").splitlines()
        shown[label] = [line for line in rest if line]
    return shown


async def choose(pilot: Pilot[None], window: str) -> None:
    pilot.app.screen.query_one(Tabs).active = window
    await settle(pilot)


@pytest.mark.parametrize(
    ("window", "usage", "unit"),
    [
        ("today", "10.500 kWh", "half hour"),
        ("yesterday", "24.000 kWh", "half hour"),
        ("week", "58.500 kWh", "hour"),
        ("month", "274.500 kWh", "day"),
        ("last_month", "672.000 kWh", "day"),
        ("last_half_hour", "0.500 kWh", "half hour"),
    ],
)
async def test_the_steady_meter_in_every_window(town: Town, window: str, usage: str, unit: str) -> None:
    async with at_work(town, "f3", *STEADY, "enter") as pilot:
        await choose(pilot, window)
        shown = tiles(pilot)
        assert shown["usage"] == [usage]
        assert shown["bill of last month"] == ["672.000 kWh 2025-02"]
        assert pilot.app.screen.query_one(Chart).border_title == f"kWh a {unit}"


async def test_both_ends_say_how_they_are_known(town: Town) -> None:
    async with at_work(town, "f3", *"200-002", "enter") as pilot:
        await choose(pilot, "today")
        assert tiles(pilot)["usage"] == ["no data"]  # its last reading is yesterday's midnight
        assert tiles(pilot)["opening register"] == ["no data"]
        await choose(pilot, "last_month")
        shown = tiles(pilot)
        assert shown["opening register"][1:] == ["2025-02-01 00:00:00", "actual"]
        await choose(pilot, "month")
        assert tiles(pilot)["closing register"][1:] == ["2025-03-11 00:00:00", "last reading"]


async def test_an_estimate_is_called_one(town: Town) -> None:
    batch = town.engine.begin()
    batch.register("300", {})
    town.engine.apply(batch)
    town.read(("300", "10", "2025-02-28T12:00"), ("300", "12", "2025-03-01T12:00"))
    async with at_work(town, "f3", *"300", "enter") as pilot:
        shown = tiles(pilot)
        assert shown["usage"] == ["1.000 kWh"]
        assert shown["opening register"] == ["11.000 kWh", "2025-03-01 00:00:00", "estimated"]


async def test_readings_that_do_not_count_are_told(town: Town) -> None:
    async with at_work(town, "f3", *HOSTILE, "enter") as pilot:
        assert tiles(pilot)["readings"] == ["3, 1 not counted"]


async def test_a_meter_is_found_by_part_of_its_address(town: Town) -> None:
    async with at_work(town, "f3", *"harb") as pilot:
        options = pilot.app.screen.query_one(OptionList)
        assert options.display
        assert [str(options.get_option_at_index(n).prompt).split()[0] for n in range(options.option_count)] == [
            "200-004",
            "200-005",
        ]
        await pilot.press("down", "down", "enter")
        await settle(pilot)
        assert not options.display
        assert text_of(pilot, "#lookup-message").startswith("200-005 · 5 Harbour Road, South, landed")
        await press(pilot, *STEADY, "enter")  # what is typed next is another meter
        await settle(pilot)
        assert text_of(pilot, "#lookup-message").startswith(STEADY)


async def test_escape_leaves_the_completion(town: Town) -> None:
    async with at_work(town, "f3", *"road", "down") as pilot:
        assert isinstance(pilot.app.focused, OptionList)
        await pilot.press("escape")
        assert not pilot.app.screen.query_one(OptionList).display
        assert pilot.app.focused is pilot.app.screen.query_one("#meter-text")


async def test_what_came_from_outside_is_shown_as_it_is(town: Town) -> None:
    async with at_work(town, "f3", *"odd") as pilot:
        assert "[red]12[/red] [/ Odd Street" in text_of(pilot, "#meter-options")
        await pilot.press("enter")
        await settle(pilot)
        assert "[red]12[/red] [/ Odd Street, [b]South" in text_of(pilot, "#lookup-message")


async def test_a_meter_that_nobody_knows(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter", *"[/]", "enter") as pilot:
        assert text_of(pilot, "#lookup-message") == "! [/] is not a meter of this site"
        assert not pilot.app.screen.query_one("#lookup-tiles").display
        assert not pilot.app.screen.query_one(Chart).display


async def test_windows_by_keys_alone(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter", "ctrl+right", "ctrl+right") as pilot:
        assert pilot.app.screen.query_one(Tabs).active == "last_month"
        assert tiles(pilot)["usage"] == ["672.000 kWh"]
        await pilot.press(*["ctrl+left"] * 6)
        assert pilot.app.screen.query_one(Tabs).active == "dates"  # round the end


async def test_any_dates(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter") as pilot:
        await choose(pilot, "dates")
        assert tiles(pilot)["usage"] == ["274.500 kWh"]  # this month, to begin with
        await press(pilot, "tab", "tab", *"2025-02-03", "tab", *"2025-02-04", "enter")
        await settle(pilot)
        assert tiles(pilot)["usage"] == ["48.000 kWh"]
        assert "2025-02-03 00:00:00 to 2025-02-05 00:00:00" in text_of(pilot, "#lookup-message")
        await press(pilot, "shift+tab", *"2025-02-30", "enter")
        await settle(pilot)
        assert text_of(pilot, "#lookup-message").startswith("! 2025-02-30 is no day")
        await press(pilot, *"2025-02-05", "enter")
        await settle(pilot)
        assert text_of(pilot, "#lookup-message") == "! 2025-02-04 is before 2025-02-05"


async def test_what_arrives_is_followed(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter") as pilot:
        town.read((STEADY, "2691", "2025-03-12T10:40"))
        town.clock.advance(2)
        town.app.tick()
        await pilot.pause()
        assert tiles(pilot)["usage"] == ["275.000 kWh"]


async def test_nothing_is_known_yet(empty_town: Town) -> None:
    async with at_work(empty_town, "f3") as pilot:
        assert text_of(pilot, "#lookup-message").startswith("No meter is known yet. Register one on the company screen")
        await press(pilot, *"1", "enter")
        await settle(pilot)
        assert text_of(pilot, "#lookup-message") == "! 1 is not a meter of this site"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_everything_has_its_place(town: Town, size: tuple[int, int]) -> None:
    async with at_work(town, "f3", *STEADY, "enter", size=size) as pilot:
        chart = pilot.app.screen.query_one(Chart)
        assert chart.region.bottom <= size[1] - 1  # above the footer
        assert chart.size.height >= 5
        for tile in pilot.app.screen.query("#lookup-tiles Tile"):
            assert tile.region.right <= size[0]
