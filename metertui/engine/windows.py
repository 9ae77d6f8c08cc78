"""Windows of time, half-open to the left: a reading at midnight closes the day before."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from metertui.engine.errors import MeterError
from metertui.engine.zone import SiteZone

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
