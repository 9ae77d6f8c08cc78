"""Copying: a table's cell goes to the clipboard, and the screen says so."""

from __future__ import annotations

from tests.screens.live.helpers import refuse, show
from tests.screens.town import HOSTILE, Town, at_work, press, settle, text_of


async def test_a_cell_is_copied_and_then_the_next(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        await show(town, pilot)
        await press(pilot, "y")
        await pilot.pause()
        assert pilot.app.clipboard == "00:00:00"
        assert text_of(pilot, "#said") == "Copied time 00:00:00; y again copies meter."
        await press(pilot, "ctrl+c")
        assert pilot.app.clipboard == HOSTILE
        await pilot.press("down", "y", "y", "y", "y", "y")
        assert pilot.app.clipboard == "11 Mar 2025 00:00:00"  # round again, past what is empty
        refuse(town, "[red]x \x1b[31m")
        await show(town, pilot)
        await pilot.press("tab", "y", "y", "y")
        await pilot.pause()
        assert pilot.app.clipboard == "[red]x ␛[31m"
        assert text_of(pilot, "#said") == "Copied line sent [red]x ␛[31m; y again copies from."


async def test_it_works_in_a_table_of_any_length_too(town: Town) -> None:
    town.log_in("operator")
    async with at_work(town, "f6") as pilot:
        await press(pilot, "enter", "y")
        await settle(pilot)
        assert pilot.app.clipboard == "100-000-001"


async def test_where_there_is_nothing_it_says_so(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        await pilot.press("2")
        await settle(pilot)
        await pilot.press("y")
        await pilot.pause()
        assert text_of(pilot, "#said") == "! There is nothing to copy here."
        assert pilot.app.clipboard == ""
