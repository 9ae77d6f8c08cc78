"""Durations in words."""

from __future__ import annotations

from metertui.engine.base.zone import DAY, HOUR, MINUTE, SECOND


def duration_text(us: int, units: int = 1) -> str:
    """Return a duration (µs) in its largest units, days from three days on: `11 h 40 min`, `25 h`, `3 d 2 h`.

    One unit is minutes below two hours, unless these are one: `90 min`. Four units are exact, to the microsecond; what
    fewer leave out is cut off.
    """
    days, rest = divmod(us, DAY) if us >= 3 * DAY else (0, max(0, us))
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    if units == 1 and not days and hours == 1 and minutes:
        hours, minutes = 0, minutes + 60
    seconds = f"{rest / SECOND:.6f}".rstrip("0").rstrip(".") if units == 4 else f"{rest // SECOND}"
    parts = [(f"{days}", "d"), (f"{hours}", "h"), (f"{minutes}", "min"), (seconds, "s")]
    while len(parts) > 1 and parts[0][0] == "0":
        del parts[0]
    return " ".join(f"{number} {unit}" for number, unit in parts[:units] if number != "0") or "0 s"


def hours_number(us: int) -> float | int:
    """Return a duration (µs) as a number of hours with up to four decimals: an int if it is whole."""
    return us // HOUR if us % HOUR == 0 else round(us / HOUR, 4)
