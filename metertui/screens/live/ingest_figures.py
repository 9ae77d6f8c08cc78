"""The figures of ingest: the rate with its history, a tile for each other figure, and refused lines by code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Grid, Horizontal, Vertical

from metertui.engine.base import SECOND
from metertui.engine.core import LiveSnapshot
from metertui.screens.company import DayClose
from metertui.screens.live.rate_bars import RateBars
from metertui.screens.shell import Steady, Tile
from metertui.text import fmt

_TILES: Final[dict[str, tuple[str, Callable[[LiveSnapshot], str]]]] = {
    "accepted": ("accepted", lambda live: fmt.count(live.accepted)),
    "duplicates": ("duplicates", lambda live: fmt.count(live.duplicates)),
    "suspects": ("suspect", lambda live: fmt.count(live.suspects)),
    "refused": ("refused", lambda live: fmt.count(sum(live.refused.values()))),
    "log": ("in the log", lambda live: fmt.count(live.in_log)),
    "stored": ("stored", lambda live: fmt.count(live.stored)),
    "latency": ("time to OK", lambda live: _milliseconds(live.p50, live.p99)),
    "sync": ("disk sync", lambda live: f"{live.sync_ms:.2f} ms"),
    "waiting": ("input queue", lambda live: fmt.size(live.waiting)),
    "connections": ("connections", lambda live: fmt.count(live.connections)),
    "accounts": ("accounts", lambda live: fmt.count(live.accounts)),
    "memory": ("memory", lambda live: f"{fmt.count(round(live.memory / 1e6))} MB"),
}
"""The tiles by their names: label and figure."""


class IngestFigures(Vertical):
    """The figures of ingest, with the day close beside the rate where there is room."""

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            with Vertical(id="rates"):
                yield Steady(id="rate")
                yield RateBars(id="history")
            panel = DayClose(id="day-panel")
            panel.border_title = "Day close"
            panel.border_subtitle = "d Close the day"
            yield panel
        with Grid(id="tiles"):
            for name, (label, _) in _TILES.items():
                yield Tile(label, id=f"tile-{name}")
        yield Steady(id="codes")

    def on_resize(self) -> None:
        """Lay out as many tiles side by side as fit, in full rows."""
        columns = next(count for count in (12, 6, 4, 3) if count * 13 <= self.size.width or count == 3)
        self.query_one("#tiles", Grid).styles.grid_size_columns = columns

    def show_close(self, snapshot: LiveSnapshot) -> None:
        """Show the day close alone, which changes faster than the other figures."""
        self.query_one(DayClose).show_live(snapshot)

    def show_figures(self, snapshot: LiveSnapshot) -> None:
        """Show all figures but the day close."""
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f"{fmt.rate(snapshot.rate)} readings/s", style="bold")
        text.append(f"   peak {fmt.count(max(snapshot.history, default=0))}/s in 2 min", style="dim")
        text.append(f"   up {_up(snapshot.uptime)}   log {fmt.size(snapshot.log_bytes)}", style="dim")
        self.query_one("#rate", Steady).show(text)
        self.query_one("#history", RateBars).show_rates(snapshot.history)
        notes = {}
        if self.size.width >= 150 or 100 <= self.size.width < 156:
            notes["connections"] = f"of {fmt.count(snapshot.connections_total)} so far"
            notes["waiting"] = f"of {fmt.count(snapshot.queue)}" if snapshot.queue else ""
        for name, (_, figure) in _TILES.items():
            value = figure(snapshot) if self.size.width >= 90 else figure(snapshot).replace(" · ", "·")
            self.query_one(f"#tile-{name}", Tile).show(value, notes.get(name, ""))
        self.query_one("#codes", Steady).show(Text(f"refused: {fmt.tally(snapshot.refused)}", style="dim"))


def _up(seconds: float) -> str:
    """Return the uptime in words, in whole minutes: a running second would redraw the line each time."""
    return fmt.duration(int(seconds) * SECOND, units=2) if seconds >= 3600 else f"{int(seconds) // 60} min"


def _milliseconds(*seconds: float | None) -> str:
    """Return the known durations (seconds) as `0.4 · 2.1 ms`."""
    known = [each * 1000 for each in seconds if each is not None]
    room = max(known, default=0.0) < 100  # for a decimal in the tile
    shown = [f"{each:.1f}" if each < 10 and room else f"{each:.0f}" for each in known]
    return f"{' · '.join(shown)} ms" if shown else "–"
