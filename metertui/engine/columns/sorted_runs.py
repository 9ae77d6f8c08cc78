"""Ordered maps of runs: the trees that the index of readings is made of.

A *run* is the set of (value, row) pairs of one key, in order of value, equal values in order of row. The tree over
the runs is a SortedDict, which is a B-tree of height two: a list of sorted leaves of at most twice `load` keys each,
and a positional index, so that a key is found by two bisections and its position by one more. Keys and values are
int64.

A run is a slice of flat arrays. The runs that existed when the tree was built are in arrays that never change
(FrozenRuns); newer pairs are in a small array for each run (LiveRuns) until the next rebuild, like the memory table
of a log-structured merge tree beside its sorted file.

Sources: R. Bayer, E. McCreight, "Organization and Maintenance of Large Ordered Indices", Acta Informatica 1
(1972); P. O'Neil et al., "The Log-Structured Merge-Tree", Acta Informatica 33 (1996); G. Jenks, "Sorted
Containers", implementation details and "Performance at scale" at grantjenks.com/docs/sortedcontainers.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sortedcontainers import SortedDict

from metertui.engine.base import Int64Array

Span = tuple[int, int]
"""Keys or values in [first, second)."""

LEAF_LOAD: Final = 1000
"""Keys in a leaf of the trees: the default of sortedcontainers, good for thousands to tens of millions of keys."""

_NONE: Final[Int64Array] = np.empty(0, dtype=np.int64)


def first_at_least(values: NDArray[Any], starts: Int64Array, stops: Int64Array, bounds: Int64Array | int) -> Int64Array:
    """For each i the first position in [starts[i], stops[i]) with a value of at least bounds[i], else stops[i].

    Each of those run_edges of `values` is in ascending order. All are bisected at once: O(s log l) for s
    run_edges of length l, in log l passes of numpy.
    """
    base: Int64Array = starts
    length = stops - starts
    while length.any():
        half = length >> 1
        middle = base + half
        # An empty slice may be at the very end: the value that is taken for it is ignored.
        below = (values.take(middle, mode="clip") < bounds) & (length > 0)
        base = np.where(below, middle + 1, base)
        length = np.where(below, length - half - 1, half)
    return np.asarray(base, dtype=np.int64)


def run_edges(keys: NDArray[Any]) -> Int64Array:
    """Return the starts of the runs of equal neighbours in `keys`, followed by the length of `keys`; int64."""
    if not len(keys):
        return np.zeros(1, dtype=np.int64)
    return np.concatenate(([0], np.flatnonzero(keys[1:] != keys[:-1]) + 1, [len(keys)])).astype(np.int64)


def concat_ranges(starts: Int64Array, stops: Int64Array) -> Int64Array:
    """Return the positions of all ranges [starts[i], stops[i]), one range after the other; int64."""
    lengths = stops - starts
    before = np.cumsum(lengths) - lengths
    steps: Int64Array = np.repeat(starts - before, lengths)
    return steps + np.arange(len(steps), dtype=np.int64)


def _directory(load: int, runs: Iterable[tuple[int, Any]] = ()) -> SortedDict:
    tree = SortedDict()
    tree._reset(load)  # the documented way to set the load factor
    tree.update(runs)
    return tree


class FrozenRuns:
    """Runs that never change, in two flat arrays: 4 bytes for the row of each pair, beside its value.

    With `rows` None the row of each pair is its position. A look-up of a key is O(1), a span of keys O(log r), its
    whole runs O(answer), and restricted by value O(r' log n + answer) for the r' runs in the span.
    """

    def __init__(
        self, keys: NDArray[Any], values: NDArray[Any], rows: NDArray[Any] | None, load: int = LEAF_LOAD
    ) -> None:
        """Take pairs in order of (key, value, row), of equal length. `values` and `rows` are not copied."""
        self.values = values
        self.rows = rows
        self.edges = run_edges(keys)
        self.directory = _directory(load, zip(keys[self.edges[:-1]].tolist(), range(len(self.edges) - 1), strict=True))
        # The same edges as Python ints: a look-up of one run takes a fifth of the time.
        self._edges = array("q", self.edges.tobytes())

    @classmethod
    def sort(cls, keys: Int64Array, values: NDArray[Any], load: int = LEAF_LOAD) -> FrozenRuns:
        """Build the runs of pairs (values[i], i) with keys[i]: O(n log n), mostly outside the GIL."""
        order = np.lexsort((values, keys))
        rows = order.astype(np.int32) if len(order) <= np.iinfo(np.int32).max else order
        return cls(keys[order], values[order], rows, load)

    def __len__(self) -> int:
        return len(self.values)

    def run(self, key: int) -> Span:
        """Return the positions of the pairs of a key; an empty range for an unknown key."""
        which = self.directory.get(key)
        return (0, 0) if which is None else (self._edges[which], self._edges[which + 1])

    def cut(self, span: Span, bound: int) -> int:
        """Return the first position in `span`, part of one run, with a value of at least `bound`, else its end."""
        start, stop = span
        return start + int(self.values[start:stop].searchsorted(bound))

    def rows_at(self, start: int, stop: int) -> Int64Array:
        """Return the rows of the pairs at positions [start, stop)."""
        if self.rows is None:
            return np.arange(start, stop, dtype=np.int64)
        return self.rows[start:stop].astype(np.int64)

    def count(self, spans: Sequence[Span]) -> int:
        """Return the number of runs with a key in one of `spans`."""
        return sum(stop - start for start, stop in self._runs(spans))

    def select(self, spans: Sequence[Span], within: Span | None = None) -> Int64Array:
        """Return the rows of all pairs with a key in one of the disjoint `spans` and a value in `within`."""
        runs = self._runs(spans)
        if within is None:
            pieces = [self.rows_at(self._edges[start], self._edges[stop]) for start, stop in runs if start < stop]
            return np.concatenate(pieces) if pieces else _NONE
        bounds = np.array(runs, dtype=np.int64).reshape(-1, 2)
        which = concat_ranges(bounds[:, 0], bounds[:, 1])
        starts, stops = self.edges[which], self.edges[which + 1]
        starts = first_at_least(self.values, starts, stops, within[0])
        stops = first_at_least(self.values, starts, stops, within[1])
        positions = concat_ranges(starts, stops)
        return positions if self.rows is None else self.rows.take(positions).astype(np.int64)

    def _runs(self, spans: Sequence[Span]) -> list[Span]:
        """Return the ranges of runs: keys have the same order in the tree as their runs in the arrays."""
        place = self.directory.bisect_left
        return [(place(low), place(high)) for low, high in spans]

    def _check(self, keys: NDArray[Any], values: NDArray[Any]) -> None:
        """Raise AssertionError if an invariant is broken, or row i is not the pair (values[i], i) of keys[i]."""
        self.directory._check()
        count = len(self.directory)
        assert list(self.directory.values()) == list(range(count)), "keys are in the order of their runs"
        assert len(self.edges) == count + 1, "one edge a run and one behind them"
        assert self.edges[0] == 0, "the first run begins the arrays"
        assert self.edges[-1] == len(self.values), "the last run ends the arrays"
        assert (np.diff(self.edges) > 0).all(), "no run is empty"
        assert list(self._edges) == self.edges.tolist(), "both forms of the edges agree"
        inside = np.ones(len(self.values), dtype=bool)
        inside[self.edges[:-1]] = False
        steps = np.diff(self.values.astype(np.int64), prepend=0)
        assert (steps[inside] >= 0).all(), "values ascend inside a run"
        rows = self.rows_at(0, len(self))
        assert np.array_equal(np.sort(rows), np.arange(len(keys))), "each row is here once"
        assert (np.diff(rows, prepend=0)[inside & (steps == 0)] > 0).all(), "equal values are in order of row"
        here = np.array(self.directory.keys(), dtype=np.int64).repeat(np.diff(self.edges))
        assert np.array_equal(here, keys[rows]), "each row has its key"
        assert np.array_equal(self.values, values[rows]), "each row has its value"


class LiveRun:
    """The pairs of one key in a LiveRuns, in order of (value, row); about 16 bytes each."""

    __slots__ = ("rows", "values")

    def __init__(self) -> None:
        self.values = array("q")
        self.rows = array("q")

    def add(self, values: memoryview, rows: memoryview) -> None:
        """Add pairs in order of (value, row), with rows higher than all present ones; int64."""
        late = bool(self.values) and values[0] < self.values[-1]
        self.values.frombytes(values.cast("B"))
        self.rows.frombytes(rows.cast("B"))
        if late:
            merged = np.array(self.values)
            order = merged.argsort(kind="stable")
            self.values = array("q", merged[order].tobytes())
            self.rows = array("q", np.array(self.rows)[order].tobytes())


class LiveRuns:
    """Runs that grow by bulk additions, each a sorted array of its own.

    `extend` by b pairs of k runs costs O(b log b + k), and O(m) more for a run of m pairs that has a later value. A
    look-up of a key is O(1); selecting p pairs of r' runs O(log r + r' log m + p).
    """

    def __init__(self, load: int = LEAF_LOAD) -> None:
        self.directory = _directory(load)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def extend(self, keys: NDArray[Any], values: NDArray[Any], rows: Int64Array) -> None:
        """Add pairs in ascending order of row, with rows higher than all present ones; equal lengths."""
        order = np.lexsort((values, keys))
        keys = keys[order]
        edges = run_edges(keys)
        value_view = values[order].astype(np.int64).data
        row_view = rows[order].astype(np.int64).data
        borders = edges.tolist()
        fresh: dict[int, LiveRun] = {}
        find = self.directory.get
        for key, start, stop in zip(keys[edges[:-1]].tolist(), borders, borders[1:], strict=False):
            run = find(key)
            if run is None:
                run = fresh[key] = LiveRun()
            run.add(value_view[start:stop], row_view[start:stop])
        self.directory.update(fresh)
        self._size += len(rows)

    def run(self, key: int) -> LiveRun | None:
        """Return the pairs of a key; None for an unknown key."""
        found: LiveRun | None = self.directory.get(key)
        return found

    def count(self, spans: Sequence[Span]) -> int:
        """Return the number of runs with a key in one of `spans`."""
        place = self.directory.bisect_left
        return sum(place(high) - place(low) for low, high in spans)

    def select(self, spans: Sequence[Span], within: Span | None = None) -> Int64Array:
        """Return the rows of all pairs with a key in one of the disjoint `spans` and a value in `within`."""
        found = array("q")
        for low, high in spans:
            for key in self.directory.irange(low, high, inclusive=(True, False)):
                run = self.directory[key]
                if within is None:
                    found.extend(run.rows)
                else:
                    start, stop = (bisect_left(run.values, bound) for bound in within)
                    found.extend(run.rows[start:stop])
        return np.array(found, dtype=np.int64)

    def _check(self, keys: NDArray[Any], values: NDArray[Any], first: int) -> None:
        """Raise AssertionError if an invariant is broken, or row first+i is not the pair of keys[i], values[i]."""
        self.directory._check()
        rows: list[int] = []
        for key, run in self.directory.items():
            assert len(run.rows), "no run is empty"
            pairs = list(zip(run.values, run.rows, strict=True))
            assert pairs == sorted(pairs), "pairs are in order of value and row"
            assert all(keys[row - first] == key for row in run.rows), "each row has its key"
            assert all(values[row - first] == value for value, row in pairs), "each row has its value"
            rows += run.rows
        assert sorted(rows) == list(range(first, first + len(keys))), "each row is here once"
        assert self._size == len(keys), "every pair is counted"
