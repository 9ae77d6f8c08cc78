"""The regions of a site as bars: how many of the half hours expected today have been received."""

from __future__ import annotations

from typing import Any, Final

from rich.text import Text
from textual.app import RenderResult
from textual.geometry import Size
from textual.widget import Widget

from metertui.engine.base import DAY, SiteZone
from metertui.engine.worklist import Board, RegionRow
from metertui.screens.live.completeness_board import percent
from metertui.screens.terminal import ink
from metertui.text import cut_text, fmt, plain

_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_LONGEST_NAME: Final = 18
_LEAST_BAR: Final = 6
_FEW: Final = 0.8
"""The share of its half hours below which a region has the colour of a figure to look at."""


class RegionBars(Widget):
    """A line a region, with its share and its meters, and the meter that has been silent for the longest time."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._board: Board | None = None
        self._zone: SiteZone | None = None
        self._drawn: tuple[Text, Size] | None = None

    def show_board(self, board: Board, zone: SiteZone) -> None:
        """Draw the regions of a board, if they look different from what is drawn."""
        self._board, self._zone = board, zone
        if self._drawn != (self._lines(), self.size):
            self.refresh()

    def render(self) -> RenderResult:
        text = self._lines()
        self._drawn = text, self.size
        return text

    def _lines(self) -> Text:
        board, (width, height) = self._board, self.size
        text = Text(no_wrap=True, overflow="ellipsis", end="")
        if board is None or not board.rows:
            return text.append("No active meters yet" if board else "", style="dim")
        rows = sorted(board.rows, key=lambda row: (_share(row), row.region))
        names = {row.region: row.region or "(none)" for row in rows}
        left = min(_LONGEST_NAME, max(map(len, names.values())))
        right = max(len(fmt.count(row.meters)) for row in rows)
        links = {area.region for area in board.silent_areas if area.line}
        room = max(_LEAST_BAR, width - left - right - (22 if links else 10))
        shown = rows if len(rows) <= height - 1 else rows[: max(1, height - 2)]
        for row in shown:
            text.append_text(_line(row, names[row.region], left, right, room, self._bar_style(row)))
            text.append("  ▲ the link?" if row.region in links else "", style=self._ink("suspect"))
            text.append("\n")
        if len(shown) < len(rows):
            text.append(f"and {len(rows) - len(shown)} more regions, which lack less\n", style="dim")
        text.append("\n" * max(0, height - 1 - text.plain.count("\n")))
        text.append_text(self._longest_silence(board))
        return text

    def _longest_silence(self, board: Board) -> Text:
        if not board.silent_areas:
            return Text("no meter is silent", style="dim")
        oldest = min(board.silent_areas, key=lambda area: area.last)
        age = fmt.duration(board.at - oldest.last, units=2 if board.at - oldest.last < 3 * DAY else 1)
        return Text.assemble(("silent longest  ", "dim"), plain(oldest.meter), f"  {age}")

    def _bar_style(self, row: RegionRow) -> Any:
        return self._ink("accent" if _share(row) < _FEW else "primary")

    def _ink(self, name: str) -> Any:
        return ink(self.app.theme_variables, name)


def _share(row: RegionRow) -> float:
    return row.today.received / row.today.expected if row.today.expected else 1.0


def _line(row: RegionRow, name: str, left: int, right: int, room: int, style: Any) -> Text:
    """Return a region with its bar."""
    share = _share(row)
    whole, eighths = divmod(int(share * room * 8) if row.today.expected else 0, 8)
    bar = f"{'█' * whole}{_EIGHTHS[eighths] if eighths else ''}"
    name = cut_text(name, left)
    text = Text.assemble(plain(f"{name:<{left}} "), (f"{bar:<{room}}", style), no_wrap=True)
    return text.append(f" {percent(row.today):>6} ").append(f"{fmt.count(row.meters):>{right}}", style="dim")
