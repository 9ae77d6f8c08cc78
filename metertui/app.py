"""The app: its screens, its keys, and the tick that updates the screen in view."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, ClassVar, Final

from textual import actions, events, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from metertui.headend import HeadEnd
from metertui.screens.billing import BillingScreen
from metertui.screens.company import CompanyScreen
from metertui.screens.exceptions import ExceptionsScreen
from metertui.screens.fields import Drafts
from metertui.screens.government import GovernmentScreen
from metertui.screens.live import LiveScreen
from metertui.screens.lookup import LookupScreen
from metertui.screens.papers import PaperScreen, paper_of
from metertui.screens.shell import (
    ERRANDS,
    PLACES,
    DeskScreen,
    Errand,
    HelpScreen,
    KeptWindows,
    LastingWindow,
    OpenCases,
    QuitScreen,
    RecentMeters,
    Sessions,
    Trail,
    WalkScreen,
    Works,
    effects_of_quitting,
    key_name,
    own_keys,
)
from metertui.screens.terminal import Dimming, ThriftyApp, theme
from metertui.settings import Settings

_TICK_SECONDS: Final = 0.25
_DIMMING: Final = Dimming()
_OF_TABLES: Final = ("filter", "sort(1)", "sort(0)", "copy", "copy_table")
"""Actions of a table that has the focus which are commands, and not moves of its cursor."""
_MOVES: Final = {
    *("up", "down", "left", "right", "pageup", "pagedown", "home", "end", "enter", "tab", "escape"),
    *("right_square_bracket", "left_square_bracket", "greater_than_sign", "less_than_sign"),
}


class MetertuiApp(ThriftyApp):
    """The screens over a running head-end, in the same event loop.

    `keep_heap` is called each time something that stays in memory has been shown for the first time. `walk` shows the
    first steps. `colours` is how many the terminal has (see theme.colours), `welcome` the first message of the first
    screen, `login_hint` a line at every login, and `command` what to type for metertui in another terminal. `works` are
    those of the process, which may have work of screens that have failed.
    """

    CSS_PATH = "metertui.tcss"
    TITLE = "metertui"
    FIRST: ClassVar[str] = "live"
    """The screen that is shown first."""
    SCREENS: ClassVar = {
        "live": LiveScreen,
        "lookup": LookupScreen,
        "billing": BillingScreen,
        "government": GovernmentScreen,
        "company": CompanyScreen,
        "exceptions": ExceptionsScreen,
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "explain", "Help", priority=True, key_display="F1"),
        Binding("question_mark", "explain", "Help", show=False),
        Binding("ctrl+p", "command_palette", "Commands", show=False, priority=True),
        Binding("colon", "command_palette", "Commands", show=False),
        *(
            Binding(key.lower(), f"go('{place}')", title, show=False, priority=True)
            for place, (key, title) in PLACES.items()
        ),
        Binding("f8", "cancel_work", "Cancel work under way", show=False, priority=True, key_display="F8"),
        Binding("ctrl+e", "write_paper", "Charts and tables to a file", show=False),
        Binding("ctrl+l", "draw", "Redraw", show=False, priority=True),
        Binding("f10", "quit", "Quit", priority=True, key_display="F10"),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(
        self,
        headend: HeadEnd,
        settings: Settings,
        keep_heap: Callable[[], None] = lambda: None,
        *,
        walk: bool = False,
        colours: str = "truecolor",
        welcome: str = "",
        login_hint: str = "",
        command: str = "metertui",
        works: Works | None = None,
    ) -> None:
        colourless = theme.colourless(os.environ)
        if not colourless:
            os.environ.pop("NO_COLOR", None)  # empty means absent, but not to Textual
        # The colours of the terminal: Textual would turn others into greys, and greys are colours.
        super().__init__(ansi_color=True if colourless else None)
        self._keep_heap = keep_heap
        self._walk = walk
        self._welcome = welcome
        self.login_hint = login_hint
        self.command = command
        self.left = False
        """Whether someone has asked for the end of the screens; else they have failed."""
        self._kept: set[str] = set()
        self._before = "live"
        """The screen that was in view before."""
        self._opened = math.inf
        """When the first screen was drawn, in monotonic seconds."""
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]
        self.headend = headend
        self.settings = settings
        self.sessions = Sessions(headend.engine.clock, settings.session_idle_minutes * 60)
        self.recent = RecentMeters()
        self.works = works or Works()
        self.trail = Trail()
        self.drafts = Drafts()
        self._kept_windows = KeptWindows(self)
        self.open_cases = OpenCases(headend)
        for each in theme.THEMES.values():
            self.register_theme(theme.for_colours(each, colours))
        few = colourless or colours == "standard"
        self.theme = theme.TERMINAL.name if few else theme.THEMES[settings.theme].name

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return the filters of what is drawn; dimmed text has a colour of its own where the theme has colours."""
        return super().get_line_filters() if self.current_theme.ansi else [*super().get_line_filters(), _DIMMING]

    def exit(self, *args: Any, **kwargs: Any) -> None:
        """End the screens, as someone asked."""
        self.left = True
        super().exit(*args, **kwargs)

    async def on_mount(self) -> None:
        await self.push_screen(self.FIRST)
        if self._welcome and isinstance(self.screen, DeskScreen):
            self.screen.say(self._welcome)
        if self._walk:
            self.action_walk()
        self.screen.call_after_refresh(self._open)
        self.set_interval(_TICK_SECONDS, self.tick)
        self._count_cases()

    def _open(self) -> None:
        self._opened = time.monotonic()

    def _is_early(self, event: events.Event) -> bool:
        """Return whether something was typed before there was a screen to type it into.

        What the terminal has kept since the start comes all at once then. Keys that lead to a screen are obeyed.
        """
        if isinstance(event, events.Key) and re.fullmatch(r"f\d+", event.key):
            return False
        return isinstance(event, events.Key | events.Paste) and event.time < self._opened

    def tick(self) -> None:
        """Update the screen in view, also under help or the palette, and end a login that has expired."""
        screen = self._desk_screen
        # While the app ends, the screen in view may have no widgets any more.
        if self.is_running and screen is not None and screen.is_mounted:
            screen.show_live(self.headend.live())
            if isinstance(self.screen, WalkScreen) and self.screen.is_mounted:
                self.screen.show_time()
            if screen.view_name not in self._kept:
                self._kept.add(screen.view_name)
                self.call_after_refresh(self._keep_heap)
            if self.open_cases.is_due():
                self._count_cases()

    @work(exclusive=True, group="open cases")
    async def _count_cases(self) -> None:
        await self.open_cases.count()
        if self.is_running and (screen := self._desk_screen) is not None and screen.is_mounted:
            screen.show_places()

    def tell_failure(self) -> None:
        """Say on the screen in view that what it was doing has failed."""
        said = "This failed, which is a defect of metertui: metertui.log says why. Try it again, or something else."
        if (screen := self._desk_screen) is not None and screen.is_mounted:
            screen.warn(said)

    def action_write_paper(self) -> None:
        """Ask for the name of a file for the charts and tables of the screen."""
        screen = self.screen
        if isinstance(screen, DeskScreen):
            paper = paper_of(screen)
            if paper.is_empty:
                screen.warn("There is no chart and no table here to write to a file.")
            else:
                day = screen.zone.day(self.headend.engine.clock.now())
                self.push_screen(PaperScreen(paper, f"{screen.place}-{day}.svg"), lambda said: screen.say(said or ""))

    def action_walk(self) -> None:
        """Show the first steps."""
        self.push_screen(WalkScreen())

    @property
    def _desk_screen(self) -> DeskScreen | None:
        """Return the screen in view, also under help, the palette or a window; None before the first one."""
        return next((screen for screen in self.screen_stack if isinstance(screen, DeskScreen)), None)

    async def open_meter(self, place: str, meter: str, month: str = "") -> None:
        """Show a meter on another screen, from which escape comes back; in a month, if one is named."""
        if left := self._desk_screen:  # perhaps from a window over it
            self.trail.leave(left.place)
        screen = self.get_screen(place)
        assert isinstance(screen, DeskScreen)
        screen.take_meter(meter, month)
        await self._show_place(place)

    async def go_back(self) -> bool:
        """Show the screen that a meter was brought from; return False if there is none."""
        if place := self.trail.back():
            await self._show_place(place)
        return bool(place)

    async def leave(self) -> None:
        """Show the screen that a meter was brought from, or else the one that was in view before."""
        if not await self.go_back():
            await self._show_place(self._before)

    async def action_go(self, place: str) -> None:
        """Show a screen by its own key, and close what is open over the one in view.

        Windows with work of their own stay, and are there again with their screen.
        """
        self.trail.clear()
        await self._show_place(place)

    async def _show_place(self, place: str) -> None:
        in_view = self._desk_screen.place if self._desk_screen else ""
        while isinstance(self.screen, ModalScreen):  # help, the palette, or a window of the screen
            if isinstance(self.screen, LastingWindow):
                if place == in_view and self.screen.busy:
                    return
                if place != in_view:
                    self._kept_windows.keep(self.screen, self.sessions.email)
            self.pop_screen()
        if place != in_view:
            if isinstance(self.screen, DeskScreen):
                self.screen.clear_message()
            self._before = in_view or self.FIRST
            await self.switch_screen(place)
            await self._kept_windows.show_again(place, self.sessions.email)
        self.call_later(self.tick)

    def action_cancel_work(self) -> None:
        """Cancel the work under way that the frame shows first, or else that of the screen in view."""
        if screen := self._desk_screen:
            works = self.works.of_other_screens(screen.place) or self.works.all_under_way()
            if works and works[0].can_cancel:
                works[0].cancel()
                screen.say(f"{works[0].what}: cancelling …")

    def action_explain(self) -> None:
        """Open the help of the screen in view, also over a window of it, or close it."""
        if isinstance(self.screen, HelpScreen | WalkScreen):
            self.pop_screen()
        elif (explained := self._desk_screen) is not None:
            window = self.screen
            if isinstance(window, CommandPalette):
                self.pop_screen()
            self.push_screen(HelpScreen(explained, None if window is explained else window))

    async def on_event(self, event: events.Event) -> None:
        # Here, because the handlers of the app never get a key that a field takes.
        if self._is_early(event):
            return
        if isinstance(event, events.Key | events.Paste | events.MouseDown):
            self.sessions.touch()
        await super().on_event(event)
        if isinstance(event, events.Resize) and self.screen_stack:
            self.action_draw()  # terminals differ in what they do with their content

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield every command by its name, each with a sentence and its key: those of the screen, then all others."""
        offered: set[str] = set()
        # First those of the screen, also keys that a focused field takes as letters; then those of the focused widget.
        focused = ((node, binding) for node, binding, _, _ in screen.active_bindings.values() if _offers(node, binding))
        for node, binding in filter(_is_command, chain(own_keys(screen), focused)):
            _, name, arguments = actions.parse(binding.action)
            able = bool(key_name(node, binding)) and node.check_action(name, arguments)
            if binding.description not in offered and able:
                offered.add(binding.description)
                key = self.get_key_display(binding)
                yield SystemCommand(
                    binding.description,
                    f"{_sentence(node, binding, name)} · {key}",
                    lambda node=node, action=binding.action: self.call_later(node.run_action, action),
                )
        for place, (key, title) in PLACES.items():
            yield SystemCommand(
                f"{title} ({key})", f"Go to {title} · {key}", lambda place=place: self.call_later(self.action_go, place)
            )
        for errand in ERRANDS:
            if errand.title not in offered and not (errand.writes and self.headend.live().following):
                yield SystemCommand(
                    errand.title,
                    f"{errand.does} · {errand.keys}",
                    lambda errand=errand: self.call_later(self._run_errand, errand),
                )
        if not self.sessions.role:
            log_in = "As an operator, on the company screen · F6"
            yield SystemCommand("Log in", log_in, lambda: self.call_later(self.action_go, "company"))
        yield SystemCommand(
            "Colours", "Change from dark to light, to the colours of the terminal", self.action_toggle_theme
        )
        if not self.headend.live().following:
            yield SystemCommand("First steps", "Time zone, first staff account, how meters connect", self.action_walk)
        if self.works.all_under_way():
            yield SystemCommand("Cancel work", "End what is under way · F8", self.action_cancel_work)
        yield SystemCommand("Redraw", "Repair the screen after another program wrote on it · ^l", self.action_draw)
        yield SystemCommand("Help", "Explain this screen and its keys · F1", self.action_explain)
        yield SystemCommand("Quit", "Leave; the server stops · F10", lambda: self.call_later(self.action_quit))

    async def _run_errand(self, errand: Errand) -> None:
        """Do something on the screen on which it is done."""
        await self.action_go(errand.place)
        self.call_later(self.screen.run_action, errand.action)

    async def action_quit(self) -> None:
        """Quit; ask first if that would stop something, unless that question is what is shown."""
        effects = effects_of_quitting(self.headend.live(), self.works.all_under_way())
        if not effects or isinstance(self.screen, QuitScreen):
            self.exit()
        else:
            self.push_screen(QuitScreen(effects), lambda sure: self.exit() if sure else None)

    def action_toggle_theme(self) -> None:
        """Change from dark to light, to the colours of the terminal, and back to dark."""
        self.theme = theme.after(self.theme)


def _offers(node: DOMNode, binding: Binding) -> bool:
    """Return whether the palette offers a key of the focused widget."""
    named = bool(binding.description)
    own = named and isinstance(node, Screen) and not binding.action.startswith(("app.", "screen."))
    of_table = type(node).__module__.startswith("metertui.screens.") and binding.action in _OF_TABLES
    return own or of_table


def _is_command(key: tuple[DOMNode, Binding]) -> bool:
    """Return whether a key does something, and does not only move a cursor or edit a field."""
    node, binding = key
    moves = all(each.rpartition("+")[2] in _MOVES for each in binding.key.split(","))
    in_field = isinstance(node, Input) or type(node).__module__.startswith("metertui.screens.fields")
    return not in_field and (binding.show or not moves)


def _sentence(node: DOMNode, binding: Binding, action: str) -> str:
    """Return what a key does: its tooltip, else the first sentence of the documentation of its action."""
    said = (getattr(node, f"action_{action}", None).__doc__ or "").strip().partition("\n")[0].rstrip(".")
    return binding.tooltip or (said if said and "`" not in said else binding.description)
