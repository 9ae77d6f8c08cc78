"""A series of values in one line of text, for a cell of a table or beside a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from metertui.screens.charts.chart import means

_LEVELS: Final = "▁▂▃▄▅▆▇"
"""No full block: those of one row would run into those of the next."""


def sparkline(values: Sequence[float | None], width: int, highest: float | None = None) -> str:
    """Return the newest values as one character each, at most `width` of them, from 0 to the highest.

    More values than fit are merged to their means. An unknown value leaves its place empty. `highest`: the value of
    the highest block, where several lines have a common scale.
    """
    if len(values) > width > 0:
        values = means(values, -(-len(values) // width))
    top = max((value for value in values if value is not None), default=0.0) if highest is None else highest
    return "".join(" " if value is None else _level(value, top) for value in values[-width:] if width > 0)


def _level(value: float, top: float) -> str:
    """Return the block of a value; one that is not zero differs from zero."""
    if value <= 0 or top <= 0:
        return _LEVELS[0]
    return _LEVELS[min(len(_LEVELS) - 1, max(1, round(value / top * (len(_LEVELS) - 1))))]
