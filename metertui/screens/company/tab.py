"""The base of the tabs of the company screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.widgets import TabPane

from metertui.engine.base import Outcome
from metertui.engine.core import LiveSnapshot
from metertui.screens.shell import OnDesk
from metertui.text import fmt

if TYPE_CHECKING:  # the screen has the tabs
    from metertui.screens.company.company import CompanyScreen


class Tab(OnDesk, TabPane):
    """A tab. Its messages go to the message line of the screen."""

    name_of: ClassVar[str] = ""
    """Its id."""
    key: ClassVar[str] = ""
    """The digit that opens it."""
    heading: ClassVar[str] = ""
    first: ClassVar[str] = ""
    """The selector of the widget that gets the focus when the tab is opened."""

    def __init__(self) -> None:
        super().__init__(f"{self.key} {self.heading}", id=self.name_of)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        # Otherwise a tab that was skipped would open again when its field gets the message about its focus.
        event.prevent_default()

    @property
    def company(self) -> CompanyScreen:
        """Return the screen."""
        return cast("CompanyScreen", self.screen)

    def entered(self) -> None:
        """Run when the tab is opened."""

    def show_live(self, snapshot: LiveSnapshot) -> None:
        """Show the state of the head-end."""

    def say(self, text: str) -> None:
        """Show a result; a failure begins with `!`."""
        self.company.say(fmt.reason(text))

    def say_outcome(self, outcome: Outcome, done: str) -> None:
        """Show the outcome of a request; `done` is the sentence for success."""
        match outcome.kind:
            case "refused":
                self.say(f"! {outcome.text}" if outcome.code == "denied" else f"! {outcome.code}: {outcome.text}")
            case "suspect":
                self.say(f"{done}, but suspect: {outcome.text}")
            case "duplicate":
                self.say(f"{done} already; nothing changes")
            case _:
                self.say(done)
