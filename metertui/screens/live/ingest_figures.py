"""The figures of ingest: six in large with their last two minutes, and those of the server on a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Grid

from metertui.engine.base import SECOND
from metertui.engine.core import LiveSnapshot
from metertui.engine.worklist import Board
from metertui.headend import Slot
from metertui.screens.charts import sparkline
from metertui.screens.shell import Tile
from metertui.text import flowed, fmt

_TILES: Final[dict[str, tuple[str, Callable[[LiveSnapshot], str]]]] = {
    "rate": ("readings/s", lambda live: fmt.rate(live.rate)),
    "accepted": ("accepted", lambda live: fmt.count(live.accepted)),
    "suspects": ("suspect", lambda live: fmt.count(live.suspects)),
    "refused": ("refused", lambda live: fmt.count(sum(live.refused.values()))),
    "latency": ("to OK", lambda live: _milliseconds(live.p50, live.p99)),
}
"""The tiles by their names: label and figure."""
_TRENDS: Final[dict[str, Callable[[Slot], float | None]]] = {
    "rate": lambda slot: float(slot.accepted),
    "suspects": lambda slot: float(slot.suspects),
    "refused": lambda slot: float(slot.refused),
    "latency": lambda slot: slot.p99,
}
"""What the line beside a figure shows of each second."""
_MEANING: Final = {"suspects": "suspect", "refused": "refused"}
"""The colours of figures that someone should look at, unless they are 0, as names of the theme."""
_SPARK: Final = 10
_ROOMY: Final = 18
"""Columns of a tile from which its label is in full."""


class IngestFigures(Grid):
    """The tiles, of which one has the meters heard from in the last hour."""

    def compose(self) -> ComposeResult:
        for name, (label, _) in _TILES.items():
            yield Tile(label, id=f"tile-{name}")
        yield Tile("heard in 1 h", id="tile-heard")

    def show_figures(self, snapshot: LiveSnapshot, slots: Sequence[Slot]) -> None:
        """Show the figures, with the last two minutes, second by second, where there is room."""
        room = self.size.width // len(self.children)
        self.query_one("#tile-latency", Tile).set_label("to OK, 50 · 99%" if room >= _ROOMY else "OK 50 · 99%")
        for name, (_, figure) in _TILES.items():
            value = figure(snapshot)
            if name == "latency" and len(value) > room - 2:
                value = _tight(value, room - 2)  # or its unit would be cut
            width = min(_SPARK, room - len(value) - 4)
            trend = [_TRENDS[name](slot) for slot in slots] if name in _TRENDS else []
            spark = sparkline(trend, width) if width > 3 and any(trend) else ""
            tile = self.query_one(f"#tile-{name}", Tile)
            tile.set_ink(_MEANING.get(name, "") if value != "0" else "")
            tile.show(value, spark)

    def show_heard(self, board: Board) -> None:
        """Show from how many of the active meters a reading of the last hour has come."""
        (_, heard), meters = board.ages[0], board.total.meters
        shown, of = fmt.count(heard), f"of {fmt.count(meters)}"
        room = self.size.width // len(self.children) - 2
        self.query_one("#tile-heard", Tile).show(shown, of if len(f"{shown} {of}") <= room else "")


def server_line(snapshot: LiveSnapshot, width: int) -> Text:
    """Return the figures of the server and its store, in lines of at most `width` cells."""
    figures = {
        "in the log": fmt.count(snapshot.in_log),
        "stored": fmt.count(snapshot.stored),
        "accounts": fmt.count(snapshot.accounts),
        "duplicates": fmt.count(snapshot.duplicates),
        "disk sync": f"{snapshot.sync_ms:.2f} ms" if snapshot.sync_ms else "–",
        "input queue": fmt.size(snapshot.waiting) + (f" of {fmt.count(snapshot.queue)}" if snapshot.queue else ""),
        "memory": f"{fmt.count(round(snapshot.memory / 1e6))} MB",
        "up": _up(snapshot.uptime),
        "refused": fmt.tally(snapshot.refused),
    }
    return flowed((Text.assemble((f"{name} ", "dim"), (value, "bold")) for name, value in figures.items()), width)


def _up(seconds: float) -> str:
    """Return the uptime in words, in whole minutes: a running second would redraw the line each time."""
    return fmt.duration(int(seconds) * SECOND, units=2) if seconds >= 3600 else f"{int(seconds) // 60} min"


def _milliseconds(*seconds: float | None) -> str:
    """Return the known durations (seconds) as `0.4 · 2.1 ms`, or as `1.2 · 3.4 s` if none is below a second."""
    known = [each * 1000 for each in seconds if each is not None]
    if known and min(known) >= 1000:
        return f"{' · '.join(f'{each / 1000:.1f}' for each in known)} s"
    room = max(known, default=0.0) < 100  # for a decimal in the tile
    shown = [f"{each:.1f}" if each < 10 and room else fmt.count(round(each)) for each in known]
    return f"{' · '.join(shown)} ms" if shown else "–"


def _tight(milliseconds: str, room: int) -> str:
    """Return durations without the spaces between them, as `927·1 559ms`; a figure keeps its groups."""
    figures, _, unit = milliseconds.replace(" · ", "·").rpartition(" ")
    return f"{figures} {unit}" if len(figures) + 1 + len(unit) <= room else f"{figures}{unit}"
