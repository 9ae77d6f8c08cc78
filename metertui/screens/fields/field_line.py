"""A line of a form: a label, its field, and below it what is wrong with what was typed there."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Static

from metertui.screens.fields.field import Field
from metertui.text import message


class FieldLine(Vertical):
    """A field with its label; once it was left with a wrong value, the reason stands below until the value is right."""

    def __init__(self, label: str, field: Field, **kwargs: Any) -> None:
        super().__init__(classes="field-line", **kwargs)
        self._label = label
        self._field = field
        self._wrong = ""

    def compose(self) -> ComposeResult:
        with Horizontal(classes="field"):
            if self._label:
                yield Label(self._label)
            yield self._field
        yield Static(classes="wrong hidden")

    @on(Field.Left)
    def _judge(self, event: Field.Left) -> None:
        self._show(event.wrong)

    @on(Input.Changed)
    def _correct(self) -> None:
        if self._wrong:
            self._show(self._field.wrong)

    def _show(self, wrong: str) -> None:
        if wrong != self._wrong:
            self._wrong = wrong
            note = self.query_one(".wrong", Static)
            note.update(message(f"! {wrong}" if wrong else ""))
            note.set_class(not wrong, "hidden")


def labelled(label: str, field: Field, **kwargs: Any) -> FieldLine:
    """Return a line of a form; without a label if that is empty."""
    return FieldLine(label, field, **kwargs)
