"""Fields of forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from metertui.engine.errors import MeterError
from metertui.screens.fields.drafts import Draft

Check = Callable[[str], str]
"""Returns what is wrong with a text, as a sentence; "" if nothing is. It is never asked about blanks alone."""


class Field(Input):
    """A field that moves the focus to the next one on enter and tab, before it handles the next key.

    A message to the screen would come too late for keys that arrive together, as over a slow line: the first letters of
    a password would appear in the field before it, in plain text.

    However it is left, by a key, a click or a change of screen, it says so, and what is wrong with its value; the value
    stays as it was typed.
    """

    @dataclass
    class Left(Message):
        """A field was left with another value than the time before."""

        field: Field
        value: str
        wrong: str
        """What is wrong with the value; "" if nothing is."""

        @property
        def control(self) -> Field:
            """Return the field, for the selector of a handler."""
            return self.field

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,tab", "next", "Next field", key_display="tab", priority=True),
        Binding("shift+tab", "previous", "Previous field", show=False, priority=True),
    ]

    def __init__(self, *args: Any, check: Check | None = None, draft: Draft | None = None, **kwargs: Any) -> None:
        """`draft` keeps what is typed where a change of screen closes the form. It is not for passwords."""
        super().__init__(*args, **kwargs)
        self._check = check
        self._draft = draft
        self._told = self.value
        if draft is not None and draft.text is not None:
            self.value = draft.text

    @property
    def wrong(self) -> str:
        """Return what is wrong with the value, as a sentence; "" if nothing is, or nothing was typed."""
        text = self.value if self.password else self.value.strip()
        return self._check(text) if self._check is not None and text else ""

    def render_line(self, y: int) -> Strip:
        """Return the line; of a text that is longer than the field, its beginning with a sign once it was left."""
        room = self.scrollable_content_region.width
        if y or self.has_focus or self.password or cell_len(self.value) <= room:
            return super().render_line(y)
        text = Text(self.value, no_wrap=True, end="")
        text.truncate(room, overflow="ellipsis")
        line = Strip(self.app.console.render(text, self.app.console_options.update_width(room)))
        return line.extend_cell_length(room + 1).apply_style(self.rich_style)

    def on_input_changed(self) -> None:
        if self._draft is not None:
            self._draft.note(self.value)

    def on_blur(self) -> None:
        self.tell()

    def tell(self) -> None:
        """Say that the field was left, unless its value is the one that was said last."""
        if self.value != self._told:
            self._told = self.value
            self.post_message(self.Left(self, self.value.strip(), self.wrong))

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

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go", "Table", key_display="⏎", priority=True),
        Binding("escape", "leave", "All rows", show=False),
    ]

    def __init__(self, target: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._target = target

    def action_go(self) -> None:
        """Move the focus to the table."""
        self.screen.query_one(self._target).focus()

    def action_leave(self) -> None:
        """Find everything again, and move the focus to the table."""
        self.value = ""
        self.action_go()


def refused_by(parse: Callable[[str], object]) -> Check:
    """Return the check of a text by a function that raises MeterError for a wrong one."""

    def check(text: str) -> str:
        try:
            parse(text)
        except MeterError as error:
            return str(error)
        return ""

    return check
