"""A table whose columns change with the question, sorted by one of them, and shown a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message

from metertui.screens.tables.quick_table import QuickTable
from metertui.text import Column, plain

_WIDEST: Final = 28
PAGE: Final = 100
"""Rows in the widget at a time: each costs a fifth of a millisecond when they are put there."""


class SortedTable(QuickTable):
    """Shows rows of text. Sorting is left to who knows the figures: it only asks for it, and says how it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort(1)", "Sort", tooltip="By the next column"),
        Binding("S", "sort(0)", "Reverse", show=False, tooltip="The other way round"),
        Binding("right_square_bracket,greater_than_sign", "page(1)", "Next rows", show=False),
        Binding("left_square_bracket,less_than_sign", "page(-1)", "Rows before", show=False),
    ]

    class SortAsked(Message):
        """By the next column (1), or the other way round (0)."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._layout: tuple[tuple[Column, ...], str, tuple[int, ...]] | None = None
        self._widths: tuple[int, ...] = ()
        self._from = self._count = 0

    @property
    def at(self) -> int:
        """The place of the row under the cursor among all rows; -1 in an empty table."""
        return self._from + self.cursor_row if self.row_count else -1

    @property
    def part(self) -> str:
        """Which rows are shown, where not all are."""
        if self._count <= PAGE:
            return ""
        return f"{self._from + 1}–{min(self._count, self._from + PAGE)} shown, ] [ turn"

    @property
    def needs(self) -> int:
        """How many columns of the terminal it takes to be seen whole."""
        return sum(width + 2 for width in self._widths) + 2

    def show(
        self, columns: Sequence[Column], rows: Sequence[Sequence[str]], sort: str = "", first: int = 0, count: int = 0
    ) -> None:
        """Show a page: `rows` are those from `first` on, of `count`; sorted by `sort`, or by `-sort` descending."""
        # Its own measuring would cost more, and come later.
        longest = [max((cell_len(row[place]) for row in rows), default=0) for place in range(len(columns))]
        widths = [max(most, len(column.title) + 2) for column, most in zip(columns, longest, strict=True)]
        self._widths = tuple(min(width, _WIDEST) for width in widths)
        self._from, self._count = first, count
        layout = (tuple(columns), sort, self._widths)
        if layout == self._layout:
            self.clear()
        else:
            self._layout = layout
            self.clear(columns=True)
            for column, width in zip(columns, self._widths, strict=True):
                mark = {column.name: " ▲", f"-{column.name}": " ▼"}.get(sort, "")
                title = Text(f"{column.title}{mark}", justify="right" if column.right else "left")
                self.add_column(title, width=width)
            self._hold()
        for row in rows:
            cells = []
            for column, value in zip(columns, row, strict=True):
                cell = plain(value)
                cell.justify = "right" if column.right else "left"
                cells.append(cell)
            self.add_row(*cells)

    def on_resize(self) -> None:
        self._hold()

    def _hold(self) -> None:
        """Keep as many of the keys in view as leave half of the room to the figures."""
        keys = sum(not column.right for column in self._layout[0]) if self._layout else 0
        while keys and sum(self._widths[:keys]) + 2 * keys > self.size.width // 2 > 0:
            keys -= 1
        self.fixed_columns = keys

    def point(self, at: int) -> None:
        """Put the cursor on a row of this page, by its place among all rows."""
        if self.row_count:
            self.move_cursor(row=max(0, min(at - self._from, self.row_count - 1)), animate=False)

    def action_sort(self, step: int) -> None:
        """Ask for another order."""
        self.post_message(self.SortAsked(step))

    def action_page(self, step: int) -> None:
        """Ask for the next rows, or those before."""
        at = self._from + step * PAGE
        if 0 <= at < self._count:
            self.post_message(self.PageAsked(at))

    class PageAsked(Message):
        """The rows from this place on."""

        def __init__(self, first: int) -> None:
            super().__init__()
            self.first = first
