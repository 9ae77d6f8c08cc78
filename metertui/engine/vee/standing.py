"""One instant, one reading: which of the values stored at an instant of a register stands.

It is decided by the values and the edits about them, and never by the file that a value is in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.columns import FIRST, Columns, Corrections, tail_columns


def standing(values: Sequence[int], verdicts: Mapping[int, bool]) -> int | None:
    """Return which of the values (Wh) stored at one instant stands; None if all are void, or there is none.

    `values` are in order of arrival. `verdicts` says of a value whether it is void, and under FIRST what an edit that
    names no value says of the first. Several that are not void contradict one another: then the first stands.
    """
    for wh in values:
        if not is_void(wh, values, verdicts):
            return wh
    return None


def is_void(wh: int, values: Sequence[int], verdicts: Mapping[int, bool]) -> bool:
    """Return whether an edit made a value (Wh) void that is one of the `values` of its instant; see `standing`."""
    return verdicts.get(wh, wh == values[0] and verdicts.get(FIRST, False))


def accepted(stored: Sequence[int], offered: Iterable[int], verdicts: Mapping[int, bool]) -> list[int]:
    """Return which of some new values (Wh) an instant takes beside those stored there, in the order of the offers.

    It takes each one that an edit made void, since a file keeps every value. Of the others it takes one if none stands:
    one that an edit speaks of before any other. So it does not matter in which order a file has them.
    """
    new = [wh for wh in dict.fromkeys(offered) if wh not in stored]
    void = {wh for wh in new if is_void(wh, (*stored, *new), verdicts)}
    others = sorted((wh for wh in new if wh not in void), key=lambda wh: wh not in verdicts)
    stands = others[:1] if standing(stored, verdicts) is None else []
    return [wh for wh in new if wh in void or wh in stands]


def count_standing(values: Sequence[int], verdicts: Mapping[int, bool]) -> int:
    """Return how many of the values (Wh) stored at one instant are not void: more than one is a contradiction."""
    return sum(not is_void(wh, values, verdicts) for wh in values)


class Standing(NamedTuple):
    """Stored readings, each with the value that stands at its instant."""

    columns: Columns
    void: NDArray[np.int64]
    """The rows where no value stands, ascending; they have the last that was stored."""
    replaced: NDArray[np.int64]
    """The rows where another value than the first stands, ascending."""


def resolve(columns: Columns, corrections: Corrections) -> Standing:
    """Return the readings that stand, of readings with the first value of each instant. O(n) in numpy at most."""
    at, known = tail_columns.locate_rows(columns, corrections.void_meter, corrections.void_time)
    here = at[known]
    named = corrections.void_wh[known]
    void = here[(named == FIRST) | (named == columns.wh[here])]
    contested = corrections.contested
    if not contested:
        return Standing(columns, np.sort(void), void[:0])
    meters = np.array([each.meter for each in contested], dtype=np.int32)
    times = np.array([each.time for each in contested], dtype=np.int64)
    at, known = tail_columns.locate_rows(columns, meters, times)
    wh = columns.wh.copy()
    gone, replaced = [], []
    for row, stored, each in zip(at.tolist(), known.tolist(), contested, strict=True):
        if not stored:
            continue
        values = each.values or (int(wh[row]),)
        values += tuple(value for value in each.corrected if value not in values)
        stands = standing(values, each.verdicts)
        wh[row] = values[-1] if stands is None else stands
        if stands is None:
            gone.append(row)
        elif stands != values[0]:
            replaced.append(row)
    all_void = np.sort(np.concatenate((void, np.array(gone, dtype=np.int64))))
    return Standing(Columns(columns.meter, columns.time, wh), all_void, np.array(replaced, dtype=np.int64))
