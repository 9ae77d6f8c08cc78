"""The chart of one meter's usage in a window, with the window before, as fine as can be distinguished."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, Int64Array, SiteZone, Window
from metertui.engine.usage import Series
from metertui.screens.charts.chart import BEFORE, Picture
from metertui.screens.charts.chart import Series as Drawn
from metertui.screens.charts.chart_buckets import buckets
from metertui.screens.charts.kinds import Kind
from metertui.text import explained

_NOW: Final = "this window"
_MOST_BARS: Final = 62
_MOST_DRAWN: Final = 40 * 366 * DAY
"""A longer window (µs) is drawn only where there are readings."""


class WindowChart(NamedTuple):
    """The chart of a window with its title: kWh by bucket, None for no data, estimated ones marked."""

    title: str
    picture: Picture


def window_chart(
    series: Series, window: Window, zone: SiteZone, before: Window | None = None, *, daily: bool = False
) -> WindowChart:
    """Return the chart of a window, as bars if they are few; of a very long one only the part with readings.

    `before`: the window to compare it with, of which the chart shows the buckets at the same place in the window.
    `daily`: with a bar a day, however short the window is.
    """
    between = " to ".join(explained.when(end, zone) for end in (window.start, window.end))
    if window.end - window.start > _MOST_DRAWN and series.first is not None and series.last is not None:
        start, end = max(window.start, series.first - DAY), min(window.end, series.last + DAY)
        window = Window(window.name, start, max(start + DAY, end))
    parts = buckets(window, zone, daily=daily)
    values = _kwh(series, parts.marks)
    exact = series.is_exact(parts.marks)
    title = f"kWh per {parts.unit} · {between}"
    kind: Kind = "bars" if len(values) <= _MOST_BARS else "lines"
    estimated = tuple((~(exact[1:] & exact[:-1])).tolist())
    running = (False,) * (len(values) - 1) + (parts.cut,)
    partly = _partly(series, parts.marks) & ~np.array(running)
    partly[0] |= parts.begun and not running[0]
    drawn: tuple[Drawn, ...] = (Drawn("", values),)
    before_cut: tuple[bool, ...] = ()
    if before is not None and before.known and before.start < before.end:
        earlier = buckets(before, zone)
        then = _kwh(series, earlier.marks)[: len(values)] if earlier.unit == parts.unit else ()
        if any(value is not None for value in then):
            padded = then + (None,) * (len(values) - len(then))
            drawn = (Drawn(_NOW, values), Drawn(BEFORE, padded))
            in_part = _partly(series, earlier.marks)[: len(values)]
            before_cut = (*in_part.tolist(), *(False,) * (len(values) - len(in_part))) if in_part.any() else ()
    shown = Picture(kind, tuple(parts.labels), drawn, "kWh", names=tuple(parts.names), until=parts.until)
    cut = tuple(partly.tolist()) if partly.any() else ()
    return WindowChart(title, shown._replace(estimated=estimated, running=running, cut=cut, before_cut=before_cut))


def _partly(series: Series, marks: Int64Array) -> NDArray[np.bool_]:
    """Return in which buckets the readings begin or end, or which hold a part of a gap: they are of a part of it."""
    partly = np.zeros(len(marks) - 1, dtype=np.bool_)
    for end in (series.first, series.last):
        if end is not None:
            partly |= (marks[:-1] < end) & (end < marks[1:])
    curve = series.curve
    if curve.after_gap is not None:
        gaps = np.flatnonzero(curve.after_gap)
        for start, end in zip(curve.time[gaps - 1].tolist(), curve.time[gaps].tolist(), strict=True):
            partly |= (marks[:-1] < end) & (start < marks[1:])
    return partly


def _kwh(series: Series, marks: Int64Array) -> tuple[float | None, ...]:
    """Return the kWh between each two marks; None for no data."""
    used, known = series.buckets(marks)
    return tuple(wh / 1000 if there else None for wh, there in zip(used.tolist(), known.tolist(), strict=True))
