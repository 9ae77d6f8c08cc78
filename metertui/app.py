"""The app: its screens, its keys, and the tick that shows them the state of things."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar, Final

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen
from textual.theme import Theme

from metertui.headend import HeadEnd
from metertui.screens.base import PLACES, DeskScreen
from metertui.screens.billing import BillingScreen
from metertui.screens.company import CompanyScreen
from metertui.screens.exceptions import ExceptionsScreen
from metertui.screens.government import GovernmentScreen
from metertui.screens.help import HelpScreen
from metertui.screens.live import LiveScreen
from metertui.screens.lookup import LookupScreen
from metertui.screens.sessions import Sessions
from metertui.settings import Settings

_TICK_SECONDS: Final = 0.25

_DARK: Final = Theme(
    name="metertui-dark",
    primary="#4fb3bf",
    secondary="#c9a227",
    accent="#f0b429",
    warning="#f0b429",
    error="#e5616b",
    success="#6fbf73",
    foreground="#d8dee4",
    background="#10161c",
    surface="#151d25",
    panel="#1d2731",
    dark=True,
)
_LIGHT: Final = Theme(
    name="metertui-light",
    primary="#0b6e7b",
    secondary="#8a6a00",
    accent="#a85f00",
    warning="#a85f00",
    error="#b3261e",
    success="#2e7d32",
    foreground="#1b2329",
    background="#f6f7f5",
    surface="#eceeeb",
    panel="#e0e4e0",
    dark=False,
)


class MetertuiApp(App[None]):
    """The screens over a head-end that runs already, in the same event loop.

    `keep_heap` is called when a part of it has been shown for the first time and will stay in memory.
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
        *(
            Binding(key.lower(), f"go('{place}')", title, show=False, priority=True)
            for place, (key, title) in PLACES.items()
        ),
        Binding("f10,ctrl+q", "quit", "Quit", priority=True, key_display="F10"),
    ]

    def __init__(self, headend: HeadEnd, settings: Settings, keep_heap: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._keep_heap = keep_heap
        self._kept: set[str] = set()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]
        self.headend = headend
        self.settings = settings
        self.sessions = Sessions(headend.engine.clock, settings.session_idle_minutes * 60)
        for theme in (_DARK, _LIGHT):
            self.register_theme(theme)
        self.theme = _DARK.name

    async def _shutdown(self) -> None:
        # First, or an answer that comes meanwhile would look for widgets that its screen has lost already.
        self.workers.cancel_all()
        await super()._shutdown()

    async def on_mount(self) -> None:
        await self.push_screen("live")
        self.set_interval(_TICK_SECONDS, self.tick)

    def tick(self) -> None:
        """Show the screen in view, or under help or the palette, how things are: a login may end meanwhile."""
        screen = next((screen for screen in reversed(self.screen_stack) if isinstance(screen, DeskScreen)), None)
        # While the app ends, a screen in view may have lost its widgets already.
        if self.is_running and screen is not None and screen.is_mounted:
            screen.show_live(self.headend.live())
            if screen.stage not in self._kept:
                self._kept.add(screen.stage)
                self.call_after_refresh(self._keep_heap)

    async def action_go(self, place: str) -> None:
        """Show a screen; whatever stands over the one in view is left."""
        while isinstance(self.screen, ModalScreen):  # help, or the palette
            self.pop_screen()
        if not isinstance(self.screen, DeskScreen) or self.screen.place != place:
            await self.switch_screen(place)
        self.call_later(self.tick)

    def action_explain(self) -> None:
        """Explain the screen in view, or stop explaining it."""
        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
        elif isinstance(self.screen, DeskScreen):
            self.push_screen(HelpScreen(self.screen))

    async def on_event(self, event: events.Event) -> None:
        # Here, because a key that a field takes never comes to the app's handlers.
        if isinstance(event, events.Key | events.Paste | events.MouseDown):
            self.sessions.touch()
        await super().on_event(event)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action by its name, for the palette."""
        for place, (key, title) in PLACES.items():
            yield SystemCommand(
                f"{title} ({key})", f"Go to {title}", lambda place=place: self.call_later(self.action_go, place)
            )
        for node, binding, enabled, _ in screen.active_bindings.values():
            if node is screen and binding.show and enabled:
                yield SystemCommand(
                    binding.description,
                    f"Key {self.get_key_display(binding)}",
                    lambda action=binding.action: self.call_later(screen.run_action, action),
                )
        yield SystemCommand("Light or dark", "Change the theme", self.action_toggle_theme)
        yield SystemCommand("Help (F1)", "Explain this screen", self.action_explain)
        yield SystemCommand("Quit (F10)", "Leave; the server stops", self.action_quit)

    def action_toggle_theme(self) -> None:
        """Dark to light, and back."""
        self.theme = _LIGHT.name if self.theme == _DARK.name else _DARK.name
