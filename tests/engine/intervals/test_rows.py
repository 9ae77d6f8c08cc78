"""Rows of intervals: each keeps its identifier through whatever is done with the rows."""

from __future__ import annotations

import numpy as np

from metertui.engine.intervals.rows import NO_INTERVALS, IntervalRows, concat_intervals
from tests.engine.intervals.listed import Listed, listed, rows_of

A: list[Listed] = [("b", 10, 20, 5, 0), ("a", 0, 10, 3, 1)]
B: list[Listed] = [("c", 0, 10, 0, 2), ("a", 10, 20, 4, 0)]


def test_rows_of_different_files_are_put_one_behind_the_other() -> None:
    assert listed(concat_intervals([rows_of(A), NO_INTERVALS, rows_of(B)])) == A + B
    assert listed(concat_intervals([])) == []


def test_some_of_the_rows_keep_their_identifiers() -> None:
    whole = rows_of(A + B)
    for part in (whole.take(np.array([2, 0])), whole.take(np.array([2, 0])).with_used_ids()):
        assert listed(part) == [B[0], A[0]]
    assert whole.take(slice(2, 3)).with_used_ids().ids == ["c"]


def test_ranks_sort_as_the_identifiers_do() -> None:
    rows = rows_of([("b", 0, 1, 0, 0), ("a:t1", 0, 1, 0, 0), ("a", 0, 1, 0, 0)])
    turned = IntervalRows(rows.ids[::-1], 2 - rows.code, rows.start, rows.end, rows.energy, rows.quality)
    assert rows.id_ranks().tolist() == turned.id_ranks().tolist() == [2, 1, 0]
