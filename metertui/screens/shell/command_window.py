"""The window with the command line that gives the same answer as the screen."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from metertui.screens.terminal import ThriftyModal
from metertui.text import message, visible

_LONGEST: Final = 2000


class CommandScreen(ThriftyModal[bool]):
    """Shows a command line. Returns whether it was copied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(False)", "Close", key_display="esc"),
        Binding("y,ctrl+c", "copy", "Copy", key_display="y"),
    ]

    def __init__(self, line: str, note: str = "") -> None:
        """`note`: what the answer of the command has otherwise than the screen; empty for nothing."""
        super().__init__()
        self._line = line
        self._note = note

    def compose(self) -> ComposeResult:
        with Vertical(id="command", classes="window"):
            yield Static(Text("The same answer in a shell"), classes="window-title")
            yield Static(message(self._line, limit=_LONGEST), id="command-line")
            if self._note:
                yield Static(message(self._note), id="command-note")
            yield Static(Text("y copies it · escape closes", style="dim"))

    def action_copy(self) -> None:
        """Copy the line, and close."""
        self.app.copy_to_clipboard(visible(self._line))  # no control character may reach a shell
        self.dismiss(True)
