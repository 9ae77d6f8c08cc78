"""What every tab of the company screen is."""

from __future__ import annotations

from typing import ClassVar, Protocol, cast

from textual import events
from textual.widgets import TabPane

from metertui.engine.base import Outcome, SiteZone
from metertui.engine.core import LiveSnapshot
from metertui.headend import HeadEnd
from metertui.screens.shell import Desk


class Company(Protocol):
    """What tabs need of their screen."""

    def say(self, text: str) -> None:
        """Put a sentence into the line for them."""

    def open_account(self, meter: str) -> None:
        """Take an account into the form."""

    def accounts_changed(self) -> None:
        """An account is new or another now."""


class Tab(TabPane):
    """A tab. Its messages go to the screen's line for them."""

    name_of: ClassVar[str] = ""
    """Its id."""
    heading: ClassVar[str] = ""
    first: ClassVar[str] = ""
    """What has the focus when it comes into view."""

    def __init__(self) -> None:
        super().__init__(self.heading, id=self.name_of)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        # Or a tab that was only passed by would come back once its field has heard of the focus.
        event.prevent_default()

    @property
    def desk(self) -> Desk:
        """The app."""
        return cast("Desk", self.app)

    @property
    def company(self) -> Company:
        """The screen."""
        return cast("Company", self.screen)

    @property
    def headend(self) -> HeadEnd:
        """The engine's face."""
        return self.desk.headend

    @property
    def zone(self) -> SiteZone:
        """The site zone."""
        return self.headend.engine.zone

    @property
    def who(self) -> str:
        """Who is logged in."""
        return self.desk.sessions.email

    def entered(self) -> None:
        """It has come into view."""

    def show_live(self, snapshot: LiveSnapshot) -> None:
        """Take in the state of things."""

    def say(self, text: str) -> None:
        """Tell what came of something; `!` in front of what went wrong."""
        self.company.say(text)

    def tell(self, outcome: Outcome, done: str) -> None:
        """Say what became of a request."""
        match outcome.kind:
            case "refused":
                self.say(f"! {outcome.code}: {outcome.text}")
            case "suspect":
                self.say(f"{done}, but suspect: {outcome.text}")
            case "duplicate":
                self.say(f"{done} already: the same again changes nothing")
            case _:
                self.say(done)
