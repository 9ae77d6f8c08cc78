"""Cutting the intervals of an import where none goes through."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.columns.interval_columns import IntervalColumns
from metertui.engine.core.interval_plan import IntervalPart, IntervalPlan
from metertui.engine.core.interval_stretches import stored_beside, stretches
from metertui.engine.intervals.standing import without_overlaps
from metertui.engine.storage import Records

ROW = np.dtype(
    [
        *(("of", "i4"), ("meter", "i4"), ("start", "i8"), ("end", "i8"), ("energy", "i8"), ("group", "i4")),
        *(("source", "i4"), ("line", "i8"), ("quality", "u1")),
    ]
)
METER_OF = np.array([0, 1, 0], dtype=np.int32)
"""The third register is one of the first meter."""
Spans = list[tuple[int, int, int, int, int]]
"""Register, start, length, energy and file."""
SPANS = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(0, 12), st.sampled_from([1, 1, 1, 2, 3]), st.integers(0, 2), st.integers(0, 1)
    ),
    max_size=30,
)


def records(spans: Spans) -> Records:
    rows = np.zeros(len(spans), dtype=ROW)
    code, start, length, energy, source = np.array(spans, dtype=np.int64).reshape(-1, 5).T
    rows["of"], rows["meter"], rows["start"], rows["end"] = METER_OF[code], code, start, start + length
    rows["energy"], rows["source"], rows["line"] = energy, source, np.arange(len(spans))
    return rows[np.lexsort((rows["start"], rows["of"]))]


def outcomes(rows: Records, stored: IntervalColumns, *, replaces: bool) -> list[set[tuple[int, ...]]]:
    """By line what becomes of the rows, which are stored, and which stored ones are withdrawn."""
    part = IntervalPart(*(rows[name][np.argsort(rows["line"])] for name in IntervalPart._fields))
    part = part.take(np.argsort(part.source, kind="stable"))
    plan = IntervalPlan(part, stored_beside(part.columns(), stored), lambda *_: "", replaces=replaces)
    gone = plan.withdrawn()
    return [
        set(zip(part.line.tolist(), plan.what.tolist(), strict=True)),
        {(line,) for line in part.line[plan.new].tolist()},
        set(zip(gone.meter.tolist(), gone.start.tolist(), gone.end.tolist(), strict=True)),
    ]


@settings(max_examples=60)
@given(SPANS, SPANS, st.integers(1, 5), st.booleans())
def test_what_becomes_of_intervals_does_not_depend_on_where_they_are_cut(
    spans: Spans, before: Spans, size: int, replaces: bool
) -> None:
    kept = records(before)
    kept = kept[np.lexsort((kept["end"], kept["start"], kept["meter"]))]
    stored = without_overlaps(
        IntervalColumns(*(kept[name].copy() for name in ("meter", "start", "end", "energy", "quality")))
    )
    rows = records(spans)
    bounds = [*range(0, len(rows), size), len(rows)]
    found = list(stretches((rows[low:high] for low, high in pairwise(bounds)), stored, METER_OF))
    assert np.array_equal(np.concatenate([rows[:0], *found]), rows)
    cut = [outcomes(each, stored, replaces=replaces) for each in found]
    together = [set().union(*parts) for parts in zip(*cut, strict=True)] or [set(), set(), set()]
    assert together == outcomes(rows, stored, replaces=replaces)


def test_rows_of_a_meter_are_cut_at_the_end_of_each_part() -> None:
    rows = records([(0, at, 1, 1, 0) for at in range(12)] + [(2, at, 2, 1, 0) for at in range(0, 12, 2)])
    parts = [rows[:8], rows[8:]]
    whole, crossed = IntervalColumns.empty(), IntervalColumns(*(np.array([each]) for each in (2, 2, 6, 1, 0)))
    assert [len(each) for each in stretches(parts, whole, METER_OF)] == [6, 9, 3]
    assert [len(each) for each in stretches(parts, crossed, METER_OF)] == [3, 12, 3]
