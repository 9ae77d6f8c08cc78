"""Rows of one line each under headings, with a row as the cursor; it fetches and draws only the rows in view."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from metertui.screens.tables.arrangement import Cells
from metertui.screens.tables.columns import GAP, Column, Layout, fitted, fitted_heading, lay_out, shown_text
from metertui.screens.terminal import ink

NO_ROW: Final = -1
_CACHED_ROWS: Final = 512


class RowGrid(ScrollView, can_focus=True):
    """Draws rows, moves the cursor, and scrolls whole columns, so that none is cut.

    Textual's DataTable draws and styles each cell as if it could be anything, which takes ten times as long.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"table--{part}" for part in ("head", "fixed", "even", "odd", "cursor", "hover")
    }
    CURSOR_MARK: ClassVar[str] = "▸"
    """Stands before the row of the cursor. A table without a mark colours that row also while it has no focus."""
    STRETCHES: ClassVar[bool] = True
    """Whether columns use room that is left."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "move_screen(-1)", "Page up", show=False),
        Binding("pagedown", "move_screen(1)", "Page down", show=False),
        Binding("home,ctrl+home", "move_to_first", "First", show=False),
        Binding("end,ctrl+end", "move_to_last", "Last", show=False),
        Binding("left", "scroll_columns(-1)", "Left", show=False),
        Binding("right", "scroll_columns(1)", "Right", show=False),
    ]

    def __init__(
        self, columns: Sequence[Column], *, fixed_columns: int = 1, inks: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        """`fixed_columns`: how many of the first columns stay in view when the others are scrolled.

        `inks`: colours of the theme by the signs that cells begin with; such cells have them.
        """
        super().__init__(**kwargs)
        self._inks = inks or {}
        self.fixed_columns = fixed_columns
        self.row_count = 0
        """The number of rows that are shown."""
        self._at = 0
        """The row under the cursor, among those shown."""
        self._columns = tuple(columns)
        self._first_column = 0
        self._layout_of_columns = lay_out(self._columns, 0, fixed_columns)
        self._cells: LRUCache[int, Cells] = LRUCache(_CACHED_ROWS)
        self._hovered = NO_ROW

    @abstractmethod
    def _fetch(self, start: int, stop: int) -> Sequence[Cells]:
        """Return the cells of the shown rows [start, stop)."""

    @abstractmethod
    def _moved(self) -> None:
        """Tell that the cursor is on another row."""

    @abstractmethod
    def _entered(self) -> None:
        """Tell that the row under the cursor was chosen."""

    @property
    def _foot(self) -> Text | None:
        """Return the line below the rows; None without one."""
        return None

    @property
    def _feet(self) -> Sequence[Cells]:
        """Return the cells of the lines that stay in view below the rows."""
        return ()

    @property
    def _lines_around(self) -> int:
        """Return how many lines are no rows: the headings, and what is below the rows."""
        return 1 + len(self._feet) + (self._foot is not None)

    def _mark_of_order(self, _place: int) -> str:
        """Return the mark in the heading of a column that the rows are sorted by."""
        return ""

    def cells_of_row(self, row: int) -> Cells:
        """Return the cells of a shown row, or none if there is no such row."""
        if not 0 <= row < self.row_count:
            return ()
        if row not in self._cells:
            height = max(1, self.size.height)
            start = max(0, row - row % height)
            stop = min(self.row_count, start + height)
            for number, cells in enumerate(self._fetch(start, stop), start):
                self._cells[number] = tuple(cells)
                self._make_room(cells)
        return self._cells.get(row) or ()

    def refetch_rows(self) -> None:
        """Fetch and draw the rows in view again: the same rows, perhaps with other cells."""
        self._cells.clear()
        self.refresh()

    # -- layout ------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self._resize()
        self._scroll_to_cursor()

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width  # the available width, or columns that fill it would ask for more and more

    def _make_room(self, cells: Cells) -> None:
        """Widen the columns of figures that are longer than what was seen before."""
        wider = [
            replace(column, width=width)
            if column.right and (width := cell_len(shown_text(cell))) > column.width
            else column
            for column, cell in zip(self._columns, cells, strict=False)
        ]
        if any(new is not old for new, old in zip(wider, self._columns, strict=False)):
            self._columns = (*wider, *self._columns[len(wider) :])
            self.call_later(self._resize)

    @property
    def _covered(self) -> int:
        """Return over how many columns of cells the scrollbar is drawn that so many rows need, shown already or not."""
        return (self.row_count + self._lines_around > self.size.height) * self.styles.scrollbar_size_vertical

    def _resize(self) -> None:
        width = self.size.width - 1 - max(len(self._padding), self._covered)
        self._layout_of_columns = self._laid_out(width)
        self.virtual_size = Size(self.size.width, self.row_count + self._lines_around)
        self.refresh()

    def _laid_out(self, width: int) -> Layout:
        columns = [
            replace(column, width=max(column.width, cell_len(column.heading) + 1 + cell_len(mark))) if mark else column
            for column, mark in ((column, self._mark_of_order(place)) for place, column in enumerate(self._columns))
        ]
        found = lay_out(columns, width, self.fixed_columns, self._first_column, stretch=self.STRETCHES)
        while found.before and not found.behind:  # no further than the last column needs
            nearer = lay_out(columns, width, self.fixed_columns, found.before - 1, stretch=self.STRETCHES)
            if nearer.behind:
                break
            found = nearer
        self._first_column = found.before
        return found

    @property
    def _padding(self) -> str:
        """Return what follows the last column, and the last fixed one."""
        return "" if self.CURSOR_MARK else " "

    # -- drawing -----------------------------------------------------------------------------------------------

    def refresh_row(self, row: int) -> None:
        """Draw one row again."""
        self.refresh(Region(0, row + 1 - self.scroll_offset.y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        if y == 0:
            return self._head()
        foot = self._foot
        if foot is not None and y == self.size.height - 1:
            style = self.get_component_rich_style("table--head")
            foot.stylize_before(style)
            return (
                Strip(foot.render(self.app.console, end=""))
                .crop(0, self.size.width)
                .adjust_cell_length(self.size.width, style)
            )
        feet = self._feet
        below = y - min(self.size.height - (foot is not None) - len(feet), self.row_count + 1)
        if 0 <= below < len(feet):
            style = self.get_component_rich_style("table--fixed") + Style(bold=True)
            return self._line(self._texts(feet[below]), style, style)
        row = self.scroll_offset.y + y - 1
        if row >= self.row_count:
            return Strip.blank(self.size.width, self._ground)
        texts, under_cursor = self._texts(self.cells_of_row(row)), row == self._at
        mark = self.CURSOR_MARK if under_cursor else ""
        return self._line(texts, *self._styles_of_row(row), mark, coloured=not under_cursor)

    @property
    def _ground(self) -> Style:
        """Return the style below the rows: that of what the table is in, as there is nothing to choose."""
        return self.parent.rich_style if isinstance(self.parent, Widget) else self.rich_style

    def _texts(self, cells: Cells) -> list[str]:
        """Return the cells of the columns in view, each as wide as its column."""
        layout = self._layout_of_columns
        return [
            fitted(cells[place], width, self._columns[place].right)
            for place, width in zip(layout.places, layout.widths, strict=True)
            if place < len(cells)
        ]

    def _head(self) -> Strip:
        style, layout = self.get_component_rich_style("table--head"), self._layout_of_columns
        texts = []
        for place, width in zip(layout.places, layout.widths, strict=True):
            column = self._columns[place]
            texts.append(fitted_heading(column.heading, self._mark_of_order(place), width, column.right))
        line = self._line(texts, style, style)
        used, width = 1 + cell_len(GAP.join(texts)) + len(self._padding), self.size.width - self._covered
        sign = layout.long_sign if used + cell_len(layout.long_sign) < width else layout.sign
        if not sign:
            return line
        place = width - cell_len(sign)
        return Strip.join([line.crop(0, place), Strip([Segment(sign + " " * self._covered, style)])])

    def _styles_of_row(self, row: int) -> tuple[Style, Style]:
        """Return the styles of the fixed columns and of the others."""
        component = self.get_component_rich_style
        if row == self._at and (self.has_focus or not self.CURSOR_MARK):
            return component("table--cursor"), component("table--cursor")
        rest = component("table--odd" if row % 2 else "table--even")
        scrolls = self._layout_of_columns.before or self._layout_of_columns.behind
        fixed = component("table--fixed") if scrolls else rest
        if row == self._hovered:
            hover = component("table--hover")
            return fixed + hover, rest + hover
        return fixed, rest

    def _line(
        self, texts: Sequence[str], fixed: Style, rest: Style, mark: str = "", *, coloured: bool = False
    ) -> Strip:
        """Draw the cells of the fixed columns, and of the others; `coloured` if they have signs."""
        stay, lead = self._layout_of_columns.fixed, mark or " "
        parts, columns = [], [self._columns[place].ink for place in self._layout_of_columns.places]
        if not self._inks and not any(columns):
            coloured = False
        if stay:
            parts += self._segments(lead, texts[:stay], fixed, columns[:stay], coloured=coloured)
            parts.append(Segment(GAP[len(self._padding) :], rest))
            lead = ""
        parts += self._segments(lead, texts[stay:], rest, columns[stay:], coloured=coloured)
        return Strip(parts).crop(0, self.size.width).adjust_cell_length(self.size.width, rest)

    def _segments(
        self, lead: str, texts: Sequence[str], style: Style, inks: Sequence[str], *, coloured: bool
    ) -> list[Segment]:
        """Return cells with what is before and after them; if `coloured`, each in the ink of its sign or column."""
        if not coloured:
            return [Segment(f"{lead}{GAP.join(texts)}{self._padding}", style)]
        found = [Segment(lead, style)]
        for place, text in enumerate(texts):
            name = self._inks.get(text[:1], inks[place] if place < len(inks) else "")
            inked = style + ink(self.app.theme_variables, name) if name else style
            found += [Segment(GAP if place else "", style), Segment(text, inked)]
        return [*found, Segment(self._padding, style)]

    # -- moving ------------------------------------------------------------------------------------------------

    def _go(self, row: int) -> None:
        """Put the cursor on a shown row, or on the nearest one if there is no such row."""
        row = max(0, min(row, self.row_count - 1))
        if row != self._at:
            self.refresh_row(self._at)
            self.refresh_row(row)
            self._at = row
            self._scroll_to_cursor()
            self._moved()

    def _scroll_to_cursor(self) -> None:
        height = self._rows_in_view
        if height < 1:
            return  # not laid out yet: its first size brings it here again
        top = self.scroll_offset.y
        if self._at < top:
            top = self._at
        elif self._at >= top + height:
            top = self._at - height + 1
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    @property
    def _rows_in_view(self) -> int:
        return self.size.height - self._lines_around

    def action_move(self, rows: int) -> None:
        """Move the cursor by some rows."""
        self._hover(NO_ROW)
        self._go(self._at + rows)

    def action_move_screen(self, screens: int) -> None:
        """Move the cursor by as many rows as are in view."""
        self.action_move(screens * max(1, self._rows_in_view))

    def action_move_to_first(self) -> None:
        """Move the cursor to the first row."""
        self.action_move(-self.row_count)

    def action_move_to_last(self) -> None:
        """Move the cursor to the last row."""
        self.action_move(self.row_count)

    def action_scroll_columns(self, columns: int) -> None:
        """Scroll the columns that are not fixed, by some columns."""
        if columns < 0 or self._layout_of_columns.behind:
            self._first_column = max(0, self._first_column + columns)
            self._resize()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.refresh()  # the headings do not move with the rows

    # -- the mouse ---------------------------------------------------------------------------------------------

    def _row_under(self, event: events.MouseEvent) -> int:
        place = event.get_content_offset(self)
        if place is None or not 0 < place.y <= self._rows_in_view:
            return NO_ROW
        row = self.scroll_offset.y + place.y - 1
        return row if row < self.row_count else NO_ROW

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self.refresh_row(self._hovered)
            self.refresh_row(row)
            self._hovered = row

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._hover(self._row_under(event))

    def on_leave(self) -> None:
        self._hover(NO_ROW)

    def on_click(self, event: events.Click) -> None:
        row = self._row_under(event)
        if row == NO_ROW:
            return
        if row == self._at:
            self._entered()
        else:
            self._go(row)
