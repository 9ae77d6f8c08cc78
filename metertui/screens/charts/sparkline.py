"""A series of values in one line of text, for a cell of a table or beside a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from metertui.screens.charts.chart import means

_LEVELS: Final = "▁▂▃▄▅▆▇"
"""No full block: those of one row would run into those of the next."""
_STEADY: Final = 0.5
"""The share of the highest value above which a line of its own range has all its values."""
_LEAST_RANGE: Final = 0.2
"""The range of such a line at least, as a share of its highest value."""


def sparkline(
    values: Sequence[float | None], width: int, highest: float | None = None, *, own_range: bool = False
) -> str:
    """Return the newest values as one character each, at most `width` of them, from 0 to the highest.

    More values than fit are merged to their means. An unknown value leaves its place empty. `highest`: the value of
    the highest block, where several lines have a common scale. `own_range`: values that are all above half of the
    highest are drawn from the lowest to the highest, as they would all look the same from 0. A range below a fifth of
    the highest takes its part of the height alone, round the middle, so that steady values are level.
    """
    if len(values) > width > 0:
        values = means(values, -(-len(values) // width))
    known = [value for value in values[-width:] if value is not None and width > 0]
    if own_range and known and (most := max(known)) > 0 and min(known) > _STEADY * most:
        span = max(most - min(known), _LEAST_RANGE * most)
        foot = (most + min(known) - span) / 2
        return "".join(" " if value is None else _level_within(value, foot, span) for value in values[-width:])
    top = max((value for value in values if value is not None), default=0.0) if highest is None else highest
    return "".join(" " if value is None else _level(value, top) for value in values[-width:] if width > 0)


def _level_within(value: float, foot: float, span: float) -> str:
    """Return the block of a value between a foot and what is `span` above it; never the one that stands for 0."""
    return _LEVELS[1 + round((value - foot) / span * (len(_LEVELS) - 2) - 1e-9)]


def _level(value: float, top: float) -> str:
    """Return the block of a value; one that is not zero differs from zero."""
    if value <= 0 or top <= 0:
        return _LEVELS[0]
    return _LEVELS[min(len(_LEVELS) - 1, max(1, round(value / top * (len(_LEVELS) - 1))))]
