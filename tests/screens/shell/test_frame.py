"""The frame: colours and none, one place for messages, and what stands in the way of the desk as a whole."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.color import ColorType
from textual.color import Color
from textual.pilot import Pilot

from metertui.app import MetertuiApp
from metertui.screens.shell.frame import PLACES, DeskScreen, _state
from metertui.screens.terminal import theme
from metertui.settings import Settings
from tests.screens.town import STEADY, Town, at_work, press, settle, text_of


def colours(pilot: Pilot[None]) -> set[ColorType]:
    """The kinds of colours that the screen in view puts out."""
    return {
        colour.type
        for strip in pilot.app.screen._compositor.render_strips()
        for segment in strip
        if segment.style is not None
        for colour in (segment.style.color, segment.style.bgcolor)
        if colour is not None
    }


def styles_at(pilot: Pilot[None], selector: str) -> set[str]:
    """What sets a widget's characters apart without colour."""
    region = pilot.app.screen.query_one(selector).region
    strips = pilot.app.screen._compositor.render_strips()
    segments = [s for strip in strips[region.y : region.bottom] for s in strip.crop(region.x, region.right)]
    names = ("bold", "reverse", "underline")
    return {name for name in names for s in segments if s.style is not None and getattr(s.style, name)}


async def through_all(pilot: Pilot[None]) -> set[ColorType]:
    """The kinds of colours on every screen, under help and the palette."""
    seen: set[ColorType] = set()
    for key in ("f2", "f3", "f4", "f5", "f6", "f7", "f1", "escape", "ctrl+p"):
        await press(pilot, key)
        await settle(pilot)
        if key in ("f3", "f4"):
            await press(pilot, *STEADY, "enter")
            await settle(pilot)
        seen |= colours(pilot)
    return seen


async def test_no_color_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    town = Town(tmp_path, filled=True)
    town.log_in("operator")
    async with at_work(town, "f2") as pilot:
        assert "reverse" in styles_at(pilot, "#title")
        assert "bold" in styles_at(pilot, "#tiles")
        assert await through_all(pilot) == {ColorType.DEFAULT}


async def test_an_empty_no_color_asks_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    town = Town(tmp_path, filled=False)
    async with at_work(town, "f2") as pilot:
        assert ColorType.TRUECOLOR in colours(pilot)
        assert "NO_COLOR" not in os.environ


async def test_the_terminals_colours_are_all_that_its_theme_puts_out(tmp_path: Path) -> None:
    town = Town(tmp_path, filled=True, settings=Settings(theme="terminal"))
    town.log_in("operator")
    async with at_work(town, "f2") as pilot:
        # The charts draw in a colour of their own, and a dimmed one may be mixed; the ground is the terminal's.
        assert ColorType.DEFAULT in await through_all(pilot)
        await press(pilot, "escape", "f7")
        await settle(pilot)
        assert colours(pilot) <= {ColorType.DEFAULT, ColorType.STANDARD}


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm-256color"}, "256"),  # as over most ssh lines
        ({"TERM": "xterm"}, "standard"),
        ({"TERM": "dumb"}, ""),
    ],
)
def test_a_terminal_says_how_many_colours_it_has(env: dict[str, str], said: str) -> None:
    assert theme.colours(env) == said


def test_with_256_colours_the_dark_grounds_are_greys_that_it_has(town: Town) -> None:
    for depth, blue in (("truecolor", True), ("256", False)):
        app = MetertuiApp(town.headend, town.app.settings, colours=depth)
        panel = app.current_theme.panel
        assert panel is not None
        red, _, most = Color.parse(panel).rgb
        assert (most > red) is blue
    app = MetertuiApp(town.headend, town.app.settings, colours="standard")
    assert app.theme == theme.TERMINAL.name


async def test_the_first_screen_has_something_to_say_to_who_is_new(town: Town) -> None:
    town.app = MetertuiApp(town.headend, town.app.settings, welcome="A simulated town.")
    async with at_work(town) as pilot:
        assert text_of(pilot, "#said") == "A simulated town."
        await press(pilot, "f3", "f2")
        assert text_of(pilot, "#said") == ""


async def test_one_goes_through_the_themes(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        seen = []
        for _ in theme.THEMES:
            seen.append(town.app.theme)
            town.app.action_toggle_theme()
            await pilot.pause()
        assert seen == [each.name for each in theme.THEMES.values()]
        assert town.app.theme == seen[0]
        assert theme.after("a theme of the library") == seen[0]


async def test_every_screen_speaks_in_one_place(town: Town) -> None:
    town.log_in("operator")
    async with at_work(town, size=(80, 24)) as pilot:
        for place, (key, _) in PLACES.items():
            await press(pilot, key.lower())
            await settle(pilot)
            screen = pilot.app.screen
            assert isinstance(screen, DeskScreen)
            assert screen.place == place
            said = screen.query_one("#said")
            DeskScreen.say(screen, "4 rows [red]written[/]")
            await pilot.pause()
            assert text_of(pilot, "#said") == "4 rows [red]written[/]"
            assert said.region.bottom == screen.query_one("#keys").region.y == 23
            screen.warn("there is no folder \x1b[31m")
            await pilot.pause()
            assert text_of(pilot, "#said") == "! there is no folder ␛[31m"
            assert "bold" in styles_at(pilot, "#said")
            screen.warn("a long story, " * 30)
            await pilot.pause()
            assert said.region.height == 4
            await press(pilot, "f3" if place == "live" else "f2", key.lower())
            await settle(pilot)
            assert text_of(pilot, "#said") == ""


TROUBLES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"storage_error": "No space left on device"}, "! The disk fails: No space left on device."),
    (
        {"port_error": "127.0.0.1:7007 is closed"},
        "! No more meters can connect: 127.0.0.1:7007 is closed. Connected ones",
    ),
    (
        {"following": "read-only: pid 4711 owns this; change it there"},
        "Read-only: pid 4711 owns this; change it there.",
    ),
    ({"following": "read-only", "follow_error": "no such file"}, "Read-only."),
)


async def test_what_stands_in_the_way_looks_like_what_it_is(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    now = town.headend.live()
    async with at_work(town, "f7") as pilot:
        for trouble, said in TROUBLES:
            wrong = replace(now, **trouble)
            monkeypatch.setattr(town.headend, "live", lambda wrong=wrong: wrong)
            town.app.tick()
            await pilot.pause()
            assert text_of(pilot, "#banner").startswith(said)
            assert pilot.app.screen.query_one("#banner").has_class("-note") == (list(trouble) == ["following"])
            assert ("read-only" in text_of(pilot, "#state")) == ("following" in trouble)
            monkeypatch.setattr(town.headend, "live", lambda: now)
            town.app.tick()
            await pilot.pause()
            assert not pilot.app.screen.query_one("#banner").display


async def test_who_is_logged_in_is_seen_everywhere(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        town.app.tick()
        await pilot.pause()
        assert text_of(pilot, "#who") == "metertui"
        town.log_in("government")
        town.app.tick()
        await pilot.pause()
        assert text_of(pilot, "#who") == "government@metertui.example, government"


@pytest.mark.parametrize(("email", "said"), [("ada@b.eu", "ada@b.eu, operator"), ("ada@" + "a" * 30, "ada, operator")])
async def test_who_is_logged_in_is_seen_in_80_columns_too(town: Town, email: str, said: str) -> None:
    async with at_work(town, "f2", size=(80, 24)) as pilot:
        town.app.tick()
        assert text_of(pilot, "#state").endswith("0 clients · day open")
        town.app.sessions.begin(email, "operator")
        town.app.tick()
        await pilot.pause()
        state = text_of(pilot, "#state")
        assert said in state
        assert state.endswith("0 clients")


async def test_the_frame_follows_a_size_at_once(town: Town) -> None:
    async with at_work(town, "f3", size=(80, 24)) as pilot:
        town.log_in("operator")
        await pilot.resize_terminal(120, 40)
        await settle(pilot)
        assert text_of(pilot, "#who") == "operator@metertui.example, operator"


async def test_only_a_warning_has_the_colour_of_one(town: Town) -> None:
    async with at_work(town, "f3") as pilot:
        screen, said = pilot.app.screen, pilot.app.screen.query_one("#said")
        assert isinstance(screen, DeskScreen)
        plain, amber = Color.parse(pilot.app.theme_variables["foreground"]), pilot.app.theme_variables["accent"]
        for text, colour in (("Saved.", plain), ("! Not saved.", Color.parse(amber)), ("Saved.", plain)):
            screen.say(text)
            await pilot.pause()
            assert said.rich_style.color == colour.rich_color


@pytest.mark.parametrize(
    ("width", "said"), [(120, "Lookup › Billing, esc goes back"), (60, "esc goes back"), (55, "esc back")]
)
def test_the_key_that_goes_back_is_named_however_little_room_there_is(town: Town, width: int, said: str) -> None:
    snapshot = replace(town.headend.live(), address="127.0.0.1:41637", connections=12)
    state = _state(snapshot, "Lookup › Billing", (), width).plain
    assert state.startswith(f" 127.0.0.1:41637 · {said} ")
    assert len(state) == width
