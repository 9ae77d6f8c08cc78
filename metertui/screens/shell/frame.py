"""The frame of every screen.

Above the content: the screens with their keys, and who is logged in; the address, the state and the time; a banner for
problems of the whole app. Below the content: a line for messages, and the keys of the screen.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Final, Protocol, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.dom import DOMNode

from metertui.engine.base import SiteZone
from metertui.engine.core import LiveSnapshot
from metertui.headend import HeadEnd
from metertui.screens.fields import Drafts, Field
from metertui.screens.shell.key_line import Keys
from metertui.screens.shell.open_cases import OpenCases
from metertui.screens.shell.recent_meters import RecentMeters
from metertui.screens.shell.sessions import Sessions
from metertui.screens.shell.steady_text import Steady
from metertui.screens.shell.trail import Trail
from metertui.screens.shell.work_under_way import Work, Works
from metertui.screens.terminal import ThriftyScreen
from metertui.settings import Settings
from metertui.text import fmt, message, plain, progress_bar, time_labels

PLACES: Final = {
    "live": ("F2", "Live"),
    "lookup": ("F3", "Lookup"),
    "billing": ("F4", "Billing"),
    "government": ("F5", "Government"),
    "company": ("F6", "Company"),
    "exceptions": ("F7", "Exceptions"),
}
"""The screens, by their name in the app: key and title."""


_BAR: Final = 12
_PASSING: Final = 10.0
"""Seconds for which a message is shown that passes."""
_LEAST: Final = 6
"""The columns for the folder below which it is left out."""
_WIDE: Final = 100
"""The columns from which the first line has room for who is logged in; below them the second one says it."""
_TITLES: Final = 80
"""The most columns that the names of the screens take."""


class Desk(Protocol):
    """The attributes of the app that screens use."""

    headend: HeadEnd
    sessions: Sessions
    recent: RecentMeters
    works: Works
    trail: Trail
    drafts: Drafts
    open_cases: OpenCases
    settings: Settings
    login_hint: str
    command: str

    async def open_meter(self, place: str, meter: str, month: str = "") -> None:
        """Show a meter on another screen, from which escape comes back; in a month, if one is named."""

    async def go_back(self) -> bool:
        """Show the screen that a meter was brought from; return False if there is none."""

    async def leave(self) -> None:
        """Show the screen that a meter was brought from, or else the one that was in view before."""


class OnDesk:
    """A widget or screen of the app, and what it has of it."""

    place: ClassVar[str] = ""
    """The name in PLACES of the screen that it is, or is over."""

    @property
    def desk(self) -> Desk:
        """Return the app."""
        return cast("Desk", cast("DOMNode", self).app)

    @property
    def headend(self) -> HeadEnd:
        """Return the head-end."""
        return self.desk.headend

    @property
    def zone(self) -> SiteZone:
        """Return the site zone."""
        return self.headend.engine.zone

    @property
    def read_only(self) -> str:
        """Return why nothing can be written here, as a sentence; "" where it can."""
        why = self.headend.live().following
        return f"{why[:1].upper()}{why[1:]}." if why else ""

    @property
    def works(self) -> Works:
        """Return the work of all screens that is under way."""
        return self.desk.works

    @property
    def who(self) -> str:
        """Return the email of the person logged in; empty if nobody is."""
        return self.desk.sessions.email


class DeskScreen(OnDesk, ThriftyScreen[None]):
    """A screen with the frame. The app calls `show_live` four times a second on the screen in view."""

    help_text: ClassVar[str] = ""
    """The text of the help about the screen."""
    writes: ClassVar[frozenset[str]] = frozenset()
    """Its actions that write, which are not offered where nothing can be written."""
    _said_until = math.inf
    """The uptime (s) at which the message passes."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f9", "log_out", "Log out", key_display="F9", show=False)]

    def compose(self) -> ComposeResult:
        # With the classes for its size from the start, the screen is styled and laid out once when it opens.
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
            with Horizontal(id="messages"):
                yield Steady(id="said")
                yield Steady(id="elsewhere")
            yield Keys(id="keys")

    def on_mount(self) -> None:
        self.show_places()

    def show_places(self) -> None:
        """Show the names of the screens, and how many cases wait on that of the exceptions."""
        text = Text(no_wrap=True, overflow="crop")
        for name, title in _titles(self.desk.open_cases.number, self.size.width or self.app.size.width).items():
            text.append(title, style="reverse bold" if name == self.place else "")
        self.query_one("#title", Steady).show(text)

    def on_resize(self) -> None:
        self.call_after_refresh(self._follow_size)

    def _follow_size(self) -> None:
        """Show at once what depends on the size."""
        if self.is_mounted and self.app.is_running:
            self.show_live(self.headend.live())

    async def on_click(self, event: events.Click) -> None:
        """Go to the screen whose name was clicked."""
        if event.widget is self.query_one("#title"):
            edge = 0
            for place, title in _titles(self.desk.open_cases.number, self.size.width).items():
                edge += len(title)
                if event.screen_x < edge:
                    await self.run_action(f"app.go({place!r})")
                    return

    @abstractmethod
    def content(self) -> ComposeResult:
        """Yield the widgets of the content."""

    def take_meter(self, meter: str, month: str = "") -> None:
        """Show a meter when the screen is shown next, in a month if one is named. Screens about a meter extend this."""

    @property
    def view_name(self) -> str:
        """Return a unique name for the part of the screen that is in view."""
        return self.place

    def on_screen_suspend(self) -> None:
        if isinstance(self.focused, Field):  # which keeps the focus, and is left all the same
            self.focused.tell()

    def key_name(self, action: str, name: str) -> str:
        """Return the name of a key by its action; empty if it writes where nothing can be written."""
        return "" if action.partition("(")[0] in self.writes and self.read_only else name

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable logging out while nobody is logged in."""
        return action != "log_out" or bool(self.desk.sessions.role)

    def action_log_out(self) -> None:
        """End the session."""
        self.desk.sessions.end()
        self.refresh_bindings()
        self.say("Logged out.")

    def show_live(self, snapshot: LiveSnapshot) -> None:
        """Show a snapshot in the frame. Screens that show more of it extend this method."""
        width = self.size.width
        clock = f"{time_labels.wall_clock(self.zone, snapshot.at)} "
        who = _names(self.desk.sessions) if width < _WIDE else ()
        self.query_one("#clock", Steady).show(Text(clock, no_wrap=True))
        self.query_one("#state", Steady).show(_state(snapshot, self._way(), who, width - len(clock)))
        self.query_one("#who", Steady).show(_who(self.desk.sessions, width))
        self.show_places()
        self.query_one("#elsewhere", Steady).show(_elsewhere(self.works.of_other_screens(self.place)))
        banner = self.query_one("#banner", Steady)
        trouble = _trouble(snapshot)
        if banner.show(trouble):
            banner.set_class(not trouble, "hidden")
            banner.set_class(not (snapshot.storage_error or snapshot.port_error or snapshot.follow_error), "-note")
        for work in self.works.take_ended():
            if work.alone:
                self.say(f"{work.what} has ended: audit.log or metertui.log says how.")
            elif work.place != self.place:
                self.say(f"{work.what} has ended: {PLACES[work.place][0]} shows how.")
        if snapshot.uptime >= self._said_until:
            self.clear_message()
        if notice := self.desk.sessions.take_expiry_notice():
            self.say(notice)

    def _way(self) -> str:
        """Return the titles of the screens that a meter was brought through, this one included; "" for none."""
        places = self.desk.trail.places
        return " › ".join(PLACES[place][1] for place in (*places, self.place)) if places else ""

    def say(self, text: str, *, passes: bool = False) -> None:
        """Show a sentence in the line for messages until the next one, or until another screen is opened.

        A sentence that begins with "! " is a warning. One that `passes` is shown for some seconds.
        """
        if text.startswith("! "):
            self.warn(text[2:])
        else:
            self._show_message(message(fmt.with_moments(text)), plain=True)
            self._said_until = self.headend.live().uptime + _PASSING if passes else math.inf

    def warn(self, text: str) -> None:
        """Show a sentence as a warning: bold, and after an exclamation mark, as colour alone is not enough."""
        self._show_message(Text.assemble(("! ", "bold"), message(fmt.with_moments(text)), style="bold"))

    def clear_message(self) -> None:
        """Clear the line for messages."""
        self._show_message(Text(""))

    def _show_message(self, text: Text, *, plain: bool = False) -> None:
        said, self._said_until = self.query_one("#said", Steady), math.inf
        said.show(text)
        said.set_class(plain, "-plain")


def _titles(cases: int, width: int) -> dict[str, str]:
    """Return the screens' keys and names, in `width` columns; that of the exceptions has the number of open cases.

    The number is whole, or an ellipsis where there is no room for it.
    """
    titles = {place: f" {key} {title} " for place, (key, title) in PLACES.items()}
    if cases:
        room = width - sum(map(len, titles.values()))
        shown = next((text for text in (fmt.count(cases), str(cases)) if len(text) <= room), "…")
        titles["exceptions"] += f"{shown} "
    return titles


def _who(sessions: Sessions, width: int) -> Text:
    """Return who is logged in, or else the name of the program; nothing on a narrow screen (see `_state`)."""
    if width < _WIDE:
        return Text("")
    if not sessions.role:
        return Text("metertui ", style="bold", no_wrap=True)
    return plain(f"{sessions.email}, {sessions.role} ", limit=min(40, width - _TITLES))


def _names(sessions: Sessions) -> tuple[str, ...]:
    """Return who is logged in, from the longest form to the shortest; none if nobody is."""
    name = sessions.email.partition("@")[0]
    return (f"{sessions.email}, {sessions.role}", f"{name}, {sessions.role}", name) if sessions.role else ()


def _state(snapshot: LiveSnapshot, way: str, who: Sequence[str], width: int) -> Text:
    """Return address, folder, clients and day in `width` columns.

    The way that a meter was brought stands in place of the folder, and so does the longest of `who` that fits. Where
    the day is being closed there may be room for none of them.
    """
    day = "" if who else " · day open"
    if snapshot.progress is not None:
        day = f" · day closing {snapshot.progress:.0%}"
    right = f"{fmt.counted(snapshot.connections, 'client')}{day}   " if snapshot.server_known else ""
    left = f" {snapshot.address or 'not listening'} · "
    text = Text(left, no_wrap=True, overflow="ellipsis")
    if snapshot.following:
        text = Text(f" {snapshot.following.partition(':')[0]} · ", no_wrap=True, overflow="ellipsis", style="bold")
    room = width - text.cell_len - len(right) - 2
    name = next((name for name in who if len(name) <= room), "")
    back = next((said for said in (f"{way}, esc goes back", "esc goes back") if len(said) <= room), "esc back")
    shown = back if way else name or snapshot.folder
    if room >= _LEAST:
        text.append_text(plain(shown if len(shown) <= room else f"…{shown[1 - room :]}", style="bold" if way else ""))
    else:
        text.right_crop(len(" · "))
    text.append(" " * max(1, width - text.cell_len - len(right)))
    text.append(right)
    return text


def _elsewhere(works: Sequence[Work]) -> Text:
    """Return the progress of work of other screens: of the first, and how many more there are."""
    if not works:
        return Text("")
    first, *others = works
    done = round(_BAR * first.share)
    key, _ = PLACES.get(first.place, ("", ""))
    text = Text.assemble((f"{key} ", "bold"), f"{first.what} ", no_wrap=True)
    text.append_text(progress_bar(done, _BAR))
    text.append(f" {first.share:4.0%} ")
    if first.can_cancel:
        text.append("F8", style="bold").append(" cancels ")
    if others:
        text.append(f"and {len(others)} more ")
    return text


def _trouble(snapshot: LiveSnapshot) -> Text:
    """Return the problems of the whole app, one a line; empty if there are none."""
    lines = []
    if snapshot.storage_error:
        lines.append(
            f"! The disk fails: {snapshot.storage_error}. No reading is stored: meters get ERR storage and must send "
            "again. Free space or repair the disk; storing then resumes."
        )
    if snapshot.port_error:
        lines.append(
            f"! No more meters can connect: {snapshot.port_error}. Connected ones are served. "
            "Free the port, or close some connections; it is tried again every second."
        )
    if snapshot.following:
        lines.append(f"{snapshot.following[:1].upper()}{snapshot.following[1:]}.")
    if snapshot.follow_error:
        lines.append(
            f"! This screen is not up to date: {snapshot.follow_error}. It is tried again; "
            "if this stays, quit and start metertui again."
        )
    return message("\n".join(lines)) if lines else Text("")
