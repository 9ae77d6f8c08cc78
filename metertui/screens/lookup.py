"""Lookup: what one meter used, and how well that is known."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal
from textual.widgets import Input, Static, Tab, Tabs

from metertui.engine import billing, windows
from metertui.engine.accounts import Account
from metertui.engine.counters import LiveSnapshot
from metertui.engine.energy import Edge, Series, Usage
from metertui.engine.errors import MeterError
from metertui.engine.windows import Window
from metertui.headend import HeadEnd
from metertui.screens import fmt
from metertui.screens.base import DeskScreen
from metertui.screens.buckets import buckets
from metertui.screens.plain import message, plain
from metertui.screens.widgets.chart import Chart
from metertui.screens.widgets.meter_input import MeterInput
from metertui.screens.widgets.tile import Tile

_WINDOWS: Final = {
    "today": "Today",
    "yesterday": "Yesterday",
    "week": "Week",
    "month": "Month",
    "year": "Year",
    "last_month": "Last month",
    "last_half_hour": "Half hour",
    "dates": "Dates",
}
_AGAIN_SECONDS: Final = 2.0
"""At most so often is an answer in view given anew, where readings keep arriving."""
QUALITY: Final = {
    "actual": "actual",
    "estimated": "estimated",
    "first": "first reading",
    "last": "last reading",
}


class LookupScreen(DeskScreen):
    """One meter, one window."""

    place = "lookup"
    explains = (
        "What one meter used. Type any part of its id, address or postcode and press enter; tab goes to the windows, "
        "the arrows choose one; Dates takes any two days, both included. Usage is the register at the end less the "
        "register at the beginning; each was read then (actual), is estimated between two readings, or is the first "
        "or last reading that there is. Where nothing was read there is no data, which is not 0."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Find a meter"),
        Binding("escape", "search", "Find a meter", show=False),
        Binding("ctrl+left", "window(-1)", "Window before", key_display="ctrl+←", priority=True),
        Binding("ctrl+right", "window(1)", "Window after", key_display="ctrl+→", priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._meter = ""
        self._seen = (-1, 0.0)
        """Readings stored and the seconds of uptime, when the answer in view was given."""

    def content(self) -> ComposeResult:
        yield MeterInput(self.headend, id="lookup-meter")
        yield Tabs(*(Tab(title, id=name) for name, title in _WINDOWS.items()), active="month", id="windows")
        with Horizontal(id="dates", classes="hidden"):
            yield Input(placeholder="from, YYYY-MM-DD", id="from", compact=True)
            yield Input(placeholder="to, YYYY-MM-DD", id="to", compact=True)
        yield Static(id="lookup-message")
        with Grid(id="lookup-tiles", classes="hidden"):
            yield Tile("usage", id="usage")
            yield Tile("opening register", id="opening")
            yield Tile("closing register", id="closing")
            yield Tile("readings", id="readings-count")
            yield Tile("bill of last month", id="last-bill")
        yield Chart(id="usage-chart", classes="hidden")

    def on_screen_resume(self) -> None:
        if self._meter:
            self._answer()
        else:
            self.query_one("#lookup-message", Static).update(invitation(self.headend))
            self.action_search()

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        stored, uptime = self._seen
        if self._meter and snapshot.stored != stored and snapshot.uptime >= uptime + _AGAIN_SECONDS:
            self._seen = (snapshot.stored, snapshot.uptime)
            self._answer()

    def action_search(self) -> None:
        """Type another meter."""
        self.query_one(MeterInput).take_focus()

    def action_window(self, step: int) -> None:
        """The window before or after the chosen one."""
        names = list(_WINDOWS)
        tabs = self.query_one(Tabs)
        tabs.active = names[(names.index(tabs.active) + step) % len(names)]

    @on(MeterInput.Chosen)
    def _take_meter(self, event: MeterInput.Chosen) -> None:
        self._meter = event.meter
        self._answer()

    @on(Tabs.TabActivated, "#windows")
    def _take_window(self) -> None:
        dates = self.query_one(Tabs).active == "dates"
        self.query_one("#dates").set_class(not dates, "hidden")
        if dates and not self.query_one("#from", Input).value:
            today = self.zone.day(self.headend.engine.clock.now())
            self.query_one("#from", Input).value = today.replace(day=1).isoformat()
            self.query_one("#to", Input).value = today.isoformat()
        if self._meter:
            self._answer()

    @on(Input.Submitted, "#from")
    @on(Input.Submitted, "#to")
    def _take_dates(self, event: Input.Submitted) -> None:
        event.input.action_select_all()
        if self._meter:
            self._answer()

    def _answer(self) -> None:
        try:
            series = self.headend.series(self._meter)
            window = self._window(series)
            self._show(series, series.usage(window), window)
        except MeterError as error:
            self._say(str(error))

    def _window(self, series: Series) -> Window:
        name = self.query_one(Tabs).active
        now = self.headend.engine.clock.now()
        if name == "dates":
            return windows.between(self._date("#from"), self._date("#to"), self.zone)
        return series.window(name, now, self.zone)

    def _date(self, field: str) -> date:
        text = self.query_one(field, Input).value.strip()
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise MeterError(f"{text or 'nothing'} is no day; give both, like 2025-02-19, and press enter") from error

    def _say(self, text: str) -> None:
        self.query_one("#lookup-message", Static).update(message(f"! {text}"))
        self.query_one("#lookup-tiles").add_class("hidden")
        self.query_one("#usage-chart").add_class("hidden")

    def _show(self, series: Series, usage: Usage, window: Window) -> None:
        zone = self.zone
        about = plain(f"{self._meter} · {_where(self.headend.engine.accounts.get(self._meter))}")
        about.append(f"\n{fmt.moment(window.start, zone)} to {fmt.moment(window.end, zone)}")
        self.query_one("#lookup-message", Static).update(about)
        self.query_one("#lookup-tiles").remove_class("hidden")
        self.query_one("#usage", Tile).show(fmt.kwh(usage.usage_wh))
        for name, edge in (("opening", usage.opening), ("closing", usage.closing)):
            self.query_one(f"#{name}", Tile).show(fmt.kwh(edge.wh if edge else None), _edge(edge, self))
        suspect = f", {fmt.count(usage.suspect)} not counted" if usage.suspect else ""
        self.query_one("#readings-count", Tile).show(f"{fmt.count(usage.readings)}{suspect}")
        last_month = windows.month_before(self.headend.engine.clock.now(), zone)
        statement = billing.statement(series, last_month, zone)
        self.query_one("#last-bill", Tile).show(fmt.kwh(statement.usage_wh), statement.month)
        chart = self.query_one(Chart)
        chart.remove_class("hidden")
        parts = buckets(window, zone)
        used, known = series.buckets(parts.marks)
        values = [wh / 1000 if there else None for wh, there in zip(used.tolist(), known.tolist(), strict=True)]
        chart.border_title = f"kWh a {parts.unit}"
        chart.draw(parts.labels, values)


def invitation(headend: HeadEnd) -> Text:
    """What to do on a screen that waits for a meter."""
    if headend.engine.directory.ids:
        return Text("Type a meter above and press enter. Any part of its id, address or postcode finds it.")
    return Text(
        "No meter is known yet. Register one on the company screen (F6), or let meters do it over the wire: "
        "the live screen (F2) shows how."
    )


def _where(account: Account | None) -> str:
    if account is None:
        return "no account"
    known = [part for part in (account.address, account.region, account.apartment_type) if part]
    return f"{', '.join(known) or 'nothing known of it'}{'' if account.active else ' · deactivated'}"


def _edge(edge: Edge | None, screen: DeskScreen) -> str:
    return "" if edge is None else f"\n{fmt.moment(edge.time, screen.zone)}\n{QUALITY[edge.quality]}"
