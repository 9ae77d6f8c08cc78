"""The frame that every screen has.

From above: the screens with their keys, and who is logged in; where the desk is, how it is, and the time; in a banner
what stands in the way of the desk as a whole. Then the content. Below, one line for what the screen has to say, and the
keys that matter here.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Final, Protocol, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from metertui.engine.base import SiteZone
from metertui.engine.core import LiveSnapshot
from metertui.headend import HeadEnd
from metertui.screens.shell.key_line import Keys
from metertui.screens.shell.recent_meters import RecentMeters
from metertui.screens.shell.sessions import Sessions
from metertui.screens.shell.steady_text import Steady
from metertui.screens.terminal import ThriftyScreen
from metertui.settings import Settings
from metertui.text import fmt, message, plain

PLACES: Final = {
    "live": ("F2", "Live"),
    "lookup": ("F3", "Lookup"),
    "billing": ("F4", "Billing"),
    "government": ("F5", "Government"),
    "company": ("F6", "Company"),
    "exceptions": ("F7", "Exceptions"),
}
"""The screens, by their name in the app: key and title."""


class Desk(Protocol):
    """What a screen needs of the app."""

    headend: HeadEnd
    sessions: Sessions
    recent: RecentMeters
    settings: Settings
    login_hint: str
    command: str


class DeskScreen(ThriftyScreen[None]):
    """A screen of the desk. `show_live` is called four times a second while it is the one in view."""

    place: ClassVar[str] = ""
    """Its name in PLACES."""
    help_text: ClassVar[str] = ""
    """What the help says of it."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f9", "log_out", "Log out", key_display="F9", show=False)]

    def compose(self) -> ComposeResult:
        # The size's classes from the start, or the screen would be styled and laid out twice when it first opens.
        width, height = self.app.size
        for extent, breakpoints in ((width, self.app.HORIZONTAL_BREAKPOINTS), (height, self.app.VERTICAL_BREAKPOINTS)):
            self.add_class(*[name for least, name in breakpoints or () if extent >= least][-1:], update=False)
        with Horizontal(id="head"):
            yield Steady(id="title")
            yield Steady(id="who")
        with Horizontal(id="status"):
            yield Steady(id="state")
            yield Steady(id="clock")
        yield Steady(id="banner", classes="hidden")
        yield from self.content()
        with Vertical(id="foot"):
            yield Steady(id="said")
            yield Keys(id="keys")

    def on_mount(self) -> None:
        self.query_one("#title", Steady).show(_title(self.place))

    async def on_click(self, event: events.Click) -> None:
        """A click on a screen's name goes there."""
        if event.widget is self.query_one("#title"):
            edge = 0
            for place, (key, title) in PLACES.items():
                edge += len(f" {key} {title} ")
                if event.screen_x < edge:
                    await self.run_action(f"app.go({place!r})")
                    return

    @abstractmethod
    def content(self) -> ComposeResult:
        """What is between the frame's lines."""

    @property
    def view_name(self) -> str:
        """What of it is in view, by a name that no other has."""
        return self.place

    @property
    def desk(self) -> Desk:
        """The app."""
        return cast("Desk", self.app)

    @property
    def headend(self) -> HeadEnd:
        """The engine's face."""
        return self.desk.headend

    @property
    def zone(self) -> SiteZone:
        """The site zone."""
        return self.headend.engine.zone

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Who is not logged in cannot log out."""
        return action != "log_out" or bool(self.desk.sessions.role)

    def action_log_out(self) -> None:
        """End the session."""
        self.desk.sessions.end()
        self.refresh_bindings()
        self.say("Logged out.")

    def show_live(self, snapshot: LiveSnapshot) -> None:
        """Take in the state of things. Screens that show more of it extend this."""
        width = self.size.width
        zone = "" if width < 100 else f" {self.zone.name}"
        self.query_one("#clock", Steady).show(Text(f"{fmt.clock(snapshot.at, self.zone)}{zone} ", no_wrap=True))
        room = width - len(zone) - 9
        self.query_one("#state", Steady).show(_state(snapshot, room))
        self.query_one("#who", Steady).show(_who(self.desk.sessions, width))
        banner = self.query_one("#banner", Steady)
        trouble = _trouble(snapshot)
        if banner.show(trouble):
            banner.set_class(not trouble, "hidden")
            banner.set_class(not (snapshot.storage_error or snapshot.port_error or snapshot.follow_error), "-note")
        if told := self.desk.sessions.take_expiry_notice():
            self.say(told)

    def say(self, text: str) -> None:
        """Put a sentence into the one line for them; it stays until the next, or until another screen is gone to.

        One that begins with "! " is a warning.
        """
        if text.startswith("! "):
            self.warn(text[2:])
        else:
            self.query_one("#said", Steady).show(message(text))

    def warn(self, text: str) -> None:
        """The same of what went wrong: begun with an exclamation mark, which says so without colour."""
        self.query_one("#said", Steady).show(Text.assemble(("! ", "bold"), message(text), style="bold"))

    def clear_message(self) -> None:
        """Take back what was said."""
        self.query_one("#said", Steady).show("")


def _title(place: str) -> Text:
    text = Text(no_wrap=True, overflow="crop")
    for name, (key, title) in PLACES.items():
        text.append(f" {key} {title} ", style="reverse bold" if name == place else "")
    return text


def _who(sessions: Sessions, width: int) -> Text:
    """Who is logged in, where there is room for it; the program's name otherwise."""
    if width < 100:
        return Text("")
    if not sessions.role:
        return Text("metertui ", style="bold", no_wrap=True)
    return plain(f"{sessions.email}, {sessions.role} ", limit=40)


def _state(snapshot: LiveSnapshot, width: int) -> Text:
    day = "open" if snapshot.progress is None else f"closing {snapshot.progress:.0%}"
    clients = f"{fmt.count(snapshot.connections)} {'client' if snapshot.connections == 1 else 'clients'}"
    right = f"{clients} · day {day} · " if snapshot.server_known else ""
    left = f" {snapshot.address or 'not listening'} · "
    text = Text(left, no_wrap=True, overflow="ellipsis")
    if snapshot.following:
        text = Text(f" {snapshot.following.partition(':')[0]} · ", no_wrap=True, overflow="ellipsis", style="bold")
    room = max(8, width - text.cell_len - len(right) - 4)
    folder = snapshot.folder if len(snapshot.folder) <= room else f"…{snapshot.folder[1 - room :]}"
    text.append_text(plain(folder))
    text.append(" " * max(1, width - text.cell_len - len(right)))
    text.append(right)
    return text


def _trouble(snapshot: LiveSnapshot) -> Text:
    """What stands in the way of the desk as a whole, a line each; empty where nothing does."""
    lines = []
    if snapshot.storage_error:
        lines.append(f"! The disk refuses: {snapshot.storage_error}. Readings are answered ERR storage.")
    if snapshot.port_error:
        lines.append(f"! The port is lost: {snapshot.port_error}. Who is connected is heard, and no other meter.")
    if snapshot.following:
        lines.append(f"{snapshot.following[:1].upper()}{snapshot.following[1:]}. Nothing can be changed from here.")
    if snapshot.follow_error:
        lines.append(f"! Not up to date: {snapshot.follow_error}")
    return message("\n".join(lines)) if lines else Text("")
