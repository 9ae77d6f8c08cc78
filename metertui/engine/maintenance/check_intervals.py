"""The proof of the intervals of a data folder: their files, and that no two of a register overlap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

from metertui.engine.base import Progress, SiteZone, day_number
from metertui.engine.columns import IntervalColumns
from metertui.engine.intervals import IntervalRows, IntervalStore, concat_intervals, overlapping, standing_columns
from metertui.engine.maintenance.check_days import prove_days
from metertui.engine.maintenance.proof import Proof


def prove_intervals(
    store: IntervalStore, zone: SiteZone, code_of: Callable[[str], int], progress: Progress
) -> tuple[IntervalColumns, list[Proof]]:
    """Return the intervals that stand, and the proofs of their files. `code_of` returns the code of an identifier."""
    order = Proof("interval files: right day, right order")
    whole = Proof("interval files: as they were written (SHA-256)")
    apart = Proof("intervals: no two of a register overlap")
    rows = concat_intervals(prove_days(store, store.parse_day, _in_order, (order, whole), zone, progress))
    columns = standing_columns(rows, np.array([code_of(each) for each in rows.ids], dtype=np.int32))
    apart.count = len(columns)
    ids = {code_of(each): each for each in rows.ids}
    for at in np.flatnonzero(overlapping(columns)).tolist():
        start, end = zone.iso(int(columns.start[at])), zone.iso(int(columns.end[at]))
        apart.fail(f"{ids[int(columns.meter[at])]}: the interval from {start} to {end} overlaps an earlier one")
    return columns, [order, whole, apart]


def _in_order(rows: IntervalRows, path: Path, day: date, zone: SiteZone, proof: Proof) -> None:
    strange = np.flatnonzero(zone.day_numbers(rows.start) != day_number(day))
    if len(strange):
        where = f"{path}:{strange[0] + 2}"
        proof.fail(f"{where}: not of this day in {zone.name}, like {len(strange)} of {len(rows)} intervals")
    wrong = np.flatnonzero(np.lexsort((rows.end, rows.id_ranks(), rows.start)) != np.arange(len(rows)))
    if len(wrong):
        proof.fail(f"{path}:{wrong[0] + 2}: this interval is not in order of start, identifier and end")
