"""The audit log tab: who did what, newest first."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Input, Static

from metertui.engine.base import Int64Array
from metertui.engine.core import LiveSnapshot
from metertui.engine.errors import Refused
from metertui.screens.company.tab import Tab
from metertui.screens.fields import SearchField
from metertui.screens.shell import Following, Steady
from metertui.screens.tables import Cells, Column, Table
from metertui.text import fmt, message, time_labels

_COLUMNS: Final = (
    Column("time", 20, right=True),
    Column("who", 24),
    Column("action", 14),
    Column("subject", 16),
    Column("detail", 60),
)
_PAGE: Final = 200
_MOST_SORTED: Final = 10_000
"""Entries that are fetched to be sorted, the newest ones."""
_NEAR: Final = 50
"""How near to the last row the cursor must be for more rows to be fetched."""
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY: Final = re.compile(
    rf"\b(?:(\d{{1,2}}) +)?({'|'.join(_MONTHS)})(?:uary|ruary|ch|il|e|y|ust|tember|ober|ember)?(?: +(\d{{4}}))?\b"
)
"""A day or a month as the table shows it."""


class TrailTable(Table):
    """The table of entries, which come newest first."""

    def values_of(self, column: int, subject: object) -> Int64Array | None:
        """Return the places of the entries in time: their times as texts are in another order."""
        return np.arange(self._given.count, dtype=np.int64)[::-1] if column == 0 else super().values_of(column, subject)


class TrailTab(Tab):
    """The entries of `audit.log`, read from its end while the cursor goes down."""

    name_of = "trail"
    key = "7"
    heading = "Audit log"
    first = "#trail-search"

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[list[str]] = []
        self._end: int | None = None
        self._text = ""
        self._following = Following()

    def compose(self) -> ComposeResult:
        yield SearchField("#trail-table", placeholder="filter by words: a name, a day, void …", id="trail-search")
        yield Static(id="trail-count")
        yield TrailTable(_COLUMNS, enter="", filters=False, id="trail-table")
        yield Steady(fixed=True, id="trail-entry")

    def entered(self) -> None:
        self._begin(self.query_one("#trail-search", Input).value)

    def show_live(self, snapshot: LiveSnapshot) -> None:
        if self._following.is_due(self.headend.engine.audit.stamp, snapshot.uptime):
            self._renew()

    @on(Input.Changed, "#trail-search")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._begin(event.value)

    @work(exclusive=True, group="trail")
    async def _begin(self, text: str) -> None:
        """Show the newest entries that contain `text`."""
        self._following.note(self.headend.engine.audit.stamp)
        table = self.query_one("#trail-table", Table)
        number = _PAGE if table.arrangement.is_natural else _MOST_SORTED
        words = as_written(text)
        found, end = await self.headend.look_up(self.headend.engine.audit.entries_before, None, words, number)
        self._entries, self._end, self._text = found, end, words
        table.show_rows(len(found), self._rows)
        self._count()
        self._show_entry(0)

    @work(exclusive=True, group="trail")
    async def _renew(self) -> None:
        """Show the entries that have come since; the cursor stays on its entry, unless it is at the newest."""
        before, table = self._entries, self.query_one("#trail-table", Table)
        found, end = await self.headend.look_up(
            self.headend.engine.audit.entries_before, None, self._text, len(before) + 1
        )
        added = found.index(before[0]) if before and before[0] in found else 0
        cursor = table.cursor_row + added if table.cursor_row > 0 or table.is_arranged else 0
        self._entries, self._end = found, end
        table.show_rows(len(found), self._rows, cursor)
        self._count()
        self._show_entry(cursor)

    @on(Table.RowHighlighted, "#trail-table")
    def _moved(self, event: Table.RowHighlighted) -> None:
        event.stop()
        self._show_entry(event.row)
        if self._end and not event.table.is_arranged and event.row >= len(self._entries) - _NEAR:
            self._more(_PAGE)

    @on(Table.Rearranged, "#trail-table")
    def _sorted(self, event: Table.Rearranged) -> None:
        event.stop()
        if self._end and event.table.is_arranged and len(self._entries) < _MOST_SORTED:
            self._more(_MOST_SORTED - len(self._entries))
        self._count()

    @work(exclusive=True, group="trail")
    async def _more(self, number: int) -> None:
        """Fetch so many older entries."""
        found, self._end = await self.headend.look_up(
            self.headend.engine.audit.entries_before, self._end, self._text, number
        )
        self._entries += found
        self.query_one("#trail-table", Table).append_rows(len(self._entries))
        self._count()

    def _show_entry(self, row: int) -> None:
        """Show the last cells of a row in full; a narrow terminal cuts them."""
        said = self._entries[row][2:] if 0 <= row < len(self._entries) else []
        entry = self.query_one("#trail-entry", Steady)
        entry.show(message(fmt.for_people(" ".join(filter(None, said)))))
        entry.set_class(not said, "hidden")

    def _rows(self, start: int, stop: int) -> list[Cells]:
        return [self._cells(entry) for entry in self._entries[start:stop]]

    def _cells(self, entry: list[str]) -> Cells:
        """Return the cells of an entry, with its times as on all screens."""
        try:
            at = time_labels.moment(self.zone.local(self.zone.parse(entry[0])))
        except Refused:
            return entry  # the file was edited by hand
        return [at, *entry[1:4], fmt.for_people(entry[4])]

    def _count(self) -> None:
        number, order = fmt.count(len(self._entries)), self.query_one("#trail-table", Table).state
        if not self._entries:
            said = "No entry contains these words." if self._text.strip() else "There are no entries yet."
        elif order:
            said = f"{'The newest' if self._end else 'All'} {number}, {order}. s: next column, S: the other way."
        elif self._end:
            said = f"The newest {number}; older entries load as you go down. Enter goes to the table."
        else:
            said = f"All {number}, newest first. Enter goes to the table."
        self.query_one("#trail-count", Static).update(said)
        self.query_one(TrailTable).set_class(not self._entries, "hidden")  # no headings over nothing


def as_written(text: str) -> str:
    """Return what is sought as the log has it: `3 Mar 2025`, as the table shows a day, is `2025-03-03` there."""

    def written(found: re.Match[str]) -> str:
        day, month, year = found.groups()
        return f"{year or ''}-{_MONTHS.index(month) + 1:02}-{f'{int(day):02}' if day else ''}"

    return _DAY.sub(written, text.casefold())
