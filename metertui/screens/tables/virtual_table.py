"""A table of as many rows as there are: only those in view are fetched and drawn.

It knows how many rows there are, and asks a provider for the cells of a few; so a million cost what forty do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

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
from metertui.text import plain

Cells = Sequence[str]
Provider = Callable[[int, int], Sequence[Cells]]
"""The cells of the rows from the first number to before the second; called on the event loop, for a few dozen."""

_GAP: Final = 2
_KEPT: Final = 512
"""Rows whose cells are kept: some screens of them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and the cells' width. What does not fit ends in an ellipsis."""

    heading: str
    width: int
    right: bool = False
    most: int = 0
    """The width where there is room; where no column of a table has one, the widest may have twice its own."""
    spare: bool = False
    """Whether it is left out where there is no room for all; only the last ones may be."""


class VirtualTable(ScrollView, can_focus=True):
    """Rows of text under headings, with a cursor. The first column stays in view."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"virtual--head", "virtual--key", "virtual--odd", "virtual--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", "Up", show=False),
        Binding("down", "step(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,ctrl+home", "first", "First", show=False),
        Binding("end,ctrl+end", "last", "Last", show=False),
        Binding("left", "shift(-8)", "Left", show=False),
        Binding("right", "shift(8)", "Right", show=False),
        Binding("enter", "take", "Take", show=False),
        *COPY_KEYS,
    ]

    @dataclass
    class Taken(Message):
        """Enter, or a click on the row under the cursor."""

        table: VirtualTable
        row: int

        @property
        def control(self) -> VirtualTable:
            """Which table."""
            return self.table

    @dataclass
    class Moved(Message):
        """The cursor is on another row."""

        table: VirtualTable
        row: int

        @property
        def control(self) -> VirtualTable:
            """Which table."""
            return self.table

    def __init__(self, columns: Sequence[Column], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._columns = tuple(columns)
        self._widths = [column.width for column in columns]
        self._count = 0
        self._provider: Provider = lambda _start, _stop: ()
        self._cells: LRUCache[int, Cells] = LRUCache(_KEPT)
        self._copied = Copied()
        self.cursor = 0
        """The row under the cursor; 0 in an empty table."""

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return self._count

    def show(self, count: int, provider: Provider, cursor: int = 0) -> None:
        """Show other rows, with the cursor on the row `cursor`."""
        self._count, self._provider = count, provider
        self._cells.clear()
        self._resize()
        self.cursor = -1
        self._move(cursor)
        self.refresh()

    def renew(self) -> None:
        """Fetch anew what is in view: the rows are the same, and their cells may differ."""
        self._cells.clear()
        self.refresh()

    def grow(self, count: int) -> None:
        """There are more rows at the end; the cursor stays where it is."""
        self._count = count
        self._resize()
        self.refresh()

    def cells(self, row: int) -> Cells:
        """The cells of a row; none of one that is not there."""
        if not 0 <= row < self._count:
            return ()
        if row not in self._cells:
            height = max(1, self.size.height)
            start = max(0, row - row % height)
            stop = min(self._count, start + height)
            for number, cells in enumerate(self._provider(start, stop), start):
                self._cells[number] = tuple(cells)
        return self._cells.get(row) or ()

    def action_copy(self) -> None:
        """Copy the row's first cell, and then the next ones."""
        names = (column.heading for column in self._columns)
        cells = list(zip(names, self.cells(self.cursor), strict=False))
        self._copied = copy_next(self, self._copied, self.cursor, cells)

    # -- drawing ---------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self._resize()
        self._keep_in_view()

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width  # what is there, or columns that take what is left would ask for ever more

    def _resize(self) -> None:
        self._fit()
        width = sum(self._widths) + _GAP * (len(self._widths) - 1) + 1
        self.virtual_size = Size(width, self._count + 1)

    def _fit(self) -> None:
        """Leave out what is spare, and give the room that is left to the columns that can use it."""
        columns = list(self._columns)
        # The scrollbar that this many rows will have may not stand there yet.
        width = self.size.width + self.show_vertical_scrollbar * self.scrollbar_size_vertical
        height = self.size.height + self.show_horizontal_scrollbar * self.scrollbar_size_horizontal
        width -= 1 + (self._count >= height) * self.scrollbar_size_vertical

        def room() -> int:
            return width - sum(column.width for column in columns) - _GAP * (len(columns) - 1)

        while columns[-1].spare and room() < 0:
            columns.pop()
        self._widths = [column.width for column in columns]
        left = max(0, room())
        if not any(column.most for column in columns):
            at = max(range(1, len(columns)), key=lambda place: columns[place].width, default=0)
            columns[at] = replace(columns[at], most=2 * columns[at].width if at else 0)
        for at, column in enumerate(columns):
            more = max(0, min(left, column.most - column.width))
            self._widths[at] += more
            left -= more

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            style = self.get_component_rich_style("virtual--head")
            return self._line([column.heading for column in self._columns], style, style, width)
        row = self.scroll_offset.y + y - 1
        base = self.rich_style
        if row >= self._count:
            return Strip.blank(width, base)
        key = self.get_component_rich_style("virtual--key")
        if row % 2:
            base = self.get_component_rich_style("virtual--odd")
        if row == self.cursor and self.has_focus:
            base = key = self.get_component_rich_style("virtual--cursor")
        cells = self.cells(row)
        mark = "▸" if row == self.cursor else " "  # not by colour alone
        return self._line(cells, key, base, width, mark)

    def _line(self, cells: Cells, key: Style, base: Style, width: int, mark: str = " ") -> Strip:
        """The first cell, and of the others what the scroll has in view."""
        texts = [
            _fitted(cell, column_width, column.right)
            for cell, column_width, column in zip(cells, self._widths, self._columns, strict=False)
        ]
        if not texts:
            return Strip.blank(width, base)
        first = Strip([Segment(mark + texts[0], key), Segment(" " * _GAP, base)])
        others = Strip([Segment((" " * _GAP).join(texts[1:]), base)])
        left = self.scroll_offset.x
        room = max(0, width - first.cell_length)
        return Strip.join([first.crop(0, width), others.crop(left, left + room).adjust_cell_length(room, base)])

    # -- moving ----------------------------------------------------------------------------------------------

    def _move(self, row: int) -> None:
        row = max(0, min(row, self._count - 1))
        if row != self.cursor:
            self.cursor = row
            self._keep_in_view()
            self.refresh()
            self.post_message(self.Moved(self, row))

    def _keep_in_view(self) -> None:
        height = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        if self.cursor < top:
            top = self.cursor
        elif self.cursor >= top + height:
            top = self.cursor - height + 1
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def action_step(self, rows: int) -> None:
        """So many rows on."""
        self._move(self.cursor + rows)

    def action_page(self, pages: int) -> None:
        """A screen of rows on."""
        self._move(self.cursor + pages * max(1, self.size.height - 2))

    def action_first(self) -> None:
        """To the first row."""
        self._move(0)

    def action_last(self) -> None:
        """To the last row."""
        self._move(self._count - 1)

    def action_shift(self, cells: int) -> None:
        """To the side, by so many cells."""
        self.scroll_to(x=self.scroll_offset.x + cells, animate=False, immediate=True)

    def action_take(self) -> None:
        """Act on the row under the cursor."""
        if self._count:
            self.post_message(self.Taken(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        if event.y > 0:
            row = self.scroll_offset.y + event.y - 1
            if row == self.cursor:
                self.action_take()
            elif row < self._count:
                self._move(row)

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_x(old_value, new_value)
        self.refresh()  # the first column does not go with the others

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.refresh(Region(0, 0, self.size.width, self.size.height))  # nor do the headings


def _fitted(text: str, width: int, right: bool) -> str:
    """A cell's text, made visible, in just so many cells."""
    shown = plain(text, limit=width * 2)
    shown.truncate(width, overflow="ellipsis")
    shown.align("right" if right else "left", width)
    return shown.plain
