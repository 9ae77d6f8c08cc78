"""Lines of a chart, in dots of two to a column and four to a row; what is estimated is dotted by whole cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.style import Style

from metertui.screens.pictures import Picture
from metertui.screens.widgets.canvas import Canvas, Line, below, framed, left_of, numbered, runs, scale

READ: Final = "⠒"
"""What a line looks like, for its legend."""
GUESSED: Final = "·"
_ALONE: Final = "•"
_BITS: Final = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""Of the dots of a cell, by row and column."""
_BRAILLE: Final = np.array([chr(0x2800 + bits) for bits in range(256)])
_LEAST: Final = 6
"""Rows of a figure below which its legend is left out: the table has the names."""
_BESIDE: Final = (0, -1, 1, -2, 2)
"""Rows away from its line that a number may stand, where others are in the way."""


def lines(picture: Picture, width: int, height: int, inks: Sequence[Style]) -> list[Line]:
    """The figure, and below it what its numbers stand for."""
    legend = numbered(picture.series, width, inks)
    if height - len(legend) < _LEAST:
        legend = []
    rows = max(2, height - 1 - len(legend))
    highest = max((value for _, values in picture.series for value in values if value is not None), default=0.0)
    marks = scale(highest, rows // 2)
    room = max(1, width - left_of(marks) - 1)
    canvas = Canvas(rows, room)
    centres = (np.arange(len(picture.labels)) + 0.5) / len(picture.labels) * room
    heights = [
        np.array([np.nan if value is None else value for value in values]) / marks[-1] for _, values in picture.series
    ]
    _draw(canvas, centres, heights, np.array(picture.estimated or [False] * len(picture.labels)))
    if len(heights) > 1:  # colours alone do not tell lines apart
        for place, each in enumerate(heights):
            _number(canvas, place, centres, each)
    starts = [max(0, round(centre - len(label) / 2)) for centre, label in zip(centres, picture.labels, strict=True)]
    return [*framed(canvas.lines(inks), marks, below(picture.labels, starts, room)), *legend]


def _draw(
    canvas: Canvas, centres: NDArray[np.float64], series: Sequence[NDArray[np.float64]], guessed: NDArray[np.bool_]
) -> None:
    """Lines of heights from 0 to 1, not drawn where one is unknown, with their points at columns of the canvas."""
    rows, columns = canvas.chars.shape
    dots = np.zeros((rows, columns), dtype=np.int64)
    marked = []
    for ink, heights in enumerate(series):
        known = ~np.isnan(heights)
        joined = known[1:] & known[:-1]
        solid = joined & ~guessed[1:] & ~guessed[:-1]
        for run in runs(np.flatnonzero(solid).tolist()):
            points = slice(run[0], run[-1] + 2)
            drawn = _solid(rows, columns, centres[points] * 2 - 0.5, heights[points] * (rows * 4 - 1))
            dots |= drawn
            canvas.inks[drawn > 0] = ink
        marked.append((known, joined & ~solid, joined))
    canvas.chars[dots > 0] = _BRAILLE[dots[dots > 0]]
    for ink, (heights, (known, guesses, joined)) in enumerate(zip(series, marked, strict=True)):
        for run in runs(np.flatnonzero(guesses).tolist()):
            _dotted(canvas, ink, centres[run[0] : run[-1] + 2], heights[run[0] : run[-1] + 2])
        beside = np.concatenate(([False], joined)) | np.concatenate((joined, [False]))
        for alone in np.flatnonzero(known & ~beside).tolist():
            _put(canvas, heights[alone], int(centres[alone]), GUESSED if guessed[alone] else _ALONE, ink)


def _solid(rows: int, columns: int, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Dots of a line through points: each column of dots from the lowest to the highest that the line has in it."""
    first, last = round(x[0]), min(columns * 2 - 1, round(x[-1]))
    at = np.arange(first, last + 1)
    edges = np.interp(np.arange(first, last + 2) - 0.5, x, y)
    low, high = np.minimum(edges[1:], edges[:-1]), np.maximum(edges[1:], edges[:-1])
    nearest = np.clip(np.round(x).astype(np.int64), first, last) - first
    np.minimum.at(low, nearest, y)
    np.maximum.at(high, nearest, y)
    dots = np.zeros((rows * 4, columns * 2), dtype=bool)
    up = np.arange(rows * 4)[::-1, None]
    dots[:, at] = (up >= np.round(low)) & (up <= np.round(high))
    return np.asarray((dots.reshape(rows, 4, columns, 2) * _BITS[None, :, None, :]).sum(axis=(1, 3)))


def _dotted(canvas: Canvas, ink: int, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Dots a cell apart through points, in cells that have nothing yet."""
    columns = np.arange(int(x[0]), int(x[-1]) + 1)
    for column, height in zip(columns.tolist(), np.interp(columns + 0.5, x, y).tolist(), strict=True):
        _put(canvas, height, column, GUESSED, ink)


def _number(canvas: Canvas, place: int, centres: NDArray[np.float64], heights: NDArray[np.float64]) -> None:
    """A line's number at its beginning, middle and end, beside others where they meet."""
    rows = len(canvas.chars)
    known = np.flatnonzero(~np.isnan(heights)).tolist()
    for at in dict.fromkeys([known[0], known[len(known) // 2], known[-1]]) if known else ():
        row, column = _row(rows, heights[at]), int(centres[at])
        free = (row + step for step in _BESIDE if 0 <= row + step < rows)
        here = next((each for each in free if not str(canvas.chars[each, column]).isdigit()), row)
        canvas.chars[here, column] = str(place + 1)[-1]
        canvas.inks[here, column] = place


def _row(rows: int, height: float) -> int:
    return rows - 1 - round(height * (rows * 4 - 1)) // 4


def _put(canvas: Canvas, height: float, column: int, char: str, ink: int) -> None:
    """A mark in a cell that has none."""
    row = _row(len(canvas.chars), height)
    if canvas.chars[row, column] == " ":
        canvas.chars[row, column] = char
        canvas.inks[row, column] = ink
