"""A figure with its name."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Tile(Static):
    """A label above a figure, drawn only when it changes."""

    def __init__(self, label: str, *, id: str | None = None, ink: str = "") -> None:  # noqa: A002 - Textual's own name
        """`ink`: the name of the theme's colour of the figure."""
        super().__init__(id=id, classes="tile")
        self._label = label
        self.set_ink(ink)
        self._shown: tuple[str, ...] = ()
        self.show("–")

    def set_label(self, label: str) -> None:
        """Set the label, which is drawn with the next figure."""
        self._label = label

    def set_ink(self, ink: str) -> None:
        """Set the colour of the figure by its name in the theme, "" for that of text; it is drawn with the next one."""
        self._style = f"bold ${ink}" if ink else "bold"

    def show(self, value: str, note: str = "") -> None:
        """Show a figure, followed by a dimmed note."""
        wanted = (self._label, self._style, value, note)
        if wanted == self._shown:
            return
        self._shown = wanted
        beside = note if not note or note.startswith("\n") else f" {note}"
        text = Content.assemble((f"{self._label}\n", "dim"), (value, self._style), (beside, "dim"))
        self.update(text, layout=False)  # the stylesheet sets its size
