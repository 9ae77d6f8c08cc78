"""A plotext figure in units of its cells, with a scale to its left and labels below, for bars and lines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import Final

import numpy as np
import plotext
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from metertui.screens.charts.chart import BEFORE, ODD, Series
from metertui.screens.charts.inks import CONTEXT, GRID, ON_BAR, SUSPECT, Inks
from metertui.text import cut_text

Line = list[Segment]
"""A line of a chart."""

FILLS: Final = "█▒░▓≡#+·"
"""The characters of the bars of the series, in order."""
_ROUND: Final = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
"""Steps of a scale, times a power of ten."""
_NO_INK: Final = -1
_GRID_LINE: Final = "▔"
"""Stands in the empty cells below a mark of the scale, at exactly its height."""
_MIDDLE_LINE: Final = "─"
"""Stands in the empty cells of a row in whose middle a mark of the scale is."""
_FEWEST_ROWS: Final = 3
"""Rows from one mark of a scale to the next at least, where there is room, so that their distances look alike."""
_BETTER: Final = 0.1
"""The part of the rows that a scale of fewer marks must fill beyond one of more."""


class Figure:
    """A canvas of cells with a scale to its left, drawn by plotext, and the place of an ink for each cell.

    Rows count from below and columns from the left. `each` is the rows from one mark of the scale to the next, a whole
    number of half rows. A mark is on the row that has it as its upper edge or in its middle. Plotext draws on its one
    figure for the whole process, so a figure is filled and taken within one call of the event loop.
    """

    def __init__(self, width: int, rows: int, scale: Sequence[float], each: float) -> None:
        marks = [number(mark, scale[1] - scale[0]) for mark in scale]
        self.rows = rows
        named: dict[int, str] = {}
        self._grid: dict[int, str] = {}
        for place, mark in enumerate(marks):
            height = place * each
            row = max(0, math.ceil(height) - 1)
            if row in named:
                continue  # a line beside the figure of another mark would be read as that one's
            named[row] = mark
            if place:
                self._grid[row] = _MIDDLE_LINE if height % 1 else _GRID_LINE
        self.columns = columns_of(width, scale)
        self._width = max(map(len, marks)) + 1 + self.columns
        self._inks = np.full((rows, self.columns), _NO_INK)
        plotext.clear_figure()
        plotext.limit_size(False, False)  # the size of the terminal does not matter here
        plotext.plotsize(self._width, rows)
        plotext.theme("clear")
        plotext.xaxes(False, False)
        plotext.yaxes(True, False)
        plotext.xlim(0, max(1, self.columns - 1))
        plotext.ylim(0, max(1, rows - 1))
        plotext.xticks([], [])
        plotext.yticks(list(named), list(named.values()))

    def mark(self, columns: Sequence[int], rows: Sequence[int], chars: str | Sequence[str], ink: int) -> None:
        """Put a character into cells, or one into each."""
        if len(columns):
            plotext.scatter(list(columns), list(rows), marker=chars)
            self._inks[rows, columns] = ink

    def bars(self, columns: Sequence[int], rows: Sequence[int], char: str, ink: int) -> None:
        """Fill columns from the lowest row up to a row, including that one."""
        if len(columns):
            plotext.scatter(list(columns), list(rows), marker=char, fillx=True)
            for column, row in zip(columns, rows, strict=True):
                self._inks[: row + 1, column] = ink

    def cover(self, columns: Sequence[int], rows: int, ink: int) -> None:
        """Keep the grid out of the lowest rows of columns."""
        self._inks[:rows, columns] = ink

    def line(self, columns: Sequence[float], rows: Sequence[float], char: str, ink: int) -> None:
        """Put a character into the cells of a line through points, whose columns ascend."""
        x: list[float] = []
        y: list[float] = []
        for before, after in pairwise(zip(columns, rows, strict=True)):
            steps = max(1, math.ceil(max(abs(now - then) for now, then in zip(after, before, strict=True)))) + 1
            x += np.linspace(before[0], after[0], steps).tolist()
            y += np.linspace(before[1], after[1], steps).tolist()
        cells = dict.fromkeys(zip(map(nearest_cell, x), map(nearest_cell, y), strict=True))
        self.mark([column for column, _ in cells], [row for _, row in cells], char, ink)

    def lines(self, labels: Sequence[str], starts: Sequence[int], inks: Inks, *, rising: bool = False) -> list[Line]:
        """Return the drawn lines, with as many labels below as there is room for, each at its column.

        `rising`: the only series is brighter from its foot to the top.
        """
        # Plotext moves its own labels by a column from one run of the program to the next.
        left = self._width - self.columns
        below = f"{'':{left}}{_below(labels, starts, self.columns)}"
        drawn = plotext.uncolorize(plotext.build()).splitlines()
        found: list[Line] = []
        for row, text in zip(range(self.rows - 1, -1, -1), drawn, strict=True):
            cells, places = text[left:].ljust(self.columns), self._inks[row].tolist()
            if row in self._grid:
                free = [place == _NO_INK and cell == " " for place, cell in zip(places, cells, strict=True)]
                places = [GRID if empty else place for place, empty in zip(places, free, strict=True)]
                line = self._grid[row]
                cells = "".join(line if empty else cell for cell, empty in zip(cells, free, strict=True))
            own = inks.rise[row * len(inks.rise) // self.rows] if rising else None
            found.append([Segment(text[:left], inks.style(CONTEXT)), *_segments(cells, places, inks, own)])
        return [*found, [Segment(below, inks.style(CONTEXT))]]


def nearest_cell(place: float) -> int:
    """Return the cell that a place in cells is in; half a cell counts as the next one."""
    return math.floor(place + 0.5)


def _segments(text: str, places: Sequence[int], inks: Inks, own: Style | None) -> Iterable[Segment]:
    """Return the cells of a line in pieces of one ink; `own` stands for that of the first series."""
    start = 0
    for place, run in groupby(places):
        stop = start + len(list(run))
        style = None if place == _NO_INK else own if own is not None and place == 0 else inks.style(place)
        if own is not None and style is not None and place == ON_BAR and style.bgcolor is not None:
            style += Style(bgcolor=own.color)
        yield Segment(text[start:stop], style)
        start = stop


def _below(labels: Sequence[str], starts: Sequence[int], room: int) -> str:
    """Return every label, every second one and so on, as there is room for them, each from its column on."""
    fitting = [(label, start) for label, start in zip(labels, starts, strict=True) if start + len(label) <= room]
    step = next((step for step in range(1, len(fitting)) if _fit(fitting[::step])), max(1, len(fitting)))
    line = ""
    for label, start in fitting[::step]:
        line = line.ljust(start) + label
    return line


def _fit(placed: Sequence[tuple[str, int]]) -> bool:
    """Return whether there are two empty columns between all labels."""
    return all(start + len(label) + 2 <= after for (label, start), (_, after) in pairwise(placed))


def scale(highest: float, steps: int) -> list[float]:
    """Return round figures from 0 to at least `highest`, in at most `steps` steps, which are limited to 2 to 6."""
    least = (highest or 1.0) / min(6, max(2, steps))
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in _ROUND if factor * power >= least * (1 - 1e-9))
    return [place * step for place in range(max(1, math.ceil(highest / step - 1e-9)) + 1)]


def scale_between(least: float, highest: float, rows: int) -> tuple[list[float], float]:
    """Return round figures from at most `least` to at least `highest`, and the rows from one to the next.

    These are a whole number of half rows.
    """
    for steps in range(min(6, max(2, rows // _FEWEST_ROWS)), 0, -1):
        marks = _scale_between(least, highest, steps)
        each = (2 * rows // (len(marks) - 1)) / 2
        if each >= 1:
            return marks, each
    return [marks[0], marks[-1]], float(rows)


def _scale_between(least: float, highest: float, steps: int) -> list[float]:
    """Return round figures from at most `least` to at least `highest`, in about as many steps."""
    step = scale(highest - least, steps)[1]
    first = math.floor(least / step + 1e-9)
    return [place * step for place in range(first, max(first + 2, math.ceil(highest / step - 1e-9) + 1))]


def fitted_scale(highest: float, rows: int) -> tuple[list[float], float]:
    """Return round figures from 0 to at least `highest`, and the rows from one to the next.

    These are a whole number of half rows, so that a line stands at exactly its figure. Of several scales it is the one
    in which `highest` fills most of the rows.
    """
    found: tuple[float, list[float], float] | None = None
    for steps in range(min(6, max(2, rows // _FEWEST_ROWS)), 1, -1):
        marks = scale(highest, steps)
        each = (2 * rows // (len(marks) - 1)) / 2
        if each and (found is None or highest / marks[1] * each > found[0] + _BETTER * rows):
            found = highest / marks[1] * each, marks, each
    return found[1:] if found else (scale(highest, 2), rows / 2)


def number(value: float, step: float) -> str:
    """Return a figure of a scale with as many decimals as its steps need."""
    decimals = next((d for d in range(4) if math.isclose(round(step, d), step)), 4)
    return f"{value:,.{decimals}f}".replace(",", " ")


def columns_of(width: int, marks: Sequence[float]) -> int:
    """Return the columns that are left beside a scale, less one that stays empty at the right."""
    return max(1, width - max(len(number(mark, marks[1] - marks[0])) for mark in marks) - 2)


def legend(
    series: Sequence[Series], width: int, inks: Inks, *, before: str = "", fills: Sequence[str] = FILLS
) -> list[Line]:
    """Return the legend of the fills, on as many lines as needed; none for a single series.

    `before`: the mark of the series BEFORE, where it is no fill.
    """
    if len(series) < 2:
        return []
    lines: list[Line] = [[]]
    used = 0
    for place, (name, _) in enumerate(series):
        marked = name == BEFORE and before
        fill = before if marked else fills[place % len(fills)]
        short = cut_text(name, 20)
        if used + cell_len(short) + 4 > width and used:
            lines.append([])
            used = 0
        number = CONTEXT if name == BEFORE else SUSPECT if name == ODD else place
        lines[-1] += [Segment(f"{fill} ", inks.style(number)), Segment(f"{short}  ")]
        used += cell_len(short) + 4
    return lines


def numbered(series: Sequence[Series], width: int, inks: Inks) -> list[Line]:
    """Return the legend of series that are marked with their number."""
    return legend(series, width, inks, fills=[str(place) for place in range(1, len(series) + 1)])
