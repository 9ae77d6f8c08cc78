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
within = st.none() | st.tuples(values, values)


def ints(items: list[int]) -> np.ndarray:
    return np.array(items, dtype=np.int64)


def expected(model: list[tuple[int, int]], chosen: list[tuple[int, int]], bounds: tuple[int, int] | None) -> list[int]:
    return [
        row
        for row, (key, value) in enumerate(model)
        if any(low <= key < high for low, high in chosen) and (bounds is None or bounds[0] <= value < bounds[1])
    ]


def frozen(model: list[tuple[int, int]]) -> FrozenRuns:
    return FrozenRuns.sort(ints([key for key, _ in model]), ints([value for _, value in model]), LEAF_LOAD)


def check_frozen(runs: FrozenRuns, model: list[tuple[int, int]]) -> None:
    runs._check(ints([key for key, _ in model]), ints([value for _, value in model]))


def check_live(runs: LiveRuns, model: list[tuple[int, int]]) -> None:
    runs._check(ints([key for key, _ in model]), ints([value for _, value in model]), FIRST)


def live(model: list[tuple[int, int]], cuts: list[int]) -> LiveRuns:
    runs = LiveRuns(LEAF_LOAD)
    borders = sorted({0, len(model), *(cut % (len(model) + 1) for cut in cuts)})
    for start, stop in pairwise(borders):
        part = model[start:stop]
        runs.extend(
            ints([key for key, _ in part]), ints([value for _, value in part]), np.arange(FIRST + start, FIRST + stop)
        )
        check_live(runs, model[:stop])
    return runs


@given(pairs, spans, within)
def test_frozen_runs_select_what_a_scan_does(
    model: list[tuple[int, int]], chosen: list[tuple[int, int]], bounds: tuple[int, int] | None
) -> None:
    runs = frozen(model)
    check_frozen(runs, model)
    assert sorted(runs.select(chosen, bounds).tolist()) == expected(model, chosen, bounds)
    assert runs.count(chosen) == len({k for k, _ in model if any(low <= k < high for low, high in chosen)})
    assert len(runs) == len(model)


@given(pairs, keys, values)
def test_one_frozen_run_is_cut_by_value(model: list[tuple[int, int]], key: int, bound: int) -> None:
    runs = frozen(model)
    span = runs.run(key)
    cut = runs.cut(span, bound)
    mine = sorted((value, row) for row, (k, value) in enumerate(model) if k == key)
    assert runs.rows_at(*span).tolist() == [row for _, row in mine]
    assert runs.rows_at(cut, span[1]).tolist() == [row for value, row in mine if value >= bound]


@given(pairs, st.lists(st.integers(0, 200), max_size=6), spans, within)
def test_live_runs_select_what_a_scan_does(
    model: list[tuple[int, int]], cuts: list[int], chosen: list[tuple[int, int]], bounds: tuple[int, int] | None
) -> None:
    runs = live(model, cuts)
    found = sorted(runs.select(chosen, bounds).tolist())
    assert found == [FIRST + row for row in expected(model, chosen, bounds)]
    assert runs.count(chosen) == len({k for k, _ in model if any(low <= k < high for low, high in chosen)})
    assert len(runs) == len(model)
    for key in {key for key, _ in model}:
        run = runs.run(key)
        assert run is not None
        assert list(zip(run.values, run.rows, strict=True)) == sorted(
            (value, row) for row, (k, value) in enumerate(model, FIRST) if k == key
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
        (lambda runs: swap(runs.values, 0, 2), "values ascend"),
        (lambda runs: swap(runs.rows, 0, 1), "equal values are in order of row"),
        (lambda runs: swap(runs.rows, 2, 3), "each row has its key"),
        (lambda runs: runs.rows.put(0, 1), "each row is here once"),
        (lambda runs: runs.values.put(2, 8), "each row has its value"),
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
    run.values[0] = 9
    with pytest.raises(AssertionError, match="order of value and row"):
        check_live(runs, model)
    run.values[0] = 4
    with pytest.raises(AssertionError, match="has its value"):
        check_live(runs, model)
    run.values[0] = 5
    check_live(runs, model)
    del runs.directory[2]
    with pytest.raises(AssertionError, match="each row is here once"):
        check_live(runs, model)
