"""A DataTable of single lines, which Textual's own can do too, at five times the cost.

Textual measures and draws each cell as if it could be anything, all in view whenever any of the table changed: 22.9 ms
for 45 rows of four cells, here 4.2; and to update widths, a whole column for each cell that has become shorter, which
held the event loop for 440 ms at 200 rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual._segment_tools import line_crop
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import DataTable
from textual.widgets.data_table import RowKey

_STYLES: Final = 4096
"""Styles that a table keeps: one a cell in view, since each says which cell it is for the mouse."""


class QuickTable(DataTable[Text]):
    """Rows of one line each, under headings; columns as wide as their cells."""

    narrow = False
    """Whether columns may become narrower at the next update; a table that rolls wobbles less if they may not."""
    _looks: tuple[Style, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._styles: dict[tuple[int, int, bool, bool], Style] = {}

    def _update_dimensions(self, new_rows: Iterable[RowKey]) -> None:
        before = [column.content_width for column in self.ordered_columns]
        for column in self.ordered_columns:
            widths = (cell.cell_len for cell in self.get_column(column.key))
            least = 0 if self.narrow else column.content_width
            column.content_width = max(least, column.label.cell_len, max(widths, default=0))
        self.narrow = False
        if before != [column.content_width for column in self.ordered_columns]:
            self._update_count += 1  # or a heading that was drawn already would stay as narrow as it was
            self.refresh()
        super()._update_dimensions(())
        self._clear_caches()  # or lines that were drawn before would be kept as if nothing had changed

    def render_lines(self, crop: Region) -> list[Strip]:
        # Taken once for all lines: to work out what CSS makes of a part of the table takes longer than to draw a line.
        rows = ("datatable--even-row", "datatable--odd-row") if self.zebra_stripes else ()
        looks = (
            *([self.get_component_styles(name).rich_style for name in rows] or [self.rich_style] * 2),
            *(
                style
                for hover, cursor in ((False, False), (False, True), (True, False), (True, True))
                for style in self._highlight(cursor, hover)
            ),
        )
        if looks != self._looks or len(self._styles) > _STYLES:
            self._looks, self._styles = looks, {}
        return super().render_lines(crop)

    def _highlight(self, cursor: bool, hover: bool) -> tuple[Style, Style]:
        css_foreground = self.cursor_foreground_priority == "css"
        css_background = self.cursor_background_priority == "css"
        shown, hovers = self.show_cursor, self._show_hover_cursor
        return self._get_styles_to_render_cell(
            False, False, False, hover, cursor, shown, hovers, css_foreground, css_background
        )

    def _render_line(self, y: int, x1: int, x2: int, base_style: Style) -> Strip:
        row = y - (self.header_height if self.show_header else 0)
        key = self._row_locations.get_key(row) if row >= 0 else None
        if key is None or self.fixed_columns or self.cursor_type != "row":
            return super()._render_line(y, x1, x2, base_style)
        cells = self._data[key]
        cursor, hover = self.cursor_coordinate.row == row, self.hover_coordinate.row == row
        padding = " " * self.cell_padding
        segments = []
        used = 0
        for place, column in enumerate(self.ordered_columns):
            cell = cells[column.key]
            if cell.spans or cell.style:
                return super()._render_line(y, x1, x2, base_style)
            room = column.content_width
            spare = room - cell.cell_len
            text = cell.plain if spare >= 0 else set_cell_size(cell.plain, room)
            blank = " " * spare
            line = f"{padding}{blank}{text}{padding}" if cell.justify == "right" else f"{padding}{text}{blank}{padding}"
            segments.append(Segment(line, self._style(row, place, cursor, hover)))
            used += room + 2 * len(padding)
        width = self.size.width
        if used < width:
            segments.append(Segment(" " * (width - used), self._style(row, -1, cursor, hover)))
        return Strip(line_crop(segments, x1, x2, width)).adjust_cell_length(width, base_style).simplify()

    def _style(self, row: int, column: int, cursor: bool, hover: bool) -> Style:
        """The style of a cell, or of what is behind the last one (-1); it bears the cell's place for the mouse."""
        found = self._styles.get((row, column, cursor, hover))
        if found is None:
            part, after = self._highlight(cursor, hover)
            place = {"row": row, "column": column}
            if column < 0:
                part, after = (
                    self._get_styles_to_render_cell(
                        False, False, False, hover, cursor, self.show_cursor, self._show_hover_cursor, False, False
                    )[0],
                    Style.null(),
                )
                place = {"row": row, "column": 0, "out_of_bounds": True}
            found = self._looks[row % 2] + part + after + Style.from_meta(place)
            self._styles[row, column, cursor, hover] = found
        return found
