"""What becomes of the readings of an import: which are new, and which contradict what stands at their instants.

It does not matter in which order the values of an instant come, nor which of them are stored already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array, Limits
from metertui.engine.columns import Arrivals, Columns, Frozen, tail_columns
from metertui.engine.vee import MeterEdits, accepted, corrections_from, rules, standing, validate

Edits = Mapping[str, MeterEdits]
"""The edits in force by meter id."""
_Instant = tuple[int, int]
"""A meter code and µs UTC."""
_Values = dict[_Instant, tuple[int, ...]]
"""What is stored at instants, Wh, in order of arrival."""


class Outcomes(NamedTuple):
    """What becomes of n readings."""

    new: NDArray[np.bool_]
    """Which are to be stored, bool[n]."""
    kept: NDArray[np.bool_]
    """Which are stored afterwards: the new ones, and those that their instants have already; bool[n]."""
    stands: Int64Array
    """What stands then at the instant of each that is not kept, Wh; int64[n]."""
    before: Arrivals
    """What is stored already at instants where others come in as well."""
    values: Mapping[_Instant, tuple[int, ...]]
    """What is stored then at the instants that have several values."""


def outcomes_of(arrivals: Arrivals, frozen: Frozen, ids: Sequence[str], edits: Edits) -> Outcomes:
    """Find out what becomes of readings beside the stored ones; their meter codes are places in `ids`.

    At nearly all instants there is one value and no edit. Each of the others is looked at by itself.
    """
    columns = frozen.columns
    values = _several(frozen)
    apart = _among(arrivals, {*values, *_spoken_of(arrivals, ids, edits)})
    plain = np.flatnonzero(~apart)
    rest = arrivals.take(plain)
    merged = tail_columns.merge_arrivals(columns, rest)
    stands, new = arrivals.wh.copy(), np.zeros(len(arrivals.wh), dtype=bool)
    stands[plain] = merged.wh[_places(merged, rest)]
    new[plain] = tail_columns.new_arrivals(columns, rest)
    kept = stands == arrivals.wh
    before: list[tuple[int, int, int]] = []
    for instant, rows in _rows_by_instant(arrivals, apart).items():
        stored = values.get(instant) or _stored_at(columns, *instant)
        verdicts = _verdicts_at(instant, ids, edits)
        added = accepted(stored, arrivals.wh[rows].tolist(), verdicts)
        values[instant] = (*stored, *added)
        stands[rows] = standing(values[instant], verdicts) or 0
        kept[rows] = np.isin(arrivals.wh[rows], values[instant])
        for wh in added:
            new[next(row for row in rows if arrivals.wh[row] == wh)] = True
        before += [(*instant, wh) for wh in stored if added]
    return Outcomes(new, kept, stands, _as_arrivals(before), values)


def are_doubtful(
    new: Arrivals, outcomes: Outcomes, frozen: Frozen, ids: Sequence[str], edits: Edits, limits: Limits
) -> NDArray[np.bool_]:
    """Return which new readings are suspect or rejected beside all others; bool for each."""
    merged = tail_columns.merge_arrivals(frozen.columns, new)
    shared: dict[int, dict[int, tuple[int, ...]]] = {}
    for (code, time), values in outcomes.values.items():
        if len(values) > 1:
            shared.setdefault(code, {})[time] = values
    by_code = {code: edits[meter] for code, meter in enumerate(ids) if meter in edits} if edits else {}
    found = validate(merged, corrections_from(by_code, shared), limits)
    place = _places(merged, new)
    return np.asarray(rules.is_doubtful(found.status[place]) & (found.columns.wh[place] == new.wh))


def _several(frozen: Frozen) -> _Values:
    """Return the instants at which several values are stored."""
    contested = () if frozen.corrections is None else frozen.corrections.contested
    return {(each.meter, each.time): each.values for each in contested if each.values}


def _spoken_of(arrivals: Arrivals, ids: Sequence[str], edits: Edits) -> set[_Instant]:
    """Return the instants of the arriving meters that edits speak of."""
    found = [(code, edits.get(ids[code])) for code in np.unique(arrivals.meter).tolist()] if edits else []
    return {(code, at) for code, each in found if each is not None for at in each.verdicts}


def _among(arrivals: Arrivals, instants: set[_Instant]) -> NDArray[np.bool_]:
    """Return which readings are at one of some instants."""
    if not instants:
        return np.zeros(len(arrivals.time), dtype=bool)
    meter, time = np.array(sorted(instants), dtype=np.int64).T
    columns = Columns(meter.astype(np.int32), time, time)
    _, known = tail_columns.locate_rows(columns, arrivals.meter, arrivals.time)
    return known


def _rows_by_instant(arrivals: Arrivals, chosen: NDArray[np.bool_]) -> dict[_Instant, list[int]]:
    found: dict[_Instant, list[int]] = {}
    for row in np.flatnonzero(chosen).tolist():
        found.setdefault((int(arrivals.meter[row]), int(arrivals.time[row])), []).append(row)
    return found


def _stored_at(columns: Columns, code: int, time: int) -> tuple[int, ...]:
    """Return the value stored at an instant, of which there is one at most."""
    at, known = tail_columns.locate_rows(columns, np.array([code], dtype=np.int32), np.array([time]))
    return tuple(columns.wh[at[known]].tolist())


def _verdicts_at(instant: _Instant, ids: Sequence[str], edits: Edits) -> Mapping[int, bool]:
    code, time = instant
    found = edits.get(ids[code])
    return {} if found is None else found.verdicts_at(time)


def _as_arrivals(readings: list[tuple[int, int, int]]) -> Arrivals:
    """Return readings (meter code, µs UTC, Wh) as columns."""
    rows = np.array(readings, dtype=np.int64).reshape(-1, 3)
    return Arrivals(rows[:, 0].astype(np.int32), rows[:, 1], rows[:, 2])


def _places(merged: Columns, arrivals: Arrivals) -> Int64Array:
    """Return the row of each reading's instant in `merged`, which has them all."""
    return tail_columns.locate_rows(merged, arrivals.meter, arrivals.time)[0]
