"""Months of the calendar: arithmetic on days, and months named like `2025-02`."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Final

from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import MeterError

_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")


def first_of_month(day: date, months: int = 0) -> date:
    """Return the first day of the month that is `months` after the one of `day`.

    Raises ValueError outside the years 1 to 9999.
    """
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def last_of_month(day: date) -> date:
    """Return the last day of the month of `day`."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month (or an earlier one), or its last day where the month is shorter.

    Raises ValueError outside the years 1 to 9999.
    """
    last = last_of_month(first_of_month(day, months))
    return last.replace(day=min(day.day, last.day))


def month_bounds(month: str, zone: SiteZone) -> tuple[int, int]:
    """Return the first instant of a month `YYYY-MM` and of the month after it, µs UTC. Raises MeterError."""
    try:
        if _MONTH.fullmatch(month) is None:
            raise ValueError(month)
        first = date.fromisoformat(f"{month}-01")
        return zone.midnight(first), zone.midnight(first_of_month(first, 1))
    except (ValueError, OverflowError) as error:
        raise MeterError(f"{month!r} is not a month; enter one such as 2025-02") from error


def month_before(now: int, zone: SiteZone) -> str:
    """Return the month before the one that contains `now` (µs UTC), as `YYYY-MM`."""
    return f"{first_of_month(zone.day(now), -1):%Y-%m}"
