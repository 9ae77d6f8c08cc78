"""A table that is told what to show and changes only what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import BindingType

from metertui.screens.tables.copying import COPY_KEYS, Copied, copy_next
from metertui.screens.tables.quick_table import QuickTable
from metertui.text import plain

Row = tuple[str, Sequence[str]]
"""A key that no other row has, and the cells as text."""


class Listing(QuickTable):
    """Rows under headings; a heading that begins with ">" has its column aligned to the right."""

    BINDINGS: ClassVar[list[BindingType]] = [*COPY_KEYS]

    def __init__(self, headings: Sequence[str], *, most: int = 200, newest: bool = True, **kwargs: Any) -> None:
        """`newest`: a cursor on the first row stays there, where the newest is watched, and not with its row."""
        super().__init__(**kwargs)
        self._headings = headings
        self._most = most
        self._newest = newest
        self._shown: list[tuple[str, tuple[str, ...]]] = []
        self._copied = Copied()
        for heading in headings:
            right = heading.startswith(">")
            self.add_column(Text(heading.removeprefix(">"), justify="right" if right else "left"), key=heading)

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows, as many as the table holds."""
        wanted = [(key, tuple(cells)) for key, cells in rows[: self._most]]
        if wanted == self._shown:
            return
        if [key for key, _ in wanted] == [key for key, _ in self._shown]:
            for row, ((_, cells), (_, before)) in enumerate(zip(wanted, self._shown, strict=True)):
                for column, (cell, old) in enumerate(zip(cells, before, strict=True)):
                    if cell != old:
                        self.change(row, column, self._cell(self._headings[column], cell))
            self.narrow = self._require_update_dimensions = True
        else:
            at = self._row_to_keep(wanted)
            self.narrow = not self._newest  # a list that is asked for anew is another; one that rolls goes on
            self.clear()
            for key, cells in wanted:
                self.add_row(*(self._cell(h, c) for h, c in zip(self._headings, cells, strict=True)), key=key)
            if self.row_count:
                self.move_cursor(row=at, animate=False)
        self._shown = wanted

    def action_copy(self) -> None:
        """Copy the row's first cell, and then the next ones."""
        names = (heading.removeprefix(">") for heading in self._headings)
        self._copied = copy_next(self, self._copied, self.selected, list(zip(names, self.chosen, strict=False)))

    @property
    def selected(self) -> str | None:
        """The key of the row under the cursor."""
        return self._shown[self.cursor_row][0] if 0 <= self.cursor_row < len(self._shown) else None

    @property
    def chosen(self) -> tuple[str, ...]:
        """The cells of the row under the cursor; none in an empty table."""
        return self._shown[self.cursor_row][1] if 0 <= self.cursor_row < len(self._shown) else ()

    def _row_to_keep(self, wanted: Sequence[Row]) -> int:
        """Where the cursor goes: with its row, unless it is at the top, where the newest is watched."""
        row = self.cursor_row
        if row > 0 or not self._newest:
            row = next((i for i, (key, _) in enumerate(wanted) if key == self.selected), row)
        return max(0, min(row, len(wanted) - 1))

    def _cell(self, heading: str, text: str) -> Text:
        cell = plain(text)
        cell.justify = "right" if heading.startswith(">") else "left"
        return cell
