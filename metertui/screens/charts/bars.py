"""Bars as text: upright, stacked or side by side, bars to the right, shares of a whole, and heat maps.

Series differ by the character of their bars as well as by colour, and heat by its shade, so that colour alone says
nothing. Positions are in terminal cells; the bars of a single series have a resolution of an eighth of a row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from metertui.screens.charts.chart import BEFORE, Picture, Series, means
from metertui.screens.charts.figure import FILLS, Figure, Line, columns_of, legend, scale

READ: Final = FILLS[0]
"""The characters of bars of read and of estimated values, for the legend."""
GUESSED: Final = FILLS[2]
_EIGHTHS: Final = " ▁▂▃▄▅▆▇"
_SHADES: Final = "░▒▓█"
_THICKEST: Final = 3
"""Rows of a bar to the right at most."""
_WIDEST: Final = 24
"""Columns from one upright bar to the next at most."""
_MUCH: Final = 0.6
"""The share between the lowest and the highest value from which the figure in a heat map has its ink."""
_DIM: Final = Style(dim=True)

Cells = list[tuple[str, int]]
"""Characters of a line, each with the index of its series; -1 if it has none."""


def upright(picture: Picture, width: int, height: int, inks: Sequence[Style]) -> list[Line]:
    """Draw upright bars, one a label, or one a label and series, stacked or side by side.

    A known value of a single series is drawn however low it is; an unknown one leaves its place empty.
    """
    stacked = picture.kind == "stacked"
    beside = 1 if stacked else len(picture.series)
    key = legend(picture.series, width, inks)
    rows = max(2, height - 1 - len(key))
    highest = max((sum(tower) if stacked else max(tower) for tower in _towers(picture)), default=0.0)
    marks = scale(highest, rows // 2)
    room = columns_of(width, marks)
    labels, series, guessed = picture.labels, picture.series, picture.estimated or (False,) * len(picture.labels)
    if len(labels) * beside > room:
        each = -(-len(labels) * beside // room)
        labels, series = labels[::each], tuple(Series(name, means(values, each)) for name, values in series)
        guessed = tuple(any(guessed[at : at + each]) for at in range(0, len(guessed), each))
    edges = _edges(len(labels), beside, room)
    at = [max(0, math.ceil(mark / marks[-1] * rows) - 1) for mark in marks]  # rows with their upper edge there
    figure = Figure(width, rows, marks, at)
    parts = np.array([[np.nan if value is None else value for value in values] for _, values in series]) / marks[-1]
    if stacked:
        _stacked(figure, edges, parts)
    elif len(parts) == 1:
        _single(figure, edges, parts[0], np.array(guessed))
    else:
        _beside(figure, edges, parts)
    return [*figure.lines(labels, edges[:-1], inks), *key]


def _towers(picture: Picture) -> list[list[float]]:
    columns = zip(*(values for _, values in picture.series), strict=True)
    return [known for column in columns if (known := [value for value in column if value is not None])]


def _edges(count: int, beside: int, room: int) -> list[int]:
    """Return the first column of each label, and the end: over the full width unless the gaps were uneven."""
    most = beside + 1 if room // count == beside + 1 else _WIDEST
    return [place * min(room, most * count) // count for place in range(count + 1)]


def _columns(edges: Sequence[int], beside: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the columns with a bar, and for each its label and its bar within the label (int64)."""
    widths = np.diff(edges)
    narrowest = int(widths.min())
    free = int(narrowest > beside)
    each = widths - free if beside == 1 else np.full(len(widths), max(1, (narrowest - free) // beside))
    found = [
        (start + bar * wide + cell, label, bar)
        for label, (start, wide) in enumerate(zip(edges[:-1], each.tolist(), strict=True))
        for bar in range(beside)
        for cell in range(wide)
    ]
    at, labels, bars = np.array(found, dtype=np.int64).T
    return at, labels, bars


def _single(figure: Figure, edges: Sequence[int], parts: NDArray[np.float64], guessed: NDArray[np.bool_]) -> None:
    """Draw bars of a single series, in eighths of a row; `parts` are shares of the height, NaN if unknown."""
    at, label, _ = _columns(edges, 1)
    eighths = np.where(np.isnan(parts), 0, np.maximum(1, np.round(np.nan_to_num(parts) * figure.rows * 8)))
    full, rest = (each[label] for each in np.divmod(eighths.astype(np.int64), 8))
    for guess, fill in ((False, READ), (True, GUESSED)):
        these = guessed[label] == guess
        some = these & (full > 0)
        figure.bars(at[some], full[some] - 1, fill, 0)
        for eighth in range(1, 8):
            some = these & (rest == eighth)
            figure.mark(at[some], full[some], fill if guess and eighth >= 4 else _EIGHTHS[eighth], 0)


def _beside(figure: Figure, edges: Sequence[int], parts: NDArray[np.float64]) -> None:
    """Draw bars side by side; a row of `parts` is a series, as shares of the height."""
    at, label, bar = _columns(edges, len(parts))
    full = np.round(np.nan_to_num(parts) * figure.rows).astype(np.int64)[bar, label]
    for place in range(len(parts)):
        some = (bar == place) & (full > 0)
        figure.bars(at[some], full[some] - 1, FILLS[place % len(FILLS)], place)


def _stacked(figure: Figure, edges: Sequence[int], parts: NDArray[np.float64]) -> None:
    """Draw one bar a label, with the series on top of each other, as shares of the height."""
    at, label, _ = _columns(edges, 1)
    tops = np.round(np.nan_to_num(parts).cumsum(axis=0) * figure.rows).astype(np.int64)[:, label]
    up, below = np.arange(figure.rows)[:, None], np.zeros_like(label)
    for place, above in enumerate(tops):
        row, column = np.nonzero((below <= up) & (up < above))
        figure.mark(at[column].tolist(), row.tolist(), FILLS[place % len(FILLS)], place)
        below = above


def sideways(picture: Picture, width: int, height: int, inks: Sequence[Style]) -> list[Line]:
    """Draw bars to the right, one a label, thicker if there is room; several series are stacked.

    A chart of shares shows parts of the whole.
    """
    shares = picture.kind == "shares"
    keys = legend(picture.series, width, inks, marked=True)
    shown = max(1, height - len(keys))
    cut = len(picture.labels) > shown
    places = range(len(picture.labels))[: shown - 1 if cut else shown]
    towers = [[values[place] for _, values in picture.series] for place in range(len(picture.labels))]
    sums = [sum(value or 0.0 for value in tower) for tower in towers]
    alone = len(picture.series) == 1
    compared = len(picture.series) == 2 and picture.series[1].name == BEFORE
    longest = map(_max, towers) if compared else sums
    whole = sum(sums) if shares and alone else max(longest, default=0.0)
    names = min(width // 3, max((len(picture.labels[place]) for place in places), default=0))
    digits = max((len(_number(total)) for total in sums), default=0)
    tails = [_tail(tower[:1] if compared else tower, whole, digits if shares and alone else 0) for tower in towers]
    most = max((len(tails[place]) for place in places), default=0)
    room = max(4, width - names - most - 2)
    each = min(_THICKEST + 1, shown // max(1, len(places)))  # rows of a bar; the last one is empty
    lines: list[Line] = []
    for place in places:
        label = picture.labels[place]
        tower, full = towers[place], sums[place] if shares and not alone else whole
        cells = _sideways_row(tower[:1] if compared else tower, full, room)
        if compared and tower[1] is not None and full:
            cells[min(room - 1, round(tower[1] / full * room))] = ("│", 1)
        bar = _pieces(cells, inks)
        name = f"{label if len(label) <= names else label[: names - 1] + '…':<{names}} "
        lines.append([Segment(name), *bar, Segment(f" {tails[place]:>{most}}")])
        lines += [[Segment(" " * (names + 1)), *bar] for _ in range(each - 2)] + [[]] * (each > 1)
    if cut:
        lines.append([Segment(f"… and {len(picture.labels) - len(places)} more, in the table", _DIM)])
    return lines + keys


def _sideways_row(tower: Sequence[float | None], full: float, room: int) -> Cells:
    """Return a line of `room` cells with the values one after another; `full` fills the line."""
    cells: Cells = [(" ", -1)] * room
    done = 0.0
    for which, value in enumerate(tower):
        upto = done + (value or 0.0)
        for place in range(round(done / full * room), round(upto / full * room)) if full else ():
            cells[min(place, room - 1)] = (FILLS[which % len(FILLS)], which)
        done = upto
    return cells


def _max(tower: Sequence[float | None]) -> float:
    """Return the highest known value; 0 if there is none."""
    return max((value for value in tower if value is not None), default=0.0)


def _tail(tower: Sequence[float | None], whole: float, digits: int) -> str:
    """Return the figure behind a bar; with `digits` also its share, and the figure aligned to so many characters."""
    if all(value is None for value in tower):
        return "no data"
    total = sum(value or 0.0 for value in tower)
    return f"{total / whole if whole else 0.0:6.1%} {_number(total):>{digits}}" if digits else _number(total)


def _number(value: float) -> str:
    return f"{value:,.3f}".replace(",", " ")


def heat(picture: Picture, width: int, height: int, inks: Sequence[Style]) -> list[Line]:
    """Draw a heat map, with the more numerous of labels and series across; darker is more."""
    rows, columns = list(picture.labels), [name for name, _ in picture.series]
    cells = [[values[place] for _, values in picture.series] for place in range(len(rows))]
    if len(rows) > len(columns):
        rows, columns = columns, rows
        cells = [list(line) for line in zip(*cells, strict=True)]
    known = [value for line in cells for value in line if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    left = min(width // 4, max((len(row) for row in rows), default=0)) + 1
    wide = max(1, (width - left) // max(1, len(columns)))
    tall = max(1, min(8, (height - 2) // max(1, len(rows))))
    figures = wide > max(len(f"{high:,.1f}"), 3) + 1 and tall >= 1
    heads = [column.removesuffix(":00") for column in columns]
    step = max(1, -(-(max(map(len, heads), default=1) + 1) // wide))
    above = "".join(f"{head:<{wide * step}}" for head in heads[::step])
    lines: list[Line] = [[Segment(f"{' ' * left}{above[: width - left]}", _DIM)]]
    for row, values in list(zip(rows, cells, strict=True))[: max(1, (height - 2) // tall)]:
        for nth in range(tall):
            line = [Segment(f"{row[: left - 1] if nth == 0 else '':<{left}}")]
            for value in values:
                if value is None:
                    line.append(Segment(f"{'·' if nth == 0 else '':<{wide}}", _DIM))
                    continue
                level = 0.0 if high <= low else (value - low) / (high - low)
                shade = _SHADES[min(3, int(level * 4))]
                if figures and nth == 0:
                    ink = inks[0] if level >= _MUCH else None
                    line.append(Segment(f"{_short(value):>{wide - 2}}{shade} ", ink))
                else:
                    line.append(Segment(shade * (wide - 1 if wide > 2 else wide) + (" " if wide > 2 else ""), inks[0]))
            lines.append(line)
    span = f"{_SHADES[0]} from {_number(low)}   {_SHADES[3]} to {_number(high)} {picture.unit}"
    return [*lines, [Segment(f"{' ' * left}{span}", _DIM)]]


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 10_000 else f"{value / 1000:.1f}k"


def _pieces(cells: Cells, inks: Sequence[Style]) -> Line:
    """Return the segments of a line, one for each run of an ink."""
    return [
        Segment("".join(chars for chars, _ in run), inks[which % len(inks)] if which >= 0 else None)
        for which, run in groupby(cells, key=lambda cell: cell[1])
    ]


def deciles(
    labels: Sequence[str], values: Sequence[float], figures: Sequence[str], width: int, inks: Sequence[Style]
) -> Text:
    """Draw bars from a middle line, to the left for negative values, each with its label and its figure."""
    names, digits = max(map(len, labels)), max(map(len, figures))
    half = max(4, (width - names - digits - 3) // 2)
    highest = max((abs(value) for value in values), default=0.0) or 1.0
    text = Text(no_wrap=True, overflow="crop")
    for label, value, figure in zip(labels, values, figures, strict=True):
        length = round(abs(value) / highest * half)
        text.append(f"{label:>{names}} ")
        text.append(f"{FILLS[1] * length if value < 0 else '':>{half}}", style=inks[1])
        text.append("│")
        text.append(f"{FILLS[0] * length if value > 0 else '':<{half}}", style=inks[0])
        text.append(f" {figure:>{digits}}\n")
    text.right_crop(1)
    return text
