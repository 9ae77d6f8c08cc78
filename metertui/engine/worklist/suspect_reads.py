"""Exceptions among stored readings: those that do not fit the history of their meter, and those with edits."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import ACTUAL, DAY, Device, Int64Array, format_kwh
from metertui.engine.columns import FIRST, Frozen, run_edges, tail_columns
from metertui.engine.vee import Edit, estimates, rules
from metertui.engine.worklist.cases import CAUSES, Cases, Cause, Detail, SiteState, int_array, repeat_cause
from metertui.engine.worklist.decision_effects import stakes_of
from metertui.engine.worklist.stakes import Stakes

_CAUSES: Final[dict[int, Cause]] = {
    rules.SUSPECT: "suspect",
    rules.ROUNDING: "rounding",
    rules.RESET: "reset",
    rules.REJECTED: "rejected",
    rules.ROLLOVER: "rollover",
}
_DECIDED: Final[dict[str, Cause]] = {"void": "void", "correct": "corrected", "release": "released"}


def find_misfits(frozen: Frozen, state: SiteState) -> Cases:
    """Return suspect, reset and rejected readings that are not released, estimates that do not count, and rollovers.

    O(n) in numpy.

    A rounding is not among them, unless a meter has sent nothing else for more than a day: see `_lasting_roundings`.
    """
    columns = frozen.columns
    odd = np.flatnonzero(~np.isin(frozen.status, (rules.COUNTED, rules.ROUNDING, rules.VOID)))
    released = [row for edit, row in _rows_of(frozen, state, "release") if _is_of(edit, frozen, row)]
    odd = np.union1d(odd, _lasting_roundings(frozen))
    odd = odd[~np.isin(odd, released)]
    cause_of = np.zeros(256, dtype=np.uint8)
    for status, name in _CAUSES.items():
        cause_of[status] = CAUSES.index(name)
    meter, time, group = columns.meter[odd], columns.time[odd], frozen.group[odd]
    cause = cause_of[frozen.status[odd]]
    if frozen.quality is not None:
        cause[(frozen.quality[odd] != ACTUAL) & (frozen.status[odd] == rules.REJECTED)] = CAUSES.index("estimate")

    def stakes(wanted: NDArray[np.bool_]) -> Stakes:
        return stakes_of(frozen, cause, meter, time, wanted)

    return Cases(cause, meter, time, group, lambda place: _detail(frozen, int(odd[place])), stakes=stakes)


def _lasting_roundings(frozen: Frozen) -> Int64Array:
    """Return the first rounding of each meter that has sent nothing else since, of different values, for over a day."""
    columns = frozen.columns
    rows = np.flatnonzero(frozen.status != rules.VOID)
    rounded = frozen.status[rows] == rules.ROUNDING
    if not rounded.any():
        return int_array([])
    edges = run_edges(columns.meter[rows])
    others = np.flatnonzero(~rounded)
    last = others.searchsorted(edges[1:]) - 1
    first = np.maximum(np.where(last >= 0, others[np.maximum(last, 0)] + 1, 0), edges[:-1])
    some = first + 1 < edges[1:]
    found = []
    for start, stop in zip(first[some].tolist(), edges[1:][some].tolist(), strict=True):
        part = rows[start:stop]
        if columns.time[part[-1]] - columns.time[part[0]] > DAY and np.ptp(columns.wh[part]):
            found.append(int(part[0]))
    return int_array(found)


def find_decided(frozen: Frozen, state: SiteState) -> Cases:
    """Return the voids, corrections and releases in force; a release only while its reading stands."""
    found = [
        (edit, row)
        for edit, row in _rows_of(frozen, state, *_DECIDED)
        if edit.kind != "release" or _is_of(edit, frozen, row)
    ]

    def detail_at(place: int) -> Detail:
        edit, row = found[place]
        if edit.kind == "correct":
            return Detail(edit.to, f"{format_kwh(edit.wh)} kWh was stored for this time", decided=edit)
        wh = int(frozen.columns.wh[row]) if edit.wh == FIRST else edit.wh
        return _detail_of_value(frozen, row, wh)._replace(decided=edit)

    rows = int_array([row for _, row in found])
    cause = np.array([CAUSES.index(_DECIDED[edit.kind]) for edit, _ in found], dtype=np.uint8)
    columns = frozen.columns
    return Cases(cause, columns.meter[rows], columns.time[rows], frozen.group[rows], detail_at)


def _rows_of(frozen: Frozen, state: SiteState, *kinds: str) -> list[tuple[Edit, int]]:
    """Return the edits of some kinds that are in force, each with the row of its instant; others are left out."""
    found = [(frozen.code(meter), each) for meter, each in state.edits.items()]
    edits = [(code, edit) for code, each in found if code is not None for kind in kinds for edit in each.in_force(kind)]
    codes = int_array([code for code, _ in edits], np.int32)
    at, known = tail_columns.locate_rows(frozen.columns, codes, int_array([edit.at or 0 for _, edit in edits]))
    return [(edit, row) for (_, edit), row, stored in zip(edits, at.tolist(), known.tolist(), strict=True) if stored]


def _is_of(edit: Edit, frozen: Frozen, row: int) -> bool:
    """Return whether a release is of the reading that stands in a row, and that counts."""
    return edit.wh in (FIRST, int(frozen.columns.wh[row])) and frozen.status[row] < rules.SUSPECT


def find_exchanges(frozen: Frozen, state: SiteState) -> Cases:
    """Return the declared exchanges."""
    made = frozen.corrections
    if made is None or not len(made.exchange_time):
        return Cases(
            repeat_cause("exchanged", 0), int_array([], np.int32), int_array([]), int_array([], np.int32), _nothing
        )

    def detail_at(place: int) -> Detail:
        final, initial = int(made.final[place]), int(made.initial[place])
        why = f"the old register ended at {format_kwh(final)} kWh, the new one began at {format_kwh(initial)} kWh"
        return Detail(initial, why)

    meter, time = made.exchange_meter, made.exchange_time
    return Cases(repeat_cause("exchanged", len(time)), meter, time, state.group_of(meter, time), detail_at)


def _nothing(_place: int) -> Detail:
    raise IndexError("there is no such case")


def _detail(frozen: Frozen, row: int) -> Detail:
    """Return the register and why the reading does not fit, by the counted readings before or after it."""
    return _detail_of_value(frozen, row, int(frozen.columns.wh[row]))


def _detail_of_value(frozen: Frozen, row: int, wh: int) -> Detail:
    columns, curve, status = frozen.columns, frozen.read_curve, frozen.status[row]
    time = int(columns.time[row])
    points = curve.part(curve.span(int(columns.meter[row])))
    is_actual = frozen.quality is None or frozen.quality[row] == ACTUAL
    before = points.point_before(time, actual=is_actual)
    limits = frozen.limits.of_meter(int(columns.meter[row]))
    why = rules.misfit(before, time, wh, limits, frozen.zone)
    if status == rules.REJECTED and not is_actual:
        return Detail(wh, why or estimates.why_left_out(points, time, wh, frozen.zone))
    stands = status != rules.VOID and columns.wh[row] == wh
    if stands and status == rules.ROUNDING and before is not None:
        lower = f"is a little lower than the {format_kwh(before[1])} kWh counted before it"
        return Detail(wh, f"{format_kwh(wh)} kWh {lower}, as is all that the meter has sent since, for over a day")
    if stands and status == rules.ROLLOVER and before is not None:
        return Detail(wh, _rolled_over(before[1], wh, limits.device_at(time)))
    if not why and before is not None and (not stands or status == rules.COUNTED):
        return Detail(wh, "it fits the reading counted before it")
    if not why and not stands:
        return Detail(wh, "no reading is counted before it")
    return Detail(wh, why or rules.why_not_counted(before, time, wh, limits, frozen.zone))


def _rolled_over(before_wh: int, wh: int, device: Device) -> str:
    rise = wh + device.range_wh - before_wh
    used = f"{format_kwh(rise)} kWh{rules.times(rise, device.multiplier)}"
    past = f"went past {format_kwh(device.range_wh - 1000)} after the {format_kwh(before_wh)} kWh counted before it"
    return f"{format_kwh(wh)} kWh: the register {past}; {used} counted. Declare an exchange if it was one"


def last_rows(frozen: Frozen, codes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the row of the last stored reading of each meter that is actual, int64[m]; -1 without one."""
    starts = frozen.columns.starts
    first = starts.take(codes, mode="clip")
    last = starts.take(codes.astype(np.int64) + 1, mode="clip") - 1
    if frozen.quality is not None:
        rows = np.where(frozen.quality == ACTUAL, np.arange(len(frozen.quality)), -1)
        last = np.where(last >= first, np.maximum.accumulate(rows).take(last, mode="clip"), last)
    return np.where(last >= first, last, -1)
