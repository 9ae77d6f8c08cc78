"""Where registers become what a meter used: a total register, and the parts of it where there is no total.

C(t) of a meter follows its total, such as `use`, between the first and the last point of that, and the sum of its
parts, such as `t1` to `t9`, at all other times. So a total beside its parts is not counted twice. Where neither is
known, between times that are, is a gap. Each register is rounded by itself, so that they sum to the Wh at any instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import SECOND, Int64Array
from metertui.engine.columns.curve import DRAWN, NO_REGISTER, READ, Curve, in_one
from metertui.engine.columns.sorted_runs import concat_ranges

NO_CODE: Final = -1
"""In place of a code where a meter has no such register."""
_NEVER: Final = np.iinfo(np.int64).max


class Combined(NamedTuple):
    """The curve of meters, by their codes."""

    curve: Curve
    source: Int64Array
    """The place of each point on the curve of registers: of one that is there at its instant."""


def combine_registers(curve: Curve, total: Int64Array, parts: Sequence[Int64Array]) -> Combined:
    """Return the curve of meters from the curve of their registers.

    `total` and each of the `parts` are codes of registers by code of their meter, or NO_CODE. O(n log n) in numpy.
    """
    registers = [_Register(curve, codes) for codes in (total, *parts)]
    summed = np.zeros(len(total), dtype=bool)
    for part in registers[1:]:
        summed |= part.exists
    alone = registers[0].points(~summed)
    if not summed.any():
        return Combined(_relabelled(curve.part(alone.place), alone.meter), alone.place)
    composed, places = _composed(registers, summed)
    meter = np.concatenate((alone.meter, composed.meter))
    order = np.argsort(meter, kind="stable")
    simple = _relabelled(curve.part(alone.place), alone.meter)
    joined = replace(in_one(simple, composed, order), sums=_Sums(registers, summed))
    return Combined(joined, np.concatenate((alone.place, places))[order])


class _Points(NamedTuple):
    """Points of registers by the codes of their meters: places on the curve."""

    meter: NDArray[np.int32]
    place: Int64Array


class _Register:
    """One register of each meter, where it has one that has points."""

    def __init__(self, curve: Curve, codes: Int64Array) -> None:
        self.curve = curve
        known = np.maximum(codes, 0)
        bounds = np.concatenate((curve.starts, [len(curve)]))
        self._start = bounds.take(known, mode="clip")
        self._stop = bounds.take(known + 1, mode="clip")
        self.exists: NDArray[np.bool_] = (codes != NO_CODE) & (self._stop > self._start)
        self._codes = codes
        self.first = np.full(len(codes), _NEVER, dtype=np.int64)
        self.last = np.full(len(codes), -_NEVER, dtype=np.int64)
        self.first[self.exists] = curve.time[self._start[self.exists]]
        self.last[self.exists] = curve.time[self._stop[self.exists] - 1]

    def points(self, wanted: NDArray[np.bool_]) -> _Points:
        """Return the points of this register of the meters that are wanted, by code of the meter."""
        some = np.flatnonzero(self.exists & wanted)
        meter = np.repeat(some, (self._stop - self._start)[some]).astype(np.int32)
        return _Points(meter, concat_ranges(self._start[some], self._stop[some]))

    def energy_at(self, meter: NDArray[np.int32], instant: Int64Array) -> Int64Array:
        """Return C (Wh) at instants (µs UTC), moved to where it is defined; 0 where there is none."""
        found = np.zeros(len(meter), dtype=np.int64)
        some = np.flatnonzero(self.exists[meter])
        codes = self._codes[meter[some]]
        at = self.curve.clip(codes, instant[some])
        found[some] = self.curve.energy_at(self.curve.places(codes, at), at)
        return found

    def energy_of_meters(self, instant: Int64Array) -> Int64Array:
        """Return C (Wh) at an instant (µs UTC) of each meter, moved to where it is defined; 0 where there is none."""
        return self.energy_at(np.arange(len(instant), dtype=np.int32), instant)


class _Sums:
    """C(t) of the meters that have parts; see `Sums`."""

    def __init__(self, registers: Sequence[_Register], summed: NDArray[np.bool_]) -> None:
        self._registers = registers
        self.is_sum = summed

    @property
    def most(self) -> int:
        return len(self._registers)

    def energy_at(self, meter: NDArray[np.int32], instant: Int64Array) -> Int64Array:
        total = self._registers[0]
        found = np.zeros(len(meter), dtype=np.int64)
        for register in self._registers:
            energy = register.energy_at(meter, instant)
            found += energy if register is total else _outside(register, energy, meter, instant, total)
        return found


class _Union(NamedTuple):
    """The points of all registers of meters, each instant once, in order of meter and time."""

    meter: NDArray[np.int32]
    time: Int64Array
    place: Int64Array
    """The place on the curve of one point at each instant: the total's, if it has one."""
    at: list[Int64Array]
    """By register, the place of its first point at or after each instant where it is defined, else NO_CODE."""


def _union(registers: Sequence[_Register], summed: NDArray[np.bool_]) -> _Union:
    curve = registers[0].curve
    points = [register.points(summed) for register in registers]
    meter, place = (np.concatenate(columns) for columns in zip(*points, strict=True))
    time = curve.time[place]
    order = _in_order(meter, time)  # stable: the total before its parts
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(meter[order]) != 0) | (np.diff(time[order]) != 0)
    here = np.empty(len(order), dtype=np.int64)
    here[order] = np.cumsum(new) - 1
    kept = order[new]
    count, at, begin = len(kept), [], 0
    for register, own in zip(registers, points, strict=True):
        mine = here[begin : begin + len(own.place)]
        begin += len(own.place)
        following = np.full(count, count, dtype=np.int64)
        following[mine] = mine
        following = np.minimum.accumulate(following[::-1])[::-1]
        next_place = np.full(count + 1, NO_CODE, dtype=np.int64)
        next_place[mine] = own.place
        same = np.append(meter[kept], NO_CODE)[following] == meter[kept]
        defined = same & (register.first[meter[kept]] <= time[kept])
        at.append(np.where(defined, next_place[following], NO_CODE))
    return _Union(meter[kept], time[kept], place[kept], at)


def _in_order(meter: NDArray[np.int32], time: Int64Array) -> Int64Array:
    """Return the stable order by meter and time of points of several registers, each of which is in order already."""
    if len(time) and not (time % SECOND).any():
        since = (time - time.min()) // SECOND
        span = int(since.max()) + 1
        if span * (int(meter.max()) + 1) < 1 << 62:  # runs in order are merged, and not sorted
            return np.argsort(meter * span + since, kind="stable")
    return np.lexsort((time, meter))


def _composed(registers: Sequence[_Register], summed: NDArray[np.bool_]) -> tuple[Curve, Int64Array]:
    """Return the curve of meters that have parts, and the sources of its points."""
    total, curve = registers[0], registers[0].curve
    meter, time, place, at = _union(registers, summed)
    since, until = total.first[meter], total.last[meter]
    # Points of parts in the time of the total do not count.
    counts = (at[0] == NO_CODE) | (time == since) | (time == until) | (curve.time[at[0]] == time)
    energy = np.zeros(len(meter), dtype=np.int64)
    for register, places in zip(registers, at, strict=True):
        own = _energy(register, places, meter, time)
        energy += own if register is total else _outside(register, own, meter, time, total)
    meter, time, place, energy = (column[counts] for column in (meter, time, place, energy))
    since, until, at = since[counts], until[counts], [column[counts] for column in at]
    inner = np.zeros(len(meter), dtype=bool)
    inner[1:] = meter[1:] == meter[:-1]
    before = np.concatenate((time[:1], time[:-1]))
    by_total = (before >= since) & (time <= until)
    in_total = (since <= time) & (time <= until)
    covered = np.zeros(len(meter), dtype=bool)
    known = np.full(len(meter), _ACTUAL, dtype=np.int64)
    for register, places in zip(registers, at, strict=True):
        here = places != NO_CODE
        fills = here & (register.first[meter] <= before) & (by_total if register is total else ~by_total)
        covered |= fills if curve.after_gap is None else fills & ~curve.after_gap[places]
        speaks = here & (in_total == (register is total))
        known = np.maximum(known, np.where(speaks, _how_known(curve, places, time), _ACTUAL))
    gap = inner & ~covered
    none = np.full(len(meter), NO_REGISTER, dtype=np.int64)
    quality = np.where(known == _ACTUAL, READ, known).astype(np.uint8)
    found = Curve(meter, time, none, none, energy, after_gap=gap if gap.any() else None, known=quality)
    return found, place


_ACTUAL: Final = 0


def _energy(register: _Register, places: Int64Array, meter: NDArray[np.int32], time: Int64Array) -> Int64Array:
    """Return C (Wh) of a register at instants, of which `places` are its first points at or after."""
    curve = register.curve
    found = np.where(time > register.last[meter], register.energy_of_meters(register.last)[meter], 0)
    defined = np.flatnonzero(places != NO_CODE)
    found[defined] = curve.energy_at(places[defined], time[defined])
    return np.asarray(found)


def _outside(
    part: _Register, energy: Int64Array, meter: NDArray[np.int32], time: Int64Array, total: _Register
) -> Int64Array:
    """Return what a part adds to C (Wh) at instants, given its own C there: nothing in the time of the total."""
    if not total.exists.any():
        return energy
    begin, end = (part.energy_of_meters(instants)[meter] for instants in (total.first, total.last))
    within = (time > total.first[meter]) & (time <= total.last[meter])
    later = total.exists[meter] & (time > total.last[meter])
    return np.asarray(np.where(within, begin, np.where(later, begin + energy - end, energy)))


def _how_known(curve: Curve, at: Int64Array, time: Int64Array) -> Int64Array:
    """Return how C is known at instants, of which `at` are the first points at or after, as in `Curve.known`."""
    exact = curve.time[at] == time
    if curve.known is None:
        return np.where(exact, _ACTUAL, DRAWN)
    known = curve.known[at].astype(np.int64)
    return np.where(exact, np.where(known == READ, _ACTUAL, known), DRAWN)


def _relabelled(curve: Curve, meter: NDArray[np.int32]) -> Curve:
    """Return points of registers as such of their meters."""
    return Curve(meter, curve.time, curve.wh, curve.base, curve.energy, curve.after_gap, curve.known, curve.rise)
