"""The statement of a meter for a month, with a chart of its daily use, beside the list of its other months."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, Final

from rich.console import RenderableType
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from metertui.engine.base import Window, first_of_month, meter_of, month_before, month_bounds
from metertui.engine.billing import NoTariffError, Terms
from metertui.engine.columns import Frozen
from metertui.engine.core import one_meter
from metertui.engine.errors import MeterError
from metertui.screens.billing.months import MOST, MonthBill, all_months, month_bill, with_month
from metertui.screens.billing.statement import draw_statement
from metertui.screens.charts import PictureView, picture_text
from metertui.screens.papers import ChartPart, Paper, TextPart
from metertui.screens.shell import Following, OnDesk
from metertui.screens.tables import PAPER_WIDTH, Listing, paper_text
from metertui.text import bill_page, message, time_labels

_CHART_ROWS: Final = 9
"""Rows of a chart below a statement as text."""


class StatementView(OnDesk, Horizontal):
    """The statement of one meter for one month."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.meter = ""
        """The meter in hand; "" before one was chosen."""
        self.month = ""
        """The month of the statement, by default the last one."""
        self._listed = ("", "")
        """The meter and the month that the cursor of the list was put on."""
        self._following = Following()
        self._last: int | None = None
        """The last instant with data of the meter, µs UTC; None if it has none."""
        self.paper: RenderableType | None = None
        """The statement in view; None if there is a reason in its place."""
        self.make_page: Callable[[], str] | None = None
        """Makes a page to print of the statement in view, in any thread; None if there is none."""

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="paper"):
            yield Static(id="statement")
            yield PictureView(id="daily-use", classes="hidden")
        with Vertical(id="past-side"):
            yield Listing(
                ("month", ">kWh", f">total {self.headend.engine.rules.currency}", "state"), most=MOST, id="past"
            )
            yield PictureView(id="past-chart")

    def on_mount(self) -> None:
        self.query_one("#past-chart").border_title = "kWh a month"
        self.query_one("#daily-use").border_title = "kWh a day"

    # -- what is in view ---------------------------------------------------------------------------------------

    @property
    def window(self) -> Window | None:
        """Return the month as a window; None without a meter that is known."""
        if not self.meter or self.meter not in self.headend.engine.directory.codes:
            return None
        return Window(self.month, *month_bounds(self.month, self.zone))

    def show_meter(self, meter: str) -> None:
        """Show the statement of a meter, or of that which a register is of."""
        self.meter = meter_of(meter)
        self.month = self.month or month_before(self.headend.engine.clock.now(), self.zone)
        self.query_one("#paper").focus()
        self.show()

    def follow(self, uptime: float) -> None:
        """Show the statement again if what it rests on has changed; `uptime` is in seconds."""
        basis = self.headend.engine.basis_of(self.meter) if self.meter else None
        if basis is not None and self._following.is_due(basis, uptime):
            self.show()

    def step_month(self, step: int) -> None:
        """Show the month that is `step` months later, but none that has not begun."""
        other = first_of_month(date.fromisoformat(f"{self.month}-01"), step)
        if other <= self.zone.day(self.headend.engine.clock.now()):
            self.month = f"{other:%Y-%m}"
            self.show()

    def go_to_data(self) -> None:
        """Show the last month with data."""
        if self._last is not None:
            self.month = f"{self.zone.day(self._last - 1):%Y-%m}"
            self.show()

    def open_months(self) -> None:
        """Go to the list of months. It replaces the statement if there is no room for both."""
        if not self.has_class("-alone"):
            self.add_class("-months")
            self.query_one("#past").focus()

    def step_back(self) -> bool:
        """Go back from the list or the chart to the statement; return whether the focus was on the statement itself."""
        if self.query_one("#paper").has_focus and not self.has_class("-months"):
            return True
        self.remove_class("-months")
        self.query_one("#paper").focus()
        return False

    def as_text(self) -> str:
        """Return the statement in view as lines of text, with its charts; "" without one."""
        if self.paper is None:
            return ""
        drawn = [
            f"\n{each.heading}\n\n{picture_text(each.picture, PAPER_WIDTH, _CHART_ROWS)}\n" for each in self._charts()
        ]
        return "".join([paper_text(self.paper), *drawn])

    def as_paper(self) -> Paper:
        """Return the statement in view with its charts, to be drawn as a picture."""
        title = f"Statement of {self.meter} for {time_labels.month(self.month)}"
        definition = {"timezone": self.zone.name, "asked_at": self.zone.iso(self.headend.engine.clock.now())}
        words = [] if self.paper is None else [TextPart(paper_text(self.paper))]
        return Paper(title, definition, [*words, *self._charts()])

    def _charts(self) -> list[ChartPart]:
        """Return the charts of the days of the month and of the months, where there are any."""
        views = [self.query_one(name, PictureView) for name in ("#daily-use", "#past-chart")]
        return [
            ChartPart(str(view.border_title), view.picture)
            for view in views
            if view.picture is not None and view.picture.series and not view.has_class("hidden")
        ]

    # -- how it comes there --------------------------------------------------------------------------------------

    @on(Listing.RowSelected, "#past")
    def _take_month(self) -> None:
        month = self.query_one("#past", Listing).selected_key
        if month is not None:
            self.month = month
            self.remove_class("-months")
            self.query_one("#paper").focus()
            self.show()

    def show(self) -> None:
        """Show the statement as it is now."""
        self._following.note(self.headend.engine.basis_of(self.meter))
        try:
            one = one_meter.frozen_meter(self.headend.engine, self.meter)
            terms = self.headend.engine.terms()
        except MeterError as error:
            self.add_class("-alone")  # the list is that of another meter
            self._refuse(error)
            return
        self._load_statement(one, terms, self.month)

    @work(exclusive=True, group="bill")
    async def _load_statement(self, one: Frozen, terms: Terms, month: str) -> None:
        """Show the statement first, then the list, which takes longer."""
        book, now = self.headend.engine.bills, self.headend.engine.clock.now()
        try:
            found = await asyncio.to_thread(month_bill, one, month, terms, book, now)
        except MeterError as error:
            self._refuse(error)
        else:
            self._draw(found, one)
        rows, picture = await asyncio.to_thread(all_months, one, terms, book, f"{self.zone.day(now):%Y-%m}")
        self.query_one("#past-chart", PictureView).show(picture)
        past = self.query_one("#past", Listing)
        self.set_class(not rows, "-alone")
        rows = with_month(rows, month)
        past.show(rows)
        keys = [key for key, _ in rows]
        if month in keys and self._listed != (self.meter, month):  # nothing moves under the cursor
            self._listed = (self.meter, month)
            past.move_cursor(keys.index(month))

    def _refuse(self, error: MeterError) -> None:
        self.paper = self.make_page = None
        text = message(f"! {error}")
        if isinstance(error, NoTariffError):
            text.append("\n\nPress t for the tariffs. The lookup screen (F3) shows what the meter used.")
        elif self.meter not in self.headend.engine.directory.codes:
            text.append("\n\nPress / to find another meter by part of its id, address, postcode, region or sub-region.")
        self.query_one("#statement", Static).update(text)
        self.query_one("#daily-use").add_class("hidden")

    def _draw(self, found: MonthBill, one: Frozen) -> None:
        bill, shown = found.now, found.shown
        account = self.headend.engine.accounts.get(bill.meter)
        heading = {"meter": bill.meter}
        if account is not None:
            heading["address"] = " ".join(filter(None, (account.address, account.postcode)))
            heading["apartment type"] = account.apartment_type or "–"
        _, end = month_bounds(bill.month, self.zone)
        state = "the month is not over" if end > self.headend.engine.clock.now() else ""
        if shown.issued is not None:
            state = f"issued {time_labels.moment(self.zone.local(shown.issued))}"
        note, self._last = found.note, None
        if found.extent is not None:
            self._last = found.extent[1]
            if shown.bill.usage_wh is None:
                ends = (time_labels.moment(self.zone.local(end)) for end in found.extent)
                note = f"Data from {' to '.join(ends)}; press g to go there."
        self.paper = draw_statement(shown, heading, self.zone, state=state, register_note=note, warning=found.warning)
        self.make_page = partial(bill_page, shown, one, account, self.headend.engine.clock.now())
        self.query_one("#statement", Static).update(self.paper)
        daily = self.query_one("#daily-use", PictureView)
        daily.set_class(bill.usage_wh is None, "hidden")
        daily.show(found.daily)
