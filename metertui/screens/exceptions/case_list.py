"""The rows of the work list: a table of cases, or of regions with silent meters, or a sentence that there are none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from metertui.engine.worklist import ExceptionRow, Order
from metertui.screens.exceptions.case_filter import PAGE
from metertui.screens.shell import OnDesk
from metertui.screens.tables import NATURAL, Listing
from metertui.text import INKS, case_headings, cells, region_cells, region_headings

_OF_CASES: Final[Sequence[Order | None]] = (None, "cause", "meter", "weight", None, "oldest", None, "region", None)
_OF_REGIONS: Final[Sequence[Order | None]] = (None, "region", "count", "weight", None, "oldest")
"""The orders of the columns: only the rows of a page are priced and explained."""
FIRST: Final = "first"
"""In place of the key of a row: keys have blanks."""


class CaseTable(Listing):
    """A page of cases, in which Enter decides about a row, or opens one that stands for several.

    The screen filters and sorts the cases of all pages. Without an order they are by weight.
    """

    def __init__(self, headings: Sequence[str], orders: Sequence[Order | None], spare: int = 0, **kwargs: Any) -> None:
        """Make an empty table; the last `spare` columns are left out where there is no room.

        `orders` are those that the columns stand for, None for one that puts no table in order.
        """
        super().__init__(
            headings,
            most=PAGE,
            newest=False,
            inks=INKS,
            filters=False,
            by_screen=True,
            **kwargs,
        )
        last = len(self._columns) - spare
        self._orders = orders
        self._columns = tuple(
            replace(column, spare=place >= last, sorts=order is not None)
            for place, (column, order) in enumerate(zip(self._columns, orders, strict=True))
        )

    @property
    def order(self) -> tuple[Order, bool]:
        """Return the order that is asked for, and whether it is the other way round."""
        asked = self.arrangement
        order = None if asked.column == NATURAL else self._orders[asked.column]
        if order is None:
            return "weight", asked.descending
        other_way = asked.descending != self._columns[asked.column].right
        return order, other_way


class CaseList(OnDesk, Vertical):
    """Shows a page of rows with the cursor on the same case as before."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._rows: Mapping[str, ExceptionRow] = {}
        self._by_region = False
        """Whether the rows are regions."""
        self._wanted = ""
        """The key of the row that the cursor goes to when the list has it, or FIRST."""

    def compose(self) -> ComposeResult:
        currency = self.headend.engine.rules.currency
        enter = "Open" if self.read_only else "Decide or open"
        yield Static(id="no-cases", classes="hidden")
        yield CaseTable(case_headings(currency), _OF_CASES, spare=2, enter=enter, id="cases")
        yield CaseTable(region_headings(currency), _OF_REGIONS, enter="Open", id="silent", classes="hidden")

    def on_mount(self) -> None:
        self.query_one("#cases", Listing).fixed_columns = 3  # keep the meter in view

    @property
    def table(self) -> CaseTable:
        """Return the table that is in view."""
        return self.table_of(by_region=self._by_region)

    def table_of(self, *, by_region: bool) -> CaseTable:
        """Return the table of regions, or of cases."""
        return self.query_one("#silent" if by_region else "#cases", CaseTable)

    @property
    def under_cursor(self) -> ExceptionRow | None:
        """Return the row under the cursor; None if there is none."""
        return self._rows.get(self.table.selected_key or "")

    def want(self, key: str) -> None:
        """Put the cursor on a row as soon as the list has it; FIRST stands for the first one."""
        self._wanted = key

    def show(
        self, rows: Mapping[str, ExceptionRow], chosen: Collection[str], nothing: Text, *, by_region: bool, done: bool
    ) -> None:
        """Show rows by their keys, cases or regions, those that are chosen marked; `nothing` if there are none.

        `done`: whether nothing is good news, and not what a filter leaves out.
        """
        before = self.under_cursor
        self._rows, self._by_region = rows, by_region
        self.mark(chosen)
        for table in self.query(CaseTable):
            table.set_class(table is not self.table or not rows, "hidden")
        sentence = self.query_one("#no-cases", Static)
        sentence.set_class(bool(rows), "hidden")
        sentence.set_class(done, "-done")
        if not rows:
            sentence.update(nothing)
        self._keep_cursor(before)

    def mark(self, chosen: Collection[str]) -> None:
        """Show the rows as they are now, those with a key in `chosen` marked."""
        now, drawn = self.headend.engine.clock.now(), region_cells if self._by_region else cells
        self.table.show([(key, drawn(row, now, chosen=key in chosen)) for key, row in self._rows.items()])

    def _keep_cursor(self, before: ExceptionRow | None) -> None:
        """Put the cursor on the row that is wanted, or on the one that a case has become part of."""
        keys, table = list(self._rows), self.table
        if self._wanted == FIRST or self._wanted in self._rows:
            table.move_cursor(0 if self._wanted == FIRST else keys.index(self._wanted))
            self._wanted = ""
        elif before is not None and table.selected_key is not None:
            now = self._rows[table.selected_key]
            joined = [key for key, row in self._rows.items() if (row.cause, row.meter) == (before.cause, before.meter)]
            if (now.meter, now.time) != (before.meter, before.time) and len(joined) == 1 and before.meter:
                table.move_cursor(keys.index(joined[0]))

    def take_focus(self) -> None:
        """Move the focus to the table, or to nothing while it is empty and hidden.

        `Widget.focus` only queues a message, and an answer may come before it. Textual moves the focus away from a
        widget that is hidden only if it was laid out before.
        """
        self.screen.set_focus(None if self.table.has_class("hidden") else self.table)
