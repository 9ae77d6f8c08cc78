"""The live screen: what arrives now, from which connections, and which meters are silent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final, cast

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.events import Resize
from textual.markup import escape
from textual.widgets import ContentSwitcher, ProgressBar, Static, Tab, Tabs

from metertui.engine.base import HOUR, MINUTE, SECOND, SiteZone
from metertui.engine.core import LiveSnapshot
from metertui.engine.worklist import Board
from metertui.screens.company import CloseTab, CompanyScreen, DayClose, closing, in_short
from metertui.screens.live.completeness_board import CompletenessBoard
from metertui.screens.live.ingest_figures import IngestFigures
from metertui.screens.live.last_readings import LastReadings
from metertui.screens.live.region_bars import RegionBars
from metertui.screens.live.server_pane import ServerPane
from metertui.screens.live.trend_chart import TrendChart
from metertui.screens.shell import DeskScreen, Steady, as_operator
from metertui.screens.tables import Column, Listing, Table
from metertui.text import fmt, invitation, time_labels

_PANES: Final = {"arrivals": "Arrivals", "peers": "Server", "board": "Completeness", "close": "Day close"}
_SHOWN: Final = (
    "Show the last readings and refused lines",
    "Show the server and its connections",
    "Show half hours received by region, and silent meters",
    "Show the progress of a day close, or the last result",
)
"""What a key shows, pane by pane."""
_ROWS: Final = 200
"""Rows that a table has at most, which is as many as the head-end remembers."""
_WIDEST: Final = 200
"""The most terminal cells of a refused line."""
_FOLLOWS: Final = (
    "No reading has been stored since this desk was opened. Those that the owner of the folder stores will be listed "
    "here as they come."
)
"""What a desk beside the owner of the folder says while it has no rows."""
_SHORT: Final = "2 min"
"""The span of the small charts beside the figures, one of headend.SPANS."""
_BEATS: Final = 4
"""Ticks between two drawings of a figure or table: a second, which is as fast as people read."""
_BOARD_SECONDS: Final = 5.0
_BOARD_SHARE: Final = 20
"""The pause before the next board, in multiples of the time that the last one took: it costs ingest 5 % at most."""


class LiveScreen(DeskScreen):
    """Ingest as it happens. Nothing on this screen changes data."""

    place = "live"
    help_text = (
        "What arrives now. Counts are since the start; the small charts beside them show the last two minutes. To OK: "
        "50% and 99% of the lines of the last minute were answered within these times. Heard: active meters with a "
        "reading of the last hour. The chart shows readings per second; z changes its span, l what it shows: the time "
        "to OK, suspect readings or refused lines. The regions show half hours received today of those expected, the "
        "least complete first. Arrivals: the last readings and refused lines, newest first. +kWh is the usage since "
        "the reading counted before it, – if the reading does not count. Last 24 h is the usage of the meter up to the "
        "reading, three hours a bar, compared with the highest bar of its row; there is no bar where readings are "
        "missing or too far apart to tell. Server: its figures, and the busiest connections. Completeness: half hours "
        "received of those expected from active meters since their first reading, and silent meters: without a reading "
        "for more than an hour (F7 lists those without one for "
        "longer than silent_hours, 24). If one meter of many is silent, the meter is the likely cause; if three or "
        "more meters of a sub-region are silent, and at least half of it, the link is. Day close: its progress and the "
        "result of the last one; late readings belong to days that had been closed earlier. d goes to the company "
        "screen, where an operator closes the day. Enter opens the meter of a reading in Lookup, and shows another row "
        "in full. / shows only the rows that contain a text, s sorts by the next column; escape shows all rows again. "
        "p pauses the tables so that they can be read; the figures above continue."
    )
    writes = frozenset({"close_day"})
    AUTO_FOCUS = "#readings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause"),
        # Handled before the focused widget: the next of several keys that arrive together must find the focus moved.
        Binding("slash", "search", "Filter", show=False, priority=True),
        Binding("escape", "leave", "Show all", show=False),
        Binding("z", "span", "Span", tooltip="Span of the chart: 2 minutes, 1 hour, 24 hours"),
        Binding("l", "line", "Chart", tooltip="The chart shows: readings, time to OK, suspects, refusals"),
        Binding("d", "close_day", "Close the day", tooltip="Go to the day close on the company screen"),
        Binding("ctrl+left", "pane(-1)", "Previous pane", key_display="^←", show=False, priority=True),
        Binding("ctrl+right", "pane(1)", "Next pane", key_display="^→", priority=True),
        *(
            Binding(str(n), f"show('{name}')", title, show=False, tooltip=shown)
            for n, ((name, title), shown) in enumerate(zip(_PANES.items(), _SHOWN, strict=True), 1)
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._held: dict[str, LiveSnapshot] = {}
        """What the tables of the panes that are paused show, by the name of the pane."""
        self._beat = 0
        self._at_once = False
        """Whether the next tick draws everything, as the size has changed."""
        self._board: Board | None = None
        self._board_due = 0.0
        self._start = 0
        """When the desk started, as it was first computed, µs UTC."""

    def content(self) -> ComposeResult:
        yield IngestFigures(id="tiles")
        with Horizontal(id="overview"):
            yield TrendChart(id="trend")
            regions = RegionBars(id="region-bars")
            regions.border_title = "Half hours received today, meters"
            yield regions
        with Container(id="day"):
            yield Steady(id="day-text")
            yield ProgressBar(id="day-progress", total=1.0, show_eta=False, classes="hidden")
        yield Tabs(*(Tab(f"{n} {t}", id=name) for n, (name, t) in enumerate(_PANES.items(), 1)), id="panes")
        with ContentSwitcher(initial="arrivals-pane", id="pane"):
            with Container(id="arrivals-pane"):
                yield Steady(id="empty", classes="hidden")
                with Container(id="tables"):
                    with Vertical(id="readings-side", classes="pane"):
                        yield LastReadings(most=_ROWS, id="readings")
                    with Vertical(id="refusals-side", classes="pane"):
                        yield Static("Refused lines will be listed here, each with its code.", id="no-refusals")
                        yield Listing(
                            (
                                Column("time", 8, right=True),
                                "=code",
                                Column("line sent", 9, most=_WIDEST, narrowest=8),
                                Column("from", 4, spare=True),
                            ),
                            most=_ROWS,
                            enter="Whole line",
                            id="refusals",
                        )
            yield ServerPane()
            yield CompletenessBoard(id="board-pane")
            yield DayClose("d closes the day, as an operator", id="close-pane")

    @property
    def view_name(self) -> str:
        return self.place if self._pane == "arrivals" else f"{self.place}, {self._pane}"

    @property
    def _pane(self) -> str:
        return (self.query_one("#pane", ContentSwitcher).current or "").removesuffix("-pane")

    def on_screen_resume(self) -> None:
        self._beat = 0

    @on(Resize)
    def _wrap(self) -> None:
        self.set_class(self.size.width >= 150, "-beside")  # both tables of the board fit
        self._at_once = True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave a slash to a table that has the focus; offer no key of a chart or a table that is not in view."""
        match action:
            case "span" | "line" if not self.has_class("-tall") or self.has_class("-no-meters"):
                return False
            case "pause" if self.is_mounted and not self._pauses:
                return False
            case "search" if isinstance(self.focused, Table):
                return False
        return super().check_action(action, parameters)

    def key_name(self, action: str, name: str) -> str:
        """Return the name of a key: that of the pause says what it does now."""
        return "Resume" if action == "pause" and self._pane in self._held else super().key_name(action, name)

    @property
    def _pauses(self) -> bool:
        """Return whether the pane in view has a table."""
        empty = self._pane == "arrivals" and self.query_one("#tables").has_class("hidden")
        return self._pane != "close" and not empty

    # -- keys ----------------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Pause the tables, or resume them."""
        live = self.headend.live()
        if self._held.pop(self._pane, None) is None:
            self._held[self._pane] = live
        self.say("Tables paused. Press p to resume." if self._pane in self._held else "Tables resumed.")
        self.refresh_bindings()
        self._draw(live)

    def action_span(self) -> None:
        """Show the next span in the chart."""
        self.query_one(TrendChart).next_span()
        self._show_trend()

    def action_line(self) -> None:
        """Show another line in the chart."""
        self.query_one(TrendChart).next_line()
        self._show_trend()

    def action_search(self) -> None:
        """Filter the first table of the pane."""
        self._focus_table()
        if isinstance(self.focused, Table):
            self.focused.action_filter()

    def action_leave(self) -> None:
        """Show all rows of the pane, the newest first."""
        for listing in self._listings():
            listing.clear_arrangement()
            listing.action_move_to_first()
        self._focus_table()

    def _listings(self) -> Iterable[Listing]:
        return self.query(f"#{self._pane}-pane Listing").results(Listing)

    def action_pane(self, step: int) -> None:
        """Show the previous or the next pane."""
        names = list(_PANES)
        self.action_show(names[(names.index(self._pane) + step) % len(names)])

    def action_show(self, pane: str) -> None:
        """Show a pane by its name."""
        self.query_one(Tabs).active = pane

    def action_close_day(self) -> None:
        """Go to the day close on the company screen, or say who can close the day."""
        if self.read_only:
            self.warn(self.read_only)
        else:
            as_operator(self.app, "closing the day", lambda: self.call_later(self._go_and_close))

    async def _go_and_close(self) -> None:
        cast("CompanyScreen", self.app.get_screen("company")).open_tab_next(CloseTab.name_of)
        await self.run_action("app.go('company')")

    @on(Tabs.TabActivated, "#panes")
    def _switch_pane(self, event: Tabs.TabActivated) -> None:
        pane = event.tab.id or "arrivals"
        if pane != self._pane:
            self.clear_message()  # it was about the pane before
            self.query_one("#pane", ContentSwitcher).current = f"{pane}-pane"
            live = self.headend.live()
            self._ask_board_if_due(live)
            self._show_day(live)
            self._draw(live)
            self.refresh_bindings()
            if not self.query_one(Tabs).has_focus:
                self._focus_table()

    @on(Listing.RowSelected, "#readings")
    async def _open_meter(self, event: Listing.RowSelected) -> None:
        """Open the meter of the selected reading in Lookup."""
        event.stop()
        assert isinstance(event.table, Listing)
        if event.table.selected_cells:
            await self.desk.open_meter("lookup", event.table.selected_cells[1])

    @on(Listing.RowSelected)
    def _show_row_in_full(self, event: Listing.RowSelected) -> None:
        """Show the selected row in the message line, because its columns may be cut."""
        assert isinstance(event.table, Listing)
        self.say(" · ".join(filter(None, event.table.selected_cells)))

    @on(Listing.Rearranged)
    def _show_rearranged(self) -> None:
        self._draw(self.headend.live())

    def _focus_table(self) -> None:
        arrivals = "#readings" if self.query_one("#readings-side").display else "#refusals"
        first = {"arrivals": arrivals, "peers": "#peers-table", "board": "#regions", "close": "#panes"}
        self.set_focus(self.query_one(first[self._pane]))  # at once: the next key may have arrived with this one

    # -- the state of things -------------------------------------------------------------------------------------

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        # Each part once a second, in turn, so that no tick draws everything.
        parts = set(range(_BEATS)) if self._at_once else {self._beat % _BEATS}
        self._beat += 1
        self._at_once = False
        if 0 in parts:
            self.query_one(IngestFigures).show_figures(snapshot, self.headend.trend(_SHORT))
            self.query_one(ServerPane).show_figures(snapshot)
        if 0 in parts or closing(snapshot):  # otherwise two figures of one log would differ
            self._show_day(snapshot)
        if 2 in parts:
            self._show_trend()
            self._ask_board_if_due(snapshot)
        self._show_what_there_is(snapshot)
        if self._pane != "arrivals":
            if 1 in parts and self._pane not in self._held:
                self._draw(snapshot)
        elif self._pauses:
            if 1 in parts:
                self._show_readings(snapshot)
            if 3 in parts:
                self._show_refusals(snapshot)
        self._show_headings(snapshot)  # after the tables, whose rows they count

    def _show_what_there_is(self, snapshot: LiveSnapshot) -> None:
        """Show the tables that have rows, or how to get some."""
        self.set_class(not snapshot.accounts and not snapshot.stored, "-no-meters")
        self.query_one("#refusals-side").set_class(not snapshot.refusals, "-none")
        self.query_one("#readings-side").display = bool(snapshot.arrivals) or not snapshot.refusals
        empty = not snapshot.arrivals and not snapshot.refusals
        changed = self.query_one("#tables").has_class("hidden") != empty
        self.query_one("#empty").set_class(not empty, "hidden")
        self.query_one("#tables").set_class(empty, "hidden")
        if changed:
            self.refresh_bindings()
        if empty:
            if isinstance(self.focused, Table) and self._pane == "arrivals":
                self.set_focus(None)  # a hidden table offers no keys
            begin = f"Nothing has arrived {'since the start' if snapshot.stored else 'yet'}. Meters connect to "
            connect = invitation(snapshot.address, self.desk.command, begin)
            follows = Text(_FOLLOWS) if snapshot.following else connect
            self.query_one("#empty", Steady).show(follows)
        elif self.focused is None and self._pane == "arrivals":  # the table was hidden when the screen opened
            self._focus_table()

    def _draw(self, snapshot: LiveSnapshot) -> None:
        """Draw the tables of the visible pane, also while paused: the pane or the filter changed."""
        match self._pane:
            case "arrivals":
                self._show_readings(snapshot)
                self._show_refusals(snapshot)
            case "peers" if "peers" not in self._held:
                self.query_one(ServerPane).show_connections(snapshot)
            case "board" if "board" not in self._held and self._board is not None:
                self.query_one(CompletenessBoard).show_board(self._board)
        self._show_headings(snapshot)

    def _show_headings(self, snapshot: LiveSnapshot) -> None:
        """Show above the tables what they list, and whether they follow."""
        held = self._held.get("arrivals")
        tables = (("readings", "Last readings", _accepted), ("refusals", "Last refusals", _refused))
        for name, title, number in tables:
            arranged = self.query_one(f"#{name}", Listing).state
            if held is not None:
                state = self._paused(held, snapshot, f"{fmt.count(number(snapshot) - number(held))} newer, ")
            else:
                state = "following" if name == "readings" else _refusals_state(snapshot)
            wanted = escape(f"{title}{f', {arranged}' if arranged else ''}, {state}")
            side = self.query_one(f"#{name}-side")
            if side.border_title != wanted:
                side.border_title = wanted
        held = self._held.get(self._pane)
        state = "" if held is None else f", {self._paused(held, snapshot)}"
        match self._pane:
            case "peers":
                self.query_one(ServerPane).show_heading(snapshot, state)
            case "board":
                self.query_one(CompletenessBoard).show_heading(state)

    def _paused(self, held: LiveSnapshot, now: LiveSnapshot, newer: str = "") -> str:
        same_day = self.zone.day(held.at) == self.zone.day(now.at)
        at = fmt.clock(held.at, self.zone) if same_day else time_labels.moment(self.zone.local(held.at))
        return f"paused at {at}, {newer}p resumes"

    def _show_trend(self) -> None:
        chart = self.query_one(TrendChart)
        if chart.display and self.query_one("#overview").display:
            chart.show_trend(self.headend.trend(chart.span), follows=bool(self.read_only))

    def _show_day(self, snapshot: LiveSnapshot) -> None:
        self.query_one("#close-pane", DayClose).show_live(snapshot)
        said = "" if self._pane == "close" else in_short(snapshot, self.zone)  # the pane itself says more
        bar = self.query_one(ProgressBar)
        bar.set_class(snapshot.progress is None or not said, "hidden")
        if snapshot.progress is not None:
            bar.update(progress=snapshot.progress)
        start = snapshot.at - int(snapshot.uptime) * SECOND
        if abs(start - self._start) >= MINUTE:  # the two clocks drift, by less
            self._start = start
        since = counted_since(self._start, snapshot.at, self.zone)
        counts = snapshot.accepted or snapshot.refused
        if said and counts and not closing(snapshot) and len(said) + len(since) <= self.size.width - 2:
            said += since
        self.query_one("#day-text", Steady).show(Text(said, no_wrap=True, overflow="ellipsis"))

    def _seen(self, listing: Listing) -> int:
        """Return how many rows a table needs: all if it is held, arranged or read further down, else what fits."""
        if "arrivals" in self._held or listing.is_arranged or listing.cursor_row > 0:
            return _ROWS
        return max(8, listing.size.height - 1)

    def _show_readings(self, snapshot: LiveSnapshot) -> None:
        readings, held = self.query_one(LastReadings), self._held.get("arrivals", snapshot)
        readings.show_arrivals(held.arrivals[: self._seen(readings)], snapshot.at)
        readings.fill()

    def _show_refusals(self, snapshot: LiveSnapshot) -> None:
        listing, held = self.query_one("#refusals", Listing), self._held.get("arrivals", snapshot)
        newest = _refused(held)
        listing.show(
            [
                (str(newest - i), (fmt.clock_or_moment(r.at, snapshot.at, self.zone), r.code, r.line, r.peer))
                for i, r in enumerate(held.refusals[: self._seen(listing)])
            ]
        )

    def _show_board(self) -> None:
        if self._board is not None:
            if self._pane == "board" and "board" not in self._held:
                self.query_one(CompletenessBoard).show_board(self._board)
            self.query_one(RegionBars).show_board(self._board, self.zone)
            self.query_one(IngestFigures).show_heard(self._board)

    def _ask_board_if_due(self, snapshot: LiveSnapshot) -> None:
        if snapshot.uptime >= self._board_due:
            self._board_due = float("inf")
            self._ask_board()

    @work(exclusive=True, group="board")
    async def _ask_board(self) -> None:
        clock = self.headend.engine.clock
        began = clock.monotonic()
        try:
            self._board = await self.headend.worklist.completeness()
        finally:
            taken = clock.monotonic() - began
            self._board_due = self.headend.live().uptime + max(_BOARD_SECONDS, _BOARD_SHARE * taken)
        self._show_board()


def counted_since(start: int, now: int, zone: SiteZone) -> str:
    """Return since when the counts of readings and refused lines run, which is the start."""
    local = zone.local(start)
    today = local.date() == zone.day(now)
    return f" · counts since {f'{local:%H:%M}' if today else time_labels.moment(local.replace(second=0))}"


def _accepted(snapshot: LiveSnapshot) -> int:
    """Return the number of readings since the start."""
    return snapshot.accepted


def _refused(snapshot: LiveSnapshot) -> int:
    """Return the number of refused lines since the start."""
    return sum(snapshot.refused.values())


def _refusals_state(snapshot: LiveSnapshot) -> str:
    """Return since when no line has been refused, if that is long."""
    if not snapshot.refusals:
        return "none since the start"
    silence = snapshot.at - snapshot.refusals[0].at
    return f"none for {fmt.duration(silence, units=1)}" if silence >= HOUR else "following"
