"""Times for people: on the axis of a chart, where room is short, and in full."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Final

from metertui.engine.base import SiteZone

_AXIS: Final[dict[str, Callable[[datetime], str]]] = {
    "half hour": lambda at: f"{at:%H:%M}",
    "hour": lambda at: f"{at:%a %H:%M}",
    "day": lambda at: f"{at.day} {at:%b}",
    "month": lambda at: f"{at:%b %Y}",
    "year": lambda at: f"{at:%Y}",
}
_FULL: Final[dict[str, Callable[[datetime], str]]] = {
    "half hour": lambda at: f"{at:%a} {at.day} {at:%b %H:%M}",
    "hour": lambda at: f"{at:%a} {at.day} {at:%b %H:%M}",
    "day": lambda at: f"{at:%a} {at.day} {at:%b %Y}",
    "month": lambda at: f"{at:%B %Y}",
    "year": lambda at: f"{at:%Y}",
}


def wall_clock(zone: SiteZone, instant: int) -> str:
    """Return an instant (µs UTC) as a clock on the wall shows it: `Mon 30 Nov 01:03:02 CET`.

    A zone without letters of its own has its offset: `Mon 30 Nov 08:03:02 UTC+8`.
    """
    at, letters = zone.local(instant), zone.abbreviation(instant)
    return f"{at:%a} {at.day} {at:%b %H:%M:%S} {_offset(letters) if letters[1:].isdigit() else letters}"


def _offset(letters: str) -> str:
    """Return what a zone has for letters, `+0530`, as people write it: `UTC+5:30`."""
    sign, hours, minutes = letters[:1], letters[1:3], letters[3:5].removesuffix("00")
    return f"UTC{sign}{int(hours)}{f':{minutes}' if minutes else ''}"


def on_axis(at: datetime, unit: str) -> str:
    """Return the local time at which a half hour, hour, day, month or year begins, for the axis of a chart."""
    return _AXIS[unit](at)


def in_full(at: datetime, unit: str) -> str:
    """Return the local time at which a half hour, hour, day, month or year begins, with its day of the week."""
    return _FULL[unit](at)


def key_on_axis(key: str, value: str) -> str:
    """Return the value of a time key (`2026-09`, `2026-W09`) for the axis of a chart: `Sep 2026`, `W9 2026`."""
    if key == "month":
        return _AXIS["month"](datetime.strptime(f"{value}-01", "%Y-%m-%d"))  # noqa: DTZ007 - a date alone
    if key == "day":
        day = date.fromisoformat(value)
        return f"{day.day} {day:%b}"
    if key == "week":
        year, _, week = value.partition("-W")
        return f"W{int(week)} {year}"
    if key == "quarter":
        year, _, quarter = value.partition("-")
        return f"{quarter} {year}"
    if key == "hour":
        return _FULL["hour"](datetime.fromisoformat(value)).partition(" ")[2]
    return value


def key_in_full(key: str, value: str) -> str:
    """Return the value of a time key in full: `September 2026`, `Tue 1 Sep 2026`."""
    if key == "month":
        return _FULL["month"](datetime.strptime(f"{value}-01", "%Y-%m-%d"))  # noqa: DTZ007 - a date alone
    if key == "day":
        day = date.fromisoformat(value)
        return f"{day:%a} {day.day} {day:%b %Y}"
    if key == "hour":
        return _FULL["hour"](datetime.fromisoformat(value))
    return key_on_axis(key, value)


def key_in_short(key: str, value: str) -> str:
    """Return the value of a time key with its year where room is short: `Sep 2026`, `1 Sep 2026`."""
    return day(date.fromisoformat(value)) if key == "day" else key_on_axis(key, value)


def day(at: date) -> str:
    """Return a day as `1 Nov 2026`."""
    return f"{at.day} {at:%b %Y}"


def moment(at: datetime) -> str:
    """Return a local time as `1 Nov 2026 00:30`, with its seconds if there are any.

    In the hour that the clock shows twice, the second one has its offset.
    """
    return f"{day(at)} {at:{'%H:%M:%S' if at.second else '%H:%M'}}{f' ({at:%z})' if at.fold else ''}"


def to_type(instant: int, zone: SiteZone) -> str:
    """Return an instant (µs UTC) as `1 Nov 2026 00:30`, or where that is not exact, as ISO 8601 with its offset."""
    text = moment(zone.local(instant).replace(fold=0))
    return text if zone.parse(in_iso(text)) == instant else zone.iso(instant).replace("T", " ")


def in_iso(text: str) -> str:
    """Return a time such as `1 Nov 2026 00:30` in ISO 8601; return any other text as it is."""
    for form in ("%d %b %Y %H:%M", "%d %b %Y %H:%M:%S"):
        with suppress(ValueError):
            return datetime.strptime(text.strip(), form).isoformat()  # noqa: DTZ007 - of the wall clock
    return text


def span(first: date, last: date) -> str:
    """Return a period of days, both included, as `1 Nov 2026 – 30 Nov 2026`."""
    return f"{day(first)} – {day(last)}"


def period(first: date, last: date) -> str:
    """Return a period of days, both included, as `3 Nov 2026 to 7 Nov 2026`, or in whole months or years.

    These are `November 2026`, `Dec 2025 to Nov 2026`, `2026` and `2025 to 2026`.
    """
    if first == last:
        return day(first)
    after = last + timedelta(days=1) if last < date.max else last
    if first.day != 1 or after.day != 1:
        return f"{day(first)} to {day(last)}"
    if first.month == after.month == 1:
        return f"{first.year}" if first.year == last.year else f"{first.year} to {last.year}"
    one_month = (first.year, first.month) == (last.year, last.month)
    return f"{first:%B %Y}" if one_month else f"{first:%b %Y} to {last:%b %Y}"


def month(name: str) -> str:
    """Return a month `2026-11` in full: `November 2026`."""
    return key_in_full("month", name)
