"""What can be asked of many meters: which, when, and by what the answer is broken down."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import DAY, HOUR, MINUTE
from metertui.engine.errors import MeterError

TIME_KEYS: Final[tuple[str, ...]] = ("year", "quarter", "month", "week", "day", "hour", "weekday", "hour_of_day")
"""In calendar order, then the two that come round again: days of the week, hours of the local clock."""
KEYS: Final[tuple[str, ...]] = (*TIME_KEYS, *ATTRIBUTES, "meter")
FIGURES: Final[tuple[str, ...]] = ("usage_wh", "meters", "readings")

Clock = tuple[int, int]
"""A span of the local wall clock, µs within the day, from the first to the second; one that is not later is of the
day after, so that the span passes midnight."""

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Question:
    """Usage from `first` to `last` (local days, both included). An empty filter takes all; limit 0 is none.

    `clock`: only what was used while the local clock showed that span, of each day; None is all day.
    `by`: some of KEYS. `sort`: a column, `-column` for descending; else the keys' natural order.
    """

    first: date
    last: date
    by: tuple[str, ...] = ()
    meter: str = ""
    region: str = ""
    sub_region: str = ""
    apartment_type: str = ""
    sort: str = ""
    limit: int = 0
    clock: Clock | None = None

    def check(self) -> None:
        """Raises MeterError for a key that is none or stands twice, and a column to sort by that is none."""
        for key in self.by:
            if key not in KEYS:
                raise MeterError(f"{key} is no key; they are {', '.join(KEYS)}")
        if len(set(self.by)) < len(self.by):
            raise MeterError("a key stands there twice")
        if self.sort and self.sort.removeprefix("-") not in (*self.by, *FIGURES):
            raise MeterError(f"{self.sort.removeprefix('-')} is no column of this table")

    def filters(self) -> dict[str, str]:
        """The filters that are set, by name; the time of day as text."""
        stated = {"meter": self.meter, **{key: getattr(self, key) for key in ATTRIBUTES}}
        if self.clock is not None:
            stated["time"] = clock_text(self.clock)
        return {name: value for name, value in stated.items() if value}


def clock_of(text: str) -> Clock | None:
    """A span like `18:00-20:00`, or `22:00-06:00` past midnight, or none of an empty text or of all day.

    Raises MeterError.
    """
    text = text.strip()
    if not text:
        return None
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise MeterError(f"{text} is no time of day; one is like 18:00-20:00, or 22:00-06:00 past midnight")
    hour0, minute0, hour1, minute1 = map(int, match.groups())
    start, end = hour0 * HOUR + minute0 * MINUTE, hour1 * HOUR + minute1 * MINUTE
    if end > DAY:
        raise MeterError(f"{text} is no time of day: the last is 24:00")
    if start == end:
        raise MeterError(f"{text} is a span of no length; the whole day is 00:00-24:00")
    return None if (start, end) == (0, DAY) else (start, end)


def clock_text(clock: Clock) -> str:
    """`18:00-20:00`."""
    return "-".join(f"{moment // HOUR:02d}:{moment % HOUR // MINUTE:02d}" for moment in clock)
