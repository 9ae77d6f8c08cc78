"""Validation of stored readings with the edits made to them: which of them count, and the curve C(t)."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import ACTUAL, DevicesInTime, Limits
from metertui.engine.columns import DRAWN, FIRST, READ, Columns, Corrections, Curve, in_one, tail_columns
from metertui.engine.vee import rules
from metertui.engine.vee.device_curve import multiplied, register_rises
from metertui.engine.vee.estimates import judge_estimates, with_estimates
from metertui.engine.vee.standing import Standing, resolve
from metertui.engine.vee.whole_columns import Marks, judge_columns


class Validated(NamedTuple):
    """The result of validating n stored readings in order of (meter, time)."""

    columns: Columns
    """The readings, each with the value that stands at its instant."""
    status: NDArray[np.uint8]
    """uint8[n], see rules."""
    energy: NDArray[np.int64]
    """C at each reading, Wh, int64[n]. At one that does not count, C at the last point before it, or 0."""
    curve: Curve
    quality: NDArray[np.uint8] | None = None
    """The quality of each reading, uint8[n]; None if all are actual."""


def validate(columns: Columns, corrections: Corrections | None, limits: Limits) -> Validated:
    """Validate readings, given their limits and the edits by the same meter codes. O(n) in numpy.

    The columns have the first value of each instant; another one of the corrections may stand there, or none: a void
    reading is left out. At an exchange, the final read of the old register and the initial read of the new one
    count. A reading stored at the same instant counts if it equals either of them, and is rejected otherwise.
    Readings that are not actual are judged beside the others, see `estimates`, unless they are released.
    """
    if corrections is None:
        status = judge_columns(columns.meter, columns.time, columns.wh, limits)
        wh, _ = _counted_registers(columns, columns.wh, status, limits)
        gained = _risen(columns, wh, wh, status, limits.devices)
        curve = _curve(columns, wh, wh, gained, status)
        energy = _multiplied(curve, limits.devices)
        return Validated(columns, status, gained if energy is curve else _energy_along(energy, columns), energy)
    found = resolve(columns, corrections)
    columns = found.columns
    quality = corrections.qualities_of(columns) if corrections.has_estimates() else None
    points, base, marks, rows, aside, estimates = _points(found, corrections, quality)
    status_of = judge_columns(points.meter, points.time, points.wh, limits, marks)
    wh, rises_from = _counted_registers(points, base, status_of, limits)
    gained = _risen(points, wh, rises_from, status_of, limits.devices)
    status = np.full(len(columns), rules.VOID, dtype=np.uint8)
    total = np.zeros(len(columns), dtype=np.int64)
    stored = rows >= 0
    status[rows[stored]], total[rows[stored]] = status_of[stored], gained[stored]
    if len(aside) and len(points):
        at, known = tail_columns.locate_rows(points, columns.meter[aside], columns.time[aside])
        here = np.minimum(at, len(points) - 1)
        says = known & ((points.wh[here] == columns.wh[aside]) | (base[here] == columns.wh[aside]))
        status[aside[known]] = rules.REJECTED
        status[aside[says]] = rules.COUNTED
        status[found.void] = rules.VOID
        # At an exchange C is that of the exchange; elsewhere that of the point before, if it is of the same meter.
        before = np.where(known, here, at - 1)
        mine = (before >= 0) & (points.meter[np.maximum(before, 0)] == columns.meter[aside])
        total[aside[mine]] = gained[before[mine]]
    curve = _curve(points, wh, rises_from, gained, status_of)
    if len(estimates):
        assert quality is not None
        asked, read = columns.part(estimates), points.wh[status_of < rules.SUSPECT]
        judged = judge_estimates(asked, curve, read, limits)
        status[estimates] = judged.status
        curve = with_estimates(curve, read, asked, quality[estimates], judged)
    if quality is not None:
        curve = _with_qualities(curve, columns, quality)
    found_curve = _multiplied(curve, limits.devices)
    if quality is not None or found_curve is not curve:
        total = _energy_along(found_curve, columns)
    return Validated(columns, status, total, found_curve, quality)


def _multiplied(curve: Curve, devices: DevicesInTime | None) -> Curve:
    """Return the curve of energy, given that of what registers rose by."""
    if devices is None or not (concerned := devices.concern(curve.meter)).any():
        return curve
    return in_one(curve.part(~concerned), multiplied(curve.part(concerned), devices))


def _risen(
    points: Columns,
    wh: NDArray[np.int64],
    base: NDArray[np.int64],
    status: NDArray[np.uint8],
    devices: DevicesInTime | None,
) -> NDArray[np.int64]:
    """Return what the registers of n points have risen by since the first of their meters, as they count, Wh int64[n].

    At one that does not count it is that at the last that does.
    """
    risen = energy_of_readings(points.meter, wh, status, None if base is wh else base)
    if devices is None or not (concerned := devices.concern(points.meter)).any():
        return risen
    rows = np.flatnonzero(concerned & (status < rules.SUSPECT))
    meter = points.meter[rows]
    rise = register_rises(meter, points.time[rows], wh[rows], base[rows], status[rows], devices)
    total = np.cumsum(rise)
    first = np.concatenate(([True], meter[1:] != meter[:-1]))[: len(meter)]
    total -= total[np.maximum.accumulate(np.where(first, np.arange(len(meter)), 0))]
    at = np.zeros(len(points), dtype=np.int64)
    at[rows] = np.arange(len(rows))
    risen[concerned] = total[np.maximum.accumulate(at)[concerned]]  # a meter's first point counts
    return risen


def _energy_along(curve: Curve, columns: Columns) -> NDArray[np.int64]:
    """Return C (Wh, int64[n]) at the last point of the curve up to each reading; 0 before the first of its meter."""
    curve = curve if curve.known is None else curve.part(curve.known != DRAWN)
    at, known = tail_columns.locate_rows(curve, columns.meter, columns.time)
    place = np.where(known, at, at - 1)
    found = np.zeros(len(columns), dtype=np.int64)
    mine = place >= 0
    mine[mine] = curve.meter[place[mine]] == columns.meter[mine]
    found[mine] = curve.energy[place[mine]]
    return found


def _with_qualities(curve: Curve, columns: Columns, quality: NDArray[np.uint8]) -> Curve:
    """Return the curve with the quality of those of its points that are readings."""
    at, here = tail_columns.locate_rows(columns, curve.meter, curve.time)
    known = np.full(len(curve), READ, dtype=np.uint8)
    known[here] = np.where(quality[at[here]] == ACTUAL, READ, quality[at[here]])
    return replace(curve, known=known)


def energy_of_readings(
    meter: NDArray[np.int32],
    wh: NDArray[np.int64],
    status: NDArray[np.uint8],
    base: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Return C (Wh, int64[n]) at each of n readings in order of (meter, time).

    At a reading that does not count it is C at the last counted one, and 0 before a meter's first counted one. `base`
    is the register that the next one rises from, where it is not always the reading itself (see Marks). A rounding has
    the register that it counts with.
    """
    counted = np.flatnonzero(status < rules.SUSPECT)
    rise = np.zeros(len(meter), dtype=np.int64)
    if len(counted) > 1:
        steps = wh[counted[1:]] - (wh if base is None else base)[counted[:-1]]
        if base is not None:
            np.maximum(steps, 0, out=steps)  # the final read may be lower than the reading before
        steps[meter[counted[1:]] != meter[counted[:-1]]] = 0
        steps[status[counted[1:]] == rules.RESET] = 0
        rise[counted[1:]] = steps
    total = np.cumsum(rise)
    if len(meter):
        firsts = np.flatnonzero(np.concatenate(([True], meter[1:] != meter[:-1])))
        # C is 0 at a meter's first reading. (np.repeat would hold the GIL.)
        before = np.zeros_like(total)
        before[firsts] = np.diff(total[firsts], prepend=0)
        total -= np.cumsum(before)
    return total


def _counted_registers(
    points: Columns, base: NDArray[np.int64], status: NDArray[np.uint8], limits: Limits
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the registers (Wh, int64[n]) with which points count, and those that the next ones rise from.

    They are those of the points, but a rounding has what was counted before it. So has an old register whose final read
    is a little lower than that. Of an exchange before a meter's first reading only the new register is known.
    """
    wh = points.wh
    if not (status == rules.ROUNDING).any() and base is wh:
        return wh, base
    counted = np.flatnonzero(status < rules.SUSPECT)
    rounded = status[counted] == rules.ROUNDING
    source = np.maximum.accumulate(np.where(rounded, 0, np.arange(len(counted))))
    rises_from = base.copy()
    rises_from[counted] = base[counted[source]]
    wh = wh.copy()
    wh[counted[rounded]] = rises_from[counted[rounded]]
    last = np.flatnonzero(status[counted[1:]] == rules.EXCHANGE) + 1
    at, before = counted[last], counted[last - 1]
    fallen = rises_from[before] - wh[at]
    small = (points.meter[at] == points.meter[before]) & (fallen > 0) & (fallen <= limits.rounding_wh)
    if limits.devices is not None:
        small &= limits.devices.days_begun(points.meter[at], points.time[at]) < points.time[before]
    wh[at[small]] = rises_from[before[small]]
    firsts = points.starts[:-1][np.diff(points.starts) > 0]
    opening = firsts[status[firsts] == rules.EXCHANGE]
    wh[opening] = rises_from[opening]
    return wh, rises_from


def _curve(
    points: Columns,
    wh: NDArray[np.int64],
    base: NDArray[np.int64],
    gained: NDArray[np.int64],
    status: NDArray[np.uint8],
) -> Curve:
    on = status < rules.SUSPECT
    if on.all():
        return Curve(points.meter, points.time, wh, base, gained)
    counted = wh[on]
    return Curve(points.meter[on], points.time[on], counted, counted if base is wh else base[on], gained[on])


def _points(
    found: Standing, corrections: Corrections, quality: NDArray[np.uint8] | None
) -> tuple[Columns, NDArray[np.int64], Marks, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the points to validate: the readings that are neither void nor at an exchange, and the exchanges.

    Columns of length m, their bases, the marks, the row of each point in `columns` (-1 for an exchange), the rows that
    were left out, and those that are not actual, which are no points either.
    """
    columns = found.columns
    at_exchange = _matching(columns, corrections.exchange_meter, corrections.exchange_time)
    aside = np.union1d(found.void, at_exchange)
    kept = np.ones(len(columns), dtype=bool)
    kept[aside] = False
    released = released_rows(found, corrections)
    estimates = np.empty(0, dtype=np.int64)
    if quality is not None:
        judged_apart = kept & (quality != ACTUAL)
        judged_apart[released] = False
        estimates = np.flatnonzero(judged_apart)
        kept[estimates] = False
    kept_rows = np.flatnonzero(kept)
    rest = Columns(columns.meter[kept], columns.time[kept], columns.wh[kept])
    count = len(rest) + len(corrections.final)
    before, _ = tail_columns.locate_rows(rest, corrections.exchange_meter, corrections.exchange_time)
    exchange = before + np.arange(len(corrections.final))
    is_reading = np.ones(count, dtype=bool)
    is_reading[exchange] = False

    def spliced(old: NDArray[np.int64], new: NDArray[np.int64]) -> NDArray[np.int64]:
        column = np.empty(count, dtype=old.dtype)
        column[is_reading] = old
        column[exchange] = new
        return column

    rows = np.full(count, -1, dtype=np.int64)
    rows[is_reading] = kept_rows
    wh = spliced(rest.wh, corrections.final)
    base = spliced(rest.wh, corrections.initial)
    meter = np.empty(count, dtype=np.int32)
    meter[is_reading], meter[exchange] = rest.meter, corrections.exchange_meter
    points = Columns(meter, spliced(rest.time, corrections.exchange_time), wh)
    # A reading stored at the instant of an exchange is not a point of its own.
    released = np.flatnonzero(is_reading)[np.searchsorted(kept_rows, released[kept[released]])]
    place = np.concatenate((exchange, released)).astype(np.int64)
    order = np.argsort(place)
    is_exchange = np.arange(len(place)) < len(exchange)
    return points, base, Marks(base, place[order], is_exchange[order]), rows, aside, estimates


def released_rows(found: Standing, corrections: Corrections) -> NDArray[np.int64]:
    """Return the rows whose standing reading is released, ascending, whether it counts or not."""
    at, known = tail_columns.locate_rows(found.columns, corrections.release_meter, corrections.release_time)
    here, named = at[known], corrections.release_wh[known]
    first = (named == FIRST) & ~np.isin(here, found.replaced)
    return np.unique(here[first | (named == found.columns.wh[here])])


def _matching(columns: Columns, meter: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of these meters and instants, as far as they are stored, ascending."""
    at, known = tail_columns.locate_rows(columns, meter, time)
    return np.sort(at[known])
