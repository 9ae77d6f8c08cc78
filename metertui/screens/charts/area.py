"""A series of many values as a filled area of braille dots, two by four a cell, without gaps between its points."""

from __future__ import annotations

from typing import Final

import numpy as np

from metertui.screens.charts.chart import NO_CURSOR, Picture
from metertui.screens.charts.figure import Figure, Line, fitted_scale, nearest_cell
from metertui.screens.charts.inks import CURSOR, Inks

_LEFT: Final = np.array([0, 0x40, 0x44, 0x46, 0x47])
_RIGHT: Final = np.array([0, 0x80, 0xA0, 0xB0, 0xB8])
"""The bits of the dots of a column of a cell, by their number from below."""
_MARKS: Final = 4
"""The number of steps into which labels divide the axis."""


def area(picture: Picture, width: int, height: int, inks: Inks, cursor: int = NO_CURSOR) -> list[Line]:
    """Draw the first series of a chart; a value that is not zero is seen however low it is."""
    rows = max(2, height - 1)
    values = np.array([np.nan if value is None else value for value in picture.series[0].values])
    highest = float(np.nanmax(values, initial=0.0)) if not np.isnan(values).all() else 0.0
    marks, each = fitted_scale(highest, rows)
    figure = Figure(width, rows, marks, each)
    count, columns = len(values), figure.columns
    shown = values[np.arange(2 * columns) * count // (2 * columns)]
    dots = np.round(np.nan_to_num(shown) / marks[1] * each * 4).astype(np.int64)
    dots[(np.nan_to_num(shown) > 0) & (dots == 0)] = 1
    levels = np.clip(dots[None, :] - 4 * np.arange(rows)[:, None], 0, 4)
    bits = _LEFT[levels[:, 0::2]] | _RIGHT[levels[:, 1::2]]
    row, column = np.nonzero(bits)
    figure.mark(column.tolist(), row.tolist(), [chr(0x2800 + each) for each in bits[row, column].tolist()], 0)
    if 0 <= cursor < count:
        place = min(columns - 1, nearest_cell((cursor + 0.5) / count * columns - 0.5))
        figure.mark([place] * rows, range(rows), "│", CURSOR)
    places = [min(count - 1, step * count // _MARKS) for step in range(_MARKS + 1)]
    labels = [picture.labels[place] for place in places]
    middles = [place * columns // max(1, count) - len(label) // 2 for place, label in zip(places, labels, strict=True)]
    starts = [min(max(0, middle), columns - len(label)) for middle, label in zip(middles, labels, strict=True)]
    return figure.lines(labels, starts, inks, rising=True)
