"""Fields of forms."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label


class Field(Input):
    """A field that moves the focus to the next one on enter and tab, before it handles the next key.

    A message to the screen would come too late for keys that arrive together, as over a slow line: the first letters of
    a password would appear in the field before it, in plain text.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,tab", "next", "Next field", show=False, priority=True),
        Binding("shift+tab", "previous", "Previous field", show=False, priority=True),
    ]

    def action_next(self) -> None:
        """Move the focus to the next widget."""
        self.screen.focus_next()

    def action_previous(self) -> None:
        """Move the focus to the widget before."""
        self.screen.focus_previous()


class LastField(Field):
    """The last field of a form, which submits the form on enter.

    The submission is queued behind letters that are still on their way into the field, and belongs to this field even
    if the focus has moved on.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "send", "Send", show=False, priority=True)]

    def action_send(self) -> None:
        """Submit the field."""
        self.call_later(self.action_submit)


class SearchField(Input):
    """A field above a table of what it finds; enter moves the focus to the table at once."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "go", "Table", show=False, priority=True)]

    def __init__(self, target: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._target = target

    def action_go(self) -> None:
        """Move the focus to the table."""
        self.screen.query_one(self._target).focus()


def labelled(label: str, field: Field) -> Horizontal:
    """Return a line of a form: a label, and its field."""
    return Horizontal(Label(label), field, classes="field")
