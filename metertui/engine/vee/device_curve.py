"""C(t) of meters whose accounts say what they are: a multiplier, digits, or a register that begins again each day.

A step is what the register rose by, in Wh, times the multiplier, in millionths: whole µWh, exactly. C at each point is
the sum of these since the meter's first point, rounded half-even to Wh.

A multiplier that changes within a step divides it at that instant, by the register that is drawn evenly there. A step
to another day of a register that begins again daily is what the register says since midnight; of the time before it
nothing is known, and it adds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import NOT_DAILY, ONE_TIMES, DevicesInTime, Int64Array
from metertui.engine.columns import DRAWN, READ, Curve, cumulative_wh, interpolate
from metertui.engine.vee import rules
from metertui.engine.vee.whole_columns import begun_before


@dataclass(frozen=True)
class _Steps:
    """Points that count, in order of (meter, time), each with the step that ends there; equal lengths n."""

    meter: NDArray[np.int32]
    time: Int64Array
    wh: Int64Array
    base: Int64Array
    rise: Int64Array
    """What the register rose by, Wh; 0 at a meter's first point."""
    known: NDArray[np.uint8]

    def with_points(
        self, place: Int64Array, time: Int64Array, wh: Int64Array, base: Int64Array, rise: Int64Array
    ) -> _Steps:
        """Return them with further points in the steps that end at places, ascending."""
        drawn = np.full(len(place), DRAWN, dtype=np.uint8)
        new = (self.meter[place], time, wh, base, rise, drawn)
        both: list[tuple[NDArray[Any], NDArray[Any]]] = list(zip(vars(self).values(), new, strict=True))
        return _Steps(*(np.insert(old, place, more) for old, more in both))


def multiplied(curve: Curve, devices: DevicesInTime) -> Curve:
    """Return the curve of energy, given that of what registers rose by, through readings and exchanges alone."""
    known = np.full(len(curve), READ, dtype=np.uint8) if curve.known is None else curve.known
    steps = _Steps(curve.meter, curve.time, curve.wh, curve.base, curve.rises(), known)
    steps = _divided(_begun(steps, devices), devices)
    factor = devices.column("multiplier")[devices.numbers_at(steps.meter, steps.time, ending=True)]
    whole, millionths = np.divmod(factor, ONE_TIMES)
    part = steps.rise * millionths
    energy = cumulative_wh(steps.meter, steps.rise * whole + part // ONE_TIMES, part % ONE_TIMES)
    said = None if curve.known is None and len(steps.meter) == len(curve) else steps.known
    return Curve(steps.meter, steps.time, steps.wh, steps.base, energy, known=said, rise=steps.rise)


def register_rises(
    meter: NDArray[np.int32],
    time: Int64Array,
    wh: Int64Array,
    base: Int64Array,
    status: NDArray[np.uint8],
    devices: DevicesInTime,
) -> Int64Array:
    """Return what registers rose by, as it counts, in the steps that end at points that count; Wh, int64[n].

    The points are in order of (meter, time), with the registers that they count with, Wh. `base` is what the next one
    rises from, see `Curve`; `status` as in rules.
    """
    numbers = devices.numbers_at(meter, time)
    rise = wh - np.concatenate((base[:1], base[:-1]))
    rolled = status == rules.ROLLOVER
    rise[rolled] += devices.column("range_wh")[numbers[rolled]]
    np.maximum(rise, 0, out=rise)
    rise[np.concatenate(([True], meter[1:] != meter[:-1]))[: len(meter)]] = 0
    again = begun_before(meter, time, devices) != NOT_DAILY
    rise[again] = wh[again]
    rise[status == rules.RESET] = 0
    return np.asarray(rise)


def _begun(steps: _Steps, devices: DevicesInTime) -> _Steps:
    """Return steps with a point at each midnight at which a register began again."""
    begun = begun_before(steps.meter, steps.time, devices)
    again = np.flatnonzero((begun != NOT_DAILY) & (steps.rise == steps.wh))
    if not len(again):
        return steps
    base = steps.base.copy()
    at_midnight = steps.time[again - 1] == begun[again]
    between = again[~at_midnight]
    before = base[between - 1]
    base[again[at_midnight] - 1] = 0
    none = np.zeros(len(between), dtype=np.int64)
    return replace(steps, base=base).with_points(between, begun[between], before, none, none)


def _divided(steps: _Steps, devices: DevicesInTime) -> _Steps:
    """Return steps with a point wherever another multiplier holds from an instant within one on."""
    found: list[tuple[int, int]] = []
    for code, course in devices.among(steps.meter):
        pairs = zip(course.devices[:-1], course.devices[1:], course.since, strict=True)
        changes = [since for old, new, since in pairs if old.multiplier != new.multiplier]
        first, stop = np.searchsorted(steps.meter, [code, code + 1]).tolist() if changes else (0, 0)
        for since in changes:
            place = first + int(np.searchsorted(steps.time[first:stop], since))
            if first < place < stop and steps.time[place] != since:
                found.append((place, since))
    if not found:
        return steps
    found.sort()
    rise, new = steps.rise.copy(), []
    for place, group in groupby(found, itemgetter(0)):
        start, whole = int(steps.base[place - 1]), int(steps.rise[place])
        range_wh = start + whole - int(steps.wh[place])
        ends = (int(steps.time[place - 1]), int(steps.time[place]))
        done = 0
        for _, since in group:
            risen = _drawn(whole, *ends, since)
            rolled = range_wh if 0 < range_wh <= start + risen and whole else 0
            new.append((place, since, start + risen - rolled, risen - done))
            done = risen
        rise[place] = whole - done
    place, time, wh, risen = np.array(new, dtype=np.int64).T
    return replace(steps, rise=rise).with_points(place, time, wh, wh, risen)


def _drawn(whole: int, start: int, end: int, instant: int) -> int:
    """Return how much of a step's rise (Wh) lies before an instant within it, rounded half-even."""
    zero, all_of_it, t0, t1, t = np.array([[0], [whole], [start], [end], [instant]], dtype=np.int64)
    return int(interpolate(zero, all_of_it, t0, t1, t)[0])
