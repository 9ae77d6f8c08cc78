"""Sums of usage worked out in more than one way and compared: exact, to the watt-hour.

Nothing here trusts what it checks: registers are subtracted again, the intervals of every meter are cut at hours and
days and added up, and tables with different breakdowns are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import (
    ONE_TIMES,
    USE,
    DeviceCourse,
    Int64Array,
    Progress,
    SiteZone,
    month_before,
    part_of_progress,
)
from metertui.engine.billing import unpriced_statement
from metertui.engine.columns import NO_CODE, Curve, Frozen, run_edges, tail_columns
from metertui.engine.intervals import UWH_PER_WH
from metertui.engine.maintenance.proof import Proof
from metertui.engine.usage import (
    Intervals,
    Question,
    Series,
    cut_intervals,
    intervals_in_window,
    meter_blocks,
    usage_table,
)
from metertui.engine.vee import rules

_SAMPLE: Final = 100
"""The most meters whose bills are added up one by one, from the last month back to the first."""
_FINEST: Final = 60
"""The most rows of a table by time for each reading of a meter, on average. Beyond that a table has the last ones."""
_LONGEST: Final = {"year": 366, "quarter": 92, "month": 31, "week": 7, "day": 1}
"""The days of the longest row of a table."""


def prove_sums(frozen: Frozen, progress: Progress) -> Iterator[Proof]:
    """Prove the sums of a folder's readings: of each register as if it were a meter, and those that are the use."""
    if frozen.registers.several:
        yield _uses(frozen)
    frozen = replace(frozen, of_registers=False)
    risen = _risen(frozen)
    yield _energy(frozen, risen)
    yield from _tables(frozen, risen)
    progress(0.3)
    yield from _every_meter(frozen, risen, lambda share: progress(0.3 + 0.6 * share))
    yield _bills(frozen, risen)


def _risen(frozen: Frozen) -> NDArray[np.int64]:
    """Return how far each meter's registers rose, Wh, int64[n], by code: last less first of each run.

    Where intervals are known it is their energy instead; where both are, C(t) is all that can be said.
    """
    curve = frozen.read_curve
    risen = _risen_registers(frozen, curve)
    for code, course in _devices(frozen):
        risen[code] = _multiplied_rise(frozen, code, course)
    intervals, joined = frozen.intervals, frozen.curve
    for code in np.unique(intervals.meter).tolist():
        reads, points = curve.span(code), joined.span(code)
        if reads.stop > reads.start:
            risen[code] = joined.energy[points.stop - 1] - joined.energy[points.start]
        else:
            risen[code] = round(Fraction(sum(intervals.energy[intervals.span(code)].tolist()), UWH_PER_WH))
    return risen


def _risen_registers(frozen: Frozen, curve: Curve) -> NDArray[np.int64]:
    risen = np.zeros(len(frozen.ids), dtype=np.int64)
    if not len(curve):
        return risen
    begins = np.ones(len(curve), dtype=bool)
    begins[1:] = (curve.meter[1:] != curve.meter[:-1]) | (curve.wh[1:] < curve.base[:-1])
    reset = frozen.status == rules.RESET
    begins[tail_columns.locate_rows(curve, frozen.columns.meter[reset], frozen.columns.time[reset])[0]] = True
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(curve)) - 1
    # A run of one point, such as an exchange before any reading, has not risen.
    np.add.at(risen, curve.meter[starts], np.where(ends > starts, curve.wh[ends] - curve.base[starts], 0))
    exchanged = np.setdiff1d(np.flatnonzero(curve.wh != curve.base), np.concatenate((starts, ends)))
    np.add.at(risen, curve.meter[exchanged], curve.wh[exchanged] - curve.base[exchanged])
    return risen


def _devices(frozen: Frozen) -> Iterable[tuple[int, DeviceCourse]]:
    """Return the registers of meters that are not plain, with what they are."""
    devices = frozen.limits.devices
    return [] if devices is None else devices.among(np.unique(frozen.read_curve.meter))


def _multiplied_rise(frozen: Frozen, code: int, course: DeviceCourse) -> int:
    """Add up, in fractions, what a register rose by from point to point times the multiplier of that time, Wh."""
    curve = frozen.read_curve.part(frozen.read_curve.span(code))
    span = frozen.columns.span(code)
    status = dict(zip(frozen.columns.time[span].tolist(), frozen.status[span].tolist(), strict=True))
    ends = curve.label_times(curve).tolist()  # of the step that each point divides
    points = list(zip(curve.time.tolist(), curve.wh.tolist(), curve.base.tolist(), ends, strict=True))
    total = Fraction(0)
    limits = frozen.limits.of_meter(code)
    for (start, _, base, _), (time, wh, _, end) in pairwise(points):
        device, rise = course.until(time), wh - base
        rolled = status.get(end) == rules.ROLLOVER
        if end not in status:  # an exchange
            rolled = not rules.misfit((start, base), time, wh, limits, frozen.zone)
        if rolled and rise < -limits.rounding_wh:
            rise += course.at(end).range_wh
        if status.get(end) != rules.RESET:
            total += Fraction(max(rise, 0) * device.multiplier, ONE_TIMES)
    return round(total)


def _uses(frozen: Frozen) -> Proof:
    """Add up what meters used from their registers, one by one."""
    proof = Proof(f"meters: use equals what its registers say ({_SAMPLE} meters at most)")
    registers, use = frozen.registers, frozen.use
    total, parts = registers.of_channel(USE)
    codes = np.unique(use.curve.meter)
    for code in codes[:: max(1, -(-len(codes) // _SAMPLE))].tolist():
        own = [Series.from_frozen(frozen, int(each[code])) for each in parts if each[code] != NO_CODE]
        whole = Series.from_frozen(frozen, int(total[code]))
        expected = sum(int(each.curve.energy[-1]) - _rise_within(each, whole) for each in own if len(each.curve))
        expected += int(whole.curve.energy[-1]) if len(whole.curve) else 0
        proof.check_equal(expected, int(use.curve.energy[use.curve.span(code)][-1]), f"use of {frozen.ids[code]}")
    return proof


def _rise_within(part: Series, whole: Series) -> int:
    """Return how much a register rose between the first and the last point of another, Wh."""
    if whole.first is None or whole.last is None or part.first is None or part.last is None:
        return 0
    start, end = (min(max(instant, part.first), part.last) for instant in (whole.first, whole.last))
    return part.energy_at(end) - part.energy_at(start)


def _energy(frozen: Frozen, risen: NDArray[np.int64]) -> Proof:
    proof = Proof("meters: energy equals what the registers rose by")
    curve = frozen.curve
    edges = run_edges(curve.meter)
    falls = np.flatnonzero(np.diff(curve.energy) < 0) + 1
    for at in np.setdiff1d(falls, edges).tolist():
        proof.fail(f"the energy of {frozen.ids[curve.meter[at]]} falls at {frozen.zone.iso(int(curve.time[at]))}")
    codes = curve.meter[edges[:-1]]
    for code, total in zip(codes.tolist(), curve.energy[edges[1:] - 1].tolist(), strict=True):
        proof.check_equal(int(risen[code]), total, f"energy of {frozen.ids[code]}")
    return proof


def _tables(frozen: Frozen, risen: NDArray[np.int64]) -> Iterator[Proof]:
    zone, times = frozen.zone, _times(frozen)
    first, last = zone.day(int(times.min())) - timedelta(days=1), zone.day(int(times.max()))
    total, beyond, standing = int(risen.sum()), _beyond(frozen), len(frozen.standing[0]) + len(frozen.intervals)
    proof = Proof("totals by time and attribute: equal what the registers rose by")
    tables, begins = {}, {}
    for key in (*_LONGEST, *ATTRIBUTES, "meter"):
        begins[key] = max(first, _first_of_table(frozen, key, last))
        tables[key] = usage_table(frozen, Question(begins[key], last, by=(key,)))
        readings = int(tables[key]["readings"].sum())
        expected = total
        if begins[key] > first:
            expected = _used_since(frozen, zone.midnight(begins[key]))
            proof.notes.append(f"readings are far apart: the table by {key} was checked only from {begins[key]} on")
        elif not standing - beyond <= readings <= standing:
            proof.fail(f"readings by {key} are {readings}, not {standing}")
        proof.check_equal(expected, int(tables[key]["usage_wh"].sum()), f"all usage by {key}")
    yield proof

    proof = Proof("meters: table by meter equals what the registers rose by")
    for meter, used in zip(tables["meter"]["meter"], tables["meter"]["usage_wh"].tolist(), strict=True):
        code = frozen.code(meter)
        assert code is not None
        proof.check_equal(int(risen[code]), used, f"usage of {meter}")
    yield proof

    proof = Proof("regions: sums of their meters")
    both = usage_table(frozen, Question(first, last, by=("region", "meter"))).groupby("region")["usage_wh"].sum()
    for region, used in zip(tables["region"]["region"], tables["region"]["usage_wh"].tolist(), strict=True):
        proof.check_equal(int(both[region]), used, f"region {region or 'without a name'}")
    yield proof

    proof = Proof("months: sums of their days")
    by_month = tables["day"].groupby(tables["day"]["day"].str[:7])["usage_wh"].sum()
    since = max(begins["month"], begins["day"])
    for text, used in zip(tables["month"]["month"], tables["month"]["usage_wh"].tolist(), strict=True):
        if since == first or f"{text}-01" >= str(since):
            proof.check_equal(int(by_month[text]), used, f"month {text}")
    yield proof


def _first_of_table(frozen: Frozen, key: str, last: date) -> date:
    """Return the first day of a table by a key, so that its rows of all meters are in proportion to the readings."""
    meters = max(1, len(run_edges(frozen.curve.meter)) - 1)
    rows = _FINEST * len(frozen.curve) // meters
    days = min(_LONGEST.get(key, 0) * rows, last.toordinal() - 1)
    return last - timedelta(days=days) if days else date.min


def _used_since(frozen: Frozen, instant: int) -> int:
    """Return what all meters used from an instant (µs UTC) on, Wh."""
    curve = frozen.curve
    edges = run_edges(curve.meter)
    meter = curve.meter[edges[:-1]].astype(np.int64)
    begin = _at(curve, meter, np.full(len(meter), instant, dtype=np.int64))
    return int((curve.energy[edges[1:] - 1] - begin).sum())


def _times(frozen: Frozen) -> Int64Array:
    """Return the times of all readings, and of exchanges that may be before or after them, µs UTC."""
    return np.concatenate((frozen.columns.time, frozen.curve.time))


def _beyond(frozen: Frozen) -> int:
    """Count readings where their meter's C(t) is not defined: they may be in no row of a table."""
    curve, columns = frozen.curve, frozen.standing[0]
    edges = run_edges(curve.meter)
    codes = curve.meter[edges[:-1]]
    known = np.full((2, len(frozen.ids)), -1, dtype=np.int64)
    known[:, codes] = curve.time[edges[:-1]], curve.time[edges[1:] - 1]
    first, last = known[:, columns.meter]
    return int(np.count_nonzero((columns.time < first) | (columns.time > last)))


def _every_meter(frozen: Frozen, risen: NDArray[np.int64], progress: Progress) -> Iterator[Proof]:
    """Cut every interval at days and at hours, and add the pieces up again, meter by meter."""
    zone, times = frozen.zone, _times(frozen)
    first, last = zone.day(int(times.min()) - 1), zone.day(int(times.max()))
    days = zone.midnights(first, last)
    months = days[[zone.local(day).day == 1 for day in days.tolist()]]
    proof = Proof("every meter's months: what its registers rose by, and the sum of their days")
    edges = np.unique(np.concatenate((days[:1], months, days[-1:])))
    total = _cut(frozen, days, edges, "month", proof, part_of_progress(progress, 0, 2))
    for code in np.flatnonzero(total != risen).tolist():
        proof.fail(f"the days of {frozen.ids[code]} do not sum to the rise of its registers")
    yield proof
    proof = Proof("every meter's days: what its registers rose by, and the sum of their hours")
    hours = np.unique(np.concatenate((days, zone.hours(int(days[0]), int(days[-1])))))
    _cut(frozen, hours, days, "day", proof, part_of_progress(progress, 1, 2))
    yield proof


def _cut(
    frozen: Frozen, marks: Int64Array, wholes: Int64Array, name: str, proof: Proof, progress: Progress
) -> Int64Array:
    """Compare the sum of pieces between marks with C(t) at both ends of each whole; return what each meter used, Wh.

    Marks and wholes are instants, µs UTC; each whole begins and ends at marks. The wholes in which a meter has no
    reading, between two, are compared together: the work is in proportion to the readings, however far apart they are.
    """
    total = np.zeros(len(frozen.ids), dtype=np.int64)
    alike = np.zeros(len(frozen.groups), dtype=np.int64)

    def compare(meter: Int64Array, first: Int64Array, stop: Int64Array, used: Int64Array) -> None:
        """Compare what meters used from whole `first` up to whole `stop`."""
        expected = _at(frozen.curve, meter, wholes[stop]) - _at(frozen.curve, meter, wholes[first])
        proof.count += len(used)
        for at in np.flatnonzero(used != expected).tolist():
            where = f"{frozen.ids[meter[at]]}, the {name} from {frozen.zone.iso(int(wholes[first[at]]))}"
            proof.fail_differing(int(expected[at]), int(used[at]), where)
        np.add.at(total, meter, used)

    whole_of = np.searchsorted(wholes, marks, side="right") - 1
    for block in meter_blocks(frozen):
        taken = intervals_in_window(frozen, block.curve, alike, int(marks[0]), int(marks[-1]))
        ends, between = _without_middles(taken, wholes)
        for piece in cut_intervals(between, marks[[0, -1]]):
            first, stop = np.searchsorted(wholes, piece.low), np.searchsorted(wholes, piece.high)
            compare(piece.meter, first, stop, piece.used)
        for piece in cut_intervals(ends, marks):
            key = piece.meter * len(wholes) + whole_of[piece.bucket]
            order = np.argsort(key, kind="stable")
            begins = run_edges(key[order])[:-1]
            used = np.add.reduceat(piece.used[order], begins) if len(begins) else piece.used
            meter, whole = np.divmod(key[order][begins], len(wholes))
            compare(meter, whole, whole + 1, used)
            progress(block.share_of_all(piece.share_done(ends)))
    return total


def _without_middles(taken: Intervals, wholes: Int64Array) -> tuple[Intervals, Intervals]:
    """Return the intervals without the wholes that lie within them, and those wholes; both in the order of meters."""
    first = np.searchsorted(wholes, taken.low, side="right")
    last = np.searchsorted(wholes, taken.high) - 1
    long = np.flatnonzero(first < last)
    if not len(long):
        return taken, taken.part(long)
    middles = replace(taken.part(long), low=wholes[first[long]], high=wholes[last[long]])
    heads = replace(taken, high=taken.high.copy())
    heads.high[long] = middles.low
    tails = replace(taken.part(long), low=middles.high)
    order = np.argsort(np.concatenate((np.arange(len(taken.meter)), long)), kind="stable")
    others = tails.columns()
    both: dict[str, Any] = {
        name: np.concatenate((column, others[name]))[order] for name, column in heads.columns().items()
    }
    return replace(heads, **both), middles


def _at(curve: Curve, meter: Int64Array, instant: Int64Array) -> Int64Array:
    """Return C(t) of meters, Wh, at instants (µs UTC), each moved to where it is defined."""
    instant = curve.clip(meter, instant)
    return curve.energy_at(curve.places(meter, instant), instant)


def _bills(frozen: Frozen, risen: NDArray[np.int64]) -> Proof:
    """Compare the bills of some meters with their registers."""
    proof = Proof(f"bills of all months: equal what the registers rose by ({_SAMPLE} meters at most)")
    codes = np.unique(frozen.curve.meter)
    for code in codes[:: max(1, -(-len(codes) // _SAMPLE))].tolist():
        proof.check_equal(int(risen[code]), _billed(Series.from_frozen(frozen, code), frozen.zone), frozen.ids[code])
    return proof


def _billed(series: Series, zone: SiteZone) -> int:
    """Return the usage of all bills of a meter, Wh, from its last month back to its first."""
    assert series.first is not None
    assert series.last is not None
    total = 0
    instant = series.last
    first = f"{zone.day(series.first):%Y-%m}"
    month = f"{zone.day(instant):%Y-%m}"
    while month >= first:
        total += unpriced_statement(series, month, zone).usage_wh or 0
        instant = zone.midnight(zone.day(instant).replace(day=1))
        month = month_before(instant, zone)
        instant -= 1
    return total
