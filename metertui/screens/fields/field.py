"""A field among others of a form."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class Field(Input):
    """Enter and tab go to the next one, before the key after it is looked at.

    A message to the screen would come too late for keys that arrive together, as they do over a slow line: the first
    letters of a password would stand in the field before it, for all to see.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,tab", "next", "Next field", show=False, priority=True),
        Binding("shift+tab", "previous", "Field before", show=False, priority=True),
    ]

    def action_next(self) -> None:
        """Go to what comes after."""
        self.screen.focus_next()

    def action_previous(self) -> None:
        """Go to what comes before."""
        self.screen.focus_previous()


class LastField(Field):
    """The last field of a form: enter sends the form off.

    What sends it off goes behind the letters that are still on their way into the field, and is this field's even where
    the focus has moved on meanwhile.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "send", "Send", show=False, priority=True)]

    def action_send(self) -> None:
        """As enter in any other field does."""
        self.call_later(self.action_submit)


class SearchField(Input):
    """A field over a table of what it finds: enter goes there, at once for the same reason."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "go", "Table", show=False, priority=True)]

    def __init__(self, target: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._target = target

    def action_go(self) -> None:
        """Go to the table."""
        self.screen.query_one(self._target).focus()
