"""The lookup screen: the usage of one meter, its quality, and the readings behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Grid
from textual.widgets import Static

from metertui.engine.base import MINUTE, Window, meter_of, window_before
from metertui.engine.billing import statements
from metertui.engine.core import Decision, Effect, LiveSnapshot, one_meter
from metertui.engine.errors import MeterError
from metertui.engine.usage import Series, UsageComparison, WindowReadings, lookup, register_changes, why_no_data
from metertui.screens.charts import PictureView, window_chart
from metertui.screens.decisions import PREVIEW, PURPOSE, DecisionScreen, decision_choices
from metertui.screens.explain import ExplainScreen
from metertui.screens.fields import TypedLine, typed_path
from metertui.screens.lookup import figures
from metertui.screens.lookup.figures import WINDOWS, Figure
from metertui.screens.lookup.readings_behind import BehindTable
from metertui.screens.lookup.window_choice import WindowChoice
from metertui.screens.papers import SUFFIXES, ChartPart, Paper, as_file, paper_of, table_part
from metertui.screens.shell import (
    Cancelled,
    DeskScreen,
    Following,
    MeterInput,
    MeterRegisters,
    Tile,
    Work,
    as_operator,
    export_readings,
    export_text,
    show_progress,
)
from metertui.screens.terminal import ink
from metertui.text import explained, fmt, message, plain

_PENDING: Final = "…"
_OF_METER: Final = frozenset(("why", "readings", "latest", "open", "export"))
"""The actions that need a meter that is known."""
_BESIDE: Final = 150
"""The width from which the readings are beside the chart."""


class LookupScreen(DeskScreen):
    """The usage of one meter in one window."""

    place = "lookup"
    help_text = (
        "The usage of one meter. Type part of its id, address, postcode, region or sub-region and press enter (f). "
        "The arrow keys then choose a window, ctrl+left and ctrl+right from anywhere on the screen: week, month and "
        "year so far, from Monday, the 1st or 1 January; latest: the day of the last reading; all: from the first to "
        "the last reading. c opens a calendar for any two days, both included. Usage is the register at the end minus "
        "the register at the start. Each of the two was read at that time (actual), is estimated between two "
        "readings, or is the first or last reading. Without readings there is no data, which differs from 0. e "
        "explains the usage reading by reading, with file and line. In the chart, ░ and · mark estimated values; "
        "where there is no data there is no bar. m lists the meters of this session. r goes to the readings, where "
        "enter explains one interval, v makes the reading void, w stores the right value in its place, and u takes "
        "either back; these need a login with the role operator. ▲ marks a reading to look at: a suspect one, or a "
        "reset, at which the register jumped and no usage is counted. ctrl+e exports the readings to a file, "
        "and with the chart to a picture (.svg) or text (.txt); escape cancels that."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Find", key_display="/", tooltip="Find another meter"),
        Binding("f", "search", "Find", show=False),
        Binding("m", "recent", "Recent", show=False, tooltip="The meters of this session"),
        Binding("e", "why", "Explain"),
        Binding("r", "readings", "Readings"),
        Binding("c", "calendar", "Dates"),
        Binding("ctrl+left", "window(-1)", "Previous window", key_display="^←", priority=True, show=False),
        Binding("ctrl+right", "window(1)", "Window", key_display="^←→", tooltip="Next window", priority=True),
        Binding("g", "latest", "Latest data", show=False),
        Binding("b", "open('billing')", "Bill"),
        Binding("x", "open('exceptions')", "Exceptions"),
        Binding("ctrl+e", "export", "Export", priority=True),
        Binding("escape", "back", "Back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._meter = ""
        self._billed = ""
        """The month of the bill in view."""
        self._next = ""
        self._writing: Work | None = None
        """The export under way."""
        self._following = Following()
        """The number of stored readings and the uptime (s) when the answer was last refreshed."""

    def content(self) -> ComposeResult:
        yield MeterInput(id="lookup-meter")
        yield WindowChoice(id="lookup-window")
        yield Static(id="lookup-message")
        with Grid(id="lookup-tiles", classes="figures hidden"):
            yield Tile("usage", id="usage", ink="accent")
            yield Tile(WINDOWS["month"][1], id="compared")
            yield Tile("average per day", id="daily")
            yield Tile("bill so far", id="bill")
        yield MeterRegisters("usage kWh", id="lookup-registers", classes="figures")
        with Grid(id="lookup-ends", classes="figures hidden"):
            yield Tile("opening register", id="opening")
            yield Tile("closing register", id="closing")
            yield Tile("readings", id="readings-count")
        with Container(id="lookup-answer"):
            yield PictureView(id="usage-chart", classes="hidden")
            yield BehindTable(id="readings", classes="hidden")
        yield TypedLine(id="line")

    @property
    def _choice(self) -> WindowChoice:
        return self.query_one(WindowChoice)

    def on_mount(self) -> None:
        self.watch(self.app, "theme", self._answer_if_asked, init=False)  # the colours of the message are its own

    @on(events.Resize)
    def _arrange(self) -> None:
        """Put the readings beside the chart where both fit."""
        self.set_class(self.size.width >= _BESIDE, "-beside")

    def on_screen_resume(self) -> None:
        if self._next:
            meter, self._next = self._next, ""
            self.query_one(MeterInput).choose(meter)
            self.call_later(self._choice.take_focus)
        elif self._meter:
            self._answer()
        else:
            self.query_one("#lookup-message", Static).update(self.query_one(MeterInput).invitation)
            self.action_search()

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        if self._meter and self._following.is_due(self._basis(snapshot.at), snapshot.uptime):
            self._answer()

    def _basis(self, now: int) -> tuple[object, ...]:
        return self.headend.engine.basis_of(self._meter), now // MINUTE  # windows up to now go on

    def take_meter(self, meter: str, month: str = "") -> None:
        self._next = meter

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable what needs a meter while none is in hand, or one that nobody knows."""
        if action in _OF_METER and self.headend.engine.known_code(self._meter) is None:
            return False
        return super().check_action(action, parameters)

    # -- keys ------------------------------------------------------------------------------------------------

    def action_search(self) -> None:
        """Go to the meter field, and from the readings back to the figures."""
        self.remove_class("-readings")
        self.query_one(MeterInput).take_focus()

    def action_recent(self) -> None:
        """List the meters of this session."""
        self.query_one(MeterInput).offer_recent()

    def action_latest(self) -> None:
        """Go to the last day with readings."""
        self._choice.choose("latest")

    async def action_open(self, place: str) -> None:
        """Show the meter on another screen."""
        if self._meter:
            await self.desk.open_meter(place, self._meter, self._billed)

    async def action_back(self) -> None:
        """Cancel an export, else go one step back: from readings or file name to the windows, then to the meter.

        A meter that was brought from another screen goes back there instead.
        """
        table, line = self.query_one(BehindTable), self.query_one(TypedLine)
        if self._writing is not None:
            self._writing.cancel()
            self.say(self._writing.status_line())
        elif line.asks:
            line.close()
            self._choice.take_focus()
        elif table.has_focus:
            self.action_readings()
        elif not await self.desk.go_back():
            self.action_search()

    def action_window(self, step: int) -> None:
        """Choose the previous or the next window."""
        self._choice.step(step)

    def action_readings(self) -> None:
        """Go to the readings and back. Where there is little room, they take that of the figures and the chart."""
        table = self.query_one(BehindTable)
        if table.behind is None:
            return
        to_table = not table.has_focus
        self.set_class(to_table, "-readings")
        if to_table:
            table.focus()
        else:
            self._choice.take_focus()

    def action_why(self) -> None:
        """Explain the usage shown."""
        if self._meter and self._choice.shown is not None:
            self.app.push_screen(ExplainScreen(self._meter, self._choice.shown))

    def action_calendar(self) -> None:
        """Choose two days in a calendar."""
        self._choice.open_calendar()

    # -- the question ---------------------------------------------------------------------------------------------

    @on(MeterInput.Chosen)
    def _choose_meter(self, event: MeterInput.Chosen) -> None:
        self._meter = event.meter
        self.query_one("#bill", Tile).show(_PENDING)  # not that of the meter before, until it is worked out
        self.refresh_bindings()
        self._answer()
        if self._choice.shown is not None:
            self._choice.take_focus()

    @on(WindowChoice.Chosen)
    def _answer_if_asked(self) -> None:
        if self._meter:
            self._answer()

    # -- the answer ------------------------------------------------------------------------------------------------

    def _answer(self) -> None:
        try:
            series = self.headend.engine.use_series(self._meter)
            window = self._choice.window_of(series)
        except MeterError as error:
            self._choice.shown = None
            self.query_one(BehindTable).clear()
            text = message(f"! {error}")
            if self.headend.engine.known_code(self._meter) is None:
                text.append("\n").append_text(self.query_one(MeterInput).invitation)
            self.query_one("#lookup-message", Static).update(text)
            self.query_one(MeterRegisters).clear()
            self._reveal(False)
            return
        self._choice.shown = window
        self._show(series, window)
        over = window.name == "last_month"
        self.query_one("#bill", Tile).set_label("bill" if over else "bill so far")
        self._billed = f"{self.zone.day(window.start if over else self.headend.engine.clock.now()):%Y-%m}"
        self._price(self._meter, self._billed)
        self._reveal(True)

    def _reveal(self, answered: bool) -> None:
        self.refresh_bindings()
        for name in ("#lookup-tiles", "#lookup-ends", "#usage-chart", "#readings"):
            self.query_one(name).set_class(not answered, "hidden")

    def _show(self, series: Series, window: Window) -> None:
        account = self.headend.engine.accounts.get(meter_of(self._meter))
        about = plain(f"{self._meter} · {figures.account_line(account)}")
        answer = lookup.compare_usage(series, window, self.zone, self.headend.engine.rules.gap_us)
        if answer.usage.usage_wh is None:
            about.append(f"\nNo data. {fmt.for_people(why_no_data(series, window, self.zone))}")
            about.append(f"\n{figures.extent(series, self.zone)}")
        used = answer.usage
        if note := explained.register_note(series.curve, used.opening, used.closing, used.usage_wh, self.zone):
            changes = (
                register_changes(series.curve, used.opening, used.closing) if used.opening and used.closing else []
            )
            if all(change.declared for change in changes):
                about.append(f"\n{note}")
            else:
                about.append(f"\n▲ {note}", style=ink(self.app.theme_variables, "suspect"))
        self.query_one("#lookup-message", Static).update(about)
        self._show_tiles(answer)
        self.query_one(MeterRegisters).show_registers(self._meter, window)
        before = window_before(window, window.end if used.closing is None else used.closing.time, self.zone)
        self._draw(series, window, before)
        self.query_one(BehindTable).show_readings(lookup.readings_in_window(series, window), self.zone)

    def _show_tiles(self, answer: UsageComparison) -> None:
        zone = self.zone
        self.query_one("#compared", Tile).set_label(WINDOWS[answer.usage.window][1])
        for name, edge in (("opening", answer.usage.opening), ("closing", answer.usage.closing)):
            self.query_one(f"#{name}", Tile).set_label(figures.end_name(name, edge))
        shown: dict[str, Figure] = {
            "usage": figures.usage(answer),
            "compared": figures.comparison(answer, zone),
            "daily": figures.daily(answer),
            "opening": figures.end(answer.usage.opening, zone),
            "closing": figures.end(answer.usage.closing, zone),
            "readings-count": figures.readings(answer),
        }
        for name, figure in shown.items():
            self.query_one(f"#{name}", Tile).show(*figure)

    @work(exclusive=True, group="bill")
    async def _price(self, meter: str, month: str) -> None:
        """Work out the bill of a month, in a thread: for ten years of readings it takes 20 ms."""
        engine = self.headend.engine
        try:
            statement = await asyncio.to_thread(
                statements.bill_only_meter, one_meter.frozen_meter(engine, meter), month, engine.terms()
            )
            figure = figures.bill(statement)
        except MeterError as error:  # a tariff that cannot be read, or none in force
            used = statements.unpriced_statement(engine.use_series(meter), month, self.zone)
            figure = figures.no_price(used, f"! {error}")
        self.query_one("#bill", Tile).show(*figure)

    def _draw(self, series: Series, window: Window, before: Window) -> None:
        chart = self.query_one(PictureView)
        drawn = window_chart(series, window, self.zone, before)
        chart.border_title = drawn.title
        chart.show(drawn.picture)

    @on(BehindTable.RowSelected, "#readings")
    def _explain_interval(self, event: BehindTable.RowSelected) -> None:
        """Explain the usage of the interval that ends at the selected reading."""
        interval = self.query_one(BehindTable).interval_at(event.row)
        if interval is None:
            self.warn("No interval ends at this reading: it is the first, or it is not counted. e explains the window.")
            return
        register = self.query_one(BehindTable).register_at(event.row)
        self.app.push_screen(ExplainScreen(register, interval))

    # -- decisions about a reading -------------------------------------------------------------------------------

    def action_decide(self, what: str) -> None:
        """Show what a decision about the reading under the cursor would change, and ask for the reason."""
        table = self.query_one(BehindTable)
        at = table.time_at_cursor
        if at is not None:
            wanted = [Decision(what, table.register_at(table.cursor_row), at, PREVIEW)]
            as_operator(self.app, PURPOSE, lambda: self._propose(wanted))

    def action_undo_decision(self) -> None:
        """Undo the void or correction of the reading under the cursor."""
        table = self.query_one(BehindTable)
        at = table.time_at_cursor
        edits = None if at is None else self.headend.engine.events.edits_of_meter(table.register_at(table.cursor_row))
        made = None if at is None or edits is None else edits.latest_decision(at)
        if made is None:
            self.warn("This reading is neither void nor corrected.")
            return
        wanted = decision_choices.undo_decisions([made])
        as_operator(self.app, PURPOSE, lambda: self._propose(wanted))

    def _propose(self, wanted: Sequence[Decision]) -> None:
        self.app.push_screen(DecisionScreen(wanted), self._decided)

    def _decided(self, effects: Sequence[Effect] | None) -> None:
        if effects:
            self.say(decision_choices.result_sentence(effects[0].event.kind, len(effects), "reading"))
            self._answer()

    # -- the export ----------------------------------------------------------------------------------------------

    def action_export(self) -> None:
        """Ask for the name of a file and export the readings shown."""
        behind = self.query_one(BehindTable).behind
        if not behind or self._choice.shown is None:
            self.warn("There are no readings to export.")
        elif self._writing is not None:
            self.warn("An export is under way; escape cancels it.")
        else:
            first, last = (self.zone.day(instant) for instant in (self._choice.shown.start, self._choice.shown.end - 1))
            name = f"readings-{self._meter}-{first}-{last}.csv"
            hint = "name ending in .csv, .parquet, .xlsx, .svg or .txt, then enter; escape cancels"
            self.query_one(TypedLine).ask("export", hint, name)
            self.say("A name ending in .svg makes a picture with the chart, .txt the same as text.")

    @on(TypedLine.Typed)
    def _export_to(self, event: TypedLine.Typed) -> None:
        behind = self.query_one(BehindTable).behind
        if behind and self._writing is None:
            self._write(behind, typed_path(event.text))

    def _paper(self, behind: WindowReadings) -> Paper:
        """Return the figures, the chart and the readings shown, for a file."""
        assert self._choice.shown is not None
        shown, found = self._choice.shown, paper_of(self)
        used = self.headend.engine.usage(behind.meter, shown)
        start, end = (explained.when(each, self.zone) for each in (shown.start, shown.end))
        charts = [part for part in found.parts if isinstance(part, ChartPart)]
        title = f"{behind.meter}: {fmt.kwh(used.usage_wh)} from {start} to {end}"
        return replace(found, title=title, parts=[*charts, table_part(self.query_one(BehindTable))])

    @work(exclusive=True, group="export")
    async def _write(self, behind: WindowReadings, path: Path) -> None:
        self.say(f"Writing {path.name} …")
        try:
            with show_progress(self, f"Writing {path.name}") as self._writing:
                if path.suffix in SUFFIXES:
                    await export_text(path, as_file(self._paper(behind), path.suffix))
                else:
                    await export_readings(self.headend, behind, path, self._writing.report_progress)
        except Cancelled:
            self.say(f"Cancelled; {path.name} was not written.")
        except MeterError as error:
            self.warn(str(error))
        else:
            self.query_one(TypedLine).close()
            self._choice.take_focus()
            self.say(f"{fmt.counted(len(behind), 'reading')} written to {path}")
            by = self.who or "lookup"
            self.headend.audit(by, "export", str(path), f"{fmt.counted(len(behind), 'reading')} of {behind.meter}")
        finally:
            self._writing = None
