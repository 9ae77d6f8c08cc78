"""The frame that every screen has: where one is, how the desk is, the content, and the keys that matter here."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Final, Protocol, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer, Static

from metertui.engine.counters import LiveSnapshot
from metertui.engine.zone import SiteZone
from metertui.headend import HeadEnd
from metertui.screens import fmt
from metertui.screens.plain import plain
from metertui.screens.sessions import Sessions

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


class DeskScreen(Screen[None]):
    """A screen of the desk. `show_live` is called four times a second while it is the one in view."""

    place: ClassVar[str] = ""
    """Its name in PLACES."""
    explains: ClassVar[str] = ""
    """What the help says of it."""
    _resumed_before = False

    def compose(self) -> ComposeResult:
        # The size's classes from the start, or the screen would be styled and laid out twice when it first opens.
        width, height = self.app.size
        for extent, breakpoints in ((width, self.app.HORIZONTAL_BREAKPOINTS), (height, self.app.VERTICAL_BREAKPOINTS)):
            self.add_class(*[name for least, name in breakpoints or () if extent >= least][-1:], update=False)
        yield Static(_title(self.place), id="title")
        yield Static(id="state")
        yield Static(id="banner", classes="hidden")
        yield from self.content()
        yield Footer(show_command_palette=False)

    def _on_screen_resume(self, event: events.ScreenResume) -> None:
        # Its widgets have got their styles when they were mounted, a moment ago.
        if not self._resumed_before:
            event.refresh_styles = False
        self._resumed_before = True

    @abstractmethod
    def content(self) -> ComposeResult:
        """What is between the frame's lines."""

    @property
    def stage(self) -> str:
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

    def show_live(self, snapshot: LiveSnapshot) -> None:
        """Take in the state of things. Screens that show more of it extend this."""
        self.query_one("#state", Static).update(_state(snapshot, self.zone, self.size.width))
        banner = self.query_one("#banner", Static)
        banner.set_class(not snapshot.storage_error, "hidden")
        if snapshot.storage_error:
            banner.update(plain(f"! The disk refuses: {snapshot.storage_error}. Readings are answered ERR storage."))


def _title(place: str) -> Text:
    text = Text(no_wrap=True, overflow="crop")
    for name, (key, title) in PLACES.items():
        text.append(f" {key} {title} ", style="reverse bold" if name == place else "")
    text.append("   metertui", style="bold")  # the first to go where there is no room
    return text


def _state(snapshot: LiveSnapshot, zone: SiteZone, width: int) -> Text:
    day = "open" if snapshot.progress is None else f"closing {snapshot.progress:.0%}"
    clients = f"{fmt.count(snapshot.connections)} {'client' if snapshot.connections == 1 else 'clients'}"
    right = f"{clients} · day {day} · {fmt.clock(snapshot.at, zone)} {'' if width < 100 else zone.name} "
    left = f" {snapshot.address or 'not listening'} · "
    text = Text(left, no_wrap=True, overflow="ellipsis")
    room = max(8, width - len(left) - len(right) - 4)
    folder = snapshot.folder if len(snapshot.folder) <= room else f"…{snapshot.folder[1 - room :]}"
    text.append_text(plain(folder))
    text.append(" " * max(1, width - text.cell_len - len(right)))
    text.append(right)
    return text
