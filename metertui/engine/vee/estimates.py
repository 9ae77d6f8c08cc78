"""Readings that are not actual: which of them count beside the actual ones, which are judged among themselves.

One counts if it fits the counted reading before it, of whatever quality, and the next actual one that counts fits it.
So no estimate ever changes what an actual reading counts with, nor the energy between two of them: where the actual one
is lower by no more than a rounding, the estimate counts with its register.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array, Limits, MeterLimits, SiteZone, format_kwh
from metertui.engine.columns import READ, Columns, Curve, tail_columns
from metertui.engine.vee.rules import COUNTED, REJECTED, ROLLOVER, ROUNDING, SUSPECT, fits, has_rolled, misfit

_NO_LIMIT: Final = 1 << 62


class Estimate(NamedTuple):
    """A reading that is not actual, with what it is judged by."""

    time: int
    """µs UTC."""
    wh: int
    max_w: int
    range_wh: int = 0
    """Where its register begins again at 0, Wh; 0 if it is not known to do so."""


class Before(NamedTuple):
    """What is counted before an estimate: instant (µs UTC), and the register (Wh) that the next one rises from."""

    time: int
    register: int


class After(NamedTuple):
    """The next actual one that counts: instant (µs UTC), what it says (Wh), and the highest power at it, W."""

    time: int
    wh: int
    max_w: int
    range_wh: int = 0


def judge_between(
    before: Before | None, after: After | None, estimates: Iterable[Estimate], rounding_wh: int, shortest_us: int
) -> Iterator[tuple[int, int]]:
    """Yield the status of estimates between two actual readings, in time order, and the register that each counts with.

    That of one that does not count is what was counted before it, 0 for nothing.
    """
    for each in estimates:
        time, wh = each.time, each.wh
        rolled = before is not None and has_rolled(before.register, wh, each.range_wh, rounding_wh)
        register = wh if before is None or rolled else max(wh, before.register)
        fitting = before is None or _follows(before, each, rounding_wh, shortest_us)
        if fitting and after is not None:
            fitting = _follows(Before(time, register), after, rounding_wh, shortest_us)
        if not fitting:
            yield REJECTED, 0 if before is None else before.register
            continue
        status = ROLLOVER if rolled else ROUNDING if register > wh else COUNTED
        before = Before(time, register)
        yield status, register


def _follows(before: Before, later: Estimate | After, rounding_wh: int, shortest_us: int) -> bool:
    """Return whether a reading fits what is counted before it, as it would if both were actual."""
    rolled = has_rolled(before.register, later.wh, later.range_wh, rounding_wh)
    wh = later.wh + (later.range_wh if rolled else 0)
    return fits(*before, later.time, wh, later.max_w, rounding_wh, shortest_us)


def counted_with(before: Before | None, estimate: Estimate, limits: MeterLimits) -> int:
    """Return the register (Wh) with which an estimate counts that fits what is counted before it."""
    [(_, register)] = judge_between(before, None, [estimate], limits.rounding_wh, limits.shortest_us)
    return register


def why_apart(
    before: Before | None, after: After | None, estimate: Estimate, limits: MeterLimits, zone: SiteZone
) -> str:
    """Return a clause that says why an estimate between two counted readings does not count; "" if it does."""
    time, wh = estimate.time, estimate.wh
    [(status, _)] = judge_between(before, after, [estimate], limits.rounding_wh, limits.shortest_us)
    if status < SUSPECT:
        return ""
    why = misfit(before, time, wh, limits, zone)
    return why if why or after is None else _contradicted(wh, after.time, after.wh, zone)


def why_left_out(curve: Curve, time: int, wh: int, zone: SiteZone) -> str:
    """Return a clause that says why an estimate (µs UTC, Wh) that fits the reading before it does not count.

    `curve` is that of its meter, through readings.
    """
    actual = np.ones(len(curve), dtype=bool) if curve.known is None else curve.known == READ
    following = np.flatnonzero(actual & (curve.time > time))
    if not len(following):
        return f"{format_kwh(wh)} kWh does not fit the readings beside it"
    return _contradicted(wh, int(curve.time[following[0]]), int(curve.wh[following[0]]), zone)


def _contradicted(wh: int, time: int, next_wh: int, zone: SiteZone) -> str:
    next_one = f"the next actual reading, {format_kwh(next_wh)} kWh at {zone.iso(time)}"
    return f"{next_one}, does not fit {format_kwh(wh)} kWh"


class Judged(NamedTuple):
    """The estimates of many meters after judging, in their order."""

    status: NDArray[np.uint8]
    """See rules."""
    register: Int64Array
    """What each counts with, Wh."""
    energy: Int64Array
    """C there, Wh since the first actual point of the meter; below 0 before that."""


def judge_estimates(estimates: Columns, curve: Curve, read: Int64Array, limits: Limits) -> Judged:
    """Judge estimates in order of (meter, time), beside the curve through actual readings and exchanges.

    `read` is what was read at its points, Wh, which may be lower than what they count with. None of them is at the
    instant of an estimate.
    """
    count = len(estimates)
    status, register = np.empty(count, dtype=np.uint8), np.empty(count, dtype=np.int64)
    at, _ = tail_columns.locate_rows(curve, estimates.meter, estimates.time)
    new = np.ones(count, dtype=bool)
    new[1:] = (at[1:] != at[:-1]) | (estimates.meter[1:] != estimates.meter[:-1])
    edges = np.append(np.flatnonzero(new), count).tolist()
    watts = np.broadcast_to(limits.of_readings(estimates.meter, estimates.time), count)
    ranges, point_ranges = (
        _ranges(limits, *each) for each in ((estimates.meter, estimates.time), (curve.meter, curve.time))
    )
    columns = [column.tolist() for column in (estimates.time, estimates.wh, watts, ranges)]
    point_watts = np.broadcast_to(limits.of_readings(curve.meter, curve.time), len(curve))
    energy = np.zeros(count, dtype=np.int64)
    for first, stop in pairwise(edges):
        meter, place = int(estimates.meter[first]), int(at[first])
        before = after = None
        origin, zero, most = 0, 0, _NO_LIMIT
        if place > 0 and curve.meter[place - 1] == meter:
            before = Before(int(curve.time[place - 1]), int(curve.base[place - 1]))
            origin, zero = before.register, int(curve.energy[place - 1])
        if place < len(curve) and curve.meter[place] == meter:
            said = int(read[place])
            after = After(int(curve.time[place]), said, int(point_watts[place]), int(point_ranges[place]))
            most = int(curve.energy[place]) - zero
        rows = map(Estimate, *(column[first:stop] for column in columns))
        judged = judge_between(before, after, rows, limits.rounding_wh, limits.shortest_us)
        status[first:stop], register[first:stop] = zip(*judged, strict=True)
        begun = np.cumsum(np.where(status[first:stop] == ROLLOVER, ranges[first:stop], 0))
        if before is None and after is not None:
            rolled = register[stop - 1] > 0 and has_rolled(
                int(register[stop - 1]), after.wh, after.range_wh, limits.rounding_wh
            )
            origin = after.wh + int(begun[-1]) + (after.range_wh if rolled else 0)
        risen = register[first:stop] + begun - origin
        np.minimum(risen, most, out=risen)
        register[first:stop] = np.maximum(risen + origin - begun, 0)
        energy[first:stop] = risen + zero
    return Judged(status, register, energy)


def _ranges(limits: Limits, meter: NDArray[np.int32], time: Int64Array) -> Int64Array:
    """Return where the registers of readings begin again at 0, Wh; 0 for those that are not known to. int64[n]."""
    devices = limits.devices
    if devices is None:
        return np.zeros(len(meter), dtype=np.int64)
    return devices.column("range_wh")[devices.numbers_at(meter, time)]


def with_estimates(
    curve: Curve, read: Int64Array, estimates: Columns, quality: NDArray[np.uint8], judged: Judged
) -> Curve:
    """Return the curve with those estimates that count as points of it; `quality` is that of each, `read` as above."""
    on = judged.status < SUSPECT
    meter, time = np.concatenate((curve.meter, estimates.meter[on])), np.concatenate((curve.time, estimates.time[on]))
    order = np.lexsort((time, meter))
    meter = meter[order]
    register = judged.register[on]
    energy = np.concatenate((curve.energy, judged.energy[on]))[order]
    first = np.ones(len(meter), dtype=bool)
    first[1:] = meter[1:] != meter[:-1]
    since = np.maximum.accumulate(np.where(first, np.arange(len(meter)), 0))
    known = np.concatenate((np.full(len(curve), READ, dtype=np.uint8), quality[on]))
    wh = np.concatenate((np.where(curve.begins, read, curve.wh), register))[order]  # of an exchange the old register
    wh[first] = np.concatenate((curve.wh, register))[order][first]
    return Curve(
        meter,
        time[order],
        wh,
        np.concatenate((curve.base, register))[order],
        energy - energy[since],
        known=known[order],
    )
