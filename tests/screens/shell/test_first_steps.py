"""First steps: what a newcomer is told and can do there, and how they are left."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.app import MetertuiApp
from metertui.screens.fields.field import Field
from metertui.screens.shell.first_steps import WalkScreen
from metertui.screens.shell.frame import DeskScreen
from metertui.settings import Settings, load
from tests.screens.company.helpers import reason_below
from tests.screens.town import Town, at_work, press, settle, text_of


def flat(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())


def newcomers(town: Town) -> Town:
    """The town as it is opened for the first time."""
    town.app = MetertuiApp(town.headend, Settings(), walk=True)
    town.app.animation_level = "none"
    town.engine.folder = town.folder
    return town


async def test_the_first_steps_lead_a_newcomer_through(empty_town: Town) -> None:
    town = newcomers(empty_town)
    async with at_work(town, size=(80, 24)) as pilot:
        assert isinstance(pilot.app.screen, WalkScreen)
        assert text_of(pilot, "#walk-heading") == "First steps, 1 of 3"
        assert pilot.app.screen.max_scroll_y == 0
        await press(pilot, "enter")
        await settle(pilot)
        assert text_of(pilot, "#walk-heading") == "First steps, 2 of 3"
        await press(pilot, *"ada", "f2")
        town.app.action_walk()
        await settle(pilot)
        await press(pilot, "enter")
        await settle(pilot)
        assert pilot.app.screen.query_one("#walk-email", Field).value == "ada"  # what was typed is here again
        await press(pilot, *"ada@example.com", "enter", *"secret horse", "enter", *"secrets", "enter")
        await settle(pilot)
        assert reason_below(pilot, "walk-again") == "! The passwords differ."
        button = pilot.app.screen.query_one("#walk-staff-next")
        assert pilot.app.screen.query_one("#walk").region.contains_region(button.region), "it is in view"
        assert town.engine.staff.members() == []
        await press(pilot, "home", "shift+end", *"secret horse", "enter")
        await settle(pilot)
        assert text_of(pilot, "#walk-heading") == "First steps, 3 of 3"
        assert text_of(pilot, "#walk-said") == "ada@example.com can log in on the company screen (F6)."
        assert [(m.email, m.role) for m in town.engine.staff.members()] == [("ada@example.com", "operator")]
        assert "nc -N 127.0.0.1 7007" in text_of(pilot, "#walk-meters-text")
        await press(pilot, "ctrl+left")
        assert "A staff account exists already: ada@example.com." in flat(text_of(pilot, "#walk-staff-text"))
        await press(pilot, "enter", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, DeskScreen)
    assert "staff add" in (town.folder / "audit.log").read_text()


async def test_their_clock_goes_on(empty_town: Town) -> None:
    async with at_work(newcomers(empty_town)) as pilot:
        assert "There it is 10:40:00 now." in flat(text_of(pilot, "#walk-zone-text"))
        empty_town.clock.advance(61)
        empty_town.app.tick()
        await settle(pilot)
        assert "There it is 10:41:01 now." in flat(text_of(pilot, "#walk-zone-text"))


async def test_an_enter_too_many_skips_no_page(empty_town: Town) -> None:
    async with at_work(newcomers(empty_town), size=(80, 24)) as pilot:
        for _ in range(2):  # the second is worked off when the first has gone on
            await pilot.app.screen.query_one("#walk-zone-name", Field).action_submit()
            await settle(pilot)
            assert text_of(pilot, "#walk-heading") == "First steps, 2 of 3"


async def test_its_pages_are_turned_by_keys(empty_town: Town) -> None:
    town = newcomers(empty_town)
    async with at_work(town, size=(80, 24)) as pilot:
        for key, page in (
            ("pageup", 1),
            ("pagedown", 2),
            ("ctrl+right", 3),
            ("pageup", 2),
            ("ctrl+left", 1),
            ("pagedown", 2),
            ("pagedown", 3),
        ):
            await press(pilot, key)
            assert text_of(pilot, "#walk-heading") == f"First steps, {page} of 3"
        await press(pilot, "pagedown")
        assert isinstance(pilot.app.screen, DeskScreen)


async def test_another_zone_is_written_for_the_next_start(empty_town: Town) -> None:
    town = newcomers(empty_town)
    async with at_work(town, size=(80, 24)) as pilot:
        await press(pilot, "home", "shift+end", *"Mars/Olympus", "enter")
        await settle(pilot)
        assert reason_below(pilot, "walk-zone-name").startswith("! 'Mars/Olympus' is not a time zone")
        assert text_of(pilot, "#walk-heading") == "First steps, 1 of 3"
        await press(pilot, "home", "shift+end", *"Europe/Berlin", "enter")
        await settle(pilot)
        assert text_of(pilot, "#walk-heading") == "First steps, 1 of 3"
        said = flat(text_of(pilot, "#walk-said"))
        assert said.startswith("! Europe/Berlin is now set in settings.toml. Press F10 and start metertui again before")
        assert "until then it counts days in Asia/Singapore." in said
        assert load(town.folder, env={}).timezone == "Europe/Berlin"


async def test_the_zone_of_this_machine_is_written_for_whoever_opens_the_folder(empty_town: Town) -> None:
    town = newcomers(empty_town)
    async with at_work(town, size=(80, 24)) as pilot:
        await press(pilot, "enter")
        await settle(pilot)
        assert (
            flat(text_of(pilot, "#walk-said"))
            == "Asia/Singapore is now set in settings.toml and applies to this folder on any machine."
        )
        assert load(town.folder, env={}).timezone == "Asia/Singapore"


@pytest.mark.parametrize(("key", "place"), [("escape", "live"), ("f2", "live"), ("f6", "company")])
async def test_any_f_key_and_escape_leave(empty_town: Town, key: str, place: str) -> None:
    async with at_work(newcomers(empty_town)) as pilot:
        await press(pilot, key)
        await settle(pilot)
        assert isinstance(pilot.app.screen, DeskScreen)
        assert pilot.app.screen.place == place


async def test_who_has_been_here_is_not_shown_them(town: Town, tmp_path: Path) -> None:
    async with at_work(town) as pilot:
        commands = {command.title: command for command in town.app.get_system_commands(pilot.app.screen)}
        commands["First steps"].callback()
        await settle(pilot)
        assert isinstance(pilot.app.screen, WalkScreen)
        await press(pilot, "f1")
        await settle(pilot)
        assert isinstance(pilot.app.screen, DeskScreen)


async def test_a_second_first_account_is_refused(town: Town) -> None:
    async with at_work(town):
        await town.headend.staff.create_first("ada@example.com", "secret horse")
        assert await town.headend.staff.log_in("ada@example.com", "secret horse") == "operator"
        with pytest.raises(Exception, match="there is a staff account already"):
            await town.headend.staff.create_first("eve@example.com", "secret horse")
