"""The day order of history: its rows by group of attributes and day, with a tree over the days of all groups.

It is built by the first thread that asks for it, in parts: some whole groups at a time, each part by a function of
arrays that never change. So the parts may be built one after another or side by side, as numpy sorts outside the GIL.

    key of a run         order inside a run
    group, UTC day       instant, µs UTC

The days of a group follow one another, so all rows of a group between two instants stand side by side, and a time of
day is one such stretch on each day.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, Int64Array
from metertui.engine.columns import LEAF_LOAD, FrozenRuns, Span, Windows, run_edges

FIRST_DAY: Final = -(1 << 20)
BEYOND_DAYS: Final = 1 << 20
"""Days lie between these, 2,800 years to either side of 1970."""
_DAYS: Final = BEYOND_DAYS - FIRST_DAY
_PART: Final = 1 << 19
"""Rows that a part has at least, unless there are no more: sorting them takes some 50 ms."""

T = TypeVar("T")
R = TypeVar("R")


class RunParts(Protocol):
    """Calls a function with each of some arguments and returns the results in order, as `map` and executors do."""

    def __call__(self, function: Callable[[T], R], parts: Iterable[T], /) -> Iterable[R]: ...


class DayOrder:
    """The rows of history by group and day. Any thread; the first that asks builds it, and the others wait."""

    def __init__(self, group: NDArray[np.int32], time: Int64Array, load: int = LEAF_LOAD) -> None:
        """Take the group and the instant (µs UTC) of each row; neither is copied or ever written to."""
        self.group = group
        self.time = time
        self._load = load
        self._lock = threading.Lock()
        self._built: tuple[FrozenRuns, list[int]] | None = None

    def build(self, run_parts: RunParts = map) -> tuple[FrozenRuns, list[int]]:
        """Return the runs, and the groups that have any, in order. O(n log n) once; `run_parts` runs the parts."""
        with self._lock:
            if self._built is None:
                self._built = _sort(self.group, self.time, self._load, run_parts)
            return self._built

    @property
    def is_built(self) -> bool:
        """Return whether `build` has been done."""
        return self._built is not None

    def select(self, groups: Sequence[int] | None, windows: Windows | None) -> Int64Array:
        """Return the rows of these groups (None: of all) in these windows (None: ever), each once."""
        runs, present = self.build()
        return runs.select(key_spans(present if groups is None else groups, windows), windows)

    def _check(self) -> None:
        """Raise AssertionError for a broken invariant."""
        runs, present = self.build()
        runs._check(day_keys(self.group, self.time))
        assert present == np.unique(self.group).tolist(), "the groups are those that have rows"


def day_keys(group: NDArray[np.int32], time: Int64Array) -> Int64Array:
    """Return the keys of rows in the day order, of group codes and instants (µs UTC); equal lengths."""
    return group.astype(np.int64) * _DAYS + (time // DAY - FIRST_DAY)


def key_spans(groups: Sequence[int], windows: Windows | None) -> list[Span]:
    """Return for each group the span of the keys that its rows in these windows have."""
    first, last = FIRST_DAY, BEYOND_DAYS - 1
    if windows is not None and len(windows):
        first = max(first, (int(windows[0, 0]) + 1) // DAY)
        last = min(last, int(windows[-1, 1]) // DAY)
    return [(_key(group, first), _key(group, last + 1)) for group in groups if first <= last]


def group_of(key: int) -> int:
    """Return the group of a key."""
    return key // _DAYS


def _key(group: int, day: int) -> int:
    return group * _DAYS + (day - FIRST_DAY)


class _Part(NamedTuple):
    """Some whole groups in order: their rows, and the keys and lengths of their runs."""

    rows: NDArray[Any]
    keys: Int64Array
    lengths: Int64Array


def _sort(group: NDArray[np.int32], time: Int64Array, load: int, run_parts: RunParts) -> tuple[FrozenRuns, list[int]]:
    row_kind = np.int32 if len(group) <= np.iinfo(np.int32).max else np.int64
    # Of 16 bits numpy makes a radix sort: a tenth of the time.
    short = group.astype(np.uint16) if len(group) and int(group.max()) <= np.iinfo(np.uint16).max else group
    rows = np.argsort(short, kind="stable").astype(row_kind)
    edges = run_edges(group[rows])
    done = list(run_parts(partial(_sort_part, rows, group, time), _parts(edges)))
    keys = np.concatenate([np.empty(0, np.int64), *(part.keys for part in done)])
    lengths = np.concatenate([np.empty(0, np.int64), *(part.lengths for part in done)])
    whole = np.concatenate([np.empty(0, row_kind), *(part.rows for part in done)])
    borders = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    return FrozenRuns(keys, borders, time, whole, load), group[rows[edges[:-1]]].tolist()


def _parts(edges: Int64Array) -> list[Int64Array]:
    """Return the edges of the groups of each part."""
    parts = []
    at = 0
    while at < len(edges) - 1:
        stop = min(len(edges) - 1, max(at + 1, int(np.searchsorted(edges, edges[at] + _PART))))
        parts.append(edges[at : stop + 1])
        at = stop
    return parts


def _sort_part(rows: NDArray[Any], group: NDArray[np.int32], time: Int64Array, edges: Int64Array) -> _Part:
    """Sort the rows of each group by instant: they are in order of meter and time, so runs that ascend are merged."""
    sorted_rows = rows[edges[0] : edges[-1]].copy()
    for start, stop in pairwise((edges - edges[0]).tolist()):
        mine = sorted_rows[start:stop]
        sorted_rows[start:stop] = mine[time[mine].argsort(kind="stable")]
    keys = day_keys(group[sorted_rows], time[sorted_rows])
    borders = run_edges(keys)
    return _Part(sorted_rows, keys[borders[:-1]], np.diff(borders))
