"""The buckets of a chart of a window: as fine as can be distinguished."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, HALF_HOUR, MINUTE, SiteZone, Window, first_of_month


class Buckets(NamedTuple):
    """m + 1 instants (µs UTC, int64) that divide a window, a label for each of the m buckets, and their unit."""

    marks: NDArray[np.int64]
    labels: list[str]
    unit: str


def buckets(window: Window, zone: SiteZone) -> Buckets:
    """Return half hours for up to two days, hours for up to nine, days for up to three months, else months or years."""
    length = window.end - window.start
    if length <= 2 * DAY + 120 * MINUTE:
        marks = np.arange(window.start, window.end, HALF_HOUR, dtype=np.int64)
        form, unit = "%H:%M", "half hour"
    elif length <= 9 * DAY:
        marks = np.union1d(*(find(window.start, window.end - 1) for find in (zone.hours, zone.clock_changes)))
        form, unit = "%a %H:%M", "hour"
    elif length <= 93 * DAY:
        marks = zone.midnights(zone.day(window.start), zone.day(window.end - 1))[:-1]
        form, unit = "%m-%d", "day"
    else:
        years = length > 15 * 366 * DAY
        firsts = _firsts(zone.day(window.start), zone.day(window.end - 1), years=years)
        marks = np.array([zone.midnight(day) for day in firsts], dtype=np.int64)
        form, unit = ("%Y", "year") if years else ("%Y-%m", "month")
    inner = marks[(marks > window.start) & (marks < window.end)]
    edges = np.concatenate(([window.start], inner, [window.end])).astype(np.int64)
    return Buckets(edges, [zone.local(instant).strftime(form) for instant in edges[:-1].tolist()], unit)


def _firsts(first: date, last: date, *, years: bool) -> list[date]:
    """Return the first days of the months, or of the years, from that of `first` to that of `last`."""
    if years:
        return [date(year, 1, 1) for year in range(first.year, last.year + 1)]
    count = 12 * (last.year - first.year) + last.month - first.month + 1
    return [first_of_month(first, months) for months in range(count)]
