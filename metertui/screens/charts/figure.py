"""A plotext figure in units of its cells, with a scale to its left and labels below: for bars and lines."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual_plotext.plot import Plot

from metertui.screens.charts.chart import BEFORE, Series

Line = list[Segment]
"""A line of a chart."""

FILLS: Final = "█▒░▓≡#+·"
"""What bars of one series after another are filled with."""
_ROUND: Final = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
"""What a step of a scale may be, times a power of ten."""
_COLOUR: Final = re.compile(r"\x1b\[(?:38;2;0;0;(\d+)|[\d;]*)m")
"""As plotext writes it; the place of an ink is its blue."""


class Figure:
    """So many rows and columns of cells, counted from below and from the left; each mark has the place of its ink.

    `at` says for each mark of the scale the row it stands in.
    """

    def __init__(self, width: int, rows: int, scale: Sequence[float], at: Sequence[float]) -> None:
        told = [number(mark, scale[1]) for mark in scale]
        self.rows = rows
        self.columns = columns_of(width, scale)
        self._width = max(map(len, told)) + 1 + self.columns
        self._plot: Any = Plot()
        self._plot.xaxes(False, False)
        self._plot.yaxes(True, False)
        self._plot.theme("clear")
        self._plot.xlim(0, max(1, self.columns - 1))
        self._plot.ylim(0, max(1, rows - 1))
        self._plot.yticks(list(at), told)

    def mark(self, columns: Sequence[float], rows: Sequence[float], chars: str | Sequence[str], ink: int) -> None:
        """Put a character into cells, or one into each."""
        if len(columns):
            self._plot.scatter(list(columns), list(rows), marker=chars, color=(0, 0, ink))

    def bars(self, columns: Sequence[float], rows: Sequence[float], char: str, ink: int) -> None:
        """Fill columns from below up to a row, that one too."""
        if len(columns):
            self._plot.scatter(list(columns), list(rows), marker=char, color=(0, 0, ink), fillx=True)

    def line(self, columns: Sequence[float], rows: Sequence[float], marker: str, ink: int) -> None:
        """Draw a line through points."""
        self._plot.plot(list(columns), list(rows), marker=marker, color=(0, 0, ink))

    def lines(self, labels: Sequence[str], starts: Sequence[int], inks: Sequence[Style]) -> list[Line]:
        """What it looks like, with as many labels below as there is room for, each at its column."""
        # Its own labels stand a column to either side from one run of the program to the next.
        below = f"{'':{self._width - self.columns}}{_below(labels, starts, self.columns)}"
        self._plot.xticks([], [])
        self._plot.plotsize(self._width, self.rows)
        self._plot._set_size(self._width, self.rows)
        return [*(list(_segments(line, inks)) for line in self._plot.build().splitlines()), [Segment(below)]]


def _segments(line: str, inks: Sequence[Style]) -> Iterable[Segment]:
    """A line as plotext writes it, in pieces of one ink."""
    ink: str | None = None
    for place, piece in enumerate(_COLOUR.split(line)):
        if place % 2:
            ink = piece
        elif piece:
            yield Segment(piece, None if ink is None else inks[int(ink) % len(inks)])


def _below(labels: Sequence[str], starts: Sequence[int], room: int) -> str:
    """As many of the labels as there is room for, each from its column on."""
    longest = max((len(label) for label in labels), default=1)
    apart = max(1, (starts[-1] - starts[0]) // max(1, len(starts) - 1)) if starts else 1
    step = max(1, -(-(longest + 2) // apart))
    line = ""
    for label, start in zip(labels[::step], starts[::step], strict=True):
        if start + len(label) <= room and (not line or start >= len(line) + 2):  # the first may have been moved
            line = line.ljust(start) + label
    return line


def scale(highest: float, steps: int) -> list[float]:
    """Round figures from 0 to `highest` or a little more, at most `steps` steps apart, of 2 to 6."""
    least = (highest or 1.0) / min(6, max(2, steps))
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in _ROUND if factor * power >= least * (1 - 1e-9))
    return [place * step for place in range(max(1, math.ceil(highest / step - 1e-9)) + 1)]


def number(value: float, step: float) -> str:
    """A figure of a scale, with as many decimals as its steps need."""
    decimals = next((d for d in range(4) if math.isclose(round(step, d), step)), 4)
    return f"{value:,.{decimals}f}".replace(",", " ")


def columns_of(width: int, marks: Sequence[float]) -> int:
    """Columns that are left beside a scale, one of them free at the right."""
    return max(1, width - max(len(number(mark, marks[1])) for mark in marks) - 2)


def legend(
    series: Sequence[Series], width: int, inks: Sequence[Style], *, marked: bool = False, fills: Sequence[str] = FILLS
) -> list[Line]:
    """What the fills stand for, on as many lines as it takes; none for a single series."""
    if len(series) < 2:
        return []
    lines: list[Line] = [[]]
    used = 0
    for place, (name, _) in enumerate(series):
        fill = "│" if name == BEFORE and marked else fills[place % len(fills)]
        short = name if len(name) <= 20 else f"{name[:19]}…"
        if used + cell_len(short) + 4 > width and used:
            lines.append([])
            used = 0
        lines[-1] += [Segment(f"{fill} ", inks[place % len(inks)]), Segment(f"{short}  ")]
        used += cell_len(short) + 4
    return lines


def numbered(series: Sequence[Series], width: int, inks: Sequence[Style]) -> list[Line]:
    """The same where series are told apart by their number."""
    return legend(series, width, inks, fills=[str(place) for place in range(1, len(series) + 1)])
