"""A figure with its name."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static


class Tile(Static):
    """A label above a figure, drawn only when it changes."""

    def __init__(self, label: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes="tile")
        self._label = label
        self._shown: tuple[str, str, str] | None = None
        self.show("–")

    def set_label(self, label: str) -> None:
        """Set the label, which is drawn with the next figure."""
        self._label = label

    def show(self, value: str, note: str = "") -> None:
        """Show a figure, followed by a dimmed note."""
        if (self._label, value, note) == self._shown:
            return
        self._shown = (self._label, value, note)
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f"{self._label}\n", style="dim")
        text.append(value, style="bold")
        if note:
            text.append(note if note.startswith("\n") else f" {note}", style="dim")
        self.update(text, layout=False)  # the stylesheet sets its size
