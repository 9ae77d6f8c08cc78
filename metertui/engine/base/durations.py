"""Durations in words."""

from __future__ import annotations

from metertui.engine.base.zone import DAY, HOUR, MINUTE


def duration_text(us: int) -> str:
    """Return a duration (µs) as people say it, cut to whole minutes, hours or days: `90 min`, `26 h`, `3 days`."""
    if us < 2 * HOUR:
        return f"{max(0, us) // MINUTE} min"
    return f"{us // HOUR} h" if us < 2 * DAY else f"{us // DAY} days"


def hours_number(us: int) -> float | int:
    """Return a duration (µs) as a number of hours with up to four decimals: an int if it is whole."""
    return us // HOUR if us % HOUR == 0 else round(us / HOUR, 4)
