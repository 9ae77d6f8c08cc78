"""Windows of time, half-open to the left: a reading at midnight closes the day before."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import MeterError

_DAY: Final = timedelta(days=1)
_MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Window:
    """(start, end], µs UTC."""

    name: str
    start: int
    end: int
    known: bool = True
    """False where nothing can be said of it, whatever lies around: a last half hour without a recent reading."""


_STARTS: Final[dict[str, Callable[[date], date]]] = {
    "today": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
    "year": lambda day: day.replace(month=1, day=1),
}

NAMES: Final = ("today", "yesterday", "week", "month", "year", "last_month", "last_half_hour")
"""The windows that have a name."""


def named(name: str, now: int, zone: SiteZone) -> Window:
    """A window by its name, as of `now` (µs UTC), in local days. `last_half_hour` is a meter's own: see Series.window.

    Raises MeterError for a name that is none.
    """
    today = zone.day(now)
    if name in _STARTS:
        return Window(name, zone.midnight(_STARTS[name](today)), now)
    if name == "yesterday":
        return Window(name, zone.midnight(today - _DAY), zone.midnight(today))
    if name == "last_month":
        return Window(name, *month(month_before(now, zone), zone))
    raise MeterError(f"{name} is no window; they are {', '.join(NAMES)}")


def before(window: Window, until: int, zone: SiteZone) -> Window:
    """The window to compare one with: the day, week, month or year before, or as many days before, or the half hour.

    `until` (µs UTC, in the window) is how far its usage is known: the one before ends at the same day and time of day
    of its own; where it has no such day (a 31st, a 29th of February), with that month.
    """
    if window.name == "last_half_hour":
        return Window(window.name, window.start - (window.end - window.start), window.start)
    until = max(window.start, until)
    first, last = zone.day(window.start), zone.day(until)
    within = until - zone.midnight(last)
    try:
        if window.name in ("month", "last_month"):
            start = (first - _DAY).replace(day=1)
            day = first if last >= _next_month(first) else _same(last, start.year, start.month)
        elif window.name == "year":
            start = first.replace(year=first.year - 1)
            day = _same(last, last.year - 1, last.month)
        else:
            days = timedelta({"today": 1, "yesterday": 1, "week": 7}.get(window.name) or _days(window, zone))
            start, day = first - days, last - days
        if day.day != last.day and window.name in ("month", "year"):
            within = 0
        end = min(zone.midnight(day) + within, zone.midnight(day + _DAY), window.start)
        return Window(window.name, zone.midnight(start), end)
    except (ValueError, OverflowError):  # before the first day of the calendar
        return Window(window.name, window.start, window.start, known=False)


def _same(day: date, year: int, month: int) -> date:
    """The same day of another month, or the first after it where it has no such day."""
    try:
        return date(year, month, day.day)
    except ValueError:
        return _next_month(date(year, month, 1))


def _days(window: Window, zone: SiteZone) -> int:
    """The local days that a window covers, whole or in part; at least one."""
    return (zone.day(max(window.start, window.end - 1)) - zone.day(window.start)).days + 1


def _next_month(first: date) -> date:
    return (first.replace(day=1) + timedelta(days=31)).replace(day=1)


def between(first: date, last: date, zone: SiteZone) -> Window:
    """The local days from `first` to `last`, both included. Raises MeterError where they stand the wrong way round."""
    if last < first:
        raise MeterError(f"{last} is before {first}")
    # A day on either side must exist, for what is written in another zone. No reading is that far off.
    first = min(max(first, date.min + _DAY), date.max)
    last = min(last, date.max - _DAY)
    return Window("dates", zone.midnight(first), zone.midnight(last + _DAY))


def month(text: str, zone: SiteZone) -> tuple[int, int]:
    """First instant of a month `YYYY-MM` and of the one after, µs UTC. Raises MeterError for what is no month."""
    match = _MONTH.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        first = date(int(match[1]), int(match[2]), 1)
        return zone.midnight(first), zone.midnight((first + timedelta(days=31)).replace(day=1))
    except (ValueError, OverflowError) as error:
        raise MeterError(f"{text!r} is no month; one is like 2025-02") from error


def month_before(now: int, zone: SiteZone) -> str:
    """The whole month before the one that `now` (µs UTC) is in, as `YYYY-MM`."""
    return (zone.day(now).replace(day=1) - _DAY).strftime("%Y-%m")
