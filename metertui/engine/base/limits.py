"""How far a register may rise or fall between two readings that fit each other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from metertui.engine.attributes import Group
from metertui.engine.base.devices import PLAIN_COURSE, Device, DeviceCourse, DevicesInTime, OneDevice
from metertui.engine.base.zone import DAY, HOUR, Int64Array, SiteZone


@dataclass(frozen=True, slots=True)
class FitRule:
    """The settings that say which readings fit."""

    max_w: int = 100_000
    """The highest power that a meter can draw, W."""
    max_w_by_type: Mapping[str, int] = field(default_factory=dict)
    """The same for meters of an apartment type, W."""
    rounding_wh: int = 1000
    """By how much a register may be lower than the one counted before it, Wh."""

    def max_w_of(self, apartment_type: str) -> int:
        """Return the highest power of a meter of an apartment type, W."""
        return self.max_w_by_type.get(apartment_type, self.max_w)


class Limits(Protocol):
    """What the readings of meters are judged by."""

    @property
    def rounding_wh(self) -> int:
        """Return by how much a register may be lower than the one counted before it, Wh."""

    @property
    def shortest_us(self) -> int:
        """Return the time that a rise is measured by at least, µs."""

    def of_meter(self, code: int) -> MeterLimits:
        """Return the limits of one meter."""

    @property
    def devices(self) -> DevicesInTime | None:
        """Return what the meters are themselves; None where no account says."""

    def of_readings(self, meter: NDArray[np.int32], time: Int64Array) -> int | Int64Array:
        """Return the power by which registers may rise at readings (meter codes, µs UTC), W: int64[n], or one of all.

        It is the highest power of the meter, divided by its multiplier and rounded up.
        """

    def power_of(self, meter: NDArray[np.int32], time: Int64Array) -> int | Int64Array:
        """Return the highest power of meters at instants, W: int64[n], or one that all share."""

    def with_attributes(
        self, courses: Mapping[int, Sequence[tuple[int, Group]]], devices: Mapping[int, DeviceCourse]
    ) -> Limits:
        """Return the limits if meters had these attributes in time, by code: (effective from µs UTC, group) in order.

        `devices` is what they were themselves then. There may be meters that are not known yet.
        """


@dataclass(frozen=True, slots=True)
class MeterLimits:
    """The limits of one meter; its code does not matter.

    `watts` is its highest power from the beginning, and from each of the instants `since` (µs UTC, ascending) on.
    `course` is what the meter is itself, and `zone` where its days begin; both matter only to who is not plain.
    """

    rounding_wh: int
    watts: tuple[int, ...]
    since: tuple[int, ...] = ()
    shortest_us: int = HOUR
    course: DeviceCourse = PLAIN_COURSE
    zone: SiteZone | None = None

    def power_at(self, time: int) -> int:
        """Return the highest power at an instant (µs UTC), W."""
        return self.watts[bisect_right(self.since, time)]

    def at(self, time: int) -> int:
        """Return the power by which the register may rise at an instant (µs UTC), W."""
        return self.device_at(time).register_w(self.power_at(time))

    def device_at(self, time: int) -> Device:
        """Return what the meter is itself at an instant (µs UTC)."""
        return self.course.at(time)

    def day_begun(self, time: int) -> int | None:
        """Return where the local day of a reading begins (µs UTC), if the register does so too; else None.

        One at midnight is of the day that ends. What the account says of that midnight holds until the next.
        """
        if self.zone is None or not self.course.resets_daily:
            return None
        midnight = self.zone.midnight(self.zone.day(time - 1))
        return midnight if self.course.at(midnight).daily_reset else None

    def ends_day(self, time: int, wh: int) -> bool:
        """Return whether a reading is at the midnight at which its register begins again, and may have done so."""
        return wh <= self.rounding_wh and self.day_begun(time + 1) == time

    @property
    def lowest(self) -> int:
        """Return by what power the register may rise at any time, W; -1 if it begins again each day."""
        if self.course is PLAIN_COURSE:
            return min(self.watts)
        return -1 if self.course.resets_daily else min(map(self.at, (0, *self.since, *self.course.since)))

    @property
    def devices(self) -> DevicesInTime | None:
        if self.course is PLAIN_COURSE or self.zone is None:
            return None
        return OneDevice(self.course, self.zone)

    def of_meter(self, _code: int) -> MeterLimits:
        return self

    def of_readings(self, meter: NDArray[np.int32], time: Int64Array) -> int | Int64Array:
        power, devices = self.power_of(meter, time), self.devices
        return power if devices is None else devices.register_w(meter, time, power)

    def power_of(self, _meter: NDArray[np.int32], time: Int64Array) -> int | Int64Array:
        if not self.since:
            return self.watts[0]
        place = np.searchsorted(np.array(self.since, dtype=np.int64), time, side="right")
        return np.array(self.watts, dtype=np.int64)[place]

    def with_attributes(
        self, _courses: Mapping[int, Sequence[tuple[int, Group]]], _devices: Mapping[int, DeviceCourse]
    ) -> MeterLimits:
        return self


def former_limits(max_w: int) -> MeterLimits:
    """Return the limits of version 0.1 for all meters: a rise is measured by a day at least, and nothing is rounded."""
    return MeterLimits(0, (max_w,), shortest_us=DAY)
