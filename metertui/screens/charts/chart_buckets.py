"""The buckets of a chart of a window: as fine as can be distinguished."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, HALF_HOUR, HOUR, MINUTE, SiteZone, Window, first_of_month
from metertui.text import time_labels


class Buckets(NamedTuple):
    """m + 1 instants (µs UTC, int64) that divide a window, and what the m buckets are."""

    marks: NDArray[np.int64]
    labels: list[str]
    """The local time at which each begins, for the axis of a chart."""
    names: list[str]
    """The same in full."""
    unit: str
    begun: bool
    """Whether the window begins after its first bucket has."""
    cut: bool
    """Whether the window ends before its last bucket is over."""
    until: str
    """The local time at which the window ends, for the axis; empty for days, months and years, which labels name."""


def buckets(window: Window, zone: SiteZone, *, daily: bool = False, hourly: bool = False) -> Buckets:
    """Return half hours for up to two days, hours for up to nine, days for up to three months, else months or years.

    `daily`: days, however short the window is. `hourly`: hours in place of half hours.
    """
    length = window.end - window.start
    if daily:
        marks = zone.midnights(zone.day(window.start), zone.day(window.end - 1))
        unit = "day"
    elif length <= 2 * DAY + 120 * MINUTE and not hourly:
        marks = np.arange(window.start, window.end + HALF_HOUR, HALF_HOUR, dtype=np.int64)
        unit = "half hour"
    elif length <= 9 * DAY:
        marks = np.union1d(*(find(window.start, window.end + HOUR) for find in (zone.hours, zone.clock_changes)))
        unit = "hour"
    elif length <= 93 * DAY:
        marks = zone.midnights(zone.day(window.start), zone.day(window.end - 1))
        unit = "day"
    else:
        unit = "year" if length > 15 * 366 * DAY else "month"
        firsts = _firsts(zone.day(window.start), zone.day(window.end - 1), years=unit == "year")
        marks = np.array([zone.midnight(day) for day in firsts], dtype=np.int64)
    inner = marks[(marks > window.start) & (marks < window.end)]
    edges = np.concatenate(([window.start], inner, [window.end])).astype(np.int64)
    begins = [zone.local(instant) for instant in edges[:-1].tolist()]
    named = unit
    if unit in ("half hour", "hour"):  # with the day of the week where there are two
        named = "hour" if begins[0].date() < begins[-1].date() else "half hour"
    return Buckets(
        edges,
        [time_labels.on_axis(at, named) for at in begins],
        [time_labels.in_full(at, unit) for at in begins],
        unit,
        begun=window.start not in marks,
        cut=window.end not in marks,
        until=time_labels.on_axis(zone.local(window.end), named) if unit in ("half hour", "hour") else "",
    )


def _firsts(first: date, last: date, *, years: bool) -> list[date]:
    """Return the first days of the months, or of the years, from that of `first` to the one after that of `last`."""
    if years:
        return [date(year, 1, 1) for year in range(first.year, last.year + 2)]
    count = 12 * (last.year - first.year) + last.month - first.month + 2
    return [first_of_month(first, months) for months in range(count)]
