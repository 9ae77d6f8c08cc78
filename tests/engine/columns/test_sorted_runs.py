"""The ordered maps of runs, against plain lists, with leaves of a few keys."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.columns.sorted_runs import FrozenRuns, LiveRuns, concat_ranges, first_at_least, run_edges

LEAF_LOAD = 4
"""Keys a leaf: small, so that a few dozen keys make many leaves."""
FIRST = 1000
"""The row of the first pair of live runs."""

keys = st.integers(-3, 40)
values = st.integers(0, 6)
pairs = st.lists(st.tuples(keys, values), max_size=120)
spans = st.lists(keys, max_size=6, unique=True).map(sorted).map(lambda k: list(zip(k[::2], k[1::2], strict=False)))
windows = st.none() | st.lists(st.integers(-1, 7), max_size=6, unique=True).map(sorted).map(
    lambda edges: np.array(list(zip(edges[::2], edges[1::2], strict=False)), dtype=np.int64).reshape(-1, 2)
)


def ints(items: list[int]) -> np.ndarray:
    return np.array(items, dtype=np.int64)


def expected(model: list[tuple[int, int]], chosen: list[tuple[int, int]], asked: np.ndarray | None) -> list[int]:
    return [
        row
        for row, (key, time) in enumerate(model)
        if any(low <= key < high for low, high in chosen)
        and (asked is None or any(start < time <= end for start, end in asked.tolist()))
    ]


def frozen(model: list[tuple[int, int]]) -> FrozenRuns:
    of_rows, times = ints([key for key, _ in model]), ints([time for _, time in model])
    rows = np.lexsort((times, of_rows))
    edges = run_edges(of_rows[rows])
    return FrozenRuns(of_rows[rows][edges[:-1]], edges, times, rows, LEAF_LOAD)


def check_frozen(runs: FrozenRuns, model: list[tuple[int, int]]) -> None:
    runs._check(ints([key for key, _ in model]))


def check_live(runs: LiveRuns, model: list[tuple[int, int]]) -> None:
    runs._check(ints([key for key, _ in model]), ints([time for _, time in model]), FIRST)


def live(model: list[tuple[int, int]], cuts: list[int]) -> LiveRuns:
    runs = LiveRuns(LEAF_LOAD)
    borders = sorted({0, len(model), *(cut % (len(model) + 1) for cut in cuts)})
    for start, stop in pairwise(borders):
        part = model[start:stop]
        runs.extend(
            ints([key for key, _ in part]), ints([time for _, time in part]), np.arange(FIRST + start, FIRST + stop)
        )
        check_live(runs, model[:stop])
    return runs


@given(pairs, spans, windows)
def test_frozen_runs_select_what_a_scan_does(
    model: list[tuple[int, int]], chosen: list[tuple[int, int]], asked: np.ndarray | None
) -> None:
    runs = frozen(model)
    check_frozen(runs, model)
    if asked is not None:  # instants ascend inside a run, not from one to the next
        chosen = [(key, key + 1) for low, high in chosen for key in range(low, high)]
    assert sorted(runs.select(chosen, asked).tolist()) == expected(model, chosen, asked)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), max_size=60), windows)
def test_a_span_of_days_is_cut_as_one_run(model: list[tuple[int, int]], asked: np.ndarray | None) -> None:
    by_day = [(group * 100 + time // 5, time) for group, time in model]
    asked = None if asked is None else asked * 5 + 2
    chosen = [(100, 200), (300, 400)]
    assert sorted(frozen(by_day).select(chosen, asked).tolist()) == expected(by_day, chosen, asked)


@given(st.lists(st.tuples(keys, values), max_size=120).map(sorted), keys, values)
def test_one_frozen_run_is_cut_by_instant(model: list[tuple[int, int]], key: int, instant: int) -> None:
    edges = run_edges(ints([k for k, _ in model]))
    runs = FrozenRuns(ints([model[at][0] for at in edges[:-1]]), edges, ints([time for _, time in model]))
    start, stop = runs.run(key)
    assert list(range(start, stop)) == [row for row, (k, _) in enumerate(model) if k == key]
    cut = runs.cut((start, stop), instant)
    assert list(range(cut, stop)) == [row for row, (k, time) in enumerate(model) if k == key and time >= instant]


@given(pairs, st.lists(st.integers(0, 200), max_size=6), spans, windows)
def test_live_runs_select_what_a_scan_does(
    model: list[tuple[int, int]], cuts: list[int], chosen: list[tuple[int, int]], asked: np.ndarray | None
) -> None:
    runs = live(model, cuts)
    found = sorted(runs.select(chosen, asked).tolist())
    assert found == [FIRST + row for row in expected(model, chosen, asked)]
    assert len(runs) == len(model)
    for key in {key for key, _ in model}:
        run = runs.run(key)
        assert run is not None
        assert list(zip(run.times, run.rows, strict=True)) == sorted(
            (time, row) for row, (k, time) in enumerate(model, FIRST) if k == key
        )
    assert runs.run(99) is None


@given(st.lists(st.lists(values, max_size=20).map(sorted), max_size=8), st.data())
def test_many_stretches_are_bisected_as_one_is(parts: list[list[int]], data: st.DataObject) -> None:
    bounds = [data.draw(st.integers(-1, 7)) for _ in parts]
    stops = np.cumsum([len(part) for part in parts], dtype=np.int64)
    starts = stops - ints([len(part) for part in parts])
    found = first_at_least(ints([v for part in parts for v in part]), starts, stops, ints(bounds))
    assert (found - starts).tolist() == [
        int(np.searchsorted(ints(part), bound)) for part, bound in zip(parts, bounds, strict=True)
    ]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)), max_size=20))
def test_ranges_stand_one_behind_the_other(parts: list[tuple[int, int]]) -> None:
    starts, stops = ints([a for a, _ in parts]), ints([a + n for a, n in parts])
    assert concat_ranges(starts, stops).tolist() == [i for a, n in parts for i in range(a, a + n)]


def test_stretches_are_where_the_value_changes() -> None:
    assert run_edges(ints([])).tolist() == [0]
    assert run_edges(ints([5])).tolist() == [0, 1]
    assert run_edges(ints([5, 5, 7, 7, 7, 2])).tolist() == [0, 2, 5, 6]


Broken = Callable[[FrozenRuns], None]


def swap(items: np.ndarray | None, first: int, second: int) -> None:
    assert items is not None
    items[first], items[second] = items[second], items[first]


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda runs: swap(runs.time, 0, 2), "instants ascend"),
        (lambda runs: swap(runs.rows, 0, 1), "equal instants are in order of row"),
        (lambda runs: swap(runs.rows, 2, 3), "each row has its key"),
        (lambda runs: runs.rows.put(0, 1), "each row is here once"),
        (lambda runs: runs.directory.update({2: 2}), "keys are in the order of their runs"),
        (lambda runs: runs.edges.put(1, 4), "no run is empty"),
        (lambda runs: runs._edges.reverse(), "both forms of the edges"),
    ],
)
def test_a_broken_frozen_run_is_found(harm: Broken, reason: str) -> None:
    model = [(1, 5), (1, 5), (1, 7), (3, 7)]
    runs = frozen(model)
    check_frozen(runs, model)
    harm(runs)
    with pytest.raises(AssertionError, match=reason):
        check_frozen(runs, model)


def test_a_broken_live_run_is_found() -> None:
    model = [(1, 5), (1, 7), (2, 7)]
    runs = live(model, [])
    run = runs.run(1)
    assert run is not None
    run.times[0] = 9
    with pytest.raises(AssertionError, match="order of instant and row"):
        check_live(runs, model)
    run.times[0] = 4
    with pytest.raises(AssertionError, match="has its instant"):
        check_live(runs, model)
    run.times[0] = 5
    check_live(runs, model)
    del runs.directory[2]
    with pytest.raises(AssertionError, match="each row is here once"):
        check_live(runs, model)
