"""A line at the foot of a screen for a text that is asked for: a title, a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input


class TypedLine(Horizontal):
    """There only while something is asked. Enter hands the text over; whoever asked closes it, or asks again."""

    @dataclass
    class Typed(Message):
        """What was asked for, by its name, and what was typed: never blank."""

        what: str
        text: str

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(classes="typed-line hidden", **kwargs)
        self.asks = ""
        """What it asks for; empty while it is put away."""

    def compose(self) -> ComposeResult:
        yield Input(id="line-text", compact=True)

    def ask(self, what: str, hint: str, value: str) -> None:
        """Ask, with a hint for who has deleted the value that is offered."""
        self.asks = what
        self.remove_class("hidden")
        text = self.query_one(Input)
        text.placeholder, text.value = hint, value
        text.focus()

    def close(self) -> None:
        """Put it away; the focus is for whoever asked."""
        self.asks = ""
        self.add_class("hidden")

    @on(Input.Submitted)
    def _hand_over(self, event: Input.Submitted) -> None:
        event.stop()
        if self.asks and event.value.strip():
            self.post_message(self.Typed(self.asks, event.value.strip()))
