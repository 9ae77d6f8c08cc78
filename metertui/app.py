"""The app: its screens, its keys, and the tick that shows them the state of things."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from itertools import chain
from typing import ClassVar, Final

from textual import actions, events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen

from metertui.headend import HeadEnd
from metertui.screens.billing import BillingScreen
from metertui.screens.company import CompanyScreen
from metertui.screens.exceptions import ExceptionsScreen
from metertui.screens.government import GovernmentScreen
from metertui.screens.live import LiveScreen
from metertui.screens.lookup import LookupScreen
from metertui.screens.shell import PLACES, DeskScreen, HelpScreen, RecentMeters, Sessions, WalkScreen, own_keys
from metertui.screens.terminal import ThriftyApp, theme
from metertui.settings import Settings

_TICK_SECONDS: Final = 0.25


class MetertuiApp(ThriftyApp):
    """The screens over a head-end that runs already, in the same event loop.

    `keep_heap` is called when a part of it has been shown for the first time and will stay in memory. `walk` says
    whether newcomers are shown the first steps, `colours` how many the terminal has (theme.colours), `welcome` what the
    first screen has to say at first, `login_hint` what stands at every login, and `command` what to type for metertui
    in another terminal.
    """

    CSS_PATH = "metertui.tcss"
    TITLE = "metertui"
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
        Binding("ctrl+l", "draw", "Draw anew", show=False, priority=True),
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
    ) -> None:
        colourless = theme.colourless(os.environ)
        if not colourless:
            os.environ.pop("NO_COLOR", None)  # empty is as good as absent, but not to Textual
        # As the terminal's own, or colours would be made greys first, and greys are colours.
        super().__init__(ansi_color=True if colourless else None)
        self._keep_heap = keep_heap
        self._walk = walk
        self._welcome = welcome
        self.login_hint = login_hint
        self.command = command
        self._kept: set[str] = set()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]
        self.headend = headend
        self.settings = settings
        self.sessions = Sessions(headend.engine.clock, settings.session_idle_minutes * 60)
        self.recent = RecentMeters()
        for each in theme.THEMES.values():
            self.register_theme(theme.for_colours(each, colours))
        few = colourless or colours == "standard"
        self.theme = theme.TERMINAL.name if few else theme.THEMES[settings.theme].name

    async def on_mount(self) -> None:
        await self.push_screen("live")
        if self._welcome and isinstance(self.screen, DeskScreen):
            self.screen.say(self._welcome)
        if self._walk:
            self.action_walk()
        self.set_interval(_TICK_SECONDS, self.tick)

    def tick(self) -> None:
        """Show the screen in view, or under help or the palette, how things are: a login may end meanwhile."""
        screen = next((screen for screen in reversed(self.screen_stack) if isinstance(screen, DeskScreen)), None)
        # While the app ends, a screen in view may have lost its widgets already.
        if self.is_running and screen is not None and screen.is_mounted:
            screen.show_live(self.headend.live())
            if screen.view_name not in self._kept:
                self._kept.add(screen.view_name)
                self.call_after_refresh(self._keep_heap)

    def action_walk(self) -> None:
        """Take a newcomer by the hand."""
        self.push_screen(WalkScreen())

    async def action_go(self, place: str) -> None:
        """Show a screen; whatever stands over the one in view is left."""
        while isinstance(self.screen, ModalScreen):  # help, or the palette
            self.pop_screen()
        if not isinstance(self.screen, DeskScreen) or self.screen.place != place:
            if isinstance(self.screen, DeskScreen):
                self.screen.clear_message()
            await self.switch_screen(place)
        self.call_later(self.tick)

    def action_explain(self) -> None:
        """Explain the screen in view, or stop explaining it."""
        if isinstance(self.screen, HelpScreen | WalkScreen):
            self.pop_screen()
        elif isinstance(self.screen, DeskScreen):
            self.push_screen(HelpScreen(self.screen))

    async def on_event(self, event: events.Event) -> None:
        # Here, because a key that a field takes never comes to the app's handlers.
        if isinstance(event, events.Key | events.Paste | events.MouseDown):
            self.sessions.touch()
        await super().on_event(event)
        if isinstance(event, events.Resize) and self.screen_stack:
            self.action_draw()  # what terminals make of what they showed differs

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action by its name, for the palette."""
        for place, (key, title) in PLACES.items():
            yield SystemCommand(
                f"{title} ({key})", f"Go to {title}", lambda place=place: self.call_later(self.action_go, place)
            )
        told: set[str] = set()
        # The screen's own first, those too that a field with the focus takes for letters; then those of what has it.
        focused = ((node, binding) for node, binding, _, _ in screen.active_bindings.values() if _offers(node, binding))
        for node, binding in chain(own_keys(screen), focused):
            _, name, arguments = actions.parse(binding.action)
            if binding.description not in told and node.check_action(name, arguments):
                told.add(binding.description)
                yield SystemCommand(
                    binding.description,
                    f"Key {self.get_key_display(binding)}",
                    lambda node=node, action=binding.action: self.call_later(node.run_action, action),
                )
        yield SystemCommand("Colours: dark, light, the terminal's", "Change the theme", self.action_toggle_theme)
        yield SystemCommand("First steps", "Zone, first staff account, where meters connect", self.action_walk)
        yield SystemCommand("Draw anew (ctrl+L)", "Where another program wrote on the screen", self.action_draw)
        yield SystemCommand("Help (F1)", "Explain this screen", self.action_explain)
        yield SystemCommand("Quit (F10)", "Leave; the server stops", self.action_quit)

    def action_toggle_theme(self) -> None:
        """Dark to light to the terminal's own colours, and back to dark."""
        self.theme = theme.after(self.theme)


def _offers(node: DOMNode, binding: Binding) -> bool:
    """Whether a key of what has the focus is worth a name in the palette."""
    own = isinstance(node, Screen) and not binding.action.startswith(("app.", "screen."))
    return own or binding.action == "copy"
