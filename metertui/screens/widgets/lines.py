"""Lines of a chart, in dots of two to a column and four to a row; what is estimated is dotted by whole cells."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from rich.style import Style

from metertui.screens.pictures import Picture
from metertui.screens.widgets.figure import Figure, Line, numbered, scale

READ: Final = "⠒"
"""What a line looks like, for its legend."""
GUESSED: Final = "·"
_ALONE: Final = "•"
_PEN: Final = "braille"
_LEAST: Final = 6
"""Rows of a figure below which its legend is left out: the table has the names."""
_BESIDE: Final = (0, -1, 1, -2, 2)
"""Rows away from its line that a number may stand, where others are in the way."""

Point = tuple[float, float]
"""A column and a row of a figure."""


def lines(picture: Picture, width: int, height: int, inks: Sequence[Style]) -> list[Line]:
    """The figure, and below it what its numbers stand for."""
    legend = numbered(picture.series, width, inks)
    if height - len(legend) < _LEAST:
        legend = []
    rows = max(2, height - 1 - len(legend))
    highest = max((value for _, values in picture.series for value in values if value is not None), default=0.0)
    marks = scale(highest, rows // 2)
    up = (rows - 1) / marks[-1]
    figure = Figure(width, rows, marks, [mark * up for mark in marks])
    count, most = len(picture.labels), figure.columns - 1
    centres = [min(most, max(0.0, (place + 0.5) / count * figure.columns - 0.5)) for place in range(count)]
    guessed = picture.estimated or (False,) * len(picture.labels)
    series = [
        [None if value is None else (column, value * up) for column, value in zip(centres, values, strict=True)]
        for _, values in picture.series
    ]
    for solid in (False, True):  # what was read lies over what is estimated
        for ink, points in enumerate(series):
            _draw(figure, points, guessed, ink, solid=solid)
    if len(series) > 1:  # colours alone do not tell lines apart
        _number(figure, series)
    starts = [
        max(0, round(centre - (len(label) - 1) / 2)) for centre, label in zip(centres, picture.labels, strict=True)
    ]
    return [*figure.lines(picture.labels, starts, inks), *legend]


def _draw(figure: Figure, points: Sequence[Point | None], guessed: Sequence[bool], ink: int, *, solid: bool) -> None:
    """One series: what was read, or what is estimated at one of its ends; broken where a point is unknown."""
    run: list[Point] = []
    joined: set[int] = set()
    for at, (before, after) in enumerate(pairwise(points)):
        if before is not None and after is not None:
            joined |= {at, at + 1}
            if solid != (guessed[at] or guessed[at + 1]):
                run = [*run, after] if run else [before, after]
                continue
        _line(figure, run, ink, solid=solid)
        run = []
    _line(figure, run, ink, solid=solid)
    alone = [
        point for at, point in enumerate(points) if point is not None and at not in joined and guessed[at] != solid
    ]
    figure.mark([x for x, _ in alone], [y for _, y in alone], _ALONE if solid else GUESSED, ink)


def _line(figure: Figure, run: Sequence[Point], ink: int, *, solid: bool) -> None:
    if run:
        figure.line([x for x, _ in run], [y for _, y in run], _PEN if solid else GUESSED, ink)


def _number(figure: Figure, series: Sequence[Sequence[Point | None]]) -> None:
    """Each line's number at its beginning, middle and end, beside others where they meet."""
    taken: set[tuple[int, int]] = set()
    for place, points in enumerate(series):
        known = [point for point in points if point is not None]
        for column, row in dict.fromkeys([known[0], known[len(known) // 2], known[-1]]) if known else ():
            x, y = round(column), round(row)
            free = (y + step for step in _BESIDE if 0 <= y + step < figure.rows)
            here = next((each for each in free if (x, each) not in taken), y)
            taken.add((x, here))
            figure.mark([x], [here], str(place + 1)[-1], place)
