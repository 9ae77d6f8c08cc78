"""A table of any length that fetches and draws only the rows in view."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from metertui.screens.tables.copying import COPY_KEYS, Copied, copy_next
from metertui.screens.terminal import ink
from metertui.text import visible

Cells = Sequence[str]
Provider = Callable[[int, int], Sequence[Cells]]
"""Returns the cells of the rows from the first number up to, not including, the second.

It is called on the event loop, for a few dozen rows at a time.
"""

_GAP: Final = "  "
"""Between two columns."""
_CACHED_ROWS: Final = 512
_NO_ROW: Final = -1


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and a width in terminal cells; longer text ends in an ellipsis."""

    heading: str
    width: int
    right: bool = False
    """Whether the cells are aligned to the right."""
    most: int = 0
    """The width if there is room. If no column of a table has one, the widest may double its width."""
    spare: bool = False
    """Whether the column is left out if there is no room for all. Only the last columns may be spare."""


class Table(ScrollView, can_focus=True):
    """Rows of one line each under headings, with a row as the cursor.

    Textual's DataTable draws and styles each cell as if it could be anything, which takes ten times as long.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"table--{part}" for part in ("head", "fixed", "even", "odd", "cursor", "hover")
    }
    CURSOR_MARK: ClassVar[str] = "▸"
    """Stands before the row of the cursor. A table without a mark colours that row also while it has no focus."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "move_screen(-1)", "Page up", show=False),
        Binding("pagedown", "move_screen(1)", "Page down", show=False),
        Binding("home,ctrl+home", "move_to_first", "First", show=False),
        Binding("end,ctrl+end", "move_to_last", "Last", show=False),
        Binding("left", "scroll_columns(-8)", "Left", show=False),
        Binding("right", "scroll_columns(8)", "Right", show=False),
        Binding("enter", "select_cursor", "Select", show=False),
        *COPY_KEYS,
    ]

    @dataclass
    class _RowMessage(Message):
        table: Table
        row: int

        @property
        def control(self) -> Table:
            """Return the table, for the selector of a handler."""
            return self.table

    class RowSelected(_RowMessage):
        """Enter was pressed on a row, or the row under the cursor was clicked."""

    class RowHighlighted(_RowMessage):
        """The cursor moved to another row, or the table shows other rows."""

    def __init__(
        self, columns: Sequence[Column], *, fixed_columns: int = 1, inks: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        """`fixed_columns`: how many of the first columns stay in view when the others are scrolled.

        `inks`: colours of the theme by the signs that cells begin with; such cells have them.
        """
        super().__init__(**kwargs)
        self.fixed_columns = fixed_columns
        self._inks = inks or {}
        self.cursor_row = 0
        """The row under the cursor; 0 in an empty table."""
        self._columns = tuple(columns)
        self._widths = [column.width for column in columns]
        self.row_count = 0
        self._provider: Provider = lambda _start, _stop: ()
        self._cells: LRUCache[int, Cells] = LRUCache(_CACHED_ROWS)
        self._copied = Copied()
        self._hovered = _NO_ROW

    def show_rows(self, count: int, provider: Provider, cursor: int = 0) -> None:
        """Show other rows, with the cursor on the row `cursor`."""
        self.row_count, self._provider = count, provider
        self._cells.clear()
        self._resize()
        self.cursor_row = _NO_ROW
        self.move_cursor(cursor)
        self.refresh()

    def refetch_rows(self) -> None:
        """Fetch and draw the rows in view again: the same rows, perhaps with other cells."""
        self._cells.clear()
        self.refresh()

    def append_rows(self, count: int) -> None:
        """Show `count` rows in all, the new ones at the end; the cursor stays on its row."""
        self.row_count = count
        self._resize()
        self.refresh()

    def cells_of_row(self, row: int) -> Cells:
        """Return the cells of a row, or none if there is no such row."""
        if not 0 <= row < self.row_count:
            return ()
        if row not in self._cells:
            height = max(1, self.size.height)
            start = max(0, row - row % height)
            stop = min(self.row_count, start + height)
            for number, cells in enumerate(self._provider(start, stop), start):
                self._cells[number] = tuple(cells)
        return self._cells.get(row) or ()

    def key_of_row(self, row: int) -> object:
        """Return what identifies a row when the rows change: here its number."""
        return row

    def action_copy(self) -> None:
        """Copy the first cell of the row under the cursor; the next one if pressed again."""
        headings = (column.heading for column in self._columns)
        cells = list(zip(headings, self.cells_of_row(self.cursor_row), strict=False))
        self._copied = copy_next(self, self._copied, self.key_of_row(self.cursor_row), cells)

    # -- layout ------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self._resize()
        self._scroll_to_cursor()

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width  # the available width, or columns that fill it would ask for more and more

    def _resize(self) -> None:
        self._widths = self._fitted_widths()
        width = sum(self._widths) + len(_GAP) * (len(self._widths) - 1) + 1 + len(self._padding)
        self.virtual_size = Size(width, self.row_count + self._lines_around)

    @property
    def _lines_around(self) -> int:
        """Return how many lines are no rows: the headings, and what a table has below its rows."""
        return 1

    @property
    def _padding(self) -> str:
        """Return what follows the last column, and the last fixed one."""
        return "" if self.CURSOR_MARK else " "

    def _fitted_widths(self) -> list[int]:
        """Leave out spare columns that do not fit, and give the room that is left to columns that can use it."""
        columns = list(self._columns)
        # The scrollbar that so many rows need may not be shown yet.
        width = self.size.width + self.show_vertical_scrollbar * self.scrollbar_size_vertical
        height = self.size.height + self.show_horizontal_scrollbar * self.scrollbar_size_horizontal
        width -= 1 + (self.row_count + self._lines_around > height) * self.scrollbar_size_vertical

        def room() -> int:
            return width - sum(column.width for column in columns) - len(_GAP) * (len(columns) - 1)

        while columns[-1].spare and room() < 0:
            columns.pop()
        if not any(column.most for column in columns):
            at = max(range(1, len(columns)), key=lambda place: columns[place].width, default=0)
            columns[at] = replace(columns[at], most=2 * columns[at].width if at else 0)
        widths, left = [], max(0, room())
        for column in columns:
            more = max(0, min(left, column.most - column.width))
            widths.append(column.width + more)
            left -= more
        return widths

    # -- drawing -----------------------------------------------------------------------------------------------

    def refresh_row(self, row: int) -> None:
        """Draw one row again."""
        self.refresh(Region(0, row + 1 - self.scroll_offset.y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        if y == 0:
            style = self.get_component_rich_style("table--head")
            return self._line([column.heading for column in self._columns], style, style)
        row = self.scroll_offset.y + y - 1
        if row >= self.row_count:
            return Strip.blank(self.size.width, self.rich_style)
        fixed, rest = self._styles_of_row(row)
        cells, under_cursor = self.cells_of_row(row), row == self.cursor_row
        return self._line(cells, fixed, rest, self.CURSOR_MARK if under_cursor else "", coloured=not under_cursor)

    def _styles_of_row(self, row: int) -> tuple[Style, Style]:
        """Return the styles of the fixed columns and of the others."""
        component = self.get_component_rich_style
        if row == self.cursor_row and (self.has_focus or not self.CURSOR_MARK):
            return component("table--cursor"), component("table--cursor")
        fixed, rest = component("table--fixed"), component("table--odd" if row % 2 else "table--even")
        if row == self._hovered:
            hover = component("table--hover")
            return fixed + hover, rest + hover
        return fixed, rest

    def _line(self, cells: Cells, fixed: Style, rest: Style, mark: str = "", *, coloured: bool = False) -> Strip:
        """Draw the fixed cells, and of the others what is scrolled into view; `coloured` if they have signs."""
        texts = [
            _fitted(cell, width, column.right)
            for cell, width, column in zip(cells, self._widths, self._columns, strict=False)
        ]
        stay, width = self.fixed_columns, self.size.width
        first = Strip([])
        lead = mark or " "
        if stay:
            held = self._segments(lead, texts[:stay], fixed, coloured=coloured)
            first = Strip([*held, Segment(_GAP[len(self._padding) :], rest)]).crop(0, width)
            lead = ""
        others = Strip(self._segments(lead, texts[stay:], rest, coloured=coloured))
        left, room = self.scroll_offset.x, width - first.cell_length
        return Strip.join([first, others.crop(left, left + room).adjust_cell_length(room, rest)])

    def _segments(self, lead: str, texts: Sequence[str], style: Style, *, coloured: bool) -> list[Segment]:
        """Return cells with what is before and after them; those that begin with a sign are in its colour."""
        if not coloured or not self._inks:
            return [Segment(f"{lead}{_GAP.join(texts)}{self._padding}", style)]
        found = [Segment(lead, style)]
        for place, text in enumerate(texts):
            name = self._inks.get(text[:1])
            inked = style if name is None else style + ink(self.app.theme_variables, name)
            found += [Segment(_GAP if place else "", style), Segment(text, inked)]
        return [*found, Segment(self._padding, style)]

    # -- moving ------------------------------------------------------------------------------------------------

    def move_cursor(self, row: int) -> None:
        """Put the cursor on a row, or on the nearest one if there is no such row."""
        row = max(0, min(row, self.row_count - 1))
        if row != self.cursor_row:
            self.refresh_row(self.cursor_row)
            self.refresh_row(row)
            self.cursor_row = row
            self._scroll_to_cursor()
            self.post_message(self.RowHighlighted(self, row))

    def _scroll_to_cursor(self) -> None:
        height = self.size.height - self._lines_around
        if height < 1:
            return  # not laid out yet: its first size brings it here again
        top = self.scroll_offset.y
        if self.cursor_row < top:
            top = self.cursor_row
        elif self.cursor_row >= top + height:
            top = self.cursor_row - height + 1
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def action_move(self, rows: int) -> None:
        """Move the cursor by some rows."""
        self._hover(_NO_ROW)
        self.move_cursor(self.cursor_row + rows)

    def action_move_screen(self, screens: int) -> None:
        """Move the cursor by as many rows as are in view."""
        self.action_move(screens * max(1, self.size.height - self._lines_around))

    def action_move_to_first(self) -> None:
        """Move the cursor to the first row."""
        self.action_move(-self.row_count)

    def action_move_to_last(self) -> None:
        """Move the cursor to the last row."""
        self.action_move(self.row_count)

    def action_scroll_columns(self, cells: int) -> None:
        """Scroll the columns that are not fixed, by some cells."""
        self.scroll_to(x=self.scroll_offset.x + cells, animate=False, immediate=True)

    def action_select_cursor(self) -> None:
        """Act on the row under the cursor."""
        if self.row_count:
            self.post_message(self.RowSelected(self, self.cursor_row))

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_x(old_value, new_value)
        self.refresh()  # the fixed columns do not move with the others

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.refresh()  # the headings do not move with the rows

    # -- the mouse ---------------------------------------------------------------------------------------------

    def _row_under(self, event: events.MouseEvent) -> int:
        place = event.get_content_offset(self)
        if place is None or place.y == 0 or place.y > self.size.height - self._lines_around:
            return _NO_ROW
        row = self.scroll_offset.y + place.y - 1
        return row if row < self.row_count else _NO_ROW

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self.refresh_row(self._hovered)
            self.refresh_row(row)
            self._hovered = row

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._hover(self._row_under(event))

    def on_leave(self) -> None:
        self._hover(_NO_ROW)

    def on_click(self, event: events.Click) -> None:
        row = self._row_under(event)
        if row == _NO_ROW:
            return
        if row == self.cursor_row:
            self.action_select_cursor()
        else:
            self.move_cursor(row)


def shown_text(text: str, limit: int = 200) -> str:
    """Return a cell's text with control characters made visible, cut at `limit` characters."""
    return visible(text) if len(text) <= limit else f"{visible(text[:limit])}…"


def _fitted(text: str, width: int, right: bool) -> str:
    """Return a text in exactly `width` terminal cells, with an ellipsis if it is cut."""
    shown = shown_text(text, 2 * width)
    spare = width - cell_len(shown)
    if spare < 0:
        return f"{set_cell_size(shown, width - 1)}…"
    return " " * spare + shown if right else shown + " " * spare
