"""The base of the tabs of the company screen."""

from __future__ import annotations

from typing import ClassVar, Protocol, cast

from textual import events
from textual.widgets import TabPane

from metertui.engine.base import Outcome, SiteZone
from metertui.engine.core import LiveSnapshot
from metertui.headend import HeadEnd
from metertui.screens.shell import Desk


class Company(Protocol):
    """The methods of the company screen that its tabs call."""

    def say(self, text: str) -> None:
        """Show a sentence in the message line."""

    def open_account(self, meter: str) -> None:
        """Show an account in the form."""

    def accounts_changed(self) -> None:
        """Update the tabs after a change of an account."""


class Tab(TabPane):
    """A tab. Its messages go to the message line of the screen."""

    name_of: ClassVar[str] = ""
    """Its id."""
    heading: ClassVar[str] = ""
    first: ClassVar[str] = ""
    """The selector of the widget that gets the focus when the tab is opened."""

    def __init__(self) -> None:
        super().__init__(self.heading, id=self.name_of)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        # Otherwise a tab that was skipped would open again when its field gets the message about its focus.
        event.prevent_default()

    @property
    def desk(self) -> Desk:
        """Return the app."""
        return cast("Desk", self.app)

    @property
    def company(self) -> Company:
        """Return the screen."""
        return cast("Company", self.screen)

    @property
    def headend(self) -> HeadEnd:
        """Return the head-end."""
        return self.desk.headend

    @property
    def zone(self) -> SiteZone:
        """Return the site zone."""
        return self.headend.engine.zone

    @property
    def who(self) -> str:
        """Return the email of the person logged in."""
        return self.desk.sessions.email

    def entered(self) -> None:
        """Run when the tab is opened."""

    def show_live(self, snapshot: LiveSnapshot) -> None:
        """Show the state of the head-end."""

    def say(self, text: str) -> None:
        """Show a result; a failure begins with `!`."""
        self.company.say(text)

    def say_outcome(self, outcome: Outcome, done: str) -> None:
        """Show the outcome of a request; `done` is the sentence for success."""
        match outcome.kind:
            case "refused":
                self.say(f"! {outcome.code}: {outcome.text}")
            case "suspect":
                self.say(f"{done}, but suspect: {outcome.text}")
            case "duplicate":
                self.say(f"{done} already; nothing changes")
            case _:
                self.say(done)
