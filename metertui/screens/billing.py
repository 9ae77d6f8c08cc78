"""Billing: a meter's statement of a month, in kWh."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from metertui.engine import windows
from metertui.engine.billing import Statement
from metertui.engine.energy import Edge
from metertui.engine.errors import MeterError
from metertui.screens import fmt
from metertui.screens.base import DeskScreen
from metertui.screens.lookup import invitation
from metertui.screens.lookup_figures import QUALITY
from metertui.screens.plain import message, plain
from metertui.screens.widgets.meter_input import MeterInput


class BillingScreen(DeskScreen):
    """One meter, one month."""

    place = "billing"
    explains = (
        "The statement of a calendar month, the last one to begin with. The closing register of a month is the opening "
        "one of the next. Page up and page down go through the months."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Find a meter"),
        Binding("escape", "search", "Find a meter", show=False),
        Binding("pageup", "month(-1)", "Month before", priority=True),
        Binding("pagedown", "month(1)", "Month after", priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._meter = ""
        self._month = ""

    def content(self) -> ComposeResult:
        yield MeterInput(self.headend, id="billing-meter")
        with VerticalScroll(id="paper", can_focus=False):
            yield Static(id="statement")

    def on_screen_resume(self) -> None:
        if self._meter:
            self._show()
        else:
            self.query_one("#statement", Static).update(invitation(self.headend))
            self.action_search()

    def action_search(self) -> None:
        """Type another meter."""
        self.query_one(MeterInput).take_focus()

    def action_month(self, step: int) -> None:
        """A month earlier or later."""
        if self._meter:
            first = date.fromisoformat(f"{self._month}-01")
            other = first - timedelta(days=1) if step < 0 else first + timedelta(days=31)
            if other <= self.zone.day(self.headend.engine.clock.now()):
                self._month = f"{other:%Y-%m}"
                self._show()

    @on(MeterInput.Chosen)
    def _take_meter(self, event: MeterInput.Chosen) -> None:
        self._meter = event.meter
        self._month = self._month or windows.month_before(self.headend.engine.clock.now(), self.zone)
        self._show()

    def _show(self) -> None:
        paper = self.query_one("#statement", Static)
        try:
            paper.update(self._paper(self.headend.statement(self._meter, self._month)))
        except MeterError as error:
            paper.update(message(f"! {error}"))

    def _paper(self, statement: Statement) -> Table:
        account = self.headend.engine.accounts.get(statement.meter)
        paper = Table.grid(padding=(0, 2))
        paper.add_column(no_wrap=True)
        paper.add_column(justify="right", no_wrap=True)
        paper.add_column()
        begin, end = windows.month(statement.month, self.zone)
        running = end > self.headend.engine.clock.now()
        paper.add_row(
            Text("STATEMENT", style="bold"),
            Text(statement.month, style="bold"),
            Text("the month is not over" if running else "", style="dim"),
        )
        paper.add_row("", "", "")
        paper.add_row("meter", plain(statement.meter), "")
        if account is not None:
            paper.add_row("address", plain(" ".join(filter(None, (account.address, account.postcode)))), "")
            paper.add_row("apartment type", plain(account.apartment_type or "–"), "")
        paper.add_row("from", fmt.moment(begin, self.zone), "")
        paper.add_row("to", fmt.moment(end, self.zone), "")
        paper.add_row("", "", "")
        for name, edge in (("opening register", statement.opening), ("closing register", statement.closing)):
            paper.add_row(name, fmt.kwh(edge.wh if edge else None), Text(self._edge(edge), style="dim"))
        paper.add_row("", "", "")
        paper.add_row(Text("USAGE", style="bold"), Text(fmt.kwh(statement.usage_wh), style="bold"), "")
        paper.add_row("", "", "")
        counted = f"{fmt.count(statement.readings)} readings"
        doubt = f"{fmt.count(statement.suspect)} of them not counted: F7 says why" if statement.suspect else ""
        paper.add_row("it rests on", counted, Text(doubt, style="dim"))
        return paper

    def _edge(self, edge: Edge | None) -> str:
        return "" if edge is None else f"{fmt.moment(edge.time, self.zone)}, {QUALITY[edge.quality]}"
