"""The accounts tab: all accounts, filtered while one types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

import numpy as np
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from metertui.engine.accounts import Account, Rows
from metertui.screens.company.tab import Tab
from metertui.screens.fields import SearchField
from metertui.screens.tables import Cells, Column, Table
from metertui.text import fmt

_COLUMNS: Final = (
    Column("state", 11),
    Column("address", 28, most=56),
    Column("postcode", 8),
    Column("region", 10, most=20),
    Column("sub-region", 14, most=28),
    Column("type", 10, most=20),
    Column("registered", 19, spare=True),
)
_ORDERS: Final = ("by id", "by id, descending", "newest first")
_NONE: Final[Rows] = np.empty(0, dtype=np.int32)


class AccountsTab(Tab):
    """A search field over a table that fetches only the visible rows."""

    name_of = "accounts"
    heading = "Accounts"
    first = "#account-search"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "order", "Order")]

    def __init__(self) -> None:
        super().__init__()
        self._rows = self._found = _NONE
        self._order = 0

    def compose(self) -> ComposeResult:
        hint = "search: part of an id, address, postcode, region or sub-region"
        yield SearchField("#account-table", placeholder=hint, id="account-search")
        yield Static(id="account-count")
        widest = max(10, self.headend.engine.accounts.finder.widest)
        yield Table((Column("meter", widest), *_COLUMNS), id="account-table")

    def reload(self) -> None:
        """Search again and reload the rows."""
        self._find(self.query_one("#account-search", Input).value)

    def action_order(self) -> None:
        """Choose the next order: by id, by id descending, newest first."""
        self._order = (self._order + 1) % len(_ORDERS)
        self._show()

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
        table = self.query_one("#account-table", Table)
        chosen = int(self._rows[table.cursor_row]) if table.cursor_row < len(self._rows) else -1
        match self._order:
            case 0:
                self._rows = self._found
            case 1:
                self._rows = self._found[::-1]
            case _:
                self._rows = np.sort(self._found)[::-1]
        at = np.flatnonzero(self._rows == chosen)
        table.show_rows(len(self._rows), self._fetch, int(at[0]) if len(at) else 0)
        self.query_one("#account-count", Static).update(self._count_line())

    def _fetch(self, start: int, stop: int) -> Sequence[Cells]:
        roster = self.headend.engine.accounts.finder
        return [self._cells(roster.account_at(row)) for row in self._rows[start:stop].tolist()]

    def _cells(self, account: Account) -> Cells:
        state = "active" if account.active else "deactivated"
        where = (account.address, account.postcode, account.region, account.sub_region, account.apartment_type)
        registered = "" if account.registered is None else fmt.moment(account.registered, self.zone)
        return (account.meter, state, *where, registered)

    def _count_line(self) -> str:
        number, found = len(self.headend.engine.accounts), len(self._found)
        if not number:
            return "There are no accounts yet. Press ctrl+→ to open the form and register one."
        if not found:
            return "No account has this text in its id, address, postcode, region or sub-region."
        of = fmt.count(number) if found == number else f"{fmt.count(found)} of {fmt.count(number)}"
        accounts = "account" if number == 1 else "accounts"
        return f"{of} {accounts}, {_ORDERS[self._order]} · enter: table, then account · o: order"

    @on(Table.RowSelected, "#account-table")
    def _open_account(self, event: Table.RowSelected) -> None:
        event.stop()
        if event.row < len(self._rows):
            meter = self.headend.engine.accounts.finder.meter_at(int(self._rows[event.row]))
            self.company.open_account(meter)
