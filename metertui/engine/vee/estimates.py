"""Readings that are not actual: which of them count beside the actual ones, which are judged among themselves.

One counts if it fits the counted reading before it, of whatever quality, and the next actual one that counts fits it.
So no estimate ever changes what an actual reading counts with, nor the energy between two of them: where the actual one
is lower by no more than a rounding, the estimate counts with its register.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import NOT_DAILY, PLAIN_COURSE, Int64Array, Limits, MeterLimits, SiteZone, format_kwh
from metertui.engine.columns import READ, Columns, Curve, tail_columns
from metertui.engine.vee.rules import ANY_WH, COUNTED, REJECTED, ROLLOVER, ROUNDING, SUSPECT, fits, has_rolled, misfit


class Reading(NamedTuple):
    """A reading, estimated or the next actual one that counts, with what it is judged by."""

    time: int
    """µs UTC."""
    wh: int
    max_w: int
    range_wh: int = 0
    """Where its register begins again at 0, Wh; 0 if it is not known to do so."""
    begun: int = NOT_DAILY
    """Where its local day begins (µs UTC), if the register begins again each day."""
    ends_day: bool = False
    """Whether it is at the midnight at which the register begins again, and may have done so."""


def reading_of(time: int, wh: int, limits: MeterLimits) -> Reading:
    """Return a reading of a meter (µs UTC, Wh) with what it is judged by."""
    if limits.course is PLAIN_COURSE:
        return Reading(time, wh, limits.at(time))
    begun, range_wh = limits.day_begun(time), limits.device_at(time).range_wh
    return Reading(
        time, wh, limits.at(time), range_wh, NOT_DAILY if begun is None else begun, limits.ends_day(time, wh)
    )


class Before(NamedTuple):
    """What is counted before an estimate: instant (µs UTC), and the register (Wh) that the next one rises from."""

    time: int
    register: int


def judge_between(
    before: Before | None, after: Reading | None, estimates: Iterable[Reading], rounding_wh: int, shortest_us: int
) -> Iterator[tuple[int, int]]:
    """Yield the status of estimates between two actual readings, in time order, and the register that each counts with.

    That of one that does not count is what was counted before it, 0 for nothing.
    """
    for each in estimates:
        time, wh = each.time, each.wh
        start = _compared(before, each)
        rolled = start is not None and _rolled(start, each, rounding_wh)
        register = wh if start is None or rolled else max(wh, start.register)
        fitting = start is None or _follows(start, each, rounding_wh, shortest_us)
        if fitting and after is not None:
            fitting = _follows(_compared(Before(time, register), after), after, rounding_wh, shortest_us)
        if not fitting:
            yield REJECTED, 0 if before is None else before.register
            continue
        status = ROLLOVER if rolled else ROUNDING if register > wh else COUNTED
        before = Before(time, register)
        yield status, register


@overload
def _compared(before: Before, later: Reading) -> Before: ...
@overload
def _compared(before: Before | None, later: Reading) -> Before | None: ...
def _compared(before: Before | None, later: Reading) -> Before | None:
    """Return what a reading is compared with: what is counted before it, or 0 at its midnight if that is later."""
    return before if before is None or later.begun < before.time else Before(later.begun, 0)


def _rolled(before: Before, later: Reading, rounding_wh: int) -> bool:
    return has_rolled(before.register, later.wh, later.range_wh, _slack(later, rounding_wh))


def _follows(before: Before, later: Reading, rounding_wh: int, shortest_us: int) -> bool:
    """Return whether a reading fits what it is compared with, as it would if both were actual."""
    wh = later.wh + (later.range_wh if _rolled(before, later, rounding_wh) else 0)
    return fits(*before, later.time, wh, later.max_w, _slack(later, rounding_wh), shortest_us)


def _slack(reading: Reading, rounding_wh: int) -> int:
    """Return by how much a reading may be lower than what it is compared with, Wh."""
    return ANY_WH if reading.ends_day else rounding_wh


def counted_with(before: Before | None, estimate: Reading, limits: MeterLimits) -> int:
    """Return the register (Wh) with which an estimate counts that fits what is counted before it."""
    [(_, register)] = judge_between(before, None, [estimate], limits.rounding_wh, limits.shortest_us)
    return register


def why_apart(
    before: Before | None, after: Reading | None, estimate: Reading, limits: MeterLimits, zone: SiteZone
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
    rise: Int64Array
    """By how much the register rose to each from the point before it, Wh; 0 at a meter's first point."""
    rise_after: Int64Array
    """The same at the points through which their curve leads, with the estimates as points between them."""


def judge_estimates(estimates: Columns, curve: Curve, read: Int64Array, limits: Limits) -> Judged:
    """Judge estimates in order of (meter, time), beside the curve through actual readings and exchanges.

    `read` is what was read at its points, Wh, which may be lower than what they count with. None of them is at the
    instant of an estimate.
    """
    count = len(estimates)
    status = np.empty(count, dtype=np.uint8)
    register, rise = np.empty((2, count), dtype=np.int64)
    at, _ = tail_columns.locate_rows(curve, estimates.meter, estimates.time)
    new = np.ones(count, dtype=bool)
    new[1:] = (at[1:] != at[:-1]) | (estimates.meter[1:] != estimates.meter[:-1])
    edges = np.append(np.flatnonzero(new), count).tolist()
    rows = _readings(estimates, limits)
    ends = np.unique(at[at < len(curve)])
    points = dict(
        zip(ends.tolist(), _readings(Columns(curve.meter[ends], curve.time[ends], read[ends]), limits), strict=True)
    )
    rises = curve.rises().copy()
    for first, stop in pairwise(edges):
        meter, place = int(estimates.meter[first]), int(at[first])
        before = after = None
        if place > 0 and curve.meter[place - 1] == meter:
            before = Before(int(curve.time[place - 1]), int(curve.base[place - 1]))
        if place < len(curve) and curve.meter[place] == meter:
            after = points[place]
        here = rows[first:stop]
        judged = list(judge_between(before, after, here, limits.rounding_wh, limits.shortest_us))
        status[first:stop] = [each for each, _ in judged]
        due = 0 if after is None else int(rises[place])
        course = _Course(before, after, due, limits.rounding_wh)
        register[first:stop], rise[first:stop] = zip(*course.through(here, judged), strict=True)
        if after is not None:
            rises[place] = course.due
    return Judged(status, register, rise, rises)


class _Course:
    """The way of a register through estimates, from one actual point to the next."""

    def __init__(self, before: Before | None, after: Reading | None, due: int, rounding_wh: int) -> None:
        self._before = before
        self._after = after
        self.due = due
        """What the register rises by to the next actual point: from the one before, then from the last estimate; Wh."""
        self._rounding_wh = rounding_wh

    def through(self, readings: Sequence[Reading], judged: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return what each estimate counts with, and by how much the register rose to it, Wh."""
        found = [(register, 0) for _, register in judged]
        parts: list[tuple[Before | None, list[int]]] = []
        last = self._before
        for place, (status, register) in enumerate(judged):
            if status < SUSPECT:
                start = _compared(last, readings[place])
                if not parts or start is not last:  # the register began again
                    parts.append((start, []))
                parts[-1][1].append(place)
                last = Before(readings[place].time, register)
        after = self._after
        leads_on = after is not None and last is not None and _compared(last, after) is last
        for start, places in parts:
            is_last = places is parts[-1][1]
            rolled = np.cumsum([readings[place].range_wh * (judged[place][0] == ROLLOVER) for place in places])
            risen = np.array([judged[place][1] for place in places]) + rolled
            origin = int(risen[0]) if start is None else start.register
            if is_last and after is not None:
                if self._before is None and (start is not None or not leads_on):
                    self.due = after.wh  # since midnight
                if leads_on:
                    if start is None:
                        assert last is not None
                        origin = after.wh + int(rolled[-1]) + after.range_wh * _rolled(last, after, self._rounding_wh)
                    risen = np.minimum(risen, self.due + origin)
                    self.due -= int(risen[-1]) - origin
            registers = np.maximum(risen - rolled, 0)
            rises = np.diff(risen, prepend=risen[0] if start is None else origin)
            for place, register, rise in zip(places, registers.tolist(), rises.tolist(), strict=True):
                found[place] = register, rise
        return found


def _readings(columns: Columns, limits: Limits) -> list[Reading]:
    """Return readings with what they are judged by."""
    count, (meter, time, wh) = len(columns), (columns.meter, columns.time, columns.wh)
    watts = np.broadcast_to(limits.of_readings(meter, time), count)
    ranges, begun, ends_day = np.zeros(count, np.int64), np.full(count, NOT_DAILY), np.zeros(count, bool)
    devices = limits.devices
    if devices is not None:
        numbers = devices.numbers_at(meter, time)
        ranges = devices.column("range_wh")[numbers]
        begun = devices.days_begun(meter, time)
        ends_day = devices.end_days(meter, time) & (wh <= limits.rounding_wh)
    return list(map(Reading, *(column.tolist() for column in (time, wh, watts, ranges, begun, ends_day))))


def with_estimates(
    curve: Curve, read: Int64Array, estimates: Columns, quality: NDArray[np.uint8], judged: Judged
) -> Curve:
    """Return the curve with those estimates that count as points of it; `quality` is that of each, `read` as above."""
    on = judged.status < SUSPECT
    meter, time = np.concatenate((curve.meter, estimates.meter[on])), np.concatenate((curve.time, estimates.time[on]))
    order = np.lexsort((time, meter))
    meter = meter[order]
    register = judged.register[on]
    energy = np.cumsum(np.concatenate((judged.rise_after, judged.rise[on]))[order])
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
