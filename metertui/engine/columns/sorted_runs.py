"""Ordered maps of runs: the trees that the index of readings is made of.

A *run* is the set of rows of one key, in order of their instants, equal instants in order of row. The tree over the
runs is a SortedDict, which is a B-tree of height two: a list of sorted leaves of at most twice `load` keys each,
and a positional index, so that a key is found by two bisections and its position by one more. Keys are int64.

A run is a slice of flat arrays. The runs that existed when the tree was built are in arrays that never change
(FrozenRuns); newer rows are in a small array for each run (LiveRuns) until the next rebuild, like the memory table
of a log-structured merge tree beside its sorted file.

Sources: R. Bayer, E. McCreight, "Organization and Maintenance of Large Ordered Indices", Acta Informatica 1
(1972); P. O'Neil et al., "The Log-Structured Merge-Tree", Acta Informatica 33 (1996); G. Jenks, "Sorted
Containers", implementation details and "Performance at scale" at grantjenks.com/docs/sortedcontainers.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sortedcontainers import SortedDict

from metertui.engine.base import Int64Array

Span = tuple[int, int]
"""Keys or positions in [first, second)."""
Windows = Int64Array
"""Spans of time, (start, end] each, in µs UTC: ascending and disjoint, int64[w, 2]."""

LEAF_LOAD: Final = 1000
"""Keys in a leaf of the trees: the default of sortedcontainers, good for thousands to tens of millions of keys."""


def lie_within(times: Int64Array, windows: Windows) -> NDArray[np.bool_]:
    """Return which instants (µs UTC) are in one of the windows."""
    at = windows[:, 1].searchsorted(times)
    within = at < len(windows)
    within[within] = times[within] > windows[at[within], 0]
    return within


def first_at_least(
    values: NDArray[Any],
    starts: Int64Array,
    stops: Int64Array,
    bounds: Int64Array | int,
    rows: NDArray[Any] | None = None,
) -> Int64Array:
    """Find for each i the first place in [starts[i], stops[i]) with a value of at least bounds[i], else stops[i].

    The value at a position is that of `values` there, or of the row that `rows` has there. Each of the stretches is in
    ascending order. All are bisected at once: O(s log l) for s stretches of length l, in log l passes of numpy.
    """
    base: Int64Array = starts
    length = stops - starts
    while length.any():
        half = length >> 1
        middle = base + half
        # An empty stretch may be at the very end: the value that is taken for it is ignored.
        at = middle if rows is None or not len(rows) else rows.take(middle, mode="clip")
        below = (values.take(at, mode="clip") < bounds) & (length > 0)
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
    """Runs that never change, side by side: 4 bytes for the row at each position.

    With `rows` None the row at each position is the position itself. A look-up of a key is O(1), of a span of keys
    O(log r), and selecting k rows of w windows from s spans O(s log r + s w log n + k).
    """

    def __init__(
        self,
        keys: Int64Array,
        edges: Int64Array,
        time: Int64Array,
        rows: NDArray[Any] | None = None,
        load: int = LEAF_LOAD,
    ) -> None:
        """Take the keys of the runs, ascending, where they begin, and the end of the last; and `time` by row, µs UTC.

        None of them is copied.
        """
        self.time = time
        self.rows = rows
        self.edges = edges
        self.directory = _directory(load, zip(keys.tolist(), range(len(keys)), strict=True))
        # The same edges as Python ints: a look-up of one run takes a fifth of the time.
        self._edges = array("q", edges.tobytes())

    def __len__(self) -> int:
        return len(self.time)

    def run(self, key: int) -> Span:
        """Return the positions of the rows of a key; an empty range for an unknown key."""
        which = self.directory.get(key)
        return (0, 0) if which is None else (self._edges[which], self._edges[which + 1])

    def cut(self, span: Span, instant: int) -> int:
        """Return the first position in `span` at `instant` (µs UTC) or later, else its end; where rows are positions.

        `span` is part of one run.
        """
        start, stop = span
        return start + int(self.time[start:stop].searchsorted(instant))

    def select(self, spans: Sequence[Span], windows: Windows | None = None) -> Int64Array:
        """Return the rows with a key in one of the disjoint `spans` and an instant in one of the windows; None: any.

        The instants must ascend over all of a span, not only inside its runs.
        """
        place = self.directory.bisect_left
        bounds = np.array(
            [(self._edges[place(low)], self._edges[place(high)]) for low, high in spans], dtype=np.int64
        ).reshape(-1, 2)
        starts, stops = bounds[:, 0], bounds[:, 1]
        if windows is not None:
            starts, stops = (np.repeat(each, len(windows)) for each in (starts, stops))
            after, until = (np.tile(windows[:, side] + 1, len(bounds)) for side in (0, 1))
            starts = first_at_least(self.time, starts, stops, after, self.rows)
            stops = first_at_least(self.time, starts, stops, until, self.rows)
        positions = concat_ranges(starts, stops)
        return positions if self.rows is None else self.rows.take(positions).astype(np.int64)

    def _check(self, keys: NDArray[Any]) -> None:
        """Raise AssertionError if an invariant is broken, or `keys` are not the keys by row."""
        self.directory._check()
        count = len(self.directory)
        assert list(self.directory.values()) == list(range(count)), "keys are in the order of their runs"
        assert len(self.edges) == count + 1, "one edge a run and one behind them"
        assert self.edges[0] == 0, "the first run begins the arrays"
        assert self.edges[-1] == len(keys), "the last run ends the arrays"
        assert (np.diff(self.edges) > 0).all(), "no run is empty"
        assert list(self._edges) == self.edges.tolist(), "both forms of the edges agree"
        rows = np.arange(len(keys)) if self.rows is None else self.rows.astype(np.int64)
        assert np.array_equal(np.sort(rows), np.arange(len(keys))), "each row is here once"
        here = np.array(self.directory.keys(), dtype=np.int64).repeat(np.diff(self.edges))
        assert np.array_equal(here, keys[rows]), "each row has its key"
        inside = np.ones(len(rows), dtype=bool)
        inside[self.edges[:-1]] = False
        steps = np.diff(self.time[rows], prepend=0)
        assert (steps[inside] >= 0).all(), "instants ascend inside a run"
        assert (np.diff(rows, prepend=0)[inside & (steps == 0)] > 0).all(), "equal instants are in order of row"


class LiveRun:
    """The rows of one key in a LiveRuns, in order of (instant, row); about 16 bytes each."""

    __slots__ = ("rows", "times")

    def __init__(self) -> None:
        self.times = array("q")
        self.rows = array("q")

    def add(self, times: memoryview, rows: memoryview) -> None:
        """Add rows in order of (instant, row), higher than all present ones; int64."""
        late = bool(self.times) and times[0] < self.times[-1]
        self.times.frombytes(times.cast("B"))
        self.rows.frombytes(rows.cast("B"))
        if late:
            merged = np.array(self.times)
            order = merged.argsort(kind="stable")
            self.times = array("q", merged[order].tobytes())
            self.rows = array("q", np.array(self.rows)[order].tobytes())


class LiveRuns:
    """Runs that grow by bulk additions, each a sorted array of its own.

    `extend` by b rows of k runs costs O(b log b + k), and O(m) more for a run of m rows that has a later instant. A
    look-up of a key is O(1); selecting k rows of w windows from r' runs O(log r + r' w log m + k).
    """

    def __init__(self, load: int = LEAF_LOAD) -> None:
        self.directory = _directory(load)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def extend(self, keys: NDArray[Any], times: Int64Array, rows: Int64Array) -> None:
        """Add rows in ascending order, higher than all present ones, with keys and instants; equal lengths."""
        order = np.lexsort((times, keys))
        keys = keys[order]
        edges = run_edges(keys)
        time_view = times[order].data
        row_view = rows[order].astype(np.int64).data
        borders = edges.tolist()
        fresh: dict[int, LiveRun] = {}
        find = self.directory.get
        for key, start, stop in zip(keys[edges[:-1]].tolist(), borders, borders[1:], strict=False):
            run = find(key)
            if run is None:
                run = fresh[key] = LiveRun()
            run.add(time_view[start:stop], row_view[start:stop])
        self.directory.update(fresh)
        self._size += len(rows)

    def run(self, key: int) -> LiveRun | None:
        """Return the rows of a key; None for an unknown key."""
        found: LiveRun | None = self.directory.get(key)
        return found

    def select(self, spans: Sequence[Span], windows: Windows | None = None) -> Int64Array:
        """Return the rows with a key in one of the disjoint `spans` and an instant in one of the windows; None: any."""
        found = array("q")
        for low, high in spans:
            for key in self.directory.irange(low, high, inclusive=(True, False)):
                run = self.directory[key]
                if windows is None:
                    found.extend(run.rows)
                    continue
                first = int(windows[:, 1].searchsorted(run.times[0]))
                stop = int(windows[:, 0].searchsorted(run.times[-1]))
                for start, end in windows[first:stop].tolist():
                    found.extend(run.rows[bisect_right(run.times, start) : bisect_right(run.times, end)])
        return np.array(found, dtype=np.int64)

    def _check(self, keys: NDArray[Any], times: NDArray[Any], first: int) -> None:
        """Raise AssertionError if an invariant is broken, or row first+i has not keys[i] and times[i]."""
        self.directory._check()
        rows: list[int] = []
        for key, run in self.directory.items():
            assert len(run.rows), "no run is empty"
            pairs = list(zip(run.times, run.rows, strict=True))
            assert pairs == sorted(pairs), "rows are in order of instant and row"
            assert all(keys[row - first] == key for row in run.rows), "each row has its key"
            assert all(times[row - first] == time for time, row in pairs), "each row has its instant"
            rows += run.rows
        assert sorted(rows) == list(range(first, first + len(keys))), "each row is here once"
        assert self._size == len(keys), "every row is counted"
