"""A terminal shows in the end just what the screen is, whatever was left undrawn and unstyled on the way."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pyte
import pytest
from rich.color import ColorSystem
from textual._compositor import Compositor, LayoutUpdate
from textual._context import visible_screen_stack
from textual._styles_cache import StylesCache
from textual.app import App
from textual.content import Content
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot
from textual.widgets import OptionList

from tests.screens.town import STEADY, Town, at_work, press, settle

Cell = tuple[object, ...]
"""A character and how it is drawn; of a blank no more than what shows."""


class Terminal:
    """What is written to it, cell by cell."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.screen = pyte.Screen(*size)
        self._stream = pyte.Stream(self.screen)
        self.sent = 0
        """Characters written to it so far."""

    def write(self, data: str) -> None:
        self.sent += len(data)
        self._stream.feed(data)

    @property
    def cells(self) -> list[list[Cell]]:
        rows, columns = range(self.screen.lines), range(self.screen.columns)
        found = [[self.screen.buffer[y][x] for x in columns] for y in rows]
        return [[cell(each) for each in line] for line in found]


def cell(char: pyte.screens.Char) -> Cell:
    """What one sees of it."""
    seen = (char.data, char.bg, char.reverse, char.underscore, char.strikethrough)
    blank = char.data == " " and not any(seen[2:])
    return seen if blank else (*seen, char.fg, char.bold, char.italics)


@pytest.fixture
def terminal(request: pytest.FixtureRequest, town: Town, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """The town's app writes to it as to a real one."""
    made = Terminal(request.param)
    monkeypatch.setattr(HeadlessDriver, "is_headless", False)
    monkeypatch.setattr(HeadlessDriver, "write", lambda _, data: made.write(data))
    town.app.console._color_system = ColorSystem.TRUECOLOR
    town.log_in("operator")
    return made


async def painted(pilot: Pilot[None]) -> None:
    """Until all is painted, and nothing has changed since."""
    for _ in range(3):
        await settle(pilot)


def drawn(pilot: Pilot[None]) -> list[list[Cell]]:
    """What the screen in view is, as Textual draws it in one piece."""
    visible_screen_stack.set(pilot.app._background_screens)
    compositor = pilot.app.screen._compositor
    own = type(compositor)._get_renders
    type(compositor)._get_renders = Compositor._get_renders  # type: ignore[method-assign]
    try:
        strips = compositor.render_strips()
    finally:
        type(compositor)._get_renders = own  # type: ignore[method-assign]
    shown = Terminal((pilot.app.size.width, pilot.app.size.height))
    for y, strip in enumerate(strips):
        shown.write(f"\x1b[{y + 1};1H{strip.render(pilot.app.console)}")
    return shown.cells


def differences(shown: list[list[Cell]], wanted: list[list[Cell]]) -> dict[tuple[int, int], tuple[Cell, Cell]]:
    """Where two pictures differ, by line and column."""
    return {
        (y, x): pair
        for y, lines in enumerate(zip(shown, wanted, strict=True))
        for x, pair in enumerate(zip(*lines, strict=True))
        if pair[0] != pair[1]
    }


def the_same(terminal: Terminal, pilot: Pilot[None]) -> None:
    """The terminal shows the screen."""
    wrong = differences(terminal.cells, drawn(pilot))
    assert not wrong, f"{pilot.app.screen} on the terminal, and as it is"


def kept() -> int:
    """How many widgets' drawings are in memory."""
    gc.collect()
    return sum(isinstance(each, StylesCache) for each in gc.get_objects())


async def test_what_is_closed_leaves_nothing_behind(town: Town) -> None:
    async with at_work(town, "f2", size=(80, 24)) as pilot:
        await press(pilot, "f1", "escape", "ctrl+p", "escape")
        await settle(pilot)
        before = kept()
        for _ in range(8):
            await press(pilot, "f1", "escape", "ctrl+p", "escape")
            await settle(pilot)
        assert kept() - before < 60  # the last few palettes stay for a while; eight windows of each sort would be 150


async def restyled(pilot: Pilot[None]) -> None:
    """Its styles are what they would be if it were styled from the start."""
    before = drawn(pilot)
    pilot.app.refresh_css(animate=False)
    await painted(pilot)
    assert not differences(before, drawn(pilot))


@pytest.mark.parametrize("terminal", [(80, 24), (200, 60)], indirect=True, ids=["80x24", "200x60"])
async def test_a_terminal_shows_every_screen_and_what_stands_over_it(terminal: Terminal, town: Town) -> None:
    size = terminal.screen.columns, terminal.screen.lines
    async with at_work(town, size=size) as pilot:
        for keys in (["f3"], [*STEADY, "enter"], ["e"], ["escape"], ["f7"], ["enter"], ["escape"], ["f2"], ["f1"]):
            await press(pilot, *keys)
            await painted(pilot)
            the_same(terminal, pilot)


@pytest.mark.parametrize("terminal", [(120, 40)], indirect=True, ids=["120x40"])
async def test_a_terminal_shows_each_pane_of_live_and_is_sent_no_more_than_differs(
    terminal: Terminal, town: Town
) -> None:
    async with at_work(town, "f2", size=(120, 40)) as pilot:
        await painted(pilot)
        whole = terminal.sent
        for number in range(9):
            before = terminal.sent
            await press(pilot, "231"[number % 3])
            await painted(pilot)
            the_same(terminal, pilot)
            assert terminal.sent - before < whole  # the panes are most of the screen
        before = terminal.sent
        pilot.app.screen.refresh()
        await painted(pilot)
        assert terminal.sent - before < 500  # where the cursor stands, and a figure that is another by now
        terminal.write("\x1b[5;1H\x1b[0mBroadcast message from root")
        await press(pilot, "ctrl+l")
        await painted(pilot)
        the_same(terminal, pilot)


@pytest.mark.parametrize("terminal", [(80, 24)], indirect=True, ids=["80x24"])
async def test_colours_and_size_that_changed_while_it_was_away(terminal: Terminal, town: Town) -> None:
    async with at_work(town, "f7", "f3", size=(80, 24)) as pilot:
        town.app.action_toggle_theme()
        for key in ("f7", "f1", "escape"):
            await press(pilot, key)
            await painted(pilot)
            the_same(terminal, pilot)
        await restyled(pilot)
        await press(pilot, "f3")
        terminal.screen.resize(40, 120)
        await pilot.resize_terminal(120, 40)
        for key in ("f3", "f7"):
            await press(pilot, key)
            await painted(pilot)
        the_same(terminal, pilot)
        await restyled(pilot)
        await press(pilot, "f1")  # and under a window
        terminal.screen.resize(24, 80)
        await pilot.resize_terminal(80, 24)
        town.app.action_toggle_theme()
        await painted(pilot)
        await press(pilot, "escape")
        await painted(pilot)
        the_same(terminal, pilot)
        await restyled(pilot)


async def test_a_focus_that_moves_paints_no_more_than_two_widgets(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    whole: list[Compositor] = []
    paint = Compositor.render_full_update

    def count(compositor: Compositor, simplify: bool = False) -> LayoutUpdate:
        whole.append(compositor)
        return paint(compositor, simplify)

    town.log_in("operator")
    async with at_work(town, "f6", "2", size=(120, 40)) as pilot:
        await painted(pilot)
        monkeypatch.setattr(Compositor, "render_full_update", count)
        await press(pilot, "tab", "tab", "shift+tab")
        await painted(pilot)
        assert not whole
        pilot.app.screen.refresh()
        await painted(pilot)
        assert whole


async def test_a_page_key_in_a_list_that_has_no_room_does_nothing() -> None:
    class Listing(App[None]):
        CSS = "OptionList { height: 0; }"

        def compose(self) -> Iterator[OptionList]:
            yield OptionList("one", "two")

    app = Listing()
    async with app.run_test(size=(40, 10)) as pilot:
        options = app.query_one(OptionList)
        options.highlighted = 1
        await pilot.press("pageup", "pagedown")
        assert options.highlighted == 1
        options.styles.height = 5
        await pilot.pause()
        await pilot.press("pageup")
        assert options.highlighted == 0


@pytest.mark.parametrize("width", [-1, 0, 1])
def test_a_text_that_has_no_column_left_is_wrapped_as_in_one(width: int) -> None:
    assert Content("two").get_height({}, width) == 3
