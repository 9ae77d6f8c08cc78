"""Live: what arrives now."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Grid, Vertical
from textual.widgets import ProgressBar, Sparkline, Static

from metertui.engine.counters import Close, LiveSnapshot
from metertui.screens import fmt
from metertui.screens.base import DeskScreen
from metertui.screens.plain import visible
from metertui.screens.widgets.table import Listing
from metertui.screens.widgets.tile import Tile

_TILES = {
    "stored": "stored",
    "log": "in the log",
    "accepted": "accepted",
    "duplicates": "duplicates",
    "suspects": "suspect",
    "refused": "refused",
    "accounts": "accounts",
    "connections": "connections",
    "sync": "last sync",
    "waiting": "waiting",
}
_ROWS = 60


class LiveScreen(DeskScreen):
    """The ingest of this moment; nothing on it can change anything."""

    place = "live"
    explains = (
        "What arrives now. The line shows readings a second over the last two minutes; a reading counts once it is on "
        "disk. Below stand the last readings and the last refused lines, newest first. P holds the two tables still "
        "so that they can be read; the figures above go on."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("p", "pause", "Pause the tables")]

    def __init__(self) -> None:
        super().__init__()
        self._paused = False
        self._beat = 0

    def content(self) -> ComposeResult:
        with Vertical(id="pulse"):
            yield Static(id="rate")
            yield Sparkline([], id="history")
        with Grid(id="tiles"):
            for name, label in _TILES.items():
                yield Tile(label, id=f"tile-{name}")
        yield Static(id="codes")
        with Container(id="day"):
            yield Static(id="day-text")
            yield ProgressBar(id="day-progress", total=1.0, show_eta=False, classes="hidden")
        yield Static(id="empty", classes="hidden")
        with Container(id="tables"):
            with Vertical(id="readings-side"):
                yield Static("Last readings", classes="heading", id="readings-heading")
                yield Listing(("time", "meter", ">register kWh", "note"), most=_ROWS, id="readings")
            with Vertical(id="refusals-side"):
                yield Static("Last refusals", classes="heading", id="refusals-heading")
                yield Listing(("at", "code", "what was sent", "from"), most=_ROWS, id="refusals")

    def action_pause(self) -> None:
        """Hold the tables, or let them go on."""
        self._paused = not self._paused
        held = " – paused, P goes on" if self._paused else ""
        self.query_one("#readings-heading", Static).update(f"Last readings{held}")
        self.query_one("#refusals-heading", Static).update(f"Last refusals{held}")

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        self._show_pulse(snapshot)
        self._show_day(snapshot)
        empty = not snapshot.arrivals and not snapshot.refusals
        self.query_one("#empty").set_class(not empty, "hidden")
        self.query_one("#tables").set_class(empty, "hidden")
        if empty:
            self.query_one("#empty", Static).update(_invitation(snapshot))
        elif not self._paused:
            # Each twice a second, which is as fast as one reads; in turns, so that no tick draws both.
            (self._show_readings if self._beat % 2 == 0 else self._show_refusals)(snapshot)
        self._beat += 1

    def _show_pulse(self, snapshot: LiveSnapshot) -> None:
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f"{fmt.rate(snapshot.rate)} readings/s", style="bold")
        text.append(f"   peak {fmt.count(max(snapshot.history, default=0))}/s in 2 min", style="dim")
        text.append(f"   up {fmt.span(snapshot.uptime)}   log {fmt.size(snapshot.log_bytes)}", style="dim")
        self.query_one("#rate", Static).update(text)
        sparkline = self.query_one(Sparkline)
        history = [float(value) for value in snapshot.history]
        if sparkline.data != history:
            sparkline.data = history
        figures = {
            "stored": fmt.count(snapshot.stored),
            "log": fmt.count(snapshot.in_log),
            "accepted": fmt.count(snapshot.accepted),
            "duplicates": fmt.count(snapshot.duplicates),
            "suspects": fmt.count(snapshot.suspects),
            "refused": fmt.count(sum(snapshot.refused.values())),
            "accounts": fmt.count(snapshot.accounts),
            "connections": fmt.count(snapshot.connections),
            "sync": f"{snapshot.sync_ms:.2f} ms",
            "waiting": fmt.size(snapshot.waiting),
        }
        notes = {}
        if self.size.width >= 100:
            notes["connections"] = f"of {fmt.count(snapshot.connections_total)}"
        for name, value in figures.items():
            self.query_one(f"#tile-{name}", Tile).show(value, notes.get(name, ""))
        self.query_one("#codes", Static).update(Text(f"refused: {fmt.tally(snapshot.refused)}", style="dim"))

    def _show_day(self, snapshot: LiveSnapshot) -> None:
        bar = self.query_one(ProgressBar)
        bar.set_class(snapshot.progress is None, "hidden")
        if snapshot.progress is not None:
            bar.update(progress=snapshot.progress)
            text = f"day close: {snapshot.day_state}"
        else:
            text = _told(snapshot.last_close, self)
        self.query_one("#day-text", Static).update(Text(text, no_wrap=True, overflow="ellipsis"))

    def _show_readings(self, snapshot: LiveSnapshot) -> None:
        zone = self.zone
        self.query_one("#readings", Listing).show(
            [
                (f"{a.meter} {a.time}", (fmt.moment(a.time, zone), a.meter, fmt.number(a.wh), a.note and f"! {a.note}"))
                for a in snapshot.arrivals[:_ROWS]
            ]
        )

    def _show_refusals(self, snapshot: LiveSnapshot) -> None:
        newest = sum(snapshot.refused.values())
        self.query_one("#refusals", Listing).show(
            [
                (str(newest - i), (fmt.clock(r.at, self.zone), r.code, r.line, r.peer))
                for i, r in enumerate(snapshot.refusals[:_ROWS])
            ]
        )


def _told(close: Close | None, screen: LiveScreen) -> str:
    if close is None:
        return "day not closed since start; STOPSERVER, midnight or the company screen does"
    return (
        f"last close: {fmt.count(close.readings)} {'reading' if close.readings == 1 else 'readings'} into "
        f"{close.files} day {'file' if close.files == 1 else 'files'} in {close.seconds:.1f} s, "
        f"{fmt.moment(close.ended, screen.zone)} by {visible(close.by)}"
    )


def _invitation(snapshot: LiveSnapshot) -> Text:
    if not snapshot.address:
        return Text("Nothing has arrived yet, and no port is open for it.")
    host, _, port = snapshot.address.rpartition(":")
    text = Text("Nothing has arrived yet. Meters connect to ", justify="left")
    text.append(snapshot.address, style="bold")
    text.append(" and send lines. Try it from another terminal:\n\n")
    sent = "printf 'REGISTER 123456\\nREAD 123456 144.5\\n'"
    text.append(f" {sent} | nc -N {host.strip('[]')} {port}\n\n", style="bold")
    text.append("or let made-up meters do it:\n\n")
    text.append(f" metertui simulate --port {port} --meters 100 --register --live --interval 10s\n", style="bold")
    return text
