"""The app: its keys, its palette, and how it is left."""

from __future__ import annotations

import asyncio

import pytest
from textual import events
from textual.command import CommandPalette
from textual.widgets import Input

from metertui.app import MetertuiApp
from metertui.screens.billing.tariff_editor import TariffScreen
from metertui.screens.company.company import CompanyScreen
from metertui.screens.government import asking
from metertui.screens.lookup.lookup import LookupScreen
from metertui.screens.shell.frame import PLACES, DeskScreen
from tests.screens import conftest as fixtures
from tests.screens.idle import held_up
from tests.screens.town import Town, at_work, settle, text_of

town = fixtures.town
idle_at_once, still, buttons_at_once = fixtures.idle_at_once, fixtures.still, fixtures.buttons_at_once
painted_in_pauses = fixtures.painted_in_pauses


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_every_screen_has_its_key_and_fits(town: Town, size: tuple[int, int]) -> None:
    async with at_work(town, size=size) as pilot:
        for place, (key, title) in PLACES.items():
            await pilot.press(key.lower())
            await settle(pilot)
            screen = pilot.app.screen
            assert isinstance(screen, DeskScreen)
            assert screen.place == place
            assert f"{key} {title}" in text_of(pilot, "#title")
            assert "127.0.0.1:7007" in text_of(pilot, "#state")
            assert text_of(pilot, "#clock") == "Wed 12 Mar 10:40:00 UTC+8"
            assert screen.max_scroll_x == screen.max_scroll_y == 0


async def test_a_click_on_the_name_of_a_screen_goes_there(town: Town) -> None:
    async with at_work(town, "f2", size=(80, 24)) as pilot:
        await pilot.click("#title", offset=(11, 0))
        await settle(pilot)
        assert isinstance(pilot.app.screen, LookupScreen)
        await pilot.click("#state", offset=(2, 0))
        await settle(pilot)
        assert isinstance(pilot.app.screen, LookupScreen)


async def test_the_palette_has_every_screen(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        titles = [command.title for command in town.app.get_system_commands(pilot.app.screen)]
        assert {f"{title} ({key})" for key, title in PLACES.values()} <= set(titles)
        assert titles[0] == "Pause", "what the screen does comes first"
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert isinstance(pilot.app.screen, CommandPalette)


async def test_the_palette_has_no_sign_that_a_terminal_may_lack(town: Town) -> None:
    async with at_work(town, "f2", "ctrl+p") as pilot:
        shown = "".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
        assert "Search for commands" in shown
        assert not [sign for sign in shown if ord(sign) > 0xFFFF]


async def test_what_is_typed_before_there_is_a_screen_only_leads_to_one(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    shows, letters = MetertuiApp.on_mount, [events.Key(key, key) for key in "12x"]
    typed = [events.Key("q", "q"), events.Key("f6", None), *letters, events.Paste("secret"), events.Key("enter", "\r")]

    async def on_mount(app: MetertuiApp) -> None:
        """The terminal has kept what was typed, and gives all of it as soon as it is read."""
        for event in typed:
            app.post_message(event)
        await shows(app)

    monkeypatch.setattr(MetertuiApp, "on_mount", on_mount)
    async with at_work(town) as pilot:
        assert isinstance(pilot.app.screen, CompanyScreen)
        email = pilot.app.screen.query_one("#login-email", Input)
        assert pilot.app.focused is email
        assert email.value == ""
        await pilot.press("a")
        assert email.value == "a"


_NOT_IN = {key: ({"Filter", "Copy table"} if key in ("F3", "F4", "F6", "F7") else set()) for key, _ in PLACES.values()}
"""By the key of a screen, what is no command there: no table of its own has the focus, or it has a field for that."""


async def test_the_palette_offers_what_the_footer_does_and_more(town: Town) -> None:
    town.log_in("operator")
    async with at_work(town) as pilot:
        for key, _ in PLACES.values():
            await pilot.press(key.lower())
            await settle(pilot)
            screen = pilot.app.screen
            commands = list(town.app.get_system_commands(screen))
            offered = [command.title for command in commands]
            bound = [b for node, b, _, _ in screen.active_bindings.values() if b.show and node is screen]
            assert {b.description for b in bound if b.key != "escape"} <= set(offered)  # it goes back
            assert len(set(offered)) == len(offered)
            assert {"Close the day", "Billing run", "Staff", "Log out"} <= set(offered)
            assert {"Filter", "Copy table"} - _NOT_IN[key] <= set(offered)
            assert offered[-5:] == ["Colours", "First steps", "Redraw", "Help", "Quit"]
            for command in commands:
                sentence, _, _ = (command.help or "").rpartition(" · ")
                assert sentence or command.title in ("Colours", "First steps"), command
            assert not {"Copy selected text", "Up", "Page down", "First", "Next rows", "Previous", "Next field"} & set(
                offered
            )


async def test_a_command_of_the_palette_is_done(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        commands = {command.title: command for command in town.app.get_system_commands(pilot.app.screen)}
        assert commands["Pause"].help == "Pause the tables, or resume them · p"
        assert commands["Span"].help == "Span of the chart: 2 minutes, 1 hour, 24 hours · z"
        commands["Pause"].callback()
        await pilot.pause()
        assert "paused" in str(pilot.app.screen.query_one("#readings-side").border_title)
        for title, there in (("Tariffs", TariffScreen), ("Find a meter", LookupScreen), ("Audit log", CompanyScreen)):
            commands = {command.title: command for command in town.app.get_system_commands(pilot.app.screen)}
            commands[title].callback()
            await settle(pilot)
            assert isinstance(pilot.app.screen, there)


@pytest.mark.parametrize("over", ["f1", "ctrl+p"])
async def test_a_screen_is_gone_to_from_whatever_stands_over_another(town: Town, over: str) -> None:
    async with at_work(town, "f3") as pilot:
        depth = len(pilot.app.screen_stack)
        for key, place in (("f3", "lookup"), ("f2", "live"), ("f7", "exceptions")):
            await pilot.press(over)
            await pilot.pause()
            assert len(pilot.app.screen_stack) == depth + 1
            await pilot.press(key)
            await settle(pilot)
            screen = pilot.app.screen
            assert isinstance(screen, DeskScreen)
            assert screen.place == place
            assert len(pilot.app.screen_stack) == depth


@pytest.mark.parametrize("key", ["f10", "ctrl+q"])
async def test_it_is_left_by_a_key(town: Town, key: str) -> None:
    async with at_work(town, "f3") as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert not town.app.is_running


async def test_it_may_be_left_while_an_answer_is_awaited(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_work(town) as pilot:
        asked, leaving = asyncio.Event(), asyncio.Event()
        found = await town.headend.worklist.exceptions()

        async def late(question: object) -> object:
            """Comes when the screen has lost its widgets already."""
            asked.set()
            await leaving.wait()
            screen = pilot.app.get_screen("exceptions")
            while screen.query("#conditions"):
                await asyncio.sleep(0)
            return found

        monkeypatch.setattr(town.headend.worklist, "exceptions", late)
        with held_up():
            await pilot.press("f7")
        await asked.wait()
        leaving.set()


async def test_the_heap_is_kept_once_for_each_screen_and_for_what_is_behind_a_gate(town: Town) -> None:
    kept = []

    def keep() -> None:
        assert isinstance(town.app.screen, DeskScreen)
        kept.append(town.app.screen.view_name)

    town.app._keep_heap = keep
    async with at_work(town, "f2", "f3", "f6", "f2", "f3") as pilot:
        town.app.tick()
        await pilot.pause()
        town.log_in("operator")
        await pilot.press("f6")
        town.app.tick()
        await settle(pilot)
        town.app.tick()
        await settle(pilot)
    assert sorted(kept) == ["company, gate", "company, inside", "live", "lookup"]


async def test_work_that_fails_is_one_line_and_not_the_end(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError(17)

    town.log_in("operator")
    async with at_work(town) as pilot:
        monkeypatch.setattr(asking, "answer_question", broken)
        await pilot.press("f5")
        await settle(pilot)
        assert "This failed, which is a defect of metertui" in text_of(pilot, "#said")
        monkeypatch.undo()
        await pilot.press("ctrl+r")
        await settle(pilot)
        assert "8 meters" in text_of(pilot, "#summary")
