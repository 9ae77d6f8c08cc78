"""The accounts tab: all accounts, filtered while one types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import ClassVar, Final, cast

import numpy as np
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from metertui.engine.accounts import Account, Rows
from metertui.engine.base import Int64Array
from metertui.engine.core import LiveSnapshot
from metertui.engine.usage import Series, known_buckets
from metertui.screens.charts import sparkline
from metertui.screens.company.tab import NEW_ACCOUNT, Tab
from metertui.screens.fields import SearchField
from metertui.screens.tables import Cells, Column, LateCells, LateRow, Table
from metertui.text import fmt

_COLUMNS: Final = (
    Column("state", 11),
    Column("address", 26, most=56, narrowest=14),
    Column("postcode", 8),
    Column("region", 10, most=20),
    Column("sub-region", 14, most=28),
    Column("type", 10, most=20),
    # Cells that are there for the rows in view alone put no table in order.
    Column("last 7 days", 11, whole=True, spare=True, sorts=False, ink="text-muted"),
    Column("registered", 19, spare=True),
)
_LATE: Final = 7
"""The place of the late column."""
_DAYS: Final = 7
_BEATS: Final = 4
"""Ticks between two looks for what is missing: a second."""
_NONE: Final[Rows] = np.empty(0, dtype=np.int32)


class AccountsTab(Tab):
    """A search field over a table that fetches only the visible rows."""

    name_of = "accounts"
    key = "1"
    heading = "Accounts"
    first = "#account-search"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "open('lookup')", "Lookup", tooltip="Show what the meter of an account has used"),
        Binding("b", "open('billing')", "Bill", tooltip="Show the bill of an account"),
        Binding("x", "open('exceptions')", "Exceptions", show=False, tooltip="List the exceptions of an account"),
        *NEW_ACCOUNT,
        Binding("i", "enter_reading", "Reading", tooltip="Store a reading of the account's meter by hand"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._found = _NONE
        self._late = LateCells(1)
        self._beat = 0

    def compose(self) -> ComposeResult:
        hint = "search: part of an id, address, postcode, region or sub-region"
        yield SearchField("#account-table", placeholder=hint, id="account-search")
        yield Static(id="account-count")
        widest = max(10, self.headend.engine.accounts.finder.widest)
        yield Table((Column("meter", widest, whole=True), *_COLUMNS), filters=False, id="account-table")

    def reload(self) -> None:
        """Search again and reload the rows."""
        self._find(self.query_one("#account-search", Input).value)

    @on(Input.Changed, "#account-search")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._find(event.value)

    @work(exclusive=True, group="accounts")
    async def _find(self, text: str) -> None:
        """Show the accounts that contain `text`. The next key typed cancels the search."""
        if not len(self._found):
            self.query_one("#account-count", Static).update("Searching …")
        self._found = await self.headend.accounts.find_all(text)
        self._show()

    def _show(self) -> None:
        table, found = self.query_one("#account-table", Table), self._found
        roster = self.headend.engine.accounts.finder
        before, chosen = cast("Rows | None", table.subject), -1
        if before is not None and 0 <= table.cursor_row < len(before):
            chosen = int(before[table.cursor_row])

        def fetch(start: int, stop: int) -> Sequence[Cells]:
            return [self._cells(roster.account_at(row)) for row in found[start:stop].tolist()]

        self._beat = 0
        at = np.flatnonzero(found == chosen)
        table.show_rows(len(found), fetch, int(at[0]) if len(at) else 0, found)
        self._count()

    @on(Table.Rearranged, "#account-table")
    def _count(self) -> None:
        self.query_one("#account-count", Static).update(self._count_line())

    def _cells(self, account: Account) -> Cells:
        state = "active" if account.active else "deactivated"
        where = (account.address, account.postcode, account.region, account.sub_region, account.apartment_type)
        registered = "–" if account.registered is None else fmt.moment(account.registered, self.zone)
        return (account.meter, state, *where, *self._late.of(account.meter), registered)

    def show_live(self, snapshot: LiveSnapshot) -> None:
        if self._beat % _BEATS == 0:
            self._fill(snapshot.at)
        self._beat += 1

    @work(group="late")
    async def _fill(self, now: int) -> None:
        """Work out the last days of the accounts in view, if there is room for them."""
        table = self.query_one("#account-table", Table)
        rows = cast("Rows | None", table.subject)
        if rows is None or not table.shows_column(_LATE):
            return
        meter_at, today = self.headend.engine.accounts.finder.meter_at, self.zone.day(now)
        marks = self.zone.midnights(today - timedelta(_DAYS), today - timedelta(1))
        meters = [meter_at(int(rows[row])) for row in table.rows_in_view if row < len(rows)]
        wanted = [LateRow(meter, meter, partial(week, marks), today) for meter in meters]
        if await self._late.fill(self.headend, wanted):
            table.refetch_rows()

    def _count_line(self) -> str:
        number, found = len(self.headend.engine.accounts), len(self._found)
        if not number:
            return "There are no accounts yet. Press ctrl+n to register the first one."
        if not found:
            return "No account has this text in its id, address, postcode, region or sub-region."
        of = fmt.count(number) if found == number else f"{fmt.count(found)} of {fmt.count(number)}"
        accounts = "account" if number == 1 else "accounts"
        order = self.query_one("#account-table", Table).state or "by id"
        return f"{of} {accounts}, {order}"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the screens about a meter on its row."""
        return action not in ("open", "enter_reading") or bool(self._meter)

    @property
    def _meter(self) -> str:
        """Return the meter under the cursor of the table that has the focus; "" if there is none."""
        table = self.query_one("#account-table", Table)
        rows = cast("Rows | None", table.subject)
        if not table.has_focus or rows is None or not 0 <= table.cursor_row < len(rows):
            return ""
        return self.headend.engine.accounts.finder.meter_at(int(rows[table.cursor_row]))

    async def action_open(self, place: str) -> None:
        """Show the meter of an account on another screen."""
        if self._meter:
            await self.desk.open_meter(place, self._meter)

    def action_enter_reading(self) -> None:
        """Open the form of a reading, with the meter of an account."""
        if self._meter:
            self.company.enter_reading(self._meter)

    @on(Table.RowSelected, "#account-table")
    def _open_account(self, event: Table.RowSelected) -> None:
        event.stop()
        rows = cast("Rows | None", event.table.subject)
        if rows is not None and 0 <= event.row < len(rows):
            self.company.open_account(self.headend.engine.accounts.finder.meter_at(int(rows[event.row])))


def week(marks: Int64Array, series: Series) -> Cells:
    """Return the line of the days between some midnights (µs UTC)."""
    return (sparkline(known_buckets(series, marks), len(marks) - 1, own_range=True).rstrip(),)
