"""One instant, one reading: which of the values stored at an instant of a register stands.

It is decided by the values and the edits about them, and never by the file that a value is in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import ACTUAL
from metertui.engine.columns import FIRST, NONE_KNOWN, Columns, Corrections, Known, tail_columns


def standing(values: Sequence[int], verdicts: Mapping[int, bool], known: Known = NONE_KNOWN) -> int | None:
    """Return which of the values (Wh) stored at one instant stands; None if all are void, or there is none.

    `values` are in order of arrival. `verdicts` says of a value whether it is void, and under FIRST what an edit that
    names no value says of the first. `known` has those that are not actual: an actual one goes before them. Several
    that are not void contradict one another otherwise: then the first stands.
    """
    stands = None
    for wh in values:
        if not is_void(wh, values, verdicts):
            if wh not in known:
                return wh
            stands = wh if stands is None else stands
    return stands


def is_void(wh: int, values: Sequence[int], verdicts: Mapping[int, bool]) -> bool:
    """Return whether an edit made a value (Wh) void that is one of the `values` of its instant; see `standing`."""
    return verdicts.get(wh, wh == values[0] and verdicts.get(FIRST, False))


def accepted(
    stored: Sequence[int],
    offered: Iterable[tuple[int, int]],
    verdicts: Mapping[int, bool],
    known: Known = NONE_KNOWN,
) -> list[tuple[int, int]]:
    """Return which of some values (Wh, quality) an instant takes beside those stored there, in the order of the offers.

    It takes each one that an edit made void, since a file keeps every value. Of the others it takes one if none stands,
    and an actual one if none but an estimated or substituted one does, also one that has the same value: first what an
    edit speaks of. So it does not matter in which order a file has them. Of a void value that is offered as estimated
    and as actual it takes both: it had become actual before it was void.
    """
    offers = list(dict.fromkeys(offered))
    every = (*stored, *(wh for wh, _ in offers))
    void = {wh for wh in every if is_void(wh, every, verdicts)}
    values, other = list(stored), dict(known)
    taken = set()
    for wh, quality in sorted(offers, key=lambda offer: (offer[1] == ACTUAL, offer[0] not in verdicts)):
        stands = standing([each for each in values if each not in void], {}, other)
        is_new = wh not in values
        if is_new and (wh in void or stands is None or (quality == ACTUAL and stands in other)):
            values.append(wh)
            if quality != ACTUAL:
                other[wh] = quality
        elif not is_new and quality == ACTUAL and wh in other and (stands == wh or (wh in void and wh not in stored)):
            del other[wh]
        else:
            continue
        taken.add((wh, quality))
    return [offer for offer in offers if offer in taken]


def count_standing(values: Sequence[int], verdicts: Mapping[int, bool], known: Known = NONE_KNOWN) -> int:
    """Return how many of the values (Wh) stored at one instant stand side by side: more than one is a contradiction.

    Those that are not actual give way to an actual one.
    """
    left = [wh for wh in values if not is_void(wh, values, verdicts)]
    return len([wh for wh in left if wh not in known] or left)


class Standing(NamedTuple):
    """Stored readings, each with the value that stands at its instant."""

    columns: Columns
    void: NDArray[np.int64]
    """The rows where no value stands, ascending; they have the last that was stored."""
    replaced: NDArray[np.int64]
    """The rows where another value than the first stands, ascending."""


def resolve(columns: Columns, corrections: Corrections) -> Standing:
    """Return the readings that stand, of readings with the first value of each instant. O(n) in numpy at most."""
    at, stored = tail_columns.locate_rows(columns, corrections.void_meter, corrections.void_time)
    rows = at[stored]
    named = corrections.void_wh[stored]
    void = rows[(named == FIRST) | (named == columns.wh[rows])]
    contested = corrections.contested
    if not contested:
        return Standing(columns, np.sort(void), void[:0])
    meters = np.array([each.meter for each in contested], dtype=np.int32)
    times = np.array([each.time for each in contested], dtype=np.int64)
    at, here = tail_columns.locate_rows(columns, meters, times)
    wh = columns.wh.copy()
    gone, replaced = [], []
    for row, is_stored, each in zip(at.tolist(), here.tolist(), contested, strict=True):
        if not is_stored:
            continue
        values = each.values or (int(wh[row]),)
        values += tuple(value for value in each.corrected if value not in values)
        known = {value: quality for value, quality in each.known.items() if value not in each.corrected}
        stands = standing(values, each.verdicts, known)
        wh[row] = values[-1] if stands is None else stands
        if stands is None:
            gone.append(row)
        elif stands != values[0]:
            replaced.append(row)
    all_void = np.sort(np.concatenate((void, np.array(gone, dtype=np.int64))))
    return Standing(Columns(columns.meter, columns.time, wh), all_void, np.array(replaced, dtype=np.int64))
