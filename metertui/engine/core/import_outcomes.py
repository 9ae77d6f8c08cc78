"""What becomes of the readings of an import: which are new, and which contradict what stands at their instants.

It does not matter in which order the values of an instant come, nor which of them are stored already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import ACTUAL, Int64Array, Limits
from metertui.engine.columns import (
    NONE_KNOWN,
    Arrivals,
    Columns,
    Corrections,
    Known,
    Stated,
    stated_all,
    tail_columns,
)
from metertui.engine.vee import MeterEdits, Validated, accepted, corrections_from, rules, standing, validate

Edits = Mapping[str, MeterEdits]
"""The edits in force by meter id."""
_Instant = tuple[int, int]
"""A meter code and µs UTC."""
_Values = dict[_Instant, tuple[int, ...]]
"""What is stored at instants, Wh, in order of arrival."""


class Stored(NamedTuple):
    """What is stored of some registers."""

    columns: Columns
    corrections: Corrections | None


class Outcomes(NamedTuple):
    """What becomes of n readings."""

    new: NDArray[np.bool_]
    """Which are to be stored, bool[n]."""
    kept: NDArray[np.bool_]
    """Which are stored afterwards: the new ones, and those that their instants have already; bool[n]."""
    stands: Int64Array
    """What stands then at the instant of each that is not kept, Wh; int64[n]."""
    before: Stated
    """What is stored already at instants where others come in as well."""
    values: Mapping[_Instant, tuple[int, ...]]
    """What is stored then at the instants that have several values."""
    qualities: Mapping[_Instant, Known]
    """The qualities of those that are not actual then."""


def outcomes_of(stated: Stated, stored: Stored, ids: Sequence[str], edits: Edits) -> Outcomes:
    """Find out what becomes of readings beside the stored ones; their meter codes are places in `ids`.

    At nearly all instants there is one value and no edit, and it is actual. Each of the others is looked at by itself.
    """
    columns, arrivals = stored.columns, stated.arrivals
    values, qualities = _several(stored.corrections), _qualities(stored.corrections)
    apart = _among(arrivals, {*values, *qualities, *_unsure(stated, columns), *_spoken_of(arrivals, ids, edits)})
    plain = np.flatnonzero(~apart)
    rest = arrivals.take(plain)
    merged = tail_columns.merge_arrivals(columns, rest)
    stands, new = arrivals.wh.copy(), np.zeros(len(arrivals.wh), dtype=bool)
    stands[plain] = merged.wh[_places(merged, rest)]
    new[plain] = tail_columns.new_arrivals(columns, rest)
    kept = stands == arrivals.wh
    before: list[tuple[int, int, int, int]] = []
    for instant, rows in _rows_by_instant(arrivals, apart).items():
        known_values = values.get(instant) or _stored_at(columns, *instant)
        verdicts, known = _verdicts_at(instant, ids, edits), dict(qualities.get(instant, NONE_KNOWN))
        offers = list(zip(arrivals.wh[rows].tolist(), stated.quality[rows].tolist(), strict=True))
        added = accepted(known_values, offers, verdicts, known)
        before += [(*instant, wh, known.get(wh, ACTUAL)) for wh in known_values if added]
        for offer in added:
            new[rows[offers.index(offer)]] = True
        known |= {wh: quality for wh, quality in added if quality != ACTUAL}
        for wh in (wh for wh, quality in added if quality == ACTUAL):
            known.pop(wh, None)
        values[instant] = tuple(dict.fromkeys((*known_values, *(wh for wh, _ in added))))
        qualities[instant] = known
        stands[rows] = standing(values[instant], verdicts, known) or 0
        kept[rows] = np.isin(arrivals.wh[rows], values[instant])
    alone = stated.take(~apart & new & (stated.quality != ACTUAL))
    for code, time, wh, quality in zip(*(column.tolist() for column in alone), strict=True):
        qualities[code, time] = {wh: quality}
    return Outcomes(new, kept, stands, stated_all(before), values, qualities)


def judge_beside(
    new: Arrivals, outcomes: Outcomes, stored: Stored, ids: Sequence[str], edits: Edits, limits: Limits
) -> Validated:
    """Judge new readings beside all others, as they will be once they are stored."""
    merged = tail_columns.merge_arrivals(stored.columns, new)
    shared: dict[int, dict[int, tuple[int, ...]]] = {}
    for (code, time), values in outcomes.values.items():
        if len(values) > 1:
            shared.setdefault(code, {})[time] = values
    by_code = {code: edits[meter] for code, meter in enumerate(ids) if meter in edits} if edits else {}
    known: dict[int, dict[int, Known]] = {}
    for (code, time), qualities in outcomes.qualities.items():
        if qualities:
            known.setdefault(code, {})[time] = qualities
    return validate(merged, corrections_from(by_code, shared, known), limits)


def are_doubtful(new: Arrivals, judged: Validated) -> NDArray[np.bool_]:
    """Return which readings are suspect or rejected beside all others; bool for each."""
    place = _places(judged.columns, new)
    return np.asarray(rules.is_doubtful(judged.status[place]) & (judged.columns.wh[place] == new.wh))


def _several(corrections: Corrections | None) -> _Values:
    """Return the instants at which several values are stored."""
    contested = () if corrections is None else corrections.contested
    return {(each.meter, each.time): each.values for each in contested if each.values}


def _qualities(found: Corrections | None) -> dict[_Instant, Known]:
    """Return the instants at which a value is not actual, with the qualities of these."""
    if found is None:
        return {}
    plain = found.estimate_meter, found.estimate_time, found.estimate_wh, found.estimate_quality
    rows = zip(*(column.tolist() for column in plain), strict=True)
    known: dict[_Instant, Known] = {(code, time): {wh: quality} for code, time, wh, quality in rows}
    return known | {(each.meter, each.time): each.known for each in found.contested if each.known}


def _unsure(stated: Stated, columns: Columns) -> set[_Instant]:
    """Return the instants of estimates at which a value is stored, or another one comes as well."""
    rows = np.flatnonzero(stated.quality != ACTUAL)
    if not len(rows):
        return set()
    order = np.lexsort((stated.time, stated.meter))
    same = (np.diff(stated.time[order]) == 0) & (np.diff(stated.meter[order]) == 0)
    unsure = np.zeros(len(order), dtype=bool)
    unsure[order[1:][same]] = unsure[order[:-1][same]] = True
    _, stored = tail_columns.locate_rows(columns, stated.meter[rows], stated.time[rows])
    found = stated.take(rows[unsure[rows] | stored])
    return set(zip(found.meter.tolist(), found.time.tolist(), strict=True))


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


def _places(merged: Columns, arrivals: Arrivals) -> Int64Array:
    """Return the row of each reading's instant in `merged`, which has them all."""
    return tail_columns.locate_rows(merged, arrivals.meter, arrivals.time)[0]
