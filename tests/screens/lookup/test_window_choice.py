"""The choice of a window: by keys, by two days that are typed, and from a calendar."""

from __future__ import annotations

from textual.widgets import Input, Tabs

from metertui.screens.charts.chart_view import PictureView
from tests.screens.lookup.helpers import choose, tiles
from tests.screens.town import STEADY, Town, at_work, press, settle, text_of


async def test_windows_by_keys_alone(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter", "right", "right") as pilot:
        assert pilot.app.screen.query_one(Tabs).active == "last_month"
        assert tiles(pilot)["usage"][0] == "672.000 kWh"
        await pilot.press(*["ctrl+left"] * 6)
        assert pilot.app.screen.query_one(Tabs).active == "dates"  # round the end


async def test_any_dates(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter") as pilot:
        await choose(pilot, "dates")
        assert tiles(pilot)["usage"][0] == "274.500 kWh"  # this month, to begin with
        await press(pilot, "tab", *"2025-02-03", "tab", *"2025-02-04", "enter")
        await settle(pilot)
        assert tiles(pilot)["usage"][0] == "48.000 kWh"
        assert tiles(pilot)["vs previous days"] == ["= the same", "48.000 kWh", "to 3 Feb 00:00"]
        assert "3 Feb 2025 00:00 to 5 Feb 2025 00:00" in str(pilot.app.screen.query_one(PictureView).border_title)
        for leave in ("enter", "tab", "shift+tab", "f2"):  # however a field is left, it is asked or refused
            pilot.app.screen.query_one("#from").focus()
            await press(pilot, "home", "shift+end")
            await press(pilot, *"2025-02-30", leave)
            await settle(pilot)
            if leave == "f2":
                await press(pilot, "f3")
            assert text_of(pilot, "#lookup-message").startswith("! 2025-02-30 is not a date")
            assert pilot.app.screen.query_one("#from", Input).value == "2025-02-30"
            pilot.app.screen.query_one("#from").focus()
            await press(pilot, "home", "shift+end")
            await press(pilot, *"2025-02-05", leave)
            await settle(pilot)
            if leave == "f2":
                await press(pilot, "f3")
            assert text_of(pilot, "#lookup-message") == "! 2025-02-04 is before 2025-02-05"


async def test_dates_from_the_calendar(town: Town) -> None:
    async with at_work(
        town, "f3", *STEADY, "enter", "c", "pageup", "right", "right", "enter", "right", "enter"
    ) as pilot:
        assert pilot.app.screen.query_one(Tabs).active == "dates"
        assert [pilot.app.screen.query_one(f"#{name}", Input).value for name in ("from", "to")] == [
            "2025-02-03",
            "2025-02-04",
        ]
        await press(pilot, "tab", "down", "escape")
        assert pilot.app.screen.query_one(Tabs).active == "dates"
        await press(pilot, "tab", "down", "enter", "escape", "up", "enter", "home", "enter")
        await settle(pilot)
        assert pilot.app.screen.query_one("#from", Input).value == "2025-01-01"
