"""How far a register may rise or fall between two readings that fit each other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from metertui.engine.attributes import Group
from metertui.engine.base.zone import DAY, HOUR, Int64Array


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

    def of_readings(self, meter: NDArray[np.int32], time: Int64Array) -> int | Int64Array:
        """Return the highest power at readings (meter codes, µs UTC), W: int64[n], or one that all share."""

    def with_attributes(self, courses: Mapping[int, Sequence[tuple[int, Group]]]) -> Limits:
        """Return the limits if meters had these attributes in time, by code: (effective from µs UTC, group) in order.

        There may be meters that are not known yet.
        """


@dataclass(frozen=True, slots=True)
class MeterLimits:
    """The limits of one meter; its code does not matter.

    `watts` is its highest power from the beginning, and from each of the instants `since` (µs UTC, ascending) on.
    """

    rounding_wh: int
    watts: tuple[int, ...]
    since: tuple[int, ...] = ()
    shortest_us: int = HOUR

    def at(self, time: int) -> int:
        """Return the highest power at an instant (µs UTC), W."""
        return self.watts[bisect_right(self.since, time)]

    @property
    def lowest(self) -> int:
        """Return what the power may be at any time, W."""
        return min(self.watts)

    def of_meter(self, _code: int) -> MeterLimits:
        return self

    def of_readings(self, _meter: NDArray[np.int32], time: Int64Array) -> int | Int64Array:
        if not self.since:
            return self.watts[0]
        place = np.searchsorted(np.array(self.since, dtype=np.int64), time, side="right")
        return np.array(self.watts, dtype=np.int64)[place]

    def with_attributes(self, _courses: Mapping[int, Sequence[tuple[int, Group]]]) -> MeterLimits:
        return self


def former_limits(max_w: int) -> MeterLimits:
    """Return the limits of version 0.1 for all meters: a rise is measured by a day at least, and nothing is rounded."""
    return MeterLimits(0, (max_w,), shortest_us=DAY)
