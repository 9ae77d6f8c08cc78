"""What a chart in a terminal is drawn on: a field of cells, with a scale to its left and labels below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from metertui.screens.pictures import BEFORE, Series

Line = list[Segment]
"""A line of a chart."""

FILLS: Final = "█▒░▓≡#+·"
"""What bars of one series after another are filled with."""
_ROUND: Final = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
"""What a step of a scale may be, times a power of ten."""


class Canvas:
    """Characters, from above, and of each the place of its ink; -1 is none."""

    def __init__(self, rows: int, columns: int) -> None:
        self.chars = np.full((rows, columns), " ", dtype="<U1")
        self.inks = np.full((rows, columns), -1, dtype=np.int16)

    def lines(self, inks: Sequence[Style]) -> list[Line]:
        """Its lines, in as few pieces as there are changes of ink: what is blank has that of what is to its left."""
        return [self._line(row, inks) for row in range(len(self.chars))]

    def _line(self, row: int, inks: Sequence[Style]) -> Line:
        text = "".join(self.chars[row].tolist())
        drawn = np.flatnonzero(self.chars[row] != " ")
        which = self.inks[row, drawn]
        other = np.flatnonzero(which[1:] != which[:-1]) + 1
        starts = [0, *drawn[other].tolist(), len(text)]
        order = [*which[:1].tolist(), *which[other].tolist()] or [-1]
        return [
            Segment(text[start:stop], inks[ink % len(inks)] if ink >= 0 else None)
            for (start, stop), ink in zip(pairwise(starts), order, strict=True)
        ]


def scale(highest: float, steps: int) -> list[float]:
    """Round figures from 0 to `highest` or a little more, at most `steps` steps apart, of 2 to 6."""
    least = (highest or 1.0) / min(6, max(2, steps))
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in _ROUND if factor * power >= least * (1 - 1e-9))
    return [place * step for place in range(max(1, math.ceil(highest / step - 1e-9)) + 1)]


def figure(value: float, step: float) -> str:
    """A figure of a scale, with as many decimals as its steps need."""
    decimals = next((d for d in range(4) if math.isclose(round(step, d), step)), 4)
    return f"{value:,.{decimals}f}".replace(",", " ")


def left_of(marks: Sequence[float]) -> int:
    """Columns that a scale takes."""
    return max(len(figure(mark, marks[1])) for mark in marks) + 1


def framed(field: Sequence[Line], marks: Sequence[float], below: str) -> list[Line]:
    """A field with its scale, each mark where its height is the upper edge of a line, and what stands below."""
    rows, left = len(field), left_of(marks)
    at = {rows - max(1, math.ceil(mark / marks[-1] * rows)): mark for mark in marks}
    lines = []
    for row, line in enumerate(field):
        mark = at.get(row)
        edge = f"{'' if mark is None else figure(mark, marks[1]):>{left - 1}}{'│' if mark is None else '┤'}"
        lines.append([Segment(edge), *line])
    return [*lines, [Segment(" " * left + below)]]


def below(labels: Sequence[str], starts: Sequence[int], room: int) -> str:
    """As many of the labels as there is room for, each from its column on."""
    longest = max((len(label) for label in labels), default=1)
    apart = max(1, (starts[-1] - starts[0]) // max(1, len(starts) - 1)) if starts else 1
    step = max(1, -(-(longest + 2) // apart))
    line = ""
    for label, start in zip(labels[::step], starts[::step], strict=True):
        if start + len(label) <= room:
            line = line.ljust(start) + label
    return line


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


def runs(places: Sequence[int]) -> list[list[int]]:
    """Places that stand side by side, together."""
    found: list[list[int]] = []
    for place in places:
        if found and found[-1][-1] == place - 1:
            found[-1].append(place)
        else:
            found.append([place])
    return found
