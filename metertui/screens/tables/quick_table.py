"""A DataTable of single lines, which Textual's own can do too, at ten times the cost.

Textual measures and draws each cell as if it could be anything, and gives each a style of its own, which tells a mouse
where it is. Here a line is one text in the row's style, or two where columns stay in view, and the mouse counts lines.
To update widths Textual measures a whole column for each cell that has become shorter, which held the event loop for
440 ms at 200 rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.coordinate import Coordinate
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import DataTable
from textual.widgets.data_table import RowKey

_FLAGS: Final = (False, True)


class QuickTable(DataTable[Text]):
    """Rows of one line each, under headings, with a cursor that is a row; cells have no styles of their own."""

    narrow = False
    """Whether columns may become narrower at the next update; a table that rolls wobbles less if they may not."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(cursor_type="row", zebra_stripes=True, **kwargs)
        self._looks: dict[tuple[int, bool, bool], tuple[Style, Style]] = {}
        """By the row's parity, whether the cursor is on it, and the mouse: of what stays in view, and of the rest."""
        self._head = Style()

    def _update_dimensions(self, new_rows: Iterable[RowKey]) -> None:
        measured = [column for column in self.ordered_columns if column.auto_width]
        before = [column.content_width for column in measured]
        for column in measured:
            widths = (cell.cell_len for cell in self.get_column(column.key))
            least = 0 if self.narrow else column.content_width
            column.content_width = max(least, column.label.cell_len, max(widths, default=0))
        self.narrow = False
        if before != [column.content_width for column in measured]:
            self.refresh()
        super()._update_dimensions(())
        self._clear_caches()  # or lines that were drawn before would be kept as if nothing had changed

    def change(self, row: int, column: int, cell: Text) -> None:
        """Put another cell into a row, which alone is drawn again; Textual would draw all."""
        self._data[self.ordered_rows[row].key][self.ordered_columns[column].key] = cell
        self.refresh_row(row)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        # Taken once for all lines: to work out what CSS makes of a part of the table takes longer than to draw a line.
        part = {name: self.get_component_styles(f"datatable--{name}").rich_style for name in ("header", "fixed")}
        stripes = [self.get_component_styles(f"datatable--{name}-row").rich_style for name in ("even", "odd")]
        self._head = part["header"]
        self._looks = {
            (parity, cursor, hover): (
                part["fixed"] + self._highlight(True, cursor, hover),
                stripe + self._highlight(False, cursor, hover),
            )
            for parity, stripe in enumerate(stripes)
            for cursor in _FLAGS
            for hover in _FLAGS
        }
        return super().render_lines(crop)

    def _highlight(self, fixed: bool, cursor: bool, hover: bool) -> Style:
        shown, hovers = self.show_cursor, self._show_hover_cursor
        return self._get_styles_to_render_cell(False, False, fixed, hover, cursor, shown, hovers, False, False)[0]

    def render_line(self, y: int) -> Strip:
        row = self._row_at(y)
        if row < 0:
            return self._line([column.label for column in self.ordered_columns], self._head, self._head)
        if row >= self.row_count:
            return Strip.blank(self.size.width, self.rich_style)
        cells = self._data[self._row_locations.get_key(row)]  # type: ignore[index]  # each row has a key
        looks = self._looks[row % 2, self.cursor_row == row, self.hover_row == row]
        return self._line([cells[column.key] for column in self.ordered_columns], *looks)

    def _line(self, cells: Sequence[Text], fixed: Style, rest: Style) -> Strip:
        """A row's cells; those that stay in view are left out of what is scrolled to the side."""
        width = self.size.width
        padding = " " * self.cell_padding
        texts = [
            f"{padding}{_fitted(cell, column.content_width if column.auto_width else column.width)}{padding}"
            for cell, column in zip(cells, self.ordered_columns, strict=True)
        ]
        left = int(self.scroll_x)
        scrolled = Strip([Segment("".join(texts[self.fixed_columns :]), rest)])
        if not self.fixed_columns:
            return scrolled.crop(left, left + width).adjust_cell_length(width, rest)
        stays = Strip([Segment("".join(texts[: self.fixed_columns]), fixed)]).crop(0, width)
        room = width - stays.cell_length
        return Strip.join([stays, scrolled.crop(left, left + room).adjust_cell_length(room, rest)])

    # -- the mouse -------------------------------------------------------------------------------------------------

    def _row_at(self, y: int) -> int:
        """The row on a line of the table; -1 on that of the headings."""
        return y - self.header_height + int(self.scroll_y) if y >= self.header_height else -1

    def _row_under(self, event: events.MouseEvent) -> int:
        place = event.get_content_offset(self)
        return -1 if place is None else self._row_at(place.y)

    def _on_mouse_move(self, event: events.MouseMove) -> None:
        event.prevent_default()  # Textual's own looks for a cell's place in its style
        row = self._row_under(event)
        on_row = 0 <= row < self.row_count
        self._set_hover_cursor(on_row)
        if on_row:
            self.hover_coordinate = Coordinate(row, 0)

    async def _on_click(self, event: events.Click) -> None:
        event.prevent_default()
        row = self._row_under(event)
        if 0 <= row < self.row_count:
            self._set_hover_cursor(True)
            if row == self.cursor_row:
                self.action_select_cursor()
            else:
                self.move_cursor(row=row, animate=False)
            event.stop()


def _fitted(cell: Text, width: int) -> str:
    """Its text in just so many terminal cells; an ellipsis where it is cut."""
    text, spare = cell.plain, width - cell.cell_len
    if spare < 0:
        return f"{set_cell_size(text, width - 1)}…"
    return " " * spare + text if cell.justify == "right" else text + " " * spare
