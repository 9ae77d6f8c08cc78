"""A table whose columns change with the question, sorted by one of them, and shown a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from metertui.screens.tables import columns as drawn
from metertui.screens.tables.arrangement import Arrangement, Cells
from metertui.screens.tables.listing import RowTable
from metertui.screens.tables.row_grid import NO_ROW
from metertui.text import Column

_WIDEST: Final = 28
"""Terminal cells of a text at most."""
_FEW, _MANY = 5, 7
"""Rows that are seen at least before the first of the lines below them, and before the others."""
_FOOT: Final = 13
"""Terminal cells that the names of the lines below are given at least: what they are, and of how many rows."""
PAGE: Final = 100
"""Rows of a page."""


class SortedTable(RowTable):
    """Shows rows of text that its screen filters and sorts: it asks for that, and shows which order it was given."""

    BINDINGS: ClassVar[list[BindingType]] = [
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

    class CopyAsked(Message):
        """Asks for the rows of all pages to be copied."""

    def __init__(self, *, by_screen: bool = True, **kwargs: Any) -> None:
        """`by_screen`: whether the screen filters and sorts; else the table does, and is given all rows at once."""
        super().__init__(by_screen=by_screen, **kwargs)
        self._first = self._total = self._every = 0
        self._all_feet: Sequence[Cells] = ()

    @property
    def place(self) -> int:
        """Return the place of the row under the cursor among the rows of all pages; -1 in an empty table."""
        return self._first + self.cursor_row if self.row_count else NO_ROW

    @property
    def page_note(self) -> str:
        """Return which rows are shown; empty if all are."""
        if self._total <= PAGE:
            return ""
        return f"{self._first + 1}–{min(self._total, self._first + PAGE)} shown, [ ] page"

    @property
    def needed_width(self) -> int:
        """Return the terminal cells that all columns take but spare ones, with a scrollbar."""
        return sum(column.width + 2 for column in self._columns if not column.spare) + 2

    @property
    def wished_width(self) -> int:
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
        every: int = 0,
    ) -> None:
        """Show a page: `rows` are those from `first` on, of `total`, which the filter left of `every`.

        `feet` stay in view below them. `sort` is the name of the column that they are sorted by, `-name` if in
        descending order.
        """
        marks = {sort: " ▼" if sort.startswith("-") else " ▲"}
        fitted = []
        for place, column in enumerate(columns):
            of_rows, of_feet = (
                max((cell_len(drawn.shown_text(row[place])) for row in each if place < len(row)), default=0)
                for each in (rows, feet)
            )
            widest = max(of_rows, of_feet)
            mark = marks.get(column.name, marks.get(f"-{column.name}", ""))
            least = min(max(8, of_feet), _FOOT)
            least = max(least, of_rows) if column.whole else least
            width = max(widest, len(column.title) + 2)
            width = width if column.right else min(width, _WIDEST)
            heading = f"{column.title}{mark}"
            line = "text-muted" if column.spare else ""
            fitted.append(
                drawn.Column(
                    heading, width, column.right, spare=column.spare, whole=column.spare, ink=line, narrowest=least
                )
            )
        if self.arrangement.column >= len(fitted) or [each.heading for each in self._columns] != [
            each.heading for each in fitted
        ]:
            self.arrangement = Arrangement(self.arrangement.wanted) if self._by_screen else Arrangement()
        self._columns, self._all_feet = tuple(fitted), feet
        self._first, self._total, self._every = first, total or len(rows), every or total or len(rows)
        self.fixed_columns = sum(not column.right and not column.spare for column in columns)
        self.show_rows(len(rows), lambda start, stop: rows[start:stop])

    @property
    def _feet(self) -> Sequence[Cells]:
        """Return the first of the feet, as many as leave room for some rows."""
        few, most = (self.size.height - 1 - min(rows, self.row_count) for rows in (_FEW, _MANY))
        return self._all_feet[: max(0, min(1, few), most)]

    @property
    def found_rows(self) -> int:
        return self._total if self._by_screen else super().found_rows

    @property
    def total_rows(self) -> int:
        return self._every if self._by_screen else super().total_rows

    def action_sort(self, step: int) -> None:
        """Ask for another order."""
        if self._by_screen:
            self.post_message(self.SortAsked(step))
        else:
            super().action_sort(step)

    def action_copy_table(self) -> None:
        """Copy the rows shown, also those of other pages, with their headings."""
        if self._by_screen:
            self.post_message(self.CopyAsked())
        else:
            super().action_copy_table()

    def move_cursor_to(self, place: int) -> None:
        """Put the cursor on a row of this page, by its place among the rows of all pages."""
        self.move_cursor(place - self._first)

    def action_page(self, step: int) -> None:
        """Ask for the next page, or the one before."""
        first = self._first + step * PAGE
        if 0 <= first < self._total:
            self.post_message(self.PageAsked(first))
