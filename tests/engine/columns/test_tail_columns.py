"""The tail of readings and its way into history."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.columns.curve import Columns
from metertui.engine.columns.tail_columns import Arrivals, Tail, merge_arrivals

readings = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12), st.integers(0, 99)), max_size=40)


def arrivals(items: list[tuple[int, int, int]]) -> Arrivals:
    tail = Tail()
    tail.append([code for code, _, _ in items], [time for _, time, _ in items], [wh for _, _, wh in items])
    return tail.freeze().arrivals()


def columns(items: list[tuple[int, int, int]]) -> Columns:
    once = {(code, time): wh for code, time, wh in items}
    rows = sorted((code, time, wh) for (code, time), wh in once.items())
    return Columns(
        np.array([code for code, _, _ in rows], dtype=np.int32),
        np.array([time for _, time, _ in rows], dtype=np.int64),
        np.array([wh for _, _, wh in rows], dtype=np.int64),
    )


def listed(merged: Columns | Arrivals) -> list[tuple[int, int, int]]:
    return list(zip(merged.meter.tolist(), merged.time.tolist(), merged.wh.tolist(), strict=True))


@given(readings, readings)
def test_merge_is_a_sorted_union_in_which_the_first_stands(
    old: list[tuple[int, int, int]], new: list[tuple[int, int, int]]
) -> None:
    history = columns(old)
    model = {(code, time): wh for code, time, wh in listed(history)}
    for code, time, wh in new:
        model.setdefault((code, time), wh)
    merged = merge_arrivals(history, arrivals(new))
    assert listed(merged) == sorted((code, time, wh) for (code, time), wh in model.items())
    assert merged.meter.dtype == np.int32


def test_merge_copies_nothing_where_nothing_is_new() -> None:
    history = columns([(0, 1, 5), (2, 3, 6)])
    assert merge_arrivals(history, arrivals([(2, 3, 6)])) is history
    assert merge_arrivals(history, arrivals([])) is history


@given(st.lists(readings, max_size=8), st.integers(0, 400), st.integers(1, 50))
def test_the_tail_keeps_arrivals_in_order(batches: list[list[tuple[int, int, int]]], drop: int, block: int) -> None:
    tail = Tail(block)
    model: list[tuple[int, int, int]] = []
    for batch in batches:
        tail.append(*([reading[i] for reading in batch] for i in range(3)))
        model += batch
        assert listed(tail.freeze().arrivals()) == model
    drop = min(drop, len(model))
    tail.drop(drop)
    del model[:drop]
    for batch in batches:
        tail.append(*([reading[i] for reading in batch] for i in range(3)))
        model += batch
    assert len(tail) == len(model)
    assert listed(tail.freeze().arrivals()) == model
    middle = len(model) // 2
    assert listed(tail.part(0, middle)) + listed(tail.part(middle, len(model))) == model
    rows = np.arange(len(model), dtype=np.int64)[::-1]
    assert listed(tail.take(rows)) == model[::-1]


def test_a_view_of_the_tail_never_changes() -> None:
    tail = Tail(block=16)
    tail.append([1, 2], [10, 20], [100, 200])
    view = tail.freeze()
    for _ in range(50):
        tail.append([3], [30], [300])
    tail.drop(2)
    tail.append([4] * 50, [40] * 50, [400] * 50)
    assert listed(view.arrivals()) == [(1, 10, 100), (2, 20, 200)]
    with pytest.raises(ValueError, match="read-only"):
        view.time[0][0] = 0


def test_the_tail_gives_back_the_blocks_that_a_drop_empties() -> None:
    tail = Tail(block=10)
    tail.append(range(95), range(95), range(95))
    assert len(tail._time._blocks) == 10
    tail.drop(90)
    assert len(tail._time._blocks) == 1
    assert listed(tail.freeze().arrivals()) == [(i, i, i) for i in range(90, 95)]


def test_a_reading_has_three_parts() -> None:
    tail = Tail()
    with pytest.raises(ValueError, match="equal lengths"):
        tail.append([1], [2, 3], [4])
    assert len(tail) == 0
