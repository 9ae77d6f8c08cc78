"""The chart of one meter's usage in a window, with the window before, as fine as can be distinguished."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, Int64Array, SiteZone, Window
from metertui.engine.usage import Series
from metertui.screens.charts.chart import BEFORE, Picture
from metertui.screens.charts.chart import Series as Drawn
from metertui.screens.charts.chart_buckets import Buckets, buckets
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
    parts = _buckets(series, window, zone, daily=daily)
    values = _kwh(series, parts.marks)
    exact = _exact(series, parts)
    title = f"kWh per {parts.unit} · {between}"
    kind: Kind = "bars" if len(values) <= _MOST_BARS else "lines"
    estimated = tuple((~exact).tolist())
    running = (False,) * (len(values) - 1) + (parts.cut,)
    partly = _partly(series, parts.marks) & ~np.array(running)
    partly[0] |= parts.begun and not running[0]
    drawn: tuple[Drawn, ...] = (Drawn("", values),)
    before_cut: tuple[bool, ...] = ()
    if before is not None and before.known and before.start < before.end:
        earlier = buckets(before, zone, hourly=parts.unit == "hour")
        used, in_part = _kwh(series, earlier.marks), _partly(series, earlier.marks)
        places = _counterparts(parts, earlier, zone) if earlier.unit == parts.unit else []
        then = tuple(None if place is None else used[place] for place in places)
        if any(value is not None for value in then):
            drawn = (Drawn(_NOW, values), Drawn(BEFORE, then))
            cut_then = tuple(place is not None and bool(in_part[place]) for place in places)
            before_cut = cut_then if any(cut_then) else ()
    shown = Picture(kind, tuple(parts.labels), drawn, "kWh", names=tuple(parts.names), until=parts.until)
    cut = tuple(partly.tolist()) if partly.any() else ()
    return WindowChart(title, shown._replace(estimated=estimated, running=running, cut=cut, before_cut=before_cut))


def _buckets(series: Series, window: Window, zone: SiteZone, *, daily: bool) -> Buckets:
    """Return the buckets of a window: hours in place of half hours where reads, or the energy of files, are hourly."""
    parts = buckets(window, zone, daily=daily)
    if parts.unit != "half hour":
        return parts
    hours = buckets(window, zone, hourly=True)
    read, read_hourly = (np.count_nonzero(_exact(series, each)) / len(each.labels) for each in (parts, hours))
    return hours if 2 * read < read_hourly else parts


def _exact(series: Series, parts: Buckets) -> NDArray[np.bool_]:
    """Return which buckets begin and end where C was measured."""
    exact = series.is_exact(parts.marks)
    return exact[1:] & exact[:-1]


def _counterparts(parts: Buckets, earlier: Buckets, zone: SiteZone) -> list[int | None]:
    """Return the place of the bucket before that each is compared with: at the same time of the clock, or in order.

    An hour that the clock shows twice is compared once, and one that it left out before with none.
    """
    count, before = len(parts.labels), len(earlier.labels)
    if not parts.until:
        return [place if place < before else None for place in range(count)]
    clocks = [zone.wall_clock(each.marks[:-1]) for each in (earlier, parts)]
    then, now = ((clock - clock[0]).tolist() for clock in clocks)
    places = {clock: place for place, clock in reversed([*enumerate(then)])}
    return [places.pop(clock, None) for clock in now]


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
