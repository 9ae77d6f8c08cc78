"""The site zone: conversion between local time and instants.

An instant is a whole number of µs since 1970-01-01T00:00:00Z. All conversions to and from the wall clock are in this
module. Where the clock is set back, a bare timestamp means the first of the two instants; where it is set forward,
the skipped timestamps are refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from metertui.engine.errors import MeterError, Refused

Int64Array = NDArray[np.int64]
"""Instants in µs UTC, energy in Wh, money in cents, or positions."""
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HALF_HOUR: Final = 30 * MINUTE
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_TICK: Final = timedelta(microseconds=1)

_TIMESTAMP: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_FORM: Final = "a timestamp is like 2025-02-19T00:30:00, with a zone (Z, +08:00) if it is not the site's"
_LAST_YEAR: Final = 2199
END_OF_TIME: Final = 7_258_118_400 * SECOND
"""The end of `_LAST_YEAR`, µs UTC: no change of a clock is known from there on."""
_CACHE_SIZE: Final = 65_536
"""Timestamps that are cached in both directions. Half-hourly meters share theirs, so most look-ups hit."""


class SiteZone:
    """The time zone of the utility, or of a file. Raises MeterError for an unknown name."""

    def __init__(self, name: str) -> None:
        try:
            tz = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise MeterError(f"{name!r} is not a time zone; one is like Asia/Singapore") from error
        self._set(name, tz)

    @classmethod
    def at_offset(cls, east: timedelta) -> SiteZone:
        """Return the zone that is always so far east of UTC. Its name is like `+05:45`."""
        zone = cls.__new__(cls)
        tz = timezone(east)
        zone._set(str(tz).removeprefix("UTC"), tz)
        return zone

    def _set(self, name: str, tz: tzinfo) -> None:
        self._tz = tz
        self.name = name
        self._parsed: dict[str, int] = {}
        self._written: dict[int, str] = {}
        self._switches, self._offsets = _transitions(self._tz)

    def __repr__(self) -> str:
        return f"SiteZone({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SiteZone) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def is_like(self, other: SiteZone) -> bool:
        """Return whether both zones have the same offsets at all times, such as two names of one."""
        pairs = ((self._switches, other._switches), (self._offsets, other._offsets))
        return all(np.array_equal(one, two) for one, two in pairs)

    # -- text ------------------------------------------------------------------------------------------

    def parse(self, text: str) -> int:
        """Return the instant (µs UTC) of an ISO 8601 timestamp, in this zone if it names none.

        Raises Refused: `past-timestamp` before 1970, `future-timestamp` after 2199, otherwise `bad-timestamp`.
        """
        found = self._parsed.get(text)
        if found is not None:
            return found
        match = _TIMESTAMP.fullmatch(text)
        if match is None:
            raise Refused("bad-timestamp", _FORM)
        try:
            moment = datetime.fromisoformat(text)
            if not _EPOCH.year - 1 <= moment.year <= _LAST_YEAR:  # no clock change is known there
                raise _out_of_range(text, moment.year < _EPOCH.year)
            instant = self.instant(moment) if match[1] is None else (moment - _EPOCH) // _TICK
        except ValueError as error:
            raise Refused("bad-timestamp", f"{text} is not a time of the calendar") from error
        if instant < 0:
            raise _out_of_range(text, past=True)
        if len(self._parsed) >= _CACHE_SIZE:
            self._parsed.clear()
        self._parsed[text] = instant
        return instant

    def second_instant(self, text: str, instant: int) -> int:
        """Return the later instant (µs UTC) that a parsed timestamp may mean, where the clock shows its time twice.

        It is the same instant where the clock does not, or where the text names a zone.
        """
        if not is_bare(text):
            return instant
        return int(self.second_instants(np.array([instant]))[0])

    def iso(self, instant: int) -> str:
        """Return an instant (µs UTC) as local ISO 8601 with its offset, with a fraction only if it is not zero."""
        text = self._written.get(instant)
        if text is None:
            if len(self._written) >= _CACHE_SIZE:
                self._written.clear()
            text = self._written[instant] = self.local(instant).isoformat()
        return text

    # -- single instants ---------------------------------------------------------------------------------

    def local(self, instant: int) -> datetime:
        """Return an instant (µs UTC) as an aware local datetime."""
        return (_EPOCH + timedelta(microseconds=instant)).astimezone(self._tz)

    def abbreviation(self, instant: int) -> str:
        """Return what the zone is called in short at an instant (µs UTC): `CEST`, or `+08` if it has no letters."""
        return self.local(instant).tzname() or ""

    def instant(self, moment: datetime) -> int:
        """Return µs UTC of a datetime, in this zone if it is naive. Raises Refused for a time that the clock skips."""
        if moment.tzinfo is not None:
            return (moment - _EPOCH) // _TICK
        aware = moment.replace(tzinfo=self._tz, fold=0)
        instant = (aware - _EPOCH) // _TICK
        if self.local(instant).replace(tzinfo=None) != moment:
            raise Refused("bad-timestamp", f"{moment.isoformat()} does not exist in {self.name}: the clock skips it")
        return instant

    def day(self, instant: int) -> date:
        """Return the local day of an instant (µs UTC). Midnight belongs to the day that begins."""
        return self.local(instant).date()

    def midnight(self, day: date) -> int:
        """Return the first instant (µs UTC) of a local day."""
        start = datetime(day.year, day.month, day.day, tzinfo=self._tz)
        # Where the clock skips midnight, the offset before the skip gives the instant of the skip itself.
        return (start - _EPOCH) // _TICK

    # -- arrays ------------------------------------------------------------------------------------------

    def wall_clock(self, instants: Int64Array) -> Int64Array:
        """Return the wall clock at instants (µs UTC) as µs since 1970-01-01T00:00 local time; same shape, int64."""
        which = np.searchsorted(self._switches, instants, side="right")
        return np.asarray(instants + self._offsets[which], dtype=np.int64)

    def instants_of(self, walls: Int64Array) -> Int64Array:
        """Return the first instants (µs UTC) at which the wall clock shows `walls`, µs since 1970-01-01T00:00.

        Where the clock skips a time, the instant shows another one: that which the offset after the change gives.
        """
        shown_at_changes = self._switches + self._offsets[:-1]
        return np.asarray(walls - self._offsets[np.searchsorted(shown_at_changes, walls, side="right")])

    def second_instants(self, instants: Int64Array) -> Int64Array:
        """Return for instants (µs UTC) the later ones at which the wall clock shows the same, or the same ones."""
        if not len(self._switches):
            return instants
        which = np.searchsorted(self._switches, instants, side="right")
        after = np.minimum(which + 1, len(self._switches))
        back = self._offsets[which] - self._offsets[after]
        soon = self._switches[after - 1] - instants <= back
        return np.where((back > 0) & soon, instants + back, instants)

    def day_numbers(self, instants: Int64Array) -> NDArray[np.int32]:
        """Return the local days of instants (µs UTC) as days since 1970-01-01; same shape, int32."""
        return np.asarray(self.wall_clock(instants) // DAY, dtype=np.int32)

    def midnights(self, first: date, last: date) -> Int64Array:
        """Return the first instants (µs UTC) of the days from `first` to `last`, both included, and the day after."""
        count = last.toordinal() - first.toordinal() + 2
        return np.array([self.midnight(first + timedelta(days=i)) for i in range(count)], dtype=np.int64)

    def hours(self, start: int, end: int) -> Int64Array:
        """Return the instants in [start, end] at which the wall clock shows a full hour, ascending; µs UTC, int64."""
        return self.wall_clock_multiples(HOUR, start, end)

    def wall_clock_multiples(self, step: int, start: int, end: int) -> Int64Array:
        """Return the instants in [start, end] at which the wall clock shows a multiple of `step`, ascending.

        All in µs; `step` is a multiple of 15 minutes. int64.
        """
        # Offsets are multiples of 15 minutes since 1970 in every zone that is in use.
        first = -(-start // (15 * MINUTE)) * 15 * MINUTE
        marks = np.arange(first, end + 1, 15 * MINUTE, dtype=np.int64)
        return np.asarray(marks[self.wall_clock(marks) % step == 0])

    def instants_showing(self, moment: int, start: int, end: int) -> Int64Array:
        """Return the instants in [start, end] at which the wall clock shows `moment`, µs within the day, ascending.

        There are none on a day on which the clock skips it, and two where it is set back over it.
        """
        offsets = np.unique(self._offsets[slice(*self._reach(start, end))])
        days = np.arange(start // DAY - 1, end // DAY + 2, dtype=np.int64) * DAY + moment
        found = np.unique(np.concatenate([days - offset for offset in offsets]))
        found = found[(found >= start) & (found <= end)]
        return np.asarray(found[self.wall_clock(found) % DAY == moment])

    def last_changes(self, instants: Int64Array) -> Int64Array:
        """Return the last change of the clock up to each instant (µs UTC), the least whole number before the first."""
        changes = np.concatenate(([np.iinfo(np.int64).min], self._switches))
        return np.asarray(changes[np.searchsorted(self._switches, instants, side="right")])

    def clock_changes(self, start: int, end: int) -> Int64Array:
        """Return the instants in [start, end] at which the offset of the zone changes, ascending; int64."""
        return np.asarray(self._switches[(self._switches >= start) & (self._switches <= end)])

    def _reach(self, start: int, end: int) -> tuple[int, int]:
        """Return the range [first, last) of positions of the offsets that are in force somewhere in [start, end]."""
        first, last = np.searchsorted(self._switches, [start, end], side="right").tolist()
        return first, last + 1

    def instants_at_times(self, times: Sequence[int], start: int, end: int) -> Int64Array:
        """Return the instants in [start, end] at which the wall clock reaches one of `times` (µs of the local day).

        The instants at which it jumps are included, since it may jump past a time. Ascending, int64.
        """
        low, high = np.searchsorted(self._switches, [start, end], side="right").tolist()
        found = [self._switches[low:high]]
        for offset in set(self._offsets[low : high + 1].tolist()):
            days = np.arange((start + offset) // DAY, (end + offset) // DAY + 1, dtype=np.int64) * DAY
            found += [days + time - offset for time in times]
        marks = np.unique(np.concatenate(found))
        marks = marks[(marks >= start) & (marks <= end)]
        shown = np.isin(self.wall_clock(marks) % DAY, times) | np.isin(marks, self._switches)
        return np.asarray(marks[shown])


def is_bare(text: str) -> bool:
    """Return whether a timestamp that `SiteZone.parse` takes names no zone."""
    return not text.endswith("Z") and text[-6] not in "+-"


def _out_of_range(text: str, past: bool) -> Refused:
    if past:
        return Refused("past-timestamp", f"{text} is before 1970")
    return Refused("future-timestamp", f"{text} is after {_LAST_YEAR}")


@lru_cache
def _transitions(tz: tzinfo) -> tuple[Int64Array, Int64Array]:
    """Return when a zone's offset changes (µs UTC), and the offsets (µs) before, between and after.

    They are found by asking for every fifth day, some 0.04 s of work, so they are kept.
    """

    def offset(second: int) -> int:
        delta = datetime.fromtimestamp(second, tz).utcoffset()
        assert delta is not None
        return delta // _TICK

    step = 5 * 86_400  # shorter than the time between any two changes of a zone, a week at least
    switches: list[int] = []
    offsets = [offset(0)]
    stop = int((datetime(_LAST_YEAR + 1, 1, 2, tzinfo=UTC) - _EPOCH).total_seconds())
    for low in range(0, stop, step):
        after = offset(low + step)
        if after == offsets[-1]:
            continue
        left, right = low, low + step
        while right - left > 1:
            middle = (left + right) // 2
            left, right = (middle, right) if offset(middle) == offsets[-1] else (left, middle)
        switches.append(right * SECOND)
        offsets.append(after)
    return _fixed(switches), _fixed(offsets)


def _fixed(values: list[int]) -> Int64Array:
    array = np.array(values, dtype=np.int64)
    array.flags.writeable = False
    return array


def day_of_number(number: int) -> date:
    """Return the day that is a number of days after 1970-01-01."""
    return date.fromordinal(_EPOCH_ORDINAL + number)


def day_number(day: date) -> int:
    """Return the number of days from 1970-01-01 to a day."""
    return day.toordinal() - _EPOCH_ORDINAL
