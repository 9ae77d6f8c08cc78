"""A table whose columns change with the question, sorted by one of them, and shown a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from metertui.screens.tables import table
from metertui.screens.tables.listing import RowTable
from metertui.screens.tables.table import Cells
from metertui.text import Column

_WIDEST: Final = 28
"""Terminal cells of a column at most."""
_FEW: Final = 5
"""Rows that are seen at least, before the lines below them."""
PAGE: Final = 100
"""Rows of a page."""


class SortedTable(RowTable):
    """Shows rows of text. It does not sort them: it asks for another order, and shows which one it was given."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort(1)", "Sort", tooltip="Sort by the next column"),
        Binding("S", "sort(0)", "Reverse", show=False, tooltip="Reverse the order"),
        Binding("right_square_bracket,greater_than_sign", "page(1)", "Next rows", show=False),
        Binding("left_square_bracket,less_than_sign", "page(-1)", "Previous rows", show=False),
    ]

    class SortAsked(Message):
        """Asks for the order by the next column (1), or for the reverse of the present order (0)."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class PageAsked(Message):
        """Asks for the rows from `first` on."""

        def __init__(self, first: int) -> None:
            super().__init__()
            self.first = first

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._first = self._total = 0
        self._feet: Sequence[Cells] = ()

    @property
    def place(self) -> int:
        """Return the place of the row under the cursor among the rows of all pages; -1 in an empty table."""
        return self._first + self.cursor_row if self.row_count else -1

    @property
    def page_note(self) -> str:
        """Return which rows are shown; empty if all are."""
        if self._total <= PAGE:
            return ""
        return f"{self._first + 1}–{min(self._total, self._first + PAGE)} shown, [ ] page"

    @property
    def needed_width(self) -> int:
        """Return the terminal cells that all columns take, with a scrollbar."""
        return sum(column.width + 2 for column in self._columns) + 2

    def show(
        self,
        columns: Sequence[Column],
        rows: Sequence[Cells],
        sort: str = "",
        first: int = 0,
        total: int = 0,
        feet: Sequence[Cells] = (),
    ) -> None:
        """Show a page: `rows` are those from `first` on, of `total`; `feet` stay in view below them.

        `sort` is the name of the column that they are sorted by, `-name` if in descending order.
        """
        self._feet = feet
        marks = {sort: " ▼" if sort.startswith("-") else " ▲"}
        fitted = []
        for place, column in enumerate(columns):
            widest = max((cell_len(table.shown_text(row[place])) for row in (*rows, *feet)), default=0)
            mark = marks.get(column.name, marks.get(f"-{column.name}", ""))
            width = min(max(widest, len(column.title) + 2), _WIDEST)
            fitted.append(table.Column(f"{column.title}{mark}", width, column.right))
        self._columns = tuple(fitted)
        self._first, self._total = first, total
        self._fix_columns()
        self.show_rows(len(rows), lambda start, stop: rows[start:stop])

    @property
    def _feet_in_view(self) -> Sequence[Cells]:
        """Return the first of the feet, as many as leave room for some rows."""
        return self._feet[: max(0, self.size.height - 1 - min(_FEW, self.row_count))]

    @property
    def _lines_around(self) -> int:
        return 1 + len(self._feet_in_view)

    def render_line(self, y: int) -> Strip:
        feet = self._feet_in_view
        below = y - min(self.size.height - len(feet), self.row_count + 1)
        if not 0 <= below < len(feet):
            return super().render_line(y)
        style = self.get_component_rich_style("table--fixed") + Style(bold=True)
        return self._line(feet[below], style, style)

    def on_resize(self) -> None:
        super().on_resize()
        self._fix_columns()

    def _fix_columns(self) -> None:
        """Keep the key columns in view, as many as leave half of the room to the figures."""
        keys = sum(not column.right for column in self._columns)
        while keys and sum(column.width + 2 for column in self._columns[:keys]) > self.size.width // 2 > 0:
            keys -= 1
        self.fixed_columns = keys

    def move_cursor_to(self, place: int) -> None:
        """Put the cursor on a row of this page, by its place among the rows of all pages."""
        self.move_cursor(place - self._first)

    def action_sort(self, step: int) -> None:
        """Ask for another order."""
        self.post_message(self.SortAsked(step))

    def action_page(self, step: int) -> None:
        """Ask for the next page, or the one before."""
        first = self._first + step * PAGE
        if 0 <= first < self._total:
            self.post_message(self.PageAsked(first))
