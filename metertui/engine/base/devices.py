"""What a meter is itself: its digits, its multiplier, whether it begins again each day, and its highest power.

These fields of an account hold in time. Of a step between two readings those hold that did at its later reading, but a
multiplier that changes divides the step.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.attributes import DeviceFields
from metertui.engine.base.zone import Int64Array, SiteZone, day_of_number
from metertui.engine.errors import Refused

ONE: Final = 1_000_000
"""A multiplier of 1: multipliers are in millionths, so a register in Wh times one is an energy in µWh."""
NOT_DAILY: Final = -1
"""In place of the midnight (µs UTC) at which a register begins again."""
_MOST_DIGITS: Final = 8
_DECIMAL: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)
_BOUNDS: Final[Mapping[str, tuple[Decimal, Decimal, int]]] = {
    "multiplier": (Decimal("0.001"), Decimal(1_000_000), 6),
    "max_kw": (Decimal("0.001"), Decimal(1_000_000), 3),
}
"""The least and the most of a figure, and its decimals."""
_DAILY: Final = {"": "", "no": "", "false": "", "0": "", "yes": "yes", "true": "yes", "1": "yes"}
_PLAIN_TEXTS: Final = {"multiplier": "1"}
"""What says no more than an empty field."""


class Device(NamedTuple):
    """What an account says of the meter itself at an instant, in numbers."""

    range_wh: int = 0
    """Where its registers begin again at 0, Wh; 0 if the account does not say."""
    multiplier: int = ONE
    """In millionths."""
    daily_reset: bool = False
    max_w: int | None = None
    """The most power that it can draw, W, after the multiplier; None if the account does not say."""

    def register_w(self, power_w: int) -> int:
        """Return the power by which the register may rise, W, so that the meter draws `power_w`; rounded up."""
        return power_w if self.multiplier == ONE else -(-power_w * ONE // self.multiplier)


PLAIN: Final = Device()


def check_device_field(name: str, value: str) -> str:
    """Return the text that is kept of a field about the meter itself. Raises Refused `bad-field`."""
    text = value.strip()
    if name == "daily_reset":
        if text.lower() not in _DAILY:
            raise Refused("bad-field", f"daily_reset is yes or no, not {value!r}")
        return _DAILY[text.lower()]
    if not text:
        return ""
    if name == "digits":
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_DIGITS):
            raise Refused("bad-field", f"digits is a whole number from 1 to {_MOST_DIGITS}, not {value!r}")
        return str(int(text))
    least, most, decimals = _BOUNDS[name]
    number = Decimal(text) if _DECIMAL.fullmatch(text) else Decimal(0)
    if not least <= number <= most or number != round(number, decimals):
        bounds = f"a number from {least} to {most:,} with at most {decimals} decimals"
        raise Refused("bad-field", f"{name} is {bounds}, not {value!r}")
    kept = f"{number.normalize():f}"
    return "" if _PLAIN_TEXTS.get(name) == kept else kept


@lru_cache(4096)
def device_of(fields: DeviceFields) -> Device:
    """Return the numbers that fields say. Raises Refused `bad-field`."""
    digits, multiplier, daily_reset, max_kw = map(check_device_field, fields._fields, fields)
    return Device(
        10 ** int(digits) * 1000 if digits else 0,
        int(Decimal(multiplier) * ONE) if multiplier else ONE,
        daily_reset == "yes",
        int(Decimal(max_kw) * 1000) if max_kw else None,
    )


def times_wh(wh: int, multiplier: int) -> int:
    """Return a difference of registers (Wh) times a multiplier, rounded half-even to Wh."""
    whole, rest = divmod(wh * multiplier, ONE)
    return whole + (2 * rest > ONE or (2 * rest == ONE and whole % 2 == 1))


def multiplier_text(multiplier: int) -> str:
    """Return a multiplier as people write it."""
    return f"{(Decimal(multiplier) / ONE).normalize():f}"


@dataclass(frozen=True, slots=True)
class DeviceCourse:
    """What one meter is in time: each of `devices` from an instant `since` on (µs UTC, ascending, one fewer)."""

    devices: tuple[Device, ...] = (PLAIN,)
    since: tuple[int, ...] = ()

    def at(self, time: int) -> Device:
        """Return what the meter is at an instant (µs UTC)."""
        return self.devices[bisect_right(self.since, time)]

    def until(self, time: int) -> Device:
        """Return what the meter is in the time that ends at an instant (µs UTC)."""
        return self.devices[bisect_left(self.since, time)]

    @property
    def resets_daily(self) -> bool:
        """Return whether its registers ever begin again each day."""
        return any(device.daily_reset for device in self.devices)


PLAIN_COURSE: Final = DeviceCourse()


class DevicesInTime:
    """What some meters are in time, by code; all others are plain. Never changes, for any thread."""

    def __init__(self, courses: Mapping[int, DeviceCourse], zone: SiteZone) -> None:
        self.courses = courses
        self._zone = zone

    def __bool__(self) -> bool:
        return bool(self.courses)

    def of_code(self, code: int) -> DeviceCourse:
        """Return what one meter is in time."""
        return self.courses.get(code, PLAIN_COURSE)

    @cached_property
    def _kinds(self) -> tuple[dict[Device, int], NDArray[np.int32]]:
        """Return all devices by number, that of PLAIN first, and by code that of a meter's first one."""
        kinds = {PLAIN: 0}
        first = np.zeros(max(self.courses, default=-1) + 2, dtype=np.int32)
        for code, course in self.courses.items():
            for device in course.devices:
                kinds.setdefault(device, len(kinds))
            first[code] = kinds[course.devices[0]]
        return kinds, first

    @cached_property
    def _concerned(self) -> NDArray[np.bool_]:
        found = np.zeros(max(self.courses, default=-1) + 2, dtype=bool)
        found[list(self.courses)] = True
        return found

    @cached_property
    def _changed(self) -> NDArray[np.bool_]:
        found = np.zeros(max(self.courses, default=-1) + 2, dtype=bool)
        found[[code for code, course in self.courses.items() if course.since]] = True
        return found

    @cached_property
    def _daily(self) -> NDArray[np.bool_]:
        found = np.zeros(max(self.courses, default=-1) + 2, dtype=bool)
        found[[code for code, course in self.courses.items() if course.resets_daily]] = True
        return found

    def concern(self, meter: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return which of n codes are of meters that are not plain, bool[n]."""
        return self._concerned.take(meter, mode="clip")

    def numbers_at(self, meter: NDArray[np.int32], time: Int64Array, *, ending: bool = False) -> NDArray[np.int32]:
        """Return the device of meters at instants (codes, µs UTC) as a number, int32[n]; see `column`.

        Or what they are in the time that is `ending` at each.
        """
        kinds, first = self._kinds
        found = first.take(meter, mode="clip")
        if self._changed.any():
            rows = np.flatnonzero(self._changed.take(meter, mode="clip"))
            rows = rows[np.argsort(meter[rows], kind="stable")]
            codes, starts = np.unique(meter[rows], return_index=True)
            for code, at in zip(codes.tolist(), np.split(rows, starts)[1:], strict=True):
                course = self.courses[code]
                numbers = np.array([kinds[device] for device in course.devices], dtype=np.int32)
                since = np.array(course.since, dtype=np.int64)
                found[at] = numbers[np.searchsorted(since, time[at], side="left" if ending else "right")]
        return found

    def among(self, meter: NDArray[np.int32]) -> Iterable[tuple[int, DeviceCourse]]:
        """Return the codes of meters that are not plain, of these and maybe others, each with what it is."""
        del meter
        return self.courses.items()

    def column(self, name: str) -> Int64Array:
        """Return by number a field of Device; -1 for None. int64."""
        values = [getattr(device, name) for device in self._kinds[0]]
        return np.array([-1 if value is None else int(value) for value in values], dtype=np.int64)

    def register_w(self, meter: NDArray[np.int32], time: Int64Array, power_w: int | Int64Array) -> Int64Array:
        """Return by what power registers may rise at instants, W, so that their meters draw `power_w`; rounded up."""
        return np.asarray(-(-power_w * ONE // self.column("multiplier")[self.numbers_at(meter, time)]))

    def power_w(self, meter: NDArray[np.int32], time: Int64Array, power_w: int | Int64Array) -> Int64Array:
        """Return the most power of meters at instants, W; `power_w` is that of meters that say none."""
        own = self.column("max_w")[self.numbers_at(meter, time)]
        return np.where(own >= 0, own, power_w)

    def days_begun(self, meter: NDArray[np.int32], time: Int64Array) -> Int64Array:
        """Return where the local days of readings begin (µs UTC), if registers do so too; else NOT_DAILY. int64[n].

        One at midnight is of the day that ends. What an account says of that midnight holds until the next.
        """
        found = np.full(len(time), NOT_DAILY, dtype=np.int64)
        rows = np.flatnonzero(self._daily.take(meter, mode="clip"))
        if not len(rows):
            return found
        days, place = np.unique(self._zone.day_numbers(time[rows] - 1), return_inverse=True)
        begun = [self._zone.midnight(day_of_number(day)) for day in days.tolist()]
        midnights = np.array(begun, dtype=np.int64)[place]
        begins = self.column("daily_reset")[self.numbers_at(meter[rows], midnights)] > 0
        found[rows[begins]] = midnights[begins]
        return found

    def end_days(self, meter: NDArray[np.int32], time: Int64Array) -> NDArray[np.bool_]:
        """Return which instants (µs UTC) are midnights at which the registers begin again; bool[n]."""
        return np.asarray(self.days_begun(meter, time + 1) == time)

    def under(self, codes: Mapping[int, int]) -> DevicesInTime:
        """Return the same with other codes: that of code c is that of `codes[c]` here."""
        found = {other: self.courses[code] for other, code in codes.items() if code in self.courses}
        return DevicesInTime(found, self._zone)


class OneDevice(DevicesInTime):
    """The same of one meter, whatever the codes of its registers."""

    def __init__(self, course: DeviceCourse, zone: SiteZone) -> None:
        super().__init__({0: course}, zone)

    def of_code(self, _code: int) -> DeviceCourse:
        return self.courses[0]

    def concern(self, meter: NDArray[np.int32]) -> NDArray[np.bool_]:
        return np.ones(len(meter), dtype=bool)

    def numbers_at(self, meter: NDArray[np.int32], time: Int64Array, *, ending: bool = False) -> NDArray[np.int32]:
        return super().numbers_at(np.zeros_like(meter), time, ending=ending)

    def days_begun(self, meter: NDArray[np.int32], time: Int64Array) -> Int64Array:
        return super().days_begun(np.zeros_like(meter), time)

    def among(self, meter: NDArray[np.int32]) -> Iterable[tuple[int, DeviceCourse]]:
        return ((code, self.courses[0]) for code in np.unique(meter).tolist())

    def under(self, _codes: Mapping[int, int]) -> DevicesInTime:
        return self
