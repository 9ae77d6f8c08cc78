"""The billing screen: what one comes for, and the statement of a meter."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar, Final

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from metertui.engine.base import month_before
from metertui.engine.core import LiveSnapshot
from metertui.engine.errors import MeterError
from metertui.screens.billing.billing_run import BillingRunScreen
from metertui.screens.billing.month_figures import KeptFigures, MonthFigures, month_figures
from metertui.screens.billing.purposes import Purpose, Purposes, find_text, run_text, tariffs_text, waiting_text
from metertui.screens.billing.statement_view import StatementView
from metertui.screens.billing.tariff_editor import TariffScreen
from metertui.screens.billing.tariff_periods import gaps, periods
from metertui.screens.explain import ExplainScreen
from metertui.screens.fields import TypedLine, typed_path
from metertui.screens.papers import as_file
from metertui.screens.shell import DeskScreen, MeterInput, Work, export_text
from metertui.screens.tables import copy_paper
from metertui.screens.terminal import ink
from metertui.text import fmt, message, time_labels

_BESIDE: Final = 150
"""The least width of a terminal, in columns, that shows a chart of the months beside the statement."""
_OF_STATEMENT: Final = frozenset(("month", "months", "why", "latest", "open", "copy_statement", "export"))
"""The actions that need a statement in view."""


class BillingScreen(DeskScreen):
    """The purposes of billing, or the statement of one meter for one month."""

    place = "billing"
    help_text = (
        "It opens on what one comes for: to find a meter, the billing run of the last month, the tariffs. Enter or the "
        "key in the corner opens one; the arrow keys move; an id that is typed or pasted begins a search. The figures "
        "of the run are worked out while the page is in view, and say of when they are; a bill is in doubt where "
        "readings do not cover the month or are not counted. "
        "A statement is that of a calendar month, by default the last one: usage by price, tax and total, the use of "
        "each day, and what it is based on. The closing register of a month is the opening register of the next. An "
        "issued bill does not change; later changes are shown below it. Page up and page down change the month, m goes "
        "to the list of months, g to the last one with data, Y copies the statement, ctrl+e writes it to a page to "
        "print (.html), or with its charts to a picture (.svg) or text (.txt). Escape goes back to the purposes. "
        "Changing tariffs and running bills need a login with the role operator."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Find"),
        Binding("escape", "back", "Back", show=False),
        Binding("b", "run", "Run", tooltip="The billing run of all meters"),
        Binding("t", "tariffs", "Tariffs"),
        Binding("pageup", "month(-1)", "Previous month", show=False, priority=True),
        Binding("pagedown", "month(1)", "Next month", show=False, priority=True),
        Binding("m", "months", "Months"),
        Binding("e", "why", "Explain"),
        Binding("g", "latest", "Latest data", show=False),
        Binding("l", "open('lookup')", "Lookup", show=False),
        Binding("x", "open('exceptions')", "Exceptions", show=False),
        Binding("Y", "copy_statement", "Copy the statement", show=False),
        Binding("ctrl+e", "export", "Export", priority=True),
        # With priority, as the focus has to move before the next key is handled.
        *(Binding(digit, f"begin('{digit}')", show=False, priority=True) for digit in "0123456789"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._next = self._next_month = ""
        self._kept = KeptFigures()
        self._summing: Work | None = None
        """The work on the figures of the month, if it is under way."""

    def content(self) -> ComposeResult:
        yield MeterInput(id="billing-meter")
        yield Purposes(id="purposes")
        yield StatementView(id="bills", classes="hidden")
        yield TypedLine(id="line")

    @on(events.Resize)
    def _share_out(self) -> None:
        """Show a chart of the months if the terminal is wide enough."""
        self.set_class(self.size.width >= _BESIDE, "-beside")

    @property
    def _view(self) -> StatementView:
        return self.query_one(StatementView)

    @property
    def _reads_statement(self) -> bool:
        """Return whether a statement is in view, and not the purposes."""
        return self.is_mounted and not self._view.has_class("hidden")

    @property
    def view_name(self) -> str:
        return f"{self.place}, {'statement' if self._reads_statement else 'purposes'}"

    def on_screen_resume(self) -> None:
        if self._next:
            meter, self._next = self._next, ""
            self._view.month = self._next_month or self._view.month
            self.query_one(MeterInput).choose(meter)
        elif self._reads_statement:
            self._view.show()
        else:
            self._show_purposes()

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        if self._reads_statement:
            self._view.follow(snapshot.uptime)
        else:
            self._tell_purposes()
            self._sum_if_due(snapshot)

    def take_meter(self, meter: str, month: str = "") -> None:
        self._next, self._next_month = meter, month

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable what needs a statement while none is in view, and digits as keys while there is a field for them."""
        if action == "begin":
            return self.is_mounted and not self._reads_statement and not isinstance(self.focused, Input)
        if action in _OF_STATEMENT and not self._reads_statement:
            return False
        return super().check_action(action, parameters)

    # -- the purposes --------------------------------------------------------------------------------------------

    def _show_purposes(self) -> None:
        """Put the purposes in the place of the statement."""
        self._turn_to(statement=False)
        self._tell_purposes()
        self.query_one(Purposes).take_focus()

    def _turn_to(self, *, statement: bool) -> None:
        self.query_one(Purposes).set_class(statement, "hidden")
        self._view.set_class(not statement, "hidden")
        self.refresh_bindings()

    def _tell_purposes(self) -> None:
        """Show the state of each purpose."""
        engine, suspect = self.headend.engine, ink(self.app.theme_variables, "suspect")
        page, kept = self.query_one(Purposes), self._kept
        month = month_before(engine.clock.now(), self.zone)
        page.show("find", "Find a meter", find_text(len(engine.accounts), list(self.desk.recent)))
        if kept.figures is None or kept.figures.month != month:
            run = waiting_text(0.0 if self._summing is None else self._summing.share)
        else:
            run = run_text(kept.figures, self._age(), suspect)
        page.show("run", f"Billing run of {time_labels.month(month)}", run)
        try:
            found, today = engine.tariffs.current(), self.zone.day(engine.clock.now())
        except MeterError as error:
            page.show("tariffs", "Tariffs", message(f"! {error}"))
            return
        types = {group.apartment_type for group in engine.directory.groups}
        since = None if kept.figures is None else kept.figures.since
        held, without = ([], []) if found is None else (periods(found, today), gaps(found, types, since))
        page.show("tariffs", "Tariffs, ¢/kWh and tax", tariffs_text(held, without, suspect))

    def _age(self) -> str:
        """Return of when the figures of the month are, and what has come since."""
        newer = self._kept.newer(len(self.headend.engine.readings))
        since = f"; {fmt.counted(newer, 'reading')} received since" if newer > 0 else ""
        return f"as of {time_labels.moment(self.zone.local(self._kept.at))}{since}"

    def _sum_if_due(self, snapshot: LiveSnapshot) -> None:
        """Have the figures of the last month worked out, unless they are at hand or under way."""
        engine = self.headend.engine
        month, basis = month_before(snapshot.at, self.zone), engine.billing_basis()
        if self._summing is None and self._kept.is_due(month, basis, len(engine.readings), snapshot.uptime):
            # Nobody asked for it: it is none of the work that quitting would ask about.
            self._summing = Work("the month")
            self._sum_month(self._summing, month, basis, len(engine.readings), snapshot)

    @work(exclusive=True, group="month")
    async def _sum_month(self, work: Work, month: str, basis: object, readings: int, snapshot: LiveSnapshot) -> None:
        engine, began = self.headend.engine, time.monotonic()
        figures = MonthFigures(month, trouble="this failed; metertui.log says why")
        try:
            figures = await self.headend.ask(month_figures, month, engine.terms(), engine.bills, work.report_progress)
        except MeterError as error:
            figures = MonthFigures(month, trouble=str(error))
        finally:
            work.cancel()  # or a thread would go on with what nobody waits for
            self._summing = None
            seconds = time.monotonic() - began
            self._kept.keep(figures, snapshot.at, basis, readings, uptime=snapshot.uptime + seconds, seconds=seconds)
        if not self._reads_statement:
            self._tell_purposes()

    @on(Purpose.Chosen)
    def _open_purpose(self, event: Purpose.Chosen) -> None:
        event.stop()
        {"find": self.action_search, "run": self.action_run, "tariffs": self.action_tariffs}[event.what]()

    def action_begin(self, digit: str) -> None:
        """Begin a search with the first digit of an id; the keys that follow go into the field."""
        self.query_one(MeterInput).begin(events.Key(digit, digit))

    def on_paste(self, event: events.Paste) -> None:
        if not self._reads_statement:
            event.stop()
            self.query_one(MeterInput).begin(events.Paste(event.text))

    # -- keys ----------------------------------------------------------------------------------------------------

    async def action_open(self, place: str) -> None:
        """Show the meter on another screen."""
        await self.desk.open_meter(place, self._view.meter)

    async def action_back(self) -> None:
        """Go one step back: to the statement, to the screen that the meter was brought from, to the purposes."""
        line = self.query_one(TypedLine)
        in_field = self.query_one(MeterInput).has_focus_within
        if line.asks:
            line.close()
            self.query_one("#paper").focus()
        elif self._reads_statement:
            if self._view.step_back() and not await self.desk.go_back():
                self._show_purposes()
        elif in_field:
            self.query_one(Purposes).take_focus()
        else:
            await self.desk.go_back()

    def action_months(self) -> None:
        """Go to the list of months."""
        self._view.open_months()

    def action_latest(self) -> None:
        """Show the last month with data."""
        self._view.go_to_data()

    def action_search(self) -> None:
        """Go to the field for another meter."""
        self.query_one(MeterInput).take_focus()

    def action_month(self, step: int) -> None:
        """Show the month that is `step` months later."""
        self._view.step_month(step)

    def action_why(self) -> None:
        """Explain the usage that is billed."""
        if (window := self._view.window) is not None:
            self.app.push_screen(ExplainScreen(self._view.meter, window))

    def action_tariffs(self) -> None:
        """Show the tariffs."""
        since = None if self._kept.figures is None else self._kept.figures.since
        self.app.push_screen(TariffScreen(since), lambda _: self._show_again())

    def action_run(self) -> None:
        """Open the billing run."""
        month = month_before(self.headend.engine.clock.now(), self.zone)
        self.app.push_screen(BillingRunScreen(month), lambda _: self._show_again())

    def _show_again(self) -> None:
        if self._reads_statement:
            self._view.show()

    @on(MeterInput.Chosen)
    def _take_meter(self, event: MeterInput.Chosen) -> None:
        self._turn_to(statement=True)
        self._view.show_meter(event.meter)

    # -- copy and export -------------------------------------------------------------------------------------------

    def action_copy_statement(self) -> None:
        """Copy the statement as text."""
        view = self._view
        if view.paper is None:
            self.warn("There is no statement to copy.")
        else:
            copy_paper(self, view.paper, f"statement of {view.meter} for {time_labels.month(view.month)}")

    def action_export(self) -> None:
        """Ask for the name of a file for the statement: a page to print, a picture, or text."""
        if self._view.paper is not None:
            name = f"bill-{self._view.meter}-{self._view.month}.html"
            self.query_one(TypedLine).ask(
                "export", "name: .html to print, .svg or .txt, then enter; escape cancels", name
            )
        else:
            self.warn("There is no statement to export.")

    @on(TypedLine.Typed)
    def _export_to(self, event: TypedLine.Typed) -> None:
        path = typed_path(event.text)
        view, make = self._view, self._view.make_page
        if make is None:
            return
        if path.suffix not in (".html", ".svg", ".txt"):
            self.warn(f"{path.name}: the name of the file must end in .html, .svg or .txt")
            return
        if path.suffix != ".html":  # drawn here, as charts are drawn on the event loop alone
            make = partial(str, as_file(view.as_paper(), path.suffix))
        self._write(path, make, view.meter, self.who or "billing")

    @work(exclusive=True, group="export")
    async def _write(self, path: Path, make: Callable[[], str], meter: str, who: str) -> None:
        """Write a statement that `make` makes in a thread.

        The log names its meter and who asked, though another may be in view by then.
        """
        try:
            await export_text(path, await asyncio.to_thread(make))
        except MeterError as error:
            self.warn(str(error))
            return
        self.query_one(TypedLine).close()
        self.query_one("#paper").focus()
        self.say(f"The statement is written to {path}")
        self.headend.audit(who, "export", str(path), f"statement of {meter}")
