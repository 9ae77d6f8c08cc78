"""Exceptions among stored readings: those that do not fit the history of their meter, and those with edits."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import format_kwh
from metertui.engine.columns import Frozen, tail_columns
from metertui.engine.vee import rules
from metertui.engine.worklist.cases import CAUSES, Cases, Cause, Detail, SiteState, int_array, repeat_cause

_CAUSES: Final[dict[int, Cause]] = {
    rules.SUSPECT: "suspect",
    rules.RESET: "reset",
    rules.REJECTED: "rejected",
    rules.VOID: "void",
}


def find_misfits(frozen: Frozen) -> Cases:
    """Return the suspect, reset, rejected, void and released readings. O(n) in numpy."""
    columns = frozen.columns
    odd = np.flatnonzero((frozen.status != rules.COUNTED) & (frozen.status != rules.ROUNDING))
    cause_of = np.zeros(256, dtype=np.uint8)
    for status, name in _CAUSES.items():
        cause_of[status] = CAUSES.index(name)
    cause = cause_of[frozen.status[odd]]
    if frozen.corrections is not None:
        made = frozen.corrections
        at, known = tail_columns.locate_rows(columns, made.release_meter, made.release_time)
        released = at[known]
        released = released[frozen.status[released] < rules.SUSPECT]
        kept = ~np.isin(odd, released)
        odd = np.concatenate((odd[kept], released))
        cause = np.concatenate((cause[kept], repeat_cause("released", len(released))))
    meter, time, group = columns.meter[odd], columns.time[odd], frozen.group[odd]
    return Cases(cause, meter, time, group, lambda place: _detail(frozen, int(odd[place])))


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
    columns, curve, status = frozen.columns, frozen.curve, frozen.status[row]
    time, wh = int(columns.time[row]), int(columns.wh[row])
    before = curve.part(curve.span(int(columns.meter[row]))).point_before(time)
    limits = frozen.limits.of_meter(int(columns.meter[row]))
    why = rules.misfit(before, time, wh, limits, frozen.zone)
    if not why and before is not None and status in (rules.VOID, rules.COUNTED):
        return Detail(wh, "it fits the reading counted before it")
    if not why and status == rules.VOID:
        return Detail(wh, "no reading is counted before it")
    return Detail(wh, why or rules.why_not_counted(before, time, wh, limits, frozen.zone))


def last_rows(frozen: Frozen, codes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the row of the last stored reading of each meter, int64[m]; -1 without one."""
    starts = frozen.columns.starts
    first = starts.take(codes, mode="clip")
    end = starts.take(codes.astype(np.int64) + 1, mode="clip")
    return np.where(end > first, end - 1, -1)
