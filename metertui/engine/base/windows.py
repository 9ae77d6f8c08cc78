"""Windows of time, open at the start and closed at the end: a reading at midnight belongs to the day that ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from metertui.engine.base.calendar import first_of_month, month_before, month_bounds
from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import MeterError

_DAY: Final = timedelta(days=1)
FIRST_DAY: Final = date.min + _DAY
LAST_DAY: Final = date.max - _DAY
"""The days of windows. A day on either side must exist, so that their bounds can be written in another zone."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time in (start, end], µs UTC."""

    name: str
    start: int
    end: int
    known: bool = True
    """False where usage in it cannot be known, such as a last half hour without a recent reading."""


_STARTS: Final[dict[str, Callable[[date], date]]] = {
    "today": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": first_of_month,
    "year": lambda day: day.replace(month=1, day=1),
}

DATA_WINDOWS: Final = ("latest", "all")
"""The windows that depend on the readings of a meter: the last local day with readings, and all of them."""
WINDOW_NAMES: Final = ("today", "yesterday", "week", "month", "year", "last_month", "last_half_hour")
"""The windows that have a name."""


def named_window(name: str, now: int, zone: SiteZone) -> Window:
    """Return the window with a name as of `now` (µs UTC), in local days.

    Not for `last_half_hour`, which depends on the meter: see Series.window. Raises MeterError for an unknown name.
    """
    today = zone.day(now)
    if name in _STARTS:
        return Window(name, zone.midnight(_STARTS[name](today)), now)
    if name == "yesterday":
        return Window(name, zone.midnight(today - _DAY), zone.midnight(today))
    if name == "last_month":
        return Window(name, *month_bounds(month_before(now, zone), zone))
    raise MeterError(f"{name} is not a window; choose one of {', '.join(WINDOW_NAMES)}")


def window_before(window: Window, until: int, zone: SiteZone) -> Window:
    """Return the window to compare one with: the day, week, month or year before, as many days before, or half an hour.

    `until` (µs UTC, in the window) is how far its usage is known: the window before ends at the same day and time of
    day of its own. Where it has no such day (a 31st, a 29th of February), it ends with that month.
    """
    if window.name == "last_half_hour":
        return Window(window.name, window.start - (window.end - window.start), window.start)
    until = max(window.start, until)
    first, last = zone.day(window.start), zone.day(until)
    within = until - zone.midnight(last)
    try:
        if window.name in ("month", "last_month"):
            start = first_of_month(first, -1)
            day = first if last >= first_of_month(first, 1) else _same_day(last, start.year, start.month)
        elif window.name == "year":
            start = first.replace(year=first.year - 1)
            day = _same_day(last, last.year - 1, last.month)
        else:
            days = timedelta({"today": 1, "yesterday": 1, "week": 7}.get(window.name) or _days_in(window, zone))
            start, day = first - days, last - days
        if day.day != last.day and window.name in ("month", "year"):
            within = 0
        end = min(zone.midnight(day) + within, zone.midnight(day + _DAY), window.start)
        return Window(window.name, zone.midnight(start), end)
    except (ValueError, OverflowError):  # before the first day of the calendar
        return Window(window.name, window.start, window.start, known=False)


def _same_day(day: date, year: int, month: int) -> date:
    """Return the same day of another month, or the first day after that month where it has no such day."""
    try:
        return date(year, month, day.day)
    except ValueError:
        return first_of_month(date(year, month, 1), 1)


def _days_in(window: Window, zone: SiteZone) -> int:
    """Return the number of local days that a window covers, whole or in part; at least one."""
    return (zone.day(max(window.start, window.end - 1)) - zone.day(window.start)).days + 1


def window_of_days(first: date, last: date, zone: SiteZone) -> Window:
    """Return the local days from `first` to `last`, both included, as far as windows reach: FIRST_DAY to LAST_DAY.

    Raises MeterError if `last` is before `first`.
    """
    if last < first:
        raise MeterError(f"{last} is before {first}")
    # No reading is as far off as the days that are left out.
    first = min(max(first, FIRST_DAY), date.max)
    last = min(last, LAST_DAY)
    return Window("dates", zone.midnight(first), zone.midnight(last + _DAY))
