"""The audit trail: who did what, newest first."""

from __future__ import annotations

from typing import Final

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Input, Static

from metertui.engine.errors import Refused
from metertui.screens.company.tab import Tab
from metertui.screens.fields import SearchField
from metertui.screens.shell import Steady
from metertui.screens.tables import Cells, Column, Table
from metertui.text import fmt, message

_COLUMNS: Final = (
    Column("time", 19),
    Column("who", 24),
    Column("did", 14),
    Column("what", 16),
    Column("detail", 60),
)
_PAGE: Final = 200
_NEAR: Final = 50
"""Rows from the end at which more are fetched."""


class TrailTab(Tab):
    """`audit.log`, read from its end as one goes down, whole only if one goes there."""

    name_of = "trail"
    heading = "Audit trail"
    first = "#trail-search"

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[list[str]] = []
        self._end: int | None = None
        self._text = ""

    def compose(self) -> ComposeResult:
        yield SearchField(
            "#trail-table", placeholder="only entries with these words: a name, a day, void …", id="trail-search"
        )
        yield Static(id="trail-count")
        yield Table(_COLUMNS, id="trail-table")
        yield Steady(fixed=True, id="trail-entry")

    def entered(self) -> None:
        self._begin(self.query_one("#trail-search", Input).value)

    @on(Input.Changed, "#trail-search")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._begin(event.value)

    @work(exclusive=True, group="trail")
    async def _begin(self, text: str) -> None:
        """The newest entries with `text`."""
        found, end = await self.headend.look_up(self.headend.engine.audit.entries_before, None, text, _PAGE)
        self._entries, self._end, self._text = found, end, text
        table = self.query_one("#trail-table", Table)
        table.show_rows(len(found), lambda start, stop: [self._cells(entry) for entry in self._entries[start:stop]])
        self._count()
        self._tell(0)

    @on(Table.RowHighlighted, "#trail-table")
    def _moved(self, event: Table.RowHighlighted) -> None:
        event.stop()
        self._tell(event.row)
        if self._end and event.row >= len(self._entries) - _NEAR:
            self._more()

    @work(exclusive=True, group="trail")
    async def _more(self) -> None:
        """Older ones."""
        found, self._end = await self.headend.look_up(
            self.headend.engine.audit.entries_before, self._end, self._text, _PAGE
        )
        self._entries += found
        self.query_one("#trail-table", Table).append_rows(len(self._entries))
        self._count()

    def _tell(self, row: int) -> None:
        """The last cells of the row under the cursor, which a narrow terminal cuts."""
        said = self._entries[row][2:] if 0 <= row < len(self._entries) else []
        self.query_one("#trail-entry", Steady).show(message(" ".join(filter(None, said))))

    def _cells(self, entry: list[str]) -> Cells:
        """An entry with its time as all times are shown."""
        try:
            return [fmt.moment(self.zone.parse(entry[0]), self.zone), *entry[1:]]
        except Refused:
            return entry  # somebody has been at the file

    def _count(self) -> None:
        number = fmt.count(len(self._entries))
        if not self._entries:
            said = "No entry has these words." if self._text.strip() else "Nobody has done anything yet."
        elif self._end:
            said = f"The newest {number}; older ones come as one goes down. Enter goes to the table."
        else:
            said = f"All {number}, newest first. Enter goes to the table."
        self.query_one("#trail-count", Static).update(said)
