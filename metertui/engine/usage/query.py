"""Questions about many meters: which, when, and by what the answer is broken down."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from metertui.engine.attributes import ATTRIBUTES, NO_ATTRIBUTES, Group
from metertui.engine.base import DAY, HOUR, MARK, MINUTE, meter_of, visible
from metertui.engine.errors import MeterError
from metertui.engine.nearest import did_you_mean

TIME_KEYS: Final[tuple[str, ...]] = ("year", "quarter", "month", "week", "day", "hour", "weekday", "hour_of_day")
"""In calendar order, then the two that come round again: days of the week, hours of the local clock."""
KEYS: Final[tuple[str, ...]] = (*TIME_KEYS, *ATTRIBUTES, "meter")
CHANNEL: Final = "channel"
"""A key of tables of usage alone: a measure of several channels together would mean nothing."""
FILTERS: Final[tuple[str, ...]] = ("meter", CHANNEL, *ATTRIBUTES, "time")
"""Names of the values of a Filter."""
FIGURES: Final[tuple[str, ...]] = ("usage_wh", "meters", "readings")

Clock = tuple[int, int]
"""A span of the local wall clock, µs within the day, from the first to the second; one that is not later is of the
day after, so that the span passes midnight."""

_NAMED: Final = 20
"""How many names an error lists."""
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a question is narrowed to: attributes, one meter, a time of day. An empty value takes all.

    A question is about one channel: that of the `channel`, else that of a `meter` such as `123456:export`, else `use`.
    """

    attributes: Group = NO_ATTRIBUTES
    meter: str = ""
    time: str = ""
    """A span of the local clock such as `18:00-20:00`, of each day."""
    channel: str = ""

    @classmethod
    def by_name(cls, **values: str) -> Filter:
        """Return the filter with these values, by names of FILTERS. Raises TypeError for another name."""
        named = {name: values.pop(name, "") for name in ("meter", "time", CHANNEL)}
        return cls(attributes=Group(**values), **named)

    def replaced(self, **values: str) -> Filter:
        """Return the filter with some values replaced, by names of FILTERS."""
        return self.by_name(**{name: self.value(name) for name in FILTERS} | values)

    def value(self, name: str) -> str:
        """Return a value by its name, one of FILTERS."""
        return str(getattr(self.attributes if name in ATTRIBUTES else self, name))

    def set_values(self) -> dict[str, str]:
        """Return the values that are set, by name. A time of day that is the whole day is not. Raises MeterError."""
        values = {name: self.value(name) for name in FILTERS}
        values["time"] = format_clock(self.clock)
        return {name: value for name, value in values.items() if value}

    @property
    def clock(self) -> Clock | None:
        """Return the time of day as a span of the clock; None for the whole day. Raises MeterError."""
        return parse_clock(self.time)

    def takes_group(self, group: Group) -> bool:
        """Return whether a group has the attributes that are asked for."""
        return all(not wanted or wanted == value for wanted, value in zip(self.attributes, group, strict=True))

    def check_attributes(self, groups: Iterable[Group]) -> None:
        """Raise MeterError for an attribute that none of these groups has: a misspelt region has no usage either."""
        for key in ATTRIBUTES:
            value = self.value(key)
            known = sorted({getattr(group, key) for group in groups} - {""})
            if value and value not in known:
                name = key.replace("_", "-")
                more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
                others = f"known: {', '.join(known[:_NAMED])}{more}" if known else f"no meter has any {name}"
                meant = did_you_mean(value, known)
                raise MeterError(visible(f"no meter has the {name} {value}; {others}{meant}"))

    @property
    def named_channel(self) -> str:
        """Return the channel that is named, by itself or with the meter; empty if none is. Raises MeterError."""
        of_meter = self.meter.partition(MARK)[2]
        if self.channel and of_meter not in ("", self.channel):
            raise MeterError(f"{self.meter} is not of the channel {self.channel}")
        return self.channel or of_meter

    def meter_code(self, code_of: Callable[[str], int | None]) -> int | None:
        """Return the code of the meter that is asked for; None for all. Raises MeterError for one that is not known."""
        if not self.meter:
            return None
        code = code_of(meter_of(self.meter))
        if code is None:
            raise MeterError(f"{meter_of(self.meter)} is not registered")
        return code


UNFILTERED: Final = Filter()


@dataclass(frozen=True, slots=True)
class Question:
    """Usage from `first` to `last` (local days, both included). A limit of 0 is no limit.

    `by`: some of KEYS. `sort`: a column, `-column` for descending; else the keys' natural order.
    """

    first: date
    last: date
    by: tuple[str, ...] = ()
    filter: Filter = UNFILTERED
    sort: str = ""
    limit: int = 0

    def check_question(self) -> None:
        """Raise MeterError for an unknown or repeated key, an unknown column to sort by, or a malformed time of day."""
        for key in self.by:
            if key not in (*KEYS, CHANNEL):
                raise MeterError(f"{key} is not a key; the keys are {', '.join((*KEYS, CHANNEL))}")
        if len(set(self.by)) < len(self.by):
            raise MeterError("a key is given twice")
        if self.sort and self.sort.removeprefix("-") not in (*self.by, *FIGURES):
            raise MeterError(f"{self.sort.removeprefix('-')} is not a column of this table")
        parse_clock(self.filter.time)


def parse_clock(text: str) -> Clock | None:
    """Return the span of `18:00-20:00`, or of `22:00-06:00` past midnight; None for an empty text or the whole day.

    Raises MeterError.
    """
    text = text.strip()
    if not text:
        return None
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise MeterError(f"{text} is not a time of day; enter one such as 18:00-20:00, or 22:00-06:00 past midnight")
    hour0, minute0, hour1, minute1 = map(int, match.groups())
    start, end = hour0 * HOUR + minute0 * MINUTE, hour1 * HOUR + minute1 * MINUTE
    if end > DAY:
        raise MeterError(f"{text} is not a time of day: the last is 24:00")
    if start == end:
        raise MeterError(f"{text} has no length; the whole day is 00:00-24:00")
    return None if (start, end) == (0, DAY) else (start, end)


def format_clock(clock: Clock | None) -> str:
    """Return a span of the clock as text, such as `18:00-20:00`; empty for the whole day."""
    if clock is None:
        return ""
    return "-".join(f"{moment // HOUR:02d}:{moment % HOUR // MINUTE:02d}" for moment in clock)
