"""Where readings live in memory: what came since the last close in order of arrival, and its way into history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.columns import Columns
from metertui.engine.runs import first_at_least

_ROOM: Final = 1024
"""Values a growing column has room for at first."""


class Growing:
    """A numpy column that grows at its end: O(1) a value over time. Views of it stay valid and never change."""

    def __init__(self, dtype: type[np.signedinteger[Any]]) -> None:
        self._data: NDArray[Any] = np.empty(_ROOM, dtype=dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, values: Sequence[int] | NDArray[Any]) -> None:
        """Add `values` at the end."""
        size = self._size + len(values)
        if size > len(self._data):
            # A new array, never a resize in place: whoever holds a view keeps the old one as it was.
            data = np.empty(max(size, 2 * len(self._data)), dtype=self._data.dtype)
            data[: self._size] = self._data[: self._size]
            self._data = data
        self._data[self._size : size] = values
        self._size = size

    def drop(self, count: int) -> None:
        """Forget the first `count` values."""
        kept = self._data[count : self._size]
        self._data = np.empty(max(_ROOM, 2 * len(kept)), dtype=self._data.dtype)
        self._data[: len(kept)] = kept
        self._size = len(kept)

    def view(self) -> NDArray[Any]:
        """All values so far, without a copy; not to be written to."""
        view = self._data[: self._size]
        view.flags.writeable = False
        return view


class Arrivals(NamedTuple):
    """Readings in order of arrival; equal lengths. Meter codes, µs since 1970-01-01 UTC, register in Wh."""

    meter: NDArray[np.int32]
    time: NDArray[np.int64]
    wh: NDArray[np.int64]

    def part(self, start: int, stop: int) -> Arrivals:
        """Those from `start` to before `stop`, without a copy."""
        return Arrivals(self.meter[start:stop], self.time[start:stop], self.wh[start:stop])


class Tail:
    """The readings since the last day close in order of arrival, 20 bytes each."""

    def __init__(self) -> None:
        self._meter = Growing(np.int32)
        self._time = Growing(np.int64)
        self._wh = Growing(np.int64)

    def __len__(self) -> int:
        return len(self._wh)

    def append(
        self,
        codes: Sequence[int] | NDArray[Any],
        times: Sequence[int] | NDArray[Any],
        whs: Sequence[int] | NDArray[Any],
    ) -> None:
        """Add readings: meter codes, µs UTC, Wh; equal lengths."""
        if not len(codes) == len(times) == len(whs):
            raise ValueError("a reading is a code, a time and a register: equal lengths")
        self._meter.append(codes)
        self._time.append(times)
        self._wh.append(whs)

    def drop(self, count: int) -> None:
        """Forget the first `count` readings: they are part of history now."""
        for column in (self._meter, self._time, self._wh):
            column.drop(count)

    def frozen(self) -> Arrivals:
        """All readings so far, without a copy; safe to read in any thread while more arrive."""
        return Arrivals(self._meter.view(), self._time.view(), self._wh.view())


def merge(history: Columns, arrivals: Arrivals) -> Columns:
    """History and arrivals as one, in order of (meter, time), each pair once.

    Where a pair is in both, history's register stands; where it arrived twice, the first. O(n + k log k) for n
    readings of history and k arrivals: history is copied, never sorted.
    """
    order, at = _new(history, arrivals)
    if not len(order):
        return history
    size = len(history) + len(order)
    places = at + np.arange(len(order))
    kept = np.ones(size, dtype=bool)
    kept[places] = False

    def spliced(old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
        column = np.empty(size, dtype=old.dtype)
        column[kept] = old
        column[places] = new[order]
        return column

    return Columns(
        spliced(history.meter, arrivals.meter),
        spliced(history.time, arrivals.time),
        spliced(history.wh, arrivals.wh),
    )


def fresh(history: Columns, arrivals: Arrivals) -> NDArray[np.bool_]:
    """Which arrivals `merge` would take: of each meter and time the first, unless history has it (bool[k])."""
    mask = np.zeros(len(arrivals.time), dtype=bool)
    mask[_new(history, arrivals)[0]] = True
    return mask


def _new(history: Columns, arrivals: Arrivals) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The arrivals that are new, in order of (meter, time), and the row of history that each belongs before."""
    order = np.lexsort((arrivals.time, arrivals.meter))
    meter, time = arrivals.meter[order], arrivals.time[order]
    repeated = np.zeros(len(order), dtype=bool)
    repeated[1:] = (meter[1:] == meter[:-1]) & (time[1:] == time[:-1])
    at, known = _places(history, meter, time)
    new = ~(repeated | known)
    return order[new], at[new]


def _places(
    history: Columns, meter: NDArray[np.int32], time: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The row of `history` before which each reading belongs, and whether that row is the same meter and time."""
    bounds = history.starts
    starts = bounds.take(meter, mode="clip")  # a meter that history does not know stands behind it all
    stops = bounds.take(meter.astype(np.int64) + 1, mode="clip")
    known = np.zeros(len(meter), dtype=bool)
    if not len(history):
        return starts, known
    # Nearly every arrival is later than all history of its meter: only the others are looked up.
    late = np.flatnonzero((starts < stops) & (history.time[stops - 1] >= time))
    at = stops.copy()
    at[late] = first_at_least(history.time, starts[late], stops[late], time[late])
    known[late] = history.time[at[late]] == time[late]
    return at, known
