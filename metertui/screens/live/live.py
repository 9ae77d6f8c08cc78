"""Live: what arrives now, from whom, and who is missed."""

from __future__ import annotations

from typing import ClassVar, Final, cast

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.events import Resize
from textual.widgets import ContentSwitcher, Input, ProgressBar, Tab, Tabs

from metertui.engine.base import format_kwh
from metertui.engine.core import Arrival, LiveSnapshot, Peer
from metertui.engine.worklist import Board
from metertui.screens.company import CloseTab, CompanyScreen, DayClose, closing, in_short
from metertui.screens.live.completeness_board import CompletenessBoard, found
from metertui.screens.live.ingest_figures import Pulse
from metertui.screens.shell import DeskScreen, Steady, as_operator
from metertui.screens.tables import Listing, Row
from metertui.text import fmt, invitation, plain

_PANES: Final = {"arrivals": "Arrivals", "peers": "Connections", "board": "Completeness", "close": "Day close"}
_WIDE: Final = 110
_TALL: Final = 32
_ROWS: Final = 100
_PEERS: Final = 50
_BEATS: Final = 4
"""Ticks from one drawing of figures, or of a table, to its next: a second, which is as fast as one reads."""
_PEER_SECONDS: Final = 1.0
"""What a connection's rate is told of, at least: meters send some lines at once, and then none."""
_BOARD_SECONDS: Final = 5.0
_BOARD_SHARE: Final = 20
"""The board is asked for after so many times what it took, so that it costs ingest a twentieth at most."""


class LiveScreen(DeskScreen):
    """The ingest of this moment; nothing on it changes anything."""

    place = "live"
    explains = (
        "What arrives now. The bars show readings a second over the last two minutes; a reading counts once it is on "
        "disk. p50 and p99: half of the answers, and 99 of 100, of the last minute came within this time of the line's "
        "arrival. Arrivals: the last readings and refused lines, newest first. Connections: the busiest first. "
        "Completeness: half hours received of those expected of active meters since their first reading, and where "
        "meters are silent: one among many is likely the meter, most of a sub-region the line. Day close: how far it "
        "is and what came of the last one; late are readings of days that were over at the close before. D goes to "
        "where an operator closes the day. "
        "Enter tells a row in full. / shows only rows with a meter, a peer, a code or any text; escape shows all, the "
        "newest first. p holds the tables still so that they can be read; the figures above go on."
    )
    AUTO_FOCUS = "#readings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause"),
        # Looked at before the widget with the focus: of keys that arrive at once the next must find it moved.
        Binding("slash", "search", "Filter", priority=True),
        Binding("escape", "leave", "Show all", show=False, priority=True),
        Binding("d", "close_day", "Close the day"),
        Binding("ctrl+left", "pane(-1)", "Pane before", key_display="ctrl+←", show=False, priority=True),
        Binding("ctrl+right", "pane(1)", "Next pane", key_display="ctrl+→", priority=True),
        *(Binding(str(n), f"show('{name}')", title, show=False) for n, (name, title) in enumerate(_PANES.items(), 1)),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._paused = False
        self._sought = ""
        self._beat = 0
        self._peers: dict[str, Peer] = {}
        self._peers_at = 0.0
        self._peer_rates: dict[str, float] = {}
        self._board: Board | None = None
        self._board_due = 0.0

    def content(self) -> ComposeResult:
        yield Pulse(self.zone, id="pulse")
        with Container(id="day"):
            yield Steady(id="day-text")
            yield ProgressBar(id="day-progress", total=1.0, show_eta=False, classes="hidden")
        yield Tabs(*(Tab(f"{n} {t}", id=name) for n, (name, t) in enumerate(_PANES.items(), 1)), id="panes")
        sought = Input(placeholder="meter, peer, code or any text; escape shows all", id="filter")
        sought.display = False
        yield sought
        with ContentSwitcher(initial="arrivals-pane", id="pane"):
            with Container(id="arrivals-pane"):
                yield Steady(id="empty", classes="hidden")
                with Container(id="tables"):
                    with Vertical(id="readings-side"):
                        yield Steady(classes="heading", id="readings-heading")
                        yield Listing(("time", "meter", ">register kWh", "note"), most=_ROWS, id="readings")
                    with Vertical(id="refusals-side"):
                        yield Steady(classes="heading", id="refusals-heading")
                        yield Listing(("at", "code", "what was sent", "from"), most=_ROWS, id="refusals")
            with Vertical(id="peers-pane"):
                yield Steady(classes="heading", id="peers-heading")
                yield Listing(
                    ("from", "since", ">lines", ">a second", ">refused", ">waiting"), most=_PEERS, id="peers-table"
                )
            yield CompletenessBoard(self.zone, id="board-pane")
            yield DayClose(self.zone, id="close-pane")

    @property
    def stage(self) -> str:
        return self.place if self._pane == "arrivals" else f"{self.place}, {self._pane}"

    @property
    def _pane(self) -> str:
        return (self.query_one("#pane", ContentSwitcher).current or "").removesuffix("-pane")

    def on_screen_resume(self) -> None:
        self._beat = 0

    @on(Resize)
    def _wrap(self) -> None:
        self.set_class(self.size.width >= 150, "-beside")  # where both of the board's tables find room in full
        tabs = self.query_one("#panes", Tabs)
        if self._close_beside:
            tabs.hide("close")
        else:
            tabs.show("close")

    @property
    def _close_beside(self) -> bool:
        """Whether the day close has its panel beside the rate, as the stylesheet has it, and needs no pane."""
        return self.size.width >= _WIDE and self.size.height >= _TALL

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A slash that is typed into a field is one."""
        return super().check_action(action, parameters) and (action != "search" or not isinstance(self.focused, Input))

    # -- keys ----------------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Hold the tables, or let them go on."""
        self._paused = not self._paused
        self.say("The tables are held; P lets them go on." if self._paused else "The tables go on.")
        self._draw(self.headend.live())

    def action_search(self) -> None:
        """Type what rows must have in them."""
        field = self.query_one("#filter", Input)
        # At once, and not by a class and a message: what is typed on already belongs into it.
        field.display = True
        self.set_focus(field)

    def action_leave(self) -> None:
        """Show all rows again, the newest first."""
        field = self.query_one("#filter", Input)
        field.value = ""
        field.display = False
        for listing in self.query(f"#{self._pane}-pane Listing").results(Listing):
            listing.move_cursor(row=0, animate=False)
        self._to_table()

    def action_pane(self, step: int) -> None:
        """The pane before or after."""
        names = [name for name in _PANES if name != "close" or not self._close_beside]
        self.action_show(names[(names.index(self._pane) + step) % len(names)])

    def action_show(self, pane: str) -> None:
        """One of the panes."""
        if pane != "close" or not self._close_beside:
            self.query_one(Tabs).active = pane

    def action_close_day(self) -> None:
        """Go to where the day is closed, or say where that is."""
        if self.headend.live().following:
            self.warn(f"{_sentence(self.headend.live().following)}. There the day is closed, or by STOPSERVER.")
        else:
            as_operator(self.app, "closing the day", lambda: self.call_later(self._go_and_close))

    async def _go_and_close(self) -> None:
        cast("CompanyScreen", self.app.get_screen("company")).lead_to(CloseTab.name_of)
        await self.run_action("app.go('company')")

    @on(Tabs.TabActivated, "#panes")
    def _take_pane(self, event: Tabs.TabActivated) -> None:
        pane = event.tab.id or "arrivals"
        if pane != self._pane:
            self.query_one("#pane", ContentSwitcher).current = f"{pane}-pane"
            self._board_due = 0.0
            self._draw(self.headend.live())
            if not self.query_one(Tabs).has_focus:
                self._to_table()

    @on(Listing.RowSelected)
    def _tell(self, event: Listing.RowSelected) -> None:
        """The row in full: its columns may not have the room."""
        assert isinstance(event.data_table, Listing)
        self.say(" · ".join(filter(None, event.data_table.chosen)))

    @on(Input.Changed, "#filter")
    def _filter(self, event: Input.Changed) -> None:
        self._sought = event.value.strip().casefold()
        self._draw(self.headend.live())

    @on(Input.Submitted, "#filter")
    def _to_table(self) -> None:
        first = {"arrivals": "#readings", "peers": "#peers-table", "board": "#regions", "close": "#panes"}
        self.set_focus(self.query_one(first[self._pane]))  # at once: the next key may have come with this one

    # -- the state of things -------------------------------------------------------------------------------------

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        # Each once a second, and in turns, so that no tick draws all.
        place = self._beat % _BEATS
        self._beat += 1
        if place == 0:
            self.query_one(Pulse).show(snapshot)
        if place == 0 or closing(snapshot):  # or two figures of one log would not agree
            self._show_day(snapshot)
        self._head()
        empty = not snapshot.arrivals and not snapshot.refusals
        self.query_one("#empty").set_class(not empty, "hidden")
        self.query_one("#tables").set_class(empty, "hidden")
        if empty:
            self.query_one("#empty", Steady).show(invitation(snapshot.address, self.desk.command))
        if not self._paused:
            if self._pane != "arrivals" and place == 1:
                self._draw(snapshot)
            elif self._pane == "arrivals" and not empty and place in (1, 3):
                (self._show_readings if place == 1 else self._show_refusals)(snapshot)

    def _draw(self, snapshot: LiveSnapshot) -> None:
        """The tables of the pane in view, paused or not: another pane, or another filter, was asked for."""
        match self._pane:
            case "arrivals":
                self._show_readings(snapshot)
                self._show_refusals(snapshot)
            case "peers":
                self._show_peers(snapshot)
            case "board":
                self._show_board(snapshot)
        self._head()

    def _head(self) -> None:
        held = " – paused, P goes on" if self._paused else ""
        only = f" with “{self._sought}”" if self._sought else ""
        for name, title in (("readings", "Last readings"), ("refusals", "Last refusals")):
            self.query_one(f"#{name}-heading", Steady).show(plain(f"{title}{only}{held}"))

    def _show_day(self, snapshot: LiveSnapshot) -> None:
        self.query_one(Pulse).show_close(snapshot)
        self.query_one("#close-pane", DayClose).show_live(snapshot)
        bar = self.query_one(ProgressBar)
        bar.set_class(snapshot.progress is None, "hidden")
        if snapshot.progress is not None:
            bar.update(progress=snapshot.progress)
        self.query_one("#day-text", Steady).show(Text(in_short(snapshot, self.zone), no_wrap=True, overflow="ellipsis"))

    def _list(self, table: str, rows: list[Row]) -> None:
        """The rows that have what is sought, and while nobody reads on in the table no more than are seen."""
        listing = self.query_one(table, Listing)
        chosen = [row for row in rows if found(self._sought, tuple(row[1]))]
        seen = max(8, listing.size.height - 1) if not self._paused and not listing.cursor_row else _ROWS
        listing.show(chosen[:seen])

    def _show_readings(self, snapshot: LiveSnapshot) -> None:
        zone = self.zone
        self._list(
            "#readings",
            [
                (f"{a.meter} {a.time}", (fmt.moment(a.time, zone), a.meter, fmt.number(a.wh), _note(a)))
                for a in (snapshot.arrivals if self._sought else snapshot.arrivals[:_ROWS])
            ],
        )

    def _show_refusals(self, snapshot: LiveSnapshot) -> None:
        newest = sum(snapshot.refused.values())
        self._list(
            "#refusals",
            [
                (str(newest - i), (fmt.clock(r.at, self.zone), r.code, r.line, r.peer))
                for i, r in enumerate(snapshot.refusals)
            ],
        )

    def _show_peers(self, snapshot: LiveSnapshot) -> None:
        peers = self.headend.peers(_PEERS)
        seconds = snapshot.uptime - self._peers_at
        if not self._peers or seconds >= _PEER_SECONDS:
            self._peer_rates = {
                peer.name: (peer.requests - self._peers[peer.name].requests) / seconds
                for peer in peers
                if peer.name in self._peers
            }
            self._peers, self._peers_at = {peer.name: peer for peer in peers}, snapshot.uptime

        self._list(
            "#peers-table",
            [
                (
                    f"{peer.name} {peer.since}",
                    (
                        peer.name,
                        fmt.moment(peer.since, self.zone),
                        fmt.count(peer.requests),
                        fmt.rate(self._peer_rates[peer.name]) if peer.name in self._peer_rates else "–",
                        fmt.count(peer.refused),
                        fmt.size(peer.waiting),
                    ),
                )
                for peer in peers
            ],
        )
        number = fmt.count(snapshot.connections)
        some = f", the {_PEERS} busiest" if snapshot.connections > _PEERS else ""
        text = f"{number} open{some}; {fmt.count(snapshot.connections_total)} since start"
        self.query_one("#peers-heading", Steady).show(text if snapshot.connections else "Nobody is connected.")

    def _show_board(self, snapshot: LiveSnapshot) -> None:
        if self._board is not None:
            self.query_one(CompletenessBoard).show(self._board, self._sought)
        if snapshot.uptime >= self._board_due:
            self._board_due = float("inf")
            self._ask_board()

    @work(exclusive=True, group="board")
    async def _ask_board(self) -> None:
        clock = self.headend.engine.clock
        began = clock.monotonic()
        try:
            self._board = await self.headend.completeness()
        finally:
            taken = clock.monotonic() - began
            self._board_due = self.headend.live().uptime + max(_BOARD_SECONDS, _BOARD_SHARE * taken)
        self.query_one(CompletenessBoard).show(self._board, self._sought)


def _note(arrival: Arrival) -> str:
    """Why a reading is not counted yet; its value stands beside."""
    value = f"{format_kwh(arrival.wh)} kWh is "
    return f"! {fmt.reason(arrival.note.removeprefix(value))}" if arrival.note else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
