"""A table of any length that is filtered, sorted and copied by keys, the same on every screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Final

import numpy as np
from rich.text import Text
from textual import events, work
from textual.binding import Binding, BindingType
from textual.message import Message

from metertui.engine.base import Int64Array
from metertui.screens.tables import filter_line
from metertui.screens.tables.arrangement import NATURAL, Arranged, Arrangement, Cells, Provider, arrange
from metertui.screens.tables.columns import Column
from metertui.screens.tables.copying import COPY_KEYS, MOST_COPIED, Copied, copy_next, copy_rows
from metertui.screens.tables.row_grid import NO_ROW, RowGrid
from metertui.text import visible

_AT_ONCE: Final = 500
"""Rows that are filtered and sorted on the event loop, in some 5 ms; more are in a thread."""


@dataclass(frozen=True, slots=True)
class Source:
    """The rows that a table was given."""

    count: int
    provider: Provider
    subject: object
    """What they are the rows of, for the screen that gave them."""


class Table(RowGrid):
    """Rows of text. `/` filters them while one types, `s` sorts by the next column and `S` reverses, `y` and `Y` copy.

    Rows have the numbers that they have in the table as it was given, however it is filtered and sorted.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Open", key_display="⏎"),
        Binding("slash", "filter", "Filter", key_display="/", tooltip="Show only the rows that contain a text"),
        Binding("s", "sort(1)", "Sort", tooltip="Sort by the next column"),
        Binding("S", "sort(0)", "Reverse", show=False, tooltip="Reverse the order"),
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
        """The cursor moved to another row, or the table shows other rows; the row is -1 if it shows none."""

    @dataclass
    class FilterAsked(Message):
        """Asks the screen for the rows that contain a text, or for all rows if it is empty."""

        table: Table
        text: str

        @property
        def control(self) -> Table:
            """Return the table, for the selector of a handler."""
            return self.table

    @dataclass
    class Rearranged(Message):
        """The table was filtered or sorted in another way."""

        table: Table

        @property
        def control(self) -> Table:
            """Return the table, for the selector of a handler."""
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        fixed_columns: int = 1,
        enter: str = "Open",
        filters: bool = True,
        sorts: bool = True,
        by_screen: bool = False,
        **kwargs: Any,
    ) -> None:
        """`enter`: what Enter does, in the line of keys; empty if nothing.

        `filters`, `sorts`: whether there are keys for it here; a screen may have its own. `by_screen`: whether the
        screen does the work, as it has more rows than it gives to the table.
        """
        super().__init__(columns, fixed_columns=fixed_columns, **kwargs)
        self._enter, self._filters, self._sorts = enter, filters, sorts
        self.arrangement = Arrangement()
        """The filter and the order asked for."""
        self._given = self._source = Source(0, lambda _start, _stop: (), None)
        self._order: Int64Array | None = None
        """The numbers of the rows shown, in order; None for all as they were given."""
        self._matched: frozenset[int] = frozenset()
        self._by_screen = by_screen
        self._filter_asked = ""
        self._typing = False
        self._turn = 0
        self._copied = Copied()

    def show_rows(self, count: int, provider: Provider, cursor: int = 0, subject: object = None) -> None:
        """Show other rows, with the cursor on the row `cursor`: many of them when they are filtered and sorted."""
        self._given = Source(count, provider, subject)
        self._arrange(cursor)

    def append_rows(self, count: int) -> None:
        """Show `count` rows in all, the new ones at the end; the cursor stays on its row."""
        self._given = replace(self._given, count=count)
        if self._order is not None or not self.arrangement.is_natural:
            self._arrange(self.cursor_row)
            return
        self._source, self.row_count = self._given, count
        self._resize()

    @property
    def cursor_row(self) -> int:
        """Return the row under the cursor; -1 if no row is shown."""
        return self._number_of(self._at) if self.row_count else NO_ROW

    @property
    def subject(self) -> object:
        """Return what the rows in view are of, as given to `show_rows`."""
        return self._source.subject

    def move_cursor(self, row: int) -> None:
        """Put the cursor on a row, or on the first one if it is not shown."""
        self._go(self._place_of(row))

    @property
    def rows_in_view(self) -> list[int]:
        """Return the rows that can be seen."""
        top = int(self.scroll_offset.y)
        return [self._number_of(place) for place in range(top, min(self.row_count, top + max(0, self._rows_in_view)))]

    def shows_column(self, column: int) -> bool:
        """Return whether a column is in view."""
        return column in self._layout_of_columns.places

    def key_of_row(self, row: int) -> object:
        """Return what identifies a row when the rows change: here its number."""
        return row

    def values_of(self, _column: int, _subject: object) -> Int64Array | None:
        """Return the values of a column of rows, -1 for none, where they are known without its texts."""
        return None

    # -- filter and order --------------------------------------------------------------------------------------

    @property
    def is_arranged(self) -> bool:
        """Return whether the rows are filtered or sorted, or are about to be."""
        return self._typing or not self.arrangement.is_natural

    @property
    def found_rows(self) -> int:
        """Return the number of rows that the filter left."""
        return self.row_count

    @property
    def total_rows(self) -> int:
        """Return the number of rows without the filter."""
        return self._source.count

    @property
    def state(self) -> str:
        """Return the filter and the order in words, for a title; empty if there is neither."""
        parts = []
        if self.arrangement.wanted.strip():
            parts.append(visible(self._found_sentence()))
        if self.arrangement.column != NATURAL:
            heading = self._columns[self.arrangement.column].heading.strip()
            parts.append(f"by {visible(heading)} {'▼' if self.arrangement.descending else '▲'}")
        elif self.arrangement.descending:
            parts.append("reversed")
        return ", ".join(parts)

    def _found_sentence(self) -> str:
        where = ""
        if len(self._matched) == 1:
            where = self._columns[next(iter(self._matched))].heading.strip()
        return filter_line.sentence(self.found_rows, self.total_rows, self.arrangement.wanted, where)

    @property
    def _foot(self) -> Text | None:
        wanted = self.arrangement.wanted
        if not self._typing and not wanted:
            return None
        said = self._found_sentence() if wanted.strip() else ""
        return filter_line.drawn(wanted, said, typing=self._typing)

    def _mark_of_order(self, place: int) -> str:
        if place != self.arrangement.column:
            return ""
        return "▼" if self.arrangement.descending else "▲"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the keys that do something."""
        if action in ("copy", "copy_table"):
            return not self._typing
        if action == "filter":
            return self._filters and not self._typing
        if action == "sort":
            return self._sorts and not self._typing
        return super().check_action(action, parameters)

    def key_name(self, action: str, name: str) -> str:
        """Return the name of a key for the line of keys; empty if it does nothing here."""
        return (self._enter if self.row_count and not self._typing else "") if action == "select_cursor" else name

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Return whether a key belongs to the filter, and not to the screen."""
        if key == "escape":
            return self._typing or bool(self.arrangement.wanted)
        return self._typing and filter_line.edited("", key, character) is not None

    def on_key(self, event: events.Key) -> None:
        # Here and not by a binding: of keys that arrive together, the next one must find the filter open.
        if self._takes(event.key, event.character):
            event.stop()
            event.prevent_default()

    def _takes(self, key: str, character: str | None) -> bool:
        """Act on a key of the filter; return False for any other."""
        if key == "escape" and self.is_filtering:
            self._end_typing(keep=False)
        elif self._typing and key == "enter":
            self._end_typing(keep=True)
        elif self._typing and (text := filter_line.edited(self.arrangement.wanted, key, character)) is not None:
            self.rearrange(replace(self.arrangement, wanted=text))
        elif key == "slash" and self.check_action("filter", ()):
            self.action_filter()
        else:
            return False
        return True

    @property
    def is_filtering(self) -> bool:
        """Return whether there is a filter, or one is being typed."""
        return self._typing or bool(self.arrangement.wanted)

    def on_paste(self, event: events.Paste) -> None:
        if self._typing:
            event.stop()
            self.rearrange(replace(self.arrangement, wanted=self.arrangement.wanted + event.text.partition("\n")[0]))

    def on_unmount(self) -> None:
        self._turn += 1  # no thread goes on for rows that nobody will see

    def on_blur(self) -> None:
        if self._typing:
            self._end_typing(keep=True)

    def action_filter(self) -> None:
        """Let a filter be typed, or the present one be changed."""
        self._typing = True
        self._show_foot()

    def clear_arrangement(self) -> None:
        """Show all rows as they were given."""
        if self.is_arranged:
            self._typing = False
            self.rearrange(Arrangement())
            self._show_foot()

    def _end_typing(self, *, keep: bool) -> None:
        self._typing = False
        if not keep or not self.arrangement.wanted.strip():
            self.rearrange(replace(self.arrangement, wanted=""))
        self._show_foot()

    def _show_foot(self) -> None:
        self._resize()
        self._scroll_to_cursor()
        self.screen.refresh_bindings()

    def action_sort(self, step: int) -> None:
        """Sort by the next column, figures from the highest down, and at last not at all; or reverse the order (0)."""
        now = self.arrangement
        if not step:
            self.rearrange(replace(now, descending=not now.descending))
            return
        able = [place for place, column in enumerate(self._columns) if column.sorts]
        column = next((place for place in able if place > now.column), NATURAL)
        self.rearrange(replace(now, column=column, descending=column != NATURAL and self._columns[column].right))

    def rearrange(self, wanted: Arrangement) -> None:
        """Filter and sort in another way. The cursor stays on its row, unless it is on the first one."""
        if wanted != self.arrangement:
            self.arrangement = wanted
            self._arrange(self.cursor_row if self._at else NO_ROW)
            self.post_message(self.Rearranged(self))

    def _arrange(self, cursor: int) -> None:
        """Filter and sort the rows given, and show them with the cursor on the row `cursor`."""
        self._turn += 1
        given, wanted = self._given, self.arrangement
        if self._by_screen and wanted.wanted.strip() != self._filter_asked:
            self._filter_asked = wanted.wanted.strip()
            self.post_message(self.FilterAsked(self, self._filter_asked))
        elif self._by_screen or wanted.is_natural:
            self._take(given, None, cursor)
        elif given.count <= _AT_ONCE:
            self._take(given, self._arranger(given, wanted)(), cursor)
        else:
            self._arrange_in_thread(given, wanted, cursor)

    def _arranger(self, given: Source, wanted: Arrangement) -> Callable[[], Arranged | None]:
        """Return what filters and sorts the rows, in any thread; it stops when something else is asked for."""
        turn, sorts = self._turn, wanted.column != NATURAL
        return partial(
            arrange,
            given.count,
            given.provider,
            wanted,
            leading=sorts and self._columns[wanted.column].right,
            values=self.values_of(wanted.column, given.subject) if sorts else None,
            stop=lambda: self._turn != turn,
        )

    @work(exclusive=True, group="arrange")
    async def _arrange_in_thread(self, given: Source, wanted: Arrangement, cursor: int) -> None:
        turn = self._turn
        found = await asyncio.to_thread(self._arranger(given, wanted))
        if self._turn == turn and found is not None:
            self._take(given, found, cursor)

    def _take(self, source: Source, found: Arranged | None, cursor: int) -> None:
        """Show the rows of a source that were found."""
        self._source, self._order = source, None if found is None else found.rows
        self._matched = frozenset() if found is None else found.matched
        had_rows, self.row_count = bool(self.row_count), source.count if found is None else len(found.rows)
        self._cells.clear()
        self._at = NO_ROW
        self._resize()
        if had_rows != bool(self.row_count) and self.has_focus:
            self.screen.refresh_bindings()  # a row can be opened, or none any more
        self.tell_arrangement()
        self._go(self._place_of(cursor))

    def tell_arrangement(self) -> None:
        """Say in a title which rows are shown. Tables with a title of their own extend this method."""

    def _number_of(self, shown: int) -> int:
        return shown if self._order is None else int(self._order[shown])

    def _place_of(self, row: int) -> int:
        if self._order is None:
            return row
        found = np.flatnonzero(self._order == row)
        return int(found[0]) if len(found) else 0

    def _fetch(self, start: int, stop: int) -> Sequence[Cells]:
        if self._order is None:
            return self._source.provider(start, stop)
        numbers = self._order[start:stop].tolist()
        return [self._source.provider(number, number + 1)[0] for number in numbers]

    # -- what a row does ---------------------------------------------------------------------------------------

    def _moved(self) -> None:
        self.post_message(self.RowHighlighted(self, self.cursor_row))

    def _entered(self) -> None:
        self.action_select_cursor()

    def action_select_cursor(self) -> None:
        """Act on the row under the cursor."""
        if self.row_count:
            self.post_message(self.RowSelected(self, self.cursor_row))

    def action_copy(self) -> None:
        """Copy the first cell of the row under the cursor; the next one if pressed again."""
        headings = (column.heading for column in self._columns)
        cells = list(zip(headings, self.cells_of_row(self._at), strict=False))
        self._copied = copy_next(self, self._copied, self.key_of_row(self.cursor_row), cells)

    def action_copy_table(self) -> None:
        """Copy the rows shown with their headings."""
        columns, rows = self.shown_rows(MOST_COPIED)
        copy_rows(self, [heading for heading, _ in columns], rows, self.row_count)

    def shown_rows(self, most: int) -> tuple[list[tuple[str, bool]], Sequence[Cells]]:
        """Return each column with its heading and whether it has figures, and the first rows as they are shown."""
        return [(each.heading, each.right) for each in self._columns], self._fetch(0, min(self.row_count, most))
