"""Lines of a chart, in braille dots, two by four a cell; estimated parts are dotted by whole cells."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.screens.charts.chart import BEFORE, NO_CURSOR, ODD, WITHHELD, Picture
from metertui.screens.charts.figure import Figure, Line, fitted_scale, legend, nearest_cell, numbered, scale_between
from metertui.screens.charts.inks import CONTEXT, CURSOR, ESTIMATED, SUSPECT, Inks
from metertui.text import INCOMPLETE

READ: Final = "⠒"
"""The characters of read and of estimated lines, for the legend."""
GUESSED: Final = "·"
_ALONE: Final = "•"
_ODD: Final = "▲"
_BITS: Final = np.array([[0x40, 0x80], [0x04, 0x20], [0x02, 0x10], [0x01, 0x08]])
"""The bits of the dots of a braille character, by row from below and column."""
_BRAILLE: Final = [chr(0x2800 + bits) for bits in range(256)]
_LEAST: Final = 5
"""Rows of a figure below which the legend is left out, as the table has the names."""
_WITHIN: Final = 1e-6
"""How far the highest place of the highest row is below its edge, in rows."""
_BESIDE: Final = (0, -1, 1, -2, 2)
"""Distances in rows of a number from its line, tried in order if another number is in the way."""

Point = tuple[float, float]
"""A column and a row, in cells."""


def lines(picture: Picture, width: int, height: int, inks: Inks, cursor: int = NO_CURSOR) -> list[Line]:
    """Draw a chart of lines, with the legend of their numbers, or of the reading that they are about, below."""
    about_one = any(name == ODD for name, _ in picture.series)
    below = (
        legend(picture.series, width, inks, fills=(READ, _ODD)) if about_one else numbered(picture.series, width, inks)
    )
    if height - len(below) < _LEAST:
        below = []
    rows = max(2, height - 1 - len(below))
    known = [value for _, values in picture.series for value in values if value is not None] or [0.0]
    least, highest = min(known), max(known)
    marks, each = fitted_scale(highest, rows) if picture.from_zero else scale_between(least, highest, rows)
    figure = Figure(width, rows, marks, each)
    up = each / (marks[1] - marks[0])
    count, most = len(picture.labels), figure.columns - 1
    centres = [min(most, max(0.0, (place + 0.5) / count * figure.columns - 0.5)) for place in range(count)]
    if 0 <= cursor < count:
        figure.mark([nearest_cell(centres[cursor])] * figure.rows, range(figure.rows), "│", CURSOR)
    hidden = [nearest_cell(centres[place]) for place in np.flatnonzero(picture.withheld_labels()).tolist()]
    figure.mark(hidden, [0] * len(hidden), WITHHELD, CONTEXT)
    guessed = picture.estimated or (False,) * len(picture.labels)
    partly = picture.parts()
    series = [
        [
            None if value is None else (column, _row_at((value - marks[0]) * up, rows))
            for column, value in zip(centres, values, strict=True)
        ]
        for _, values in picture.series
    ]
    # A line to a part of a period would look like a fall.
    whole = [
        [None if part else point for point, part in zip(points, of_series, strict=True)]
        for points, of_series in zip(series, partly.tolist(), strict=True)
    ]
    special = {BEFORE: CONTEXT, ODD: SUSPECT}
    numbers = [special.get(name, place) for place, (name, _) in enumerate(picture.series)]
    for number, points in zip(numbers, whole, strict=True):
        _draw_estimated(figure, points, guessed, ESTIMATED if len(series) == 1 else number)
    _draw_read(figure, whole, guessed, numbers)  # over the estimated parts
    for which, place in np.argwhere(partly).tolist():
        if (point := series[which][place]) is not None:
            figure.mark([nearest_cell(point[0])], [nearest_cell(point[1])], INCOMPLETE, numbers[which])
    if about_one:
        for x, y in filter(None, series[numbers.index(SUSPECT)]):
            figure.mark([nearest_cell(x)], [nearest_cell(y)], _ODD, SUSPECT)
    elif len(series) > 1:  # colour alone must not distinguish lines
        _draw_numbers(figure, whole, numbers)
    starts = [
        max(0, round(centre - (len(label) - 1) / 2)) for centre, label in zip(centres, picture.labels, strict=True)
    ]
    return [*figure.lines(picture.labels, starts, inks), *below]


def _row_at(height: float, rows: int) -> float:
    """Return the row at a height above the lowest edge of the figure; the middle of row 0 is 0."""
    return min(max(0.0, height), rows - _WITHIN) - 0.5


def _draw_estimated(figure: Figure, points: Sequence[Point | None], guessed: Sequence[bool], ink: int) -> None:
    """Draw the parts with an estimated end, and points without neighbours."""
    for run in _runs(points, guessed, solid=False):
        figure.line([x for x, _ in run], [y for _, y in run], GUESSED, ink)
    gaps = [None, *points, None]
    for at, (before, point, after) in enumerate(zip(gaps, points, gaps[2:], strict=False)):
        if point is not None and before is None and after is None:
            figure.mark([nearest_cell(point[0])], [nearest_cell(point[1])], GUESSED if guessed[at] else _ALONE, ink)


def _draw_read(
    figure: Figure, series: Sequence[Sequence[Point | None]], guessed: Sequence[bool], numbers: Sequence[int]
) -> None:
    """Draw the parts between two reads as cells: steep lines of plotext itself take a hundred times as long."""
    dots = np.zeros((figure.rows, figure.columns), dtype=np.int64)
    inks = np.zeros_like(dots)
    for ink, points in zip(numbers, series, strict=True):
        for run in _runs(points, guessed, solid=True):
            drawn = _dots(figure, np.array(run))
            dots |= drawn
            inks[drawn > 0] = ink
    for ink in numbers:
        rows, columns = np.nonzero((dots > 0) & (inks == ink))
        chars = [_BRAILLE[bits] for bits in dots[rows, columns].tolist()]
        figure.mark(columns.tolist(), rows.tolist(), chars, ink)


def _runs(points: Sequence[Point | None], guessed: Sequence[bool], *, solid: bool) -> list[list[Point]]:
    """Return the runs of points joined by steps of one kind: both ends read (solid), or one of them estimated."""
    steps = [
        before is not None and after is not None and solid != (guessed[at] or guessed[at + 1])
        for at, (before, after) in enumerate(pairwise(points))
    ]
    found = []
    for joined, places in groupby(range(len(steps)), key=steps.__getitem__):
        if joined:
            first, *more = places
            found.append([point for point in points[first : first + len(more) + 2] if point is not None])
    return found


def _dots(figure: Figure, points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the braille bits of a line by cell (rows x columns, int64), without gaps within a column of dots."""
    rows, columns = figure.rows, figure.columns
    x, y = points[:, 0] * 2 + 0.5, np.maximum(0, (points[:, 1] + 0.5) * 4 - 0.5)
    first, last = max(0, round(x[0])), min(columns * 2 - 1, round(x[-1]))
    edges = np.interp(np.arange(first, last + 2) - 0.5, x, y)
    low, high = np.minimum(edges[1:], edges[:-1]), np.maximum(edges[1:], edges[:-1])
    nearest = np.clip(np.round(x).astype(np.int64), first, last) - first
    np.minimum.at(low, nearest, y)
    np.maximum.at(high, nearest, y)
    up = np.arange(rows * 4)[:, None]
    dots = np.zeros((rows * 4, columns * 2), dtype=bool)
    dots[:, first : last + 1] = (up >= np.round(low)) & (up <= np.round(high))
    return np.asarray((dots.reshape(rows, 4, columns, 2) * _BITS[None, :, None, :]).sum(axis=(1, 3)))


def _draw_numbers(figure: Figure, series: Sequence[Sequence[Point | None]], numbers: Sequence[int]) -> None:
    """Put the number of each line at its start, middle and end, beside other numbers if they meet."""
    taken: set[tuple[int, int]] = set()
    for place, points in enumerate(series):
        known = [point for point in points if point is not None]
        for column, row in dict.fromkeys([known[0], known[len(known) // 2], known[-1]]) if known else ():
            x, y = round(column), nearest_cell(row)
            free = (y + step for step in _BESIDE if 0 <= y + step < figure.rows)
            here = next((each for each in free if (x, each) not in taken), y)
            taken.add((x, here))
            figure.mark([x], [here], str(place + 1)[-1], numbers[place])
