"""A line at the foot of a screen that asks for a text, such as a title or a file name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from metertui.text import cut_text

_LABELS: Final = {"keep": "title"}
"""What a text is, by what it is asked for as; any other is the name of a file."""
_BESIDE: Final = 6
"""Columns of the terminal that are not the field's, at most."""


class _Text(Input):
    """The field of the line. Its keys stand in the line of keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Done", key_display="⏎"),
        Binding("escape", "screen.back", "Cancel", key_display="esc"),
    ]


class TypedLine(Horizontal):
    """A field that is visible only while it asks. The screen that asked closes it, or asks again."""

    @dataclass
    class Typed(Message):
        """A text was typed: what it was asked for as, and the text, which is not blank."""

        what: str
        text: str

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(classes="typed-line hidden", **kwargs)
        self.asks = ""
        """What is asked for; empty while the line is hidden."""

    def compose(self) -> ComposeResult:
        yield Label()
        yield _Text(id="line-text", compact=True)

    def ask(self, what: str, hint: str, value: str) -> None:
        """Ask for a text, with a first value, and a hint that shows if the value is deleted."""
        self.asks = what
        self.remove_class("hidden")
        text, label = self.query_one(Input), _LABELS.get(what, "file")
        self.query_one(Label).update(label)
        room = self.app.size.width - _BESIDE - len(label)
        text.placeholder = cut_text(hint, room)  # an Input shows nothing of a hint that it has to wrap
        text.value = value
        text.focus()

    def close(self) -> None:
        """Hide the line. The screen that asked moves the focus."""
        self.asks = ""
        self.add_class("hidden")

    @on(Input.Submitted)
    def _submit_text(self, event: Input.Submitted) -> None:
        event.stop()
        if self.asks and event.value.strip():
            self.post_message(self.Typed(self.asks, event.value.strip()))
