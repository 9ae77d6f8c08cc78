"""Where registers become what a meter used: a total register, and the parts of it where there is no total.

C(t) of a meter follows its total, such as `use`, between the first and the last point of that, and the sum of its
parts, such as `t1` to `t9`, at all other times. So a total beside its parts is not counted twice. Where neither is
known, between times that are, is a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.columns.curve import DRAWN, NO_REGISTER, READ, Curve
from metertui.engine.columns.sorted_runs import concat_ranges

NO_CODE: Final = -1
"""In place of a code where a meter has no such register."""
_T = TypeVar("_T", bound=np.generic)
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
    return Combined(_together(simple, composed, order), np.concatenate((alone.place, places))[order])


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
        """Return C (Wh) of this register at instants (µs UTC), moved to where it is defined; 0 where there is none."""
        found = np.zeros(len(meter), dtype=np.int64)
        some = np.flatnonzero(self.exists[meter])
        code = self._codes[meter[some]]
        at = self.curve.clip(code, instant[some])
        found[some] = self.curve.energy_at(self.curve.places(code, at), at)
        return found

    def places(self, meter: NDArray[np.int32], instant: Int64Array) -> Int64Array:
        """Return the place of its first point at or after an instant where it is defined; NO_CODE elsewhere."""
        found = np.full(len(meter), NO_CODE, dtype=np.int64)
        some = np.flatnonzero((self.first[meter] <= instant) & (instant <= self.last[meter]))
        found[some] = self.curve.places(self._codes[meter[some]], instant[some])
        return found


def _composed(registers: Sequence[_Register], summed: NDArray[np.bool_]) -> tuple[Curve, Int64Array]:
    """Return the curve of meters that have parts, and the sources of its points."""
    total, *parts = registers
    meter, place = _union(registers, summed)
    curve = total.curve
    time = curve.time[place]
    since, until = total.first[meter], total.last[meter]
    has_total = total.exists[meter]
    energy = total.energy_at(meter, time)
    for part in parts:
        energy += part.energy_at(meter, np.minimum(time, since))
        later = part.energy_at(meter, np.maximum(time, until)) - part.energy_at(meter, until)
        energy += np.where(has_total, later, 0)
    inner = np.zeros(len(meter), dtype=bool)
    inner[1:] = meter[1:] == meter[:-1]
    before = np.concatenate((time[:1], time[:-1]))
    by_total = (before >= since) & (time <= until)
    covered = np.zeros(len(meter), dtype=bool)
    known = np.full(len(meter), _ACTUAL, dtype=np.int64)
    for register in registers:
        at = register.places(meter, time)
        within = register.places(meter, before) != NO_CODE
        fills = (at != NO_CODE) & within & (by_total if register is total else ~by_total)
        covered |= fills if curve.after_gap is None else fills & ~curve.after_gap[at]
        speaks = (at != NO_CODE) & (has_total & (since <= time) & (time <= until) == (register is total))
        known = np.maximum(known, np.where(speaks, _how_known(curve, at, time), _ACTUAL))
    gap = inner & ~covered
    none = np.full(len(meter), NO_REGISTER, dtype=np.int64)
    quality = np.where(known == _ACTUAL, READ, known).astype(np.uint8)
    found = Curve(meter, time, none, none, energy, after_gap=gap if gap.any() else None, known=quality)
    return found, place


_ACTUAL: Final = 0


def _how_known(curve: Curve, at: Int64Array, time: Int64Array) -> Int64Array:
    """Return how C is known at instants, of which `at` are the first points at or after, as in `Curve.known`."""
    exact = curve.time[at] == time
    if curve.known is None:
        return np.where(exact, _ACTUAL, DRAWN)
    known = curve.known[at].astype(np.int64)
    return np.where(exact, np.where(known == READ, _ACTUAL, known), DRAWN)


def _union(registers: Sequence[_Register], summed: NDArray[np.bool_]) -> tuple[NDArray[np.int32], Int64Array]:
    """Return the points that count of meters that have parts, each instant once: meters and places on the curve.

    Those of parts in the time of the total do not count.
    """
    total = registers[0]
    meters, places = [], []
    for register in registers:
        points = register.points(summed)
        if register is not total:
            time = total.curve.time[points.place]
            outside = (time <= total.first[points.meter]) | (time >= total.last[points.meter])
            points = _Points(points.meter[outside], points.place[outside])
        meters.append(points.meter)
        places.append(points.place)
    meter, place = np.concatenate(meters), np.concatenate(places)
    time = total.curve.time[place]
    order = np.lexsort((time, meter))  # stable: the total before its parts
    meter, place, time = meter[order], place[order], time[order]
    new = np.ones(len(meter), dtype=bool)
    new[1:] = (meter[1:] != meter[:-1]) | (time[1:] != time[:-1])
    return meter[new], place[new]


def _relabelled(curve: Curve, meter: NDArray[np.int32]) -> Curve:
    """Return points of registers as such of their meters."""
    return Curve(meter, curve.time, curve.wh, curve.base, curve.energy, curve.after_gap, curve.known)


def _together(simple: Curve, composed: Curve, order: Int64Array) -> Curve:
    """Return the points of two curves in an order."""
    both = simple, composed

    def joined(columns: Sequence[NDArray[_T]]) -> NDArray[_T]:
        return np.concatenate(columns)[order]

    gaps = [np.zeros(len(each), dtype=bool) if each.after_gap is None else each.after_gap for each in both]
    known = [np.full(len(each), READ, dtype=np.uint8) if each.known is None else each.known for each in both]
    return Curve(
        joined([each.meter for each in both]),
        joined([each.time for each in both]),
        joined([each.wh for each in both]),
        joined([each.base for each in both]),
        joined([each.energy for each in both]),
        after_gap=joined(gaps) if any(each.any() for each in gaps) else None,
        known=joined(known),
    )
