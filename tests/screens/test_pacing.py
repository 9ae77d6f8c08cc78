"""Painting in bands: how regions are cut, and that a terminal shows in the end just what the screen is."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pyte
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from rich.color import ColorSystem
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Region, Size
from textual.pilot import Pilot
from textual.widget import Widget

from metertui.screens import pacing
from metertui.screens.pacing import LINES, PacedScreen
from metertui.screens.widgets.steady import Steady
from tests.screens.town import STEADY, Town, at_work, press, settle

SIZE = Size(12, 15)
REGIONS = st.builds(Region, st.integers(-3, 14), st.integers(-6, 18), st.integers(0, 15), st.integers(0, 20))
Cell = tuple[str, str, str, bool, bool]
"""A character with its colours, and whether it is bold and reversed."""


def cells(regions: set[Region]) -> set[tuple[int, int]]:
    return {(x, y) for each in regions for y in range(each.y, each.bottom) for x in range(each.x, each.right)}


@examples(max_examples=150)
@given(st.sets(REGIONS, max_size=5))
def test_regions_are_cut_below_the_uppermost_lines_and_nothing_is_lost(regions: set[Region]) -> None:
    screen = SimpleNamespace(size=SIZE)
    wanted = cells(regions) & cells({SIZE.region})
    dirty, painted, turns = set(regions), set(), 0
    while dirty:
        left = PacedScreen._below(screen, dirty)  # type: ignore[arg-type]
        now = cells(dirty)
        lines = {y for _, y in now}
        assert not lines or max(lines) - min(lines) < LINES
        assert not now & cells(left) or any(a.overlaps(b) for a in regions for b in regions if a != b)
        assert bool(now) == bool(cells(dirty | left))  # or it would go on for ever
        painted |= now
        dirty, turns = left, turns + 1
    assert painted == wanted
    assert turns <= SIZE.height // LINES + 2


class Terminal:
    """What is written to it, cell by cell."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.writes = 0
        self.screen = pyte.Screen(*size)
        self._stream = pyte.Stream(self.screen)

    def write(self, data: str) -> None:
        self.writes += 1
        self._stream.feed(data)

    @property
    def cells(self) -> list[list[Cell]]:
        rows, columns = range(self.screen.lines), range(self.screen.columns)
        found = [[self.screen.buffer[y][x] for x in columns] for y in rows]
        return [[(c.data, c.fg, c.bg, c.bold, c.reverse) for c in line] for line in found]


@pytest.fixture
def terminal(request: pytest.FixtureRequest, town: Town, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """The town's app writes to it as to a real one."""
    made = Terminal(request.param)
    monkeypatch.setattr(HeadlessDriver, "is_headless", False)
    monkeypatch.setattr(HeadlessDriver, "write", lambda _, data: made.write(data))
    town.app.console._color_system = ColorSystem.TRUECOLOR
    town.log_in("operator")
    return made


@pytest.fixture
def split(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each band is painted in a turn of the loop of its own."""
    monkeypatch.setattr(pacing, "AT_ONCE", 0)


async def painted(pilot: Pilot[None]) -> None:
    """Until all is painted, and nothing has changed since."""
    for _ in range(100):
        await settle(pilot)
        screen = pilot.app.screen
        waits = isinstance(screen, PacedScreen) and (screen._unpainted or screen._painting_on)
        if not (waits or screen._dirty_widgets or screen._compositor._dirty_regions):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it paints for ever")


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
    shown = Terminal(tuple(pilot.app.size))
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


async def restyled(pilot: Pilot[None]) -> None:
    """Its styles are what they would be if it were styled anew."""
    before = drawn(pilot)
    pilot.app.refresh_css(animate=False)
    await painted(pilot)
    assert not differences(before, drawn(pilot))


@pytest.mark.parametrize(
    ("terminal", "at_once"),
    [((80, 24), pacing.AT_ONCE), ((200, 60), 0)],
    indirect=["terminal"],
    ids=["80x24", "200x60"],
)
async def test_a_terminal_shows_every_screen_and_what_stands_over_it(
    terminal: Terminal, town: Town, monkeypatch: pytest.MonkeyPatch, at_once: float
) -> None:
    monkeypatch.setattr(pacing, "AT_ONCE", at_once)
    size = terminal.screen.columns, terminal.screen.lines
    async with at_work(town, size=size) as pilot:
        for keys in (["f3"], [*STEADY, "enter"], ["e"], ["escape"], ["f7"], ["enter"], ["escape"], ["f2"], ["f1"]):
            before = terminal.writes
            await press(pilot, *keys)
            await painted(pilot)
            the_same(terminal, pilot)
        assert terminal.writes - before > (0 if at_once else size[1] // LINES // 2)


@pytest.mark.usefixtures("split")
@pytest.mark.parametrize("terminal", [(80, 24)], indirect=True, ids=["80x24"])
async def test_colours_and_size_that_changed_while_it_was_away(terminal: Terminal, town: Town) -> None:
    async with at_work(town, "f7", "f2", size=(80, 24)) as pilot:
        town.app.action_toggle_theme()
        for key in ("f7", "f1", "escape"):
            await press(pilot, key)
            await painted(pilot)
            the_same(terminal, pilot)
        await restyled(pilot)
        await press(pilot, "f2")
        terminal.screen.resize(40, 120)
        await pilot.resize_terminal(120, 40)
        for key in ("f7", "f2"):
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


@pytest.mark.usefixtures("split")
@pytest.mark.parametrize("terminal", [(80, 24)], indirect=True, ids=["80x24"])
async def test_a_batch_in_between_loses_nothing(terminal: Terminal, town: Town) -> None:
    async with at_work(town, "f3", size=(80, 24)) as pilot:
        await painted(pilot)
        terminal.screen.reset()
        screen = pilot.app.screen
        assert isinstance(screen, PacedScreen)
        Widget.refresh(screen)
        screen._on_timer_update()
        assert screen._unpainted  # the uppermost lines stand, the others wait
        with pilot.app.batch_update():
            screen.query_one("#said").styles.background = "red"
            written = terminal.writes
            await asyncio.sleep(0.05)
            assert terminal.writes == written
            assert screen._unpainted
        await painted(pilot)
        the_same(terminal, pilot)


@pytest.mark.usefixtures("split")
@pytest.mark.parametrize("terminal", [(80, 24)], indirect=True, ids=["80x24"])
async def test_what_changes_while_the_rest_waits_is_painted_too(terminal: Terminal, town: Town) -> None:
    async with at_work(town, "f3", size=(80, 24)) as pilot:
        await painted(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, PacedScreen)
        Widget.refresh(screen)
        screen._on_timer_update()
        title = screen.query_one("#title", Steady)  # stands in the lines that are painted already
        title.show("changed")
        title._repaint_required = False
        screen._dirty_widgets.add(title)  # as the message of it does, ahead of the turn for it
        screen._paint_on()
        await painted(pilot)
        assert terminal.screen.display[0].startswith("changed")
        the_same(terminal, pilot)
