"""The chart of a case: the readings round it, or the usage of the days round a time without readings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import numpy as np

from metertui.engine.base import DAY, SiteZone, Window
from metertui.engine.usage import Series as MeterSeries
from metertui.engine.vee import rules
from metertui.engine.worklist import NEVER, ExceptionRow
from metertui.screens.charts import ODD, Picture, Series, buckets
from metertui.text import time_labels

_BESIDE: Final = 8
"""Readings before and after the one that the case is about."""
_PAD: Final = 5
"""Days after a gap at most."""
_DAYS: Final = 10
"""Days before a gap or a silence: so many that the chart has bars of whole days."""
_EACH: Final = {"half hour": "a half hour", "hour": "an hour", "day": "a day", "month": "a month", "year": "a year"}


def case_picture(row: ExceptionRow, series: MeterSeries, now: int, zone: SiteZone) -> Picture | None:
    """Return the chart of a case of a known meter as it is at an instant (µs UTC); None if there is nothing to draw."""
    if row.cause in ("silent", "gap"):
        return _usage(row, series, now, zone)
    return None if row.cause == "refused" else _readings(row, series, zone)


def _readings(row: ExceptionRow, series: MeterSeries, zone: SiteZone) -> Picture | None:
    """Return the registers round a reading, as a line, and the reading itself as a point."""
    at = int(np.searchsorted(series.time, row.time))
    low, high = max(0, at - _BESIDE), min(len(series.time), at + _BESIDE + 1)
    times, whs = series.time[low:high].tolist(), series.wh[low:high].tolist()
    counted = (series.status[low:high] < rules.SUSPECT).tolist()
    if row.wh is None or row.time not in times or len(times) < 2:
        return None
    odd = [row.wh if time == row.time else None for time in times]
    line = [wh if counts and (wh != row.wh or time != row.time) else None
            for time, wh, counts in zip(times, whs, counted, strict=True)]  # fmt: skip
    known = [wh for wh in (*line, row.wh) if wh is not None]
    length = times[-1] - times[0]
    unit = "half hour" if length <= DAY else "hour" if length <= 9 * DAY else "day"
    local = [zone.local(time) for time in times]
    days = (time_labels.on_axis(each, "day") for each in (local[0], local[-1]))
    return Picture(
        "lines",
        tuple(time_labels.on_axis(each, unit) for each in local),
        (Series("counted", _kwh(line)), Series(ODD, _kwh(odd))),
        "kWh",
        f"register kWh, {' to '.join(dict.fromkeys(days))}",
        names=tuple(time_labels.in_full(each, "half hour") for each in local),
        from_zero=max(known) >= 2 * min(known),  # so that a leap is seen for what it is
    )


def _kwh(values: list[int | None]) -> tuple[float | None, ...]:
    return tuple(None if wh is None else wh / 1000 for wh in values)


def _usage(row: ExceptionRow, series: MeterSeries, now: int, zone: SiteZone) -> Picture | None:
    """Return the usage round a gap, or before a silence with what is likely since."""
    if row.time == NEVER or not len(series.curve):
        return None
    if row.cause == "gap":
        place = int(np.searchsorted(series.curve.time, row.time))
        start, end = int(series.curve.time[max(0, place - 1)]), row.time
        last = min(zone.day(end) + timedelta(days=_PAD), max(zone.day(now), zone.day(end)))
    else:
        start, end = row.time, now
        last = zone.day(end)
    first = zone.day(start) - timedelta(days=_DAYS)
    window = Window("dates", zone.midnight(first), zone.midnight(last + timedelta(days=1)))
    parts = buckets(window, zone, daily=True)
    marks = parts.marks
    used, known = series.buckets(marks)
    values = [wh / 1000 if there else None for wh, there in zip(used.tolist(), known.tolist(), strict=True)]
    doubtful = (marks[:-1] < end) & (marks[1:] > start)
    if row.cause == "silent" and row.stake_wh is not None and row.count == 1:
        missing = np.maximum(0, np.minimum(marks[1:], end) - np.maximum(marks[:-1], start))
        likely = row.stake_wh * missing / (end - start) / 1000
        values = [(value or 0.0) + more if more else value for value, more in zip(values, likely.tolist(), strict=True)]
    running = marks[1:] > now
    return Picture(
        "bars",
        tuple(parts.labels),
        (Series("", tuple(values)),),
        "kWh",
        f"kWh {_EACH[parts.unit]}",
        estimated=tuple(doubtful.tolist()),
        running=tuple(running.tolist()),
        names=tuple(parts.names),
    )
