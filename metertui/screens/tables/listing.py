"""A table of rows in memory, which redraws only the rows that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from rich.cells import cell_len

from metertui.screens.tables.arrangement import Cells, Provider
from metertui.screens.tables.columns import Column, shown_text
from metertui.screens.tables.row_grid import NO_ROW
from metertui.screens.tables.table import Table

Row = tuple[str, Cells]
"""A key that no other row has, and the cells."""


class RowTable(Table):
    """A table that has all its rows in memory and makes its columns as wide as their cells."""

    CURSOR_MARK: ClassVar[str] = ""
    STRETCHES: ClassVar[bool] = False

    def __init__(self, columns: Sequence[Column] = (), **kwargs: Any) -> None:
        super().__init__(columns, fixed_columns=0, **kwargs)


class Listing(RowTable):
    """Rows under headings.

    The column of a heading that begins with ">" has figures, aligned to the right; of one that begins with "=", texts
    that are never cut. A heading may also be a column; one with `most` is wider than `narrowest` only if there is
    room for that.
    """

    def __init__(
        self, headings: Sequence[str | Column], *, most: int = 200, newest: bool = True, **kwargs: Any
    ) -> None:
        """Make an empty table of at most `most` rows.

        `newest`: the newest row is the first. A cursor on it stays at the top when rows arrive, anywhere else it moves
        with its row; and columns never become narrower, so that they do not jump. Otherwise the row of the cursor stays
        where it is on the screen.
        """
        super().__init__(**kwargs)
        self._most = most
        self._newest = newest
        self._rows: list[tuple[str, tuple[str, ...]]] = []
        self._columns = tuple(map(_column, headings))

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows, at most as many as the table may have."""
        before, cursor = self._rows, self.selected_key
        wanted = [(key, tuple(cells)) for key, cells in rows[: self._most]]
        if wanted == before:
            return
        self._rows = wanted
        same_keys = [key for key, _ in wanted] == [key for key, _ in before]
        columns = self._columns
        self._measure_columns(narrow=same_keys or not self._newest)
        if not same_keys or self.is_arranged:
            line = self._at - self.scroll_offset.y
            self.show_rows(len(wanted), self._provider(), self._row_to_keep(cursor))
            if not self._newest:
                self.scroll_to(y=self._at - line, animate=False, immediate=True, force=True)
        elif columns != self._columns:
            self._given = self._source = replace(self._source, provider=self._provider())
            self._resize()
            self.refetch_rows()
        else:
            self._given = self._source = replace(self._source, provider=self._provider())
            for row, (now, then) in enumerate(zip(wanted, before, strict=True)):
                if now != then:
                    self._cells.discard(row)
                    self.refresh_row(row)

    @property
    def selected_key(self) -> str | None:
        """Return the key of the row under the cursor; None in an empty table."""
        return self._rows[self.cursor_row][0] if 0 <= self.cursor_row < len(self._rows) else None

    @property
    def selected_cells(self) -> tuple[str, ...]:
        """Return the cells of the row under the cursor; none in an empty table."""
        return self._rows[self.cursor_row][1] if 0 <= self.cursor_row < len(self._rows) else ()

    def key_of_row(self, row: int) -> object:
        return self._rows[row][0] if 0 <= row < len(self._rows) else None

    def _provider(self) -> Provider:
        rows = self._rows
        return lambda start, stop: [cells for _, cells in rows[start:stop]]

    def _row_to_keep(self, cursor: str | None) -> int:
        """Return where the cursor goes: with its row, unless it is at the top to watch the newest row."""
        row = self.cursor_row
        if self._at > 0 or not self._newest:
            return next((place for place, (key, _) in enumerate(self._rows) if key == cursor), row)
        return NO_ROW if self.is_arranged else row

    def _measure_columns(self, *, narrow: bool) -> None:
        """Give each column the width of its widest cell, but not less than before unless it may narrow."""
        columns = zip(*(cells for _, cells in self._rows), strict=True) if self._rows else [()] * len(self._columns)
        fitted = []
        for column, texts in zip(self._columns, columns, strict=True):
            width = max((cell_len(shown_text(text)) for text in texts), default=0)
            if column.most:
                width = min(width, column.narrowest)
            fitted.append(replace(column, width=max(width, cell_len(column.heading) if narrow else column.width)))
        self._columns = tuple(fitted)


def _column(heading: str | Column) -> Column:
    if isinstance(heading, Column):
        return heading
    name = heading.lstrip(">=")
    return Column(name, cell_len(name), right=heading.startswith(">"), whole=heading.startswith("="))
