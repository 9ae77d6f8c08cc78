"""The base of the tabs of the company screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import events
from textual.binding import Binding
from textual.widgets import TabPane

from metertui.engine.base import Outcome
from metertui.engine.core import LiveSnapshot
from metertui.screens.shell import OnDesk
from metertui.text import fmt

if TYPE_CHECKING:  # the screen has the tabs
    from metertui.screens.company.company import CompanyScreen


NEW_ACCOUNT: Final = (
    Binding("n", "begin_account", "New account", tooltip="Open an empty form of an account"),
    Binding("ctrl+n", "begin_account", "New account", key_display="^n", tooltip="Open an empty form of an account"),
)
"""The keys that begin an account, of which fields leave the second one."""


class Tab(OnDesk, TabPane):
    """A tab. Its messages go to the message line of the screen."""

    name_of: ClassVar[str] = ""
    """Its id."""
    key: ClassVar[str] = ""
    """The digit that opens it."""
    heading: ClassVar[str] = ""
    first: ClassVar[str] = ""
    """The selector of the widget that gets the focus when the tab is opened."""
    writes: ClassVar[frozenset[str]] = frozenset({"begin_account", "enter_reading"})
    """Actions that lead to a form, which are not offered where nothing can be written."""

    def __init__(self) -> None:
        super().__init__(f"{self.key} {self.heading}", id=self.name_of)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        # Otherwise a tab that was skipped would open again when its field gets the message about its focus.
        event.prevent_default()

    @property
    def company(self) -> CompanyScreen:
        """Return the screen."""
        return cast("CompanyScreen", self.screen)

    def key_name(self, action: str, name: str) -> str:
        """Return the name of a key by its action; empty if it writes where nothing can be written."""
        return "" if action in self.writes and self.read_only else name

    def action_begin_account(self) -> None:
        """Open the form, emptied, for an account that is not there yet."""
        self.company.begin_account()

    def entered(self) -> None:
        """Run when the tab is opened."""

    def show_live(self, snapshot: LiveSnapshot) -> None:
        """Show the state of the head-end."""

    def say(self, text: str) -> None:
        """Show a result; a failure begins with `!`."""
        self.company.say(fmt.for_people(text))

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
