"""Readings in order of meter and time, and the points of C(t) that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from metertui.engine.columns.by_meter import ByMeter
from metertui.engine.columns.interpolation import interpolate, interpolate_one
from metertui.engine.columns.sorted_runs import first_at_least

NO_REGISTER: Final = -1
"""In place of a register (Wh) at a point of C(t) at which no reading is."""
READ: Final = 3
"""C is known by a reading at its point."""
DRAWN: Final = 4
"""C is drawn evenly through the point: it is inside an interval, or at the start of one that follows no other."""
_FEW: Final = 4
"""Up to so many instants, Python's whole numbers are faster than arrays."""


@dataclass(frozen=True, eq=False)
class Columns(ByMeter):
    """Stored readings in order of (meter, time), each pair once."""

    time: NDArray[np.int64]
    """µs since 1970-01-01 UTC."""
    wh: NDArray[np.int64]
    """Register, Wh."""

    def part(self, where: slice | NDArray[np.bool_] | NDArray[np.int64]) -> Columns:
        """Return the readings of a slice, of places, or where a mask is true."""
        return Columns(self.meter[where], self.time[where], self.wh[where])

    @classmethod
    def empty(cls) -> Columns:
        return cls(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64))


class Sums(Protocol):
    """C(t) of meters that is the sum of several curves, each of which is rounded by itself."""

    @property
    def is_sum(self) -> NDArray[np.bool_]:
        """Return by code of which meters it is; bool[m]."""

    @property
    def most(self) -> int:
        """Return the number of curves that are summed at most."""

    def energy_at(self, meter: NDArray[np.int32], instant: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return C (Wh) of such meters at instants (µs UTC) at which it is defined; equal lengths."""


@dataclass(frozen=True, eq=False)
class Curve(Columns):
    """The points of C(t) in order of (meter, time), each pair once: counted readings, exchanges, ends of intervals.

    `wh` is the register there; at a rounding the one counted before it, at an exchange the final read of the old one;
    NO_REGISTER where no reading is.
    """

    base: NDArray[np.int64]
    """What the register rises from after the point, Wh: `wh`, but at an exchange the initial read of the new one."""
    energy: NDArray[np.int64]
    """C there: Wh since the first point of the meter."""
    after_gap: NDArray[np.bool_] | None = None
    """Whether nothing is known of the time from the point before to this one, bool[n]; None if there is no such gap."""
    known: NDArray[np.uint8] | None = None
    """How C is known there, uint8[n]: the quality of an interval that ends there, READ or DRAWN; None for all READ."""

    sums: Sums | None = None
    """C between the points of meters that have several registers; None if there are none."""

    def point_before(self, time: int, *, actual: bool = False) -> tuple[int, int] | None:
        """Return the instant (µs UTC) and the base (Wh) of the last point before `time`, on the curve of one meter.

        If it is to be `actual`, estimates are passed over.
        """
        place = int(np.searchsorted(self.time, time)) - 1
        while actual and place >= 0 and self.known is not None and self.known[place] != READ:
            place -= 1
        return (int(self.time[place]), int(self.base[place])) if place >= 0 else None

    @cached_property
    def begins(self) -> NDArray[np.bool_]:
        """Return at which points no energy ends: a meter's first, and the first after a gap; bool[n]."""
        found = np.ones(len(self), dtype=bool)
        np.not_equal(self.meter[1:], self.meter[:-1], out=found[1:])
        return found if self.after_gap is None else found | self.after_gap

    def part(self, where: slice | NDArray[np.bool_] | NDArray[np.int64]) -> Curve:
        """Return the points of a slice, of places, or where a mask is true."""
        return Curve(
            self.meter[where],
            self.time[where],
            self.wh[where],
            self.base[where],
            self.energy[where],
            None if self.after_gap is None else self.after_gap[where],
            None if self.known is None else self.known[where],
            self.sums,
        )

    def clip(self, meter: NDArray[np.int64], instant: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """Move instants (µs UTC) into the time from a meter's first point to its last. Each meter must have points."""
        return np.clip(instant, self.time[self.starts[meter]], self.time[self.starts[meter + 1] - 1])

    def places(self, meter: NDArray[np.int64], instant: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the place of each meter's first point at or after an instant (µs UTC). C must be defined there."""
        return first_at_least(self.time, self.starts[meter], self.starts[meter + 1], instant)

    def known_part(
        self, meter: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return what is known of windows (start, end], µs UTC, that reach into the time of their meters.

        They come to begin after the gap that they begin in, and to end before the one that they end in. One in a gap
        alone comes to begin after its end.
        """
        low, high = self.clip(meter, start), self.clip(meter, end)
        if self.after_gap is None:
            return low, high
        place, stop = self.places(meter, low), self.starts[meter + 1]
        exact = self.time[place] == low
        following = np.minimum(place + exact, stop - 1)
        within = self.after_gap[following] & (self.time[following] > low) & ~(exact & self.begins[place])
        closing = self.places(meter, high)
        late = self.after_gap[closing] & (end <= self.time[closing]) & (high > low)
        return np.where(within, self.time[following], low), np.where(late, self.time[closing - 1], high)

    def missing_in(self, start: int, end: int, meters: int) -> NDArray[np.int64]:
        """Return how long the gaps of each meter in (start, end] are together, µs; int64 by code."""
        found = np.zeros(meters, dtype=np.int64)
        if self.after_gap is not None:
            at = np.flatnonzero(self.after_gap)
            np.add.at(
                found,
                self.meter[at],
                np.maximum(np.minimum(self.time[at], end) - np.maximum(self.time[at - 1], start), 0),
            )
        return found

    def energy_at(self, place: NDArray[np.int64], instant: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return C (Wh) at instants (µs UTC); `place` is the meter's first point at or after each. Equal lengths."""
        time, value = self.time[place], self.energy[place]
        within = np.flatnonzero(time > instant)
        if self.sums is not None:
            is_sum = self.sums.is_sum[self.meter[place[within]]]
            summed, within = within[is_sum], within[~is_sum]
            value[summed] = self.sums.energy_at(self.meter[place[summed]], instant[summed])
        if len(within) <= _FEW:
            for each in within.tolist():
                ends = slice(place[each] - 1, place[each] + 1)
                (e0, e1), (t0, t1) = self.energy[ends].tolist(), self.time[ends].tolist()
                value[each] = interpolate_one(e0, e1, t0, t1, int(instant[each]))
            return value
        before, after = place[within] - 1, place[within]
        value[within] = interpolate(
            self.energy[before], self.energy[after], self.time[before], time[within], instant[within]
        )
        return value

    def register_at(
        self, place: NDArray[np.int64], instant: NDArray[np.int64], energy: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return the register (Wh) at instants where `energy_at` has returned `energy`.

        At an exchange, and between two points with an undeclared change of register, it is the old register. Where it
        is not known it is NO_REGISTER: between two points it is if it is at both.
        """
        before = np.maximum(place - 1, 0)
        rising = self.base[before] + energy - self.energy[before]
        rising[(self.wh[place] == NO_REGISTER) | (self.base[before] == NO_REGISTER)] = NO_REGISTER
        return np.where(self.time[place] == instant, self.wh[place], rising)
