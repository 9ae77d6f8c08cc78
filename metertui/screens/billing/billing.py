"""The billing screen: a meter's statement of a month, the list of its other months, tariffs and billing runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import ClassVar, Final

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from metertui.engine.base import Window, first_of_month, month_before, month_bounds
from metertui.engine.billing import (
    BillBook,
    Ledger,
    NoTariffError,
    ShownBill,
    Statement,
    Terms,
    bill_only_meter,
    money_text,
    shown_bill,
)
from metertui.engine.columns import Frozen
from metertui.engine.core import LiveSnapshot, one_meter
from metertui.engine.errors import DataError, MeterError
from metertui.screens.billing.billing_run import BillingRunScreen
from metertui.screens.billing.statement import draw_statement
from metertui.screens.billing.tariff_editor import TariffScreen
from metertui.screens.charts import Picture, PictureView, Series
from metertui.screens.explain import ExplainScreen
from metertui.screens.shell import DeskScreen, Following, MeterInput
from metertui.screens.tables import Listing, Row
from metertui.text import explained, fmt, message

_PAST: Final = 24
"""The most months in the list."""
_BESIDE: Final = 150
"""The least width of a terminal, in columns, that shows a chart of the months beside the statement."""


class BillingScreen(DeskScreen):
    """The statement of one meter for one month, with its other months."""

    place = "billing"
    help_text = (
        "The statement of a calendar month, by default the last one: usage by price, tax and total, and what each line "
        "is based on. The closing register of a month is the opening register of the next. An issued bill does not "
        "change; later changes are shown below it. Page up and page down change the month, m goes to the list of "
        "months, the arrow keys scroll the statement. Tariffs and the billing run have windows of their own; changing "
        "tariffs and running bills need a login with the role operator."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Find"),
        Binding("escape", "back", "Back", show=False),
        Binding("pageup", "month(-1)", "Previous month", show=False, priority=True),
        Binding("pagedown", "month(1)", "Next month", show=False, priority=True),
        Binding("m", "months", "Months"),
        Binding("e", "why", "Explain"),
        Binding("l", "open('lookup')", "Lookup", show=False),
        Binding("x", "open('exceptions')", "Exceptions", show=False),
        Binding("t", "tariffs", "Tariffs"),
        Binding("b", "run", "Run", tooltip="The billing run of all meters"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._meter = self._next = ""
        self._month = ""
        self._listed = ("", "")
        """The meter and the month that the cursor of the list was put on."""
        self._following = Following()

    def content(self) -> ComposeResult:
        yield MeterInput(id="billing-meter")
        with Horizontal(id="bills"):
            with VerticalScroll(id="paper"):
                yield Static(id="statement")
            with Vertical(id="past-side"):
                yield Listing(("month", ">kWh", ">total", "state"), most=_PAST, id="past")
                yield PictureView(id="past-chart")

    @on(events.Resize)
    def _share_out(self) -> None:
        """Show a chart of the months if the terminal is wide enough."""
        self.set_class(self.size.width >= _BESIDE, "-beside")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(PictureView).border_title = "kWh a month"

    def on_screen_resume(self) -> None:
        if self._next:
            meter, self._next = self._next, ""
            self.query_one(MeterInput).choose(meter)
        elif self._meter:
            self._show()
        else:
            self.query_one("#bills").set_class(True, "-alone")
            self.query_one("#statement", Static).update(Text(self.query_one(MeterInput).invitation))
            self.action_search()

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        basis = self.headend.engine.basis_of(self._meter) if self._meter else None
        if basis is not None and self._following.is_due(basis, snapshot.uptime):
            self._show()

    def take_meter(self, meter: str) -> None:
        self._next = meter

    async def action_open(self, place: str) -> None:
        """Show the meter on another screen."""
        if self._meter:
            await self.desk.open_meter(place, self._meter)

    async def action_back(self) -> None:
        """Move the focus from the list or the field to the statement, and from there to the meter field.

        A meter that was brought from another screen goes back there from the statement.
        """
        bills = self.query_one("#bills")
        if bills.has_class("-months"):
            bills.remove_class("-months")
        elif self.query_one("#past").has_focus or self.query_one(MeterInput).has_focus_within:
            self.query_one("#paper").focus()
        elif not await self.desk.go_back():
            self.action_search()

    def action_months(self) -> None:
        """Go to the list of months. It replaces the statement if there is no room for both."""
        if self._meter and not self.query_one("#bills").has_class("-alone"):
            self.query_one("#bills").add_class("-months")
            self.query_one("#past").focus()

    def action_search(self) -> None:
        """Go to the field for another meter."""
        self.query_one(MeterInput).take_focus()

    def action_month(self, step: int) -> None:
        """Show the month that is `step` months later."""
        if self._meter:
            other = first_of_month(date.fromisoformat(f"{self._month}-01"), step)
            if other <= self.zone.day(self.headend.engine.clock.now()):
                self._month = f"{other:%Y-%m}"
                self._show()

    def action_why(self) -> None:
        """Explain the usage that is billed."""
        if self._meter and self._meter in self.headend.engine.directory.codes:
            window = Window(self._month, *month_bounds(self._month, self.zone))
            self.app.push_screen(ExplainScreen(self._meter, window))

    def action_tariffs(self) -> None:
        """Show the tariffs."""
        self.app.push_screen(TariffScreen(), lambda _: self._show_again())

    def action_run(self) -> None:
        """Open the billing run."""
        month = month_before(self.headend.engine.clock.now(), self.zone)
        self.app.push_screen(BillingRunScreen(month), lambda _: self._show_again())

    def _show_again(self) -> None:
        if self._meter:
            self._show()

    @on(MeterInput.Chosen)
    def _take_meter(self, event: MeterInput.Chosen) -> None:
        self._meter = event.meter
        self._month = self._month or month_before(self.headend.engine.clock.now(), self.zone)
        self.query_one("#paper").focus()
        self._show()

    @on(Listing.RowSelected, "#past")
    def _take_month(self) -> None:
        month = self.query_one("#past", Listing).selected_key
        if month is not None:
            self._month = month
            self.query_one("#bills").remove_class("-months")
            self.query_one("#paper").focus()
            self._show()

    def _show(self) -> None:
        self._following.note(self.headend.engine.basis_of(self._meter))
        try:
            one = one_meter.frozen_meter(self.headend.engine, self._meter)
            terms = self.headend.engine.terms()
        except MeterError as error:
            self.query_one("#bills").add_class("-alone")  # the list is that of another meter
            self._refuse(error)
            return
        self._load_statement(one, terms, self._month)

    @work(exclusive=True, group="bill")
    async def _load_statement(self, one: Frozen, terms: Terms, month: str) -> None:
        """Show the statement first, then the list, which takes longer."""
        book = self.headend.engine.bills
        try:
            statement, shown, warning = await asyncio.to_thread(_billed, one, month, terms, book)
            bill = shown.bill
            note = explained.register_note(one.curve, bill.opening, bill.closing, bill.usage_wh, self.zone)
        except MeterError as error:
            self._refuse(error)
        else:
            self._draw(statement, shown, note, warning)
        now = f"{self.zone.day(self.headend.engine.clock.now()):%Y-%m}"
        rows, picture = await asyncio.to_thread(_past, one, terms, book, now)
        self.query_one(PictureView).show(picture)
        past = self.query_one("#past", Listing)
        self.query_one("#bills").set_class(not rows, "-alone")
        past.show(rows)
        keys = [key for key, _ in rows]
        if month in keys and self._listed != (self._meter, month):  # nothing moves under the cursor
            self._listed = (self._meter, month)
            past.move_cursor(keys.index(month))

    def _refuse(self, error: MeterError) -> None:
        text = message(f"! {error}")
        if isinstance(error, NoTariffError):
            text.append("\n\nPress t for the tariffs. The lookup screen (F3) shows what the meter used.")
        elif self._meter not in self.headend.engine.directory.codes:
            text.append(f"\n\n{self.query_one(MeterInput).invitation}")
        self.query_one("#statement", Static).update(text)

    def _draw(self, statement: Statement, shown: ShownBill, note: str, warning: str) -> None:
        account = self.headend.engine.accounts.get(statement.meter)
        begin, end = month_bounds(statement.month, self.zone)
        heading = {"meter": statement.meter}
        if account is not None:
            heading["address"] = " ".join(filter(None, (account.address, account.postcode)))
            heading["apartment type"] = account.apartment_type or "–"
        heading["period"] = f"{self.zone.day(begin)} – {self.zone.day(end - 1):%m-%d}"
        state = "the month is not over" if end > self.headend.engine.clock.now() else ""
        if shown.issued is not None:
            state = f"issued {fmt.moment(shown.issued, self.zone)}"
        doubt = f"{fmt.count(statement.suspect)} of them not counted: see F7" if statement.suspect else ""
        rests_on = (fmt.counted(statement.readings, "reading"), doubt)
        drawn = draw_statement(
            shown, heading, self.zone, state=state, rests_on=rests_on, register_note=note, warning=warning
        )
        self.query_one("#statement", Static).update(drawn)


def _billed(one: Frozen, month: str, terms: Terms, book: BillBook) -> tuple[Statement, ShownBill, str]:
    """Return the bill of the only meter as it is now and as it is shown, and what is wrong with its file."""
    statement = bill_only_meter(one, month, terms)
    shown = shown_bill(statement, book.ledger_of_meter(month, statement.meter), one.zone)
    try:
        if shown.issued is not None:
            book.check_unchanged(month)
    except DataError as error:
        return statement, shown, str(error)
    return statement, shown, ""


def _past(one: Frozen, terms: Terms, book: BillBook, now: str) -> tuple[Sequence[Row], Picture | None]:
    """Return the rows of the months with data, the newest first, and a chart of their usage in kWh."""
    curve = one.curve
    if not len(curve):
        return [], None
    first = f"{one.zone.day(int(curve.time[0])):%Y-%m}"
    months: list[tuple[Row, int | None]] = []
    issued = set(book.issued_months())
    month = min(now, f"{one.zone.day(int(curve.time[-1])):%Y-%m}")
    while month >= first and len(months) < _PAST:
        cells, used_wh = _row(one, month, terms, book if month in issued else None, running=month == now)
        months.append(((month, cells), used_wh))
        month = f"{first_of_month(date.fromisoformat(f'{month}-01'), -1):%Y-%m}"
    used = tuple(None if wh is None else wh / 1000 for _, wh in reversed(months))
    picture = Picture("bars", tuple(month for (month, _), _ in reversed(months)), (Series("", used),), "kWh")
    return [row for row, _ in months], picture


def _row(
    one: Frozen, month: str, terms: Terms, book: BillBook | None, *, running: bool
) -> tuple[tuple[str, ...], int | None]:
    """Return the cells of a month and its usage, Wh."""
    try:
        statement = bill_only_meter(one, month, terms)
        ledger = book.ledger_of_meter(month, statement.meter) if book is not None else Ledger(month)
        shown = shown_bill(statement, ledger, one.zone)
    except MeterError:
        return (month, "–", "–", "no price"), None
    used = shown.bill.usage_wh
    state = "not over" if running else ""
    if shown.issued is not None:
        state = "differs" if any(shown.adjustment) else "issued"
    return (month, fmt.NOTHING if used is None else fmt.number(used), money_text(shown.bill.total) or "–", state), used
