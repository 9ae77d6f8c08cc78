"""Readings in order of meter and time, and the points of C(t) that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.columns.by_meter import ByMeter
from metertui.engine.columns.interpolation import interpolate, interpolate_one
from metertui.engine.columns.sorted_runs import first_at_least

NO_REGISTER: Final = -1
"""In place of a register (Wh) at a point of C(t) at which no reading is."""
_T = TypeVar("_T", bound=np.generic)
READ: Final = 3
"""C is known by a reading at its point."""
DRAWN: Final = 4
"""C is drawn evenly through the point: it is inside an interval, or at the start of one that follows no other. Or a
step between readings is divided there, as another multiplier holds from then on or the register begins again."""
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

    rise: NDArray[np.int64] | None = None
    """By how much the register rose, as it counts, in the step that ends there, Wh; None where C rose by the same."""

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

    def label_times(self, reads: Curve) -> NDArray[np.int64]:
        """Return the instants whose attributes the steps that end at its points have, µs UTC, int64[n].

        They are the points' own, but the parts of a divided step have those of its later reading. `reads` is the curve
        through readings and exchanges that this one follows from.
        """
        if reads.known is None:
            return self.time
        divided, read = np.flatnonzero(reads.known == DRAWN), np.flatnonzero(reads.known != DRAWN)
        later = reads.time[read[np.searchsorted(read, divided)]]
        found = self.time.copy()
        found[self.places(reads.meter[divided].astype(np.int64), reads.time[divided])] = later
        return found

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
            None if self.rise is None else self.rise[where],
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
        if self.rise is None:
            rising = self.base[before] + energy - self.energy[before]
        else:
            rising = self._rising(before, place, instant)
        rising[(self.wh[place] == NO_REGISTER) | (self.base[before] == NO_REGISTER)] = NO_REGISTER
        return np.where(self.time[place] == instant, self.wh[place], rising)

    def rises(self) -> Int64Array:
        """Return by how much the register rose, as it counts, in the step that ends at each point, Wh; int64[n]."""
        if self.rise is not None:
            return self.rise
        found = np.diff(self.energy, prepend=0)
        found[np.concatenate(([True], self.meter[1:] != self.meter[:-1]))[: len(found)]] = 0
        return found

    def _rising(self, before: NDArray[np.int64], place: NDArray[np.int64], instant: NDArray[np.int64]) -> Int64Array:
        """Return the register (Wh) between two points, where C has a multiplier; after a rollover it begins at 0."""
        assert self.rise is not None
        rise, start = self.rise[place], self.base[before]
        rising = start + interpolate(np.zeros_like(rise), rise, self.time[before], self.time[place], instant)
        range_wh = start + rise - self.wh[place]
        return np.where((rise > 0) & (range_wh > 0) & (rising >= range_wh), rising - range_wh, rising)


def in_one(one: Curve, other: Curve, order: Int64Array | None = None) -> Curve:
    """Return the points of two curves of different meters as one, in an order, or in that of meter and time."""
    if order is None:
        order = np.argsort(np.concatenate((one.meter, other.meter)), kind="stable")
    both = one, other

    def joined(columns: Sequence[NDArray[_T]]) -> NDArray[_T]:
        return np.concatenate(columns)[order]

    gaps = [np.zeros(len(each), dtype=bool) if each.after_gap is None else each.after_gap for each in both]
    known = [np.full(len(each), READ, dtype=np.uint8) if each.known is None else each.known for each in both]
    rises = [each.rises() for each in both]
    return Curve(
        joined([each.meter for each in both]),
        joined([each.time for each in both]),
        joined([each.wh for each in both]),
        joined([each.base for each in both]),
        joined([each.energy for each in both]),
        after_gap=joined(gaps) if any(each.any() for each in gaps) else None,
        known=None if one.known is other.known is None else joined(known),
        rise=None if one.rise is other.rise is None else joined(rises),
    )
