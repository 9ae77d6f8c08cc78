"""The line of keys: those of the screen to the left, those of every screen to the right."""

from __future__ import annotations

import pytest

from metertui.screens.shell.help import HelpScreen
from tests.screens.live.helpers import show
from tests.screens.town import STEADY, Town, at_work, press, settle, text_of


async def test_the_footer_offers_every_action_by_name(town: Town) -> None:
    async with at_work(town, "f7") as pilot:
        assert text_of(pilot, "#keys").endswith("F1 Help  F10 Quit  ^p Commands")


@pytest.mark.parametrize("width", [50, 60])
async def test_an_ellipsis_stands_for_keys_without_room(town: Town, width: int) -> None:
    async with at_work(town, "f7", size=(width, 24)) as pilot:
        line = text_of(pilot, "#keys")
        assert line.endswith("F1 Help  F10 Quit")
        assert " … " in line
        assert len(line) < width


async def test_the_keys_follow_the_screen(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        assert "p Pause" in text_of(pilot, "#keys")
        await pilot.press("f3")
        await settle(pilot)
        assert "Pause" not in text_of(pilot, "#keys")


async def test_the_keys_of_the_focus_come_first_and_none_that_does_nothing(town: Town) -> None:
    async with at_work(town, "f2", size=(80, 24)) as pilot:
        await show(town, pilot)
        line = text_of(pilot, "#keys")
        assert line.split("  ")[:4] == ["⏎ Open the meter", "/ Filter", "p Pause", "d Close the day"]
        assert "Chart" not in line, "there is no room for it"
        await press(pilot, "slash", "6")
        assert "Pause" not in text_of(pilot, "#keys"), "letters belong to the filter"
        await press(pilot, "escape", "f3")
        assert "Explain" not in text_of(pilot, "#keys"), "there is no figure"


async def test_a_key_that_the_focus_has_taken_is_not_offered_twice(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter", "r") as pilot:
        line = text_of(pilot, "#keys")
        assert "/ Filter" in line
        assert "Find" not in line


async def test_a_click_on_a_key_presses_it(town: Town) -> None:
    async with at_work(town, "f7") as pilot:
        at = pilot.app.screen.query_one("#keys").render_line(0).text.index("F1 Help")
        await pilot.click("#keys", offset=(at, 0))
        await settle(pilot)
        assert isinstance(pilot.app.screen, HelpScreen)
