"""The readings since the last day close in memory, in order of arrival, and their merge into the history."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.columns.curve import Columns
from metertui.engine.columns.sorted_runs import first_at_least, run_edges

_BLOCK: Final = 1 << 16
"""The number of values in a block of a GrowingColumn."""


class GrowingColumn:
    """A numpy column that grows at its end, block by block: O(1) a value, without copying.

    One array that doubles would be copied whole when it is full, which held up the event loop for 100 ms at some
    millions of readings. One thread appends; others may read what was there when they began.
    """

    def __init__(self, dtype: type[np.signedinteger[Any]], block: int = _BLOCK) -> None:
        self._dtype = dtype
        self._block = block
        self._blocks: list[NDArray[Any]] = []
        self._skipped = 0
        self._end = 0  # both are places in the blocks

    def __len__(self) -> int:
        return self._end - self._skipped

    def append(self, values: Sequence[int] | NDArray[Any]) -> None:
        """Append `values`."""
        values = np.asarray(values, dtype=self._dtype)
        done = 0
        while done < len(values):
            if self._end == len(self._blocks) * self._block:
                self._blocks.append(np.empty(self._block, dtype=self._dtype))
            within = self._end % self._block
            fits = min(self._block - within, len(values) - done)
            self._blocks[-1][within : within + fits] = values[done : done + fits]
            done += fits
            self._end += fits

    def drop(self, count: int) -> None:
        """Remove the first `count` values."""
        self._skipped += count
        gone = self._skipped // self._block
        self._blocks = self._blocks[gone:]
        self._skipped -= gone * self._block
        self._end -= gone * self._block

    def parts(self, start: int, stop: int) -> list[NDArray[Any]]:
        """Return the values [start, stop) in pieces, without a copy. They never change."""
        start, stop = self._skipped + start, self._skipped + stop
        pieces = []
        for number in range(start // self._block, (stop - 1) // self._block + 1):
            begin = number * self._block
            piece = self._blocks[number][max(0, start - begin) : stop - begin]
            piece.flags.writeable = False
            pieces.append(piece)
        return pieces

    def part(self, start: int, stop: int) -> NDArray[Any]:
        """Return the values [start, stop) as one read-only array."""
        return concat_pieces(self.parts(start, stop), self._dtype)

    def at(self, place: int) -> int:
        """Return the value at a position."""
        block, within = divmod(self._skipped + place, self._block)
        return int(self._blocks[block][within])

    def take(self, places: NDArray[np.int64]) -> NDArray[Any]:
        """Return the values at positions, in their order."""
        blocks, within = np.divmod(places + self._skipped, self._block)
        order = np.argsort(blocks, kind="stable")  # they are nearly always sorted already, which takes no time
        blocks, within = blocks[order], within[order]
        found = np.empty(len(places), dtype=self._dtype)
        for start, stop in pairwise(run_edges(blocks).tolist()):
            found[order[start:stop]] = self._blocks[blocks[start]][within[start:stop]]
        return found


def concat_pieces(pieces: Sequence[NDArray[Any]], dtype: type[np.signedinteger[Any]]) -> NDArray[Any]:
    """Concatenate pieces; a copy unless there is only one."""
    return pieces[0] if len(pieces) == 1 else np.concatenate([np.empty(0, dtype=dtype), *pieces])


class Arrivals(NamedTuple):
    """Readings in order of arrival; equal lengths. Meter codes, µs since 1970-01-01 UTC, register in Wh."""

    meter: NDArray[np.int32]
    time: NDArray[np.int64]
    wh: NDArray[np.int64]

    def take(self, places: NDArray[Any]) -> Arrivals:
        """Return the readings at positions, or where a mask is true."""
        return Arrivals(self.meter[places], self.time[places], self.wh[places])


NO_ARRIVALS: Final = Arrivals(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64))


def one_arrival(code: int, time: int, wh: int) -> Arrivals:
    """Return a single reading as arrivals."""
    return Arrivals(np.array([code], dtype=np.int32), np.array([time]), np.array([wh]))


class Tail:
    """The readings since the last day close in order of arrival, 20 bytes each."""

    def __init__(self, block: int = _BLOCK) -> None:
        self._meter = GrowingColumn(np.int32, block)
        self._time = GrowingColumn(np.int64, block)
        self._wh = GrowingColumn(np.int64, block)

    def __len__(self) -> int:
        return len(self._wh)

    def append(
        self,
        codes: Sequence[int] | NDArray[Any],
        times: Sequence[int] | NDArray[Any],
        whs: Sequence[int] | NDArray[Any],
    ) -> None:
        """Append readings: meter codes, µs UTC and Wh of equal length."""
        if not len(codes) == len(times) == len(whs):
            raise ValueError("a reading is a code, a time and a register: equal lengths")
        self._meter.append(codes)
        self._time.append(times)
        self._wh.append(whs)

    def drop(self, count: int) -> None:
        """Remove the first `count` readings, which are part of the history now."""
        for column in self._columns():
            column.drop(count)

    def part(self, start: int, stop: int) -> Arrivals:
        """Return the readings [start, stop). Any thread."""
        return Arrivals(*(column.part(start, stop) for column in self._columns()))

    def wh_at(self, row: int) -> int:
        """Return the register (Wh) of the reading at `row`."""
        return self._wh.at(row)

    def take(self, rows: NDArray[np.int64]) -> Arrivals:
        """Return the readings at `rows`, in their order."""
        return Arrivals(*(column.take(rows) for column in self._columns()))

    def freeze(self) -> FrozenTail:
        """Return all readings so far, without a copy. They may be read in any thread while more arrive."""
        return FrozenTail(*(column.parts(0, len(self)) for column in self._columns()))

    def _columns(self) -> tuple[GrowingColumn, GrowingColumn, GrowingColumn]:
        return self._meter, self._time, self._wh


class FrozenTail(NamedTuple):
    """The tail at one moment, each column in pieces."""

    meter: list[NDArray[np.int32]]
    time: list[NDArray[np.int64]]
    wh: list[NDArray[np.int64]]

    def arrivals(self) -> Arrivals:
        """Return the readings as whole columns; a copy."""
        return Arrivals(
            concat_pieces(self.meter, np.int32), concat_pieces(self.time, np.int64), concat_pieces(self.wh, np.int64)
        )

    def take(self, rows: NDArray[np.int64]) -> Arrivals:
        """Return the readings at `rows`, in their order."""
        edges = np.cumsum([0, *map(len, self.time)])
        piece = edges.searchsorted(rows, side="right") - 1
        within = rows - edges[piece]

        def taken(pieces: list[NDArray[Any]], dtype: type[np.signedinteger[Any]]) -> NDArray[Any]:
            found = np.empty(len(rows), dtype=dtype)
            for number in np.unique(piece).tolist():
                mine = piece == number
                found[mine] = pieces[number][within[mine]]
            return found

        return Arrivals(taken(self.meter, np.int32), taken(self.time, np.int64), taken(self.wh, np.int64))


def merge_arrivals(history: Columns, arrivals: Arrivals) -> Columns:
    """Merge arrivals into the history, in order of (meter, time), each pair once.

    Of a pair in both, the register of the history is kept; of one that arrived twice, the first. O(n + k log k) for n
    readings of history and k arrivals: the history is copied, not sorted.
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
        spliced(history.meter, arrivals.meter), spliced(history.time, arrivals.time), spliced(history.wh, arrivals.wh)
    )


def new_arrivals(history: Columns, arrivals: Arrivals) -> NDArray[np.bool_]:
    """Return which arrivals `merge_arrivals` adds: the first of each meter and time, unless stored; bool[k]."""
    mask = np.zeros(len(arrivals.time), dtype=bool)
    mask[_new(history, arrivals)[0]] = True
    return mask


def further_values(history: Columns, arrivals: Arrivals) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the arrivals that give another value than the first at an instant, and that first value (Wh); int64[m].

    The first is that of the history, else the first that arrived. Positions of arrivals, ascending; a value that comes
    again is among them each time.
    """
    order, at, repeated, known = _located(history, arrivals)
    leader = np.maximum.accumulate(np.where(repeated, 0, np.arange(len(order))))
    first = arrivals.wh[order][leader]
    first[known] = history.wh[at[known]]
    other = np.flatnonzero(first != arrivals.wh[order])
    places, by_arrival = order[other], np.argsort(order[other])
    return places[by_arrival], first[other][by_arrival]


def concat_arrivals(parts: Sequence[Arrivals]) -> Arrivals:
    """Concatenate arrivals; a copy."""
    return Arrivals(*map(np.concatenate, zip(NO_ARRIVALS, *parts, strict=True)))


def _new(history: Columns, arrivals: Arrivals) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the new arrivals in order of (meter, time), and the row of the history that each belongs before."""
    order, at, repeated, known = _located(history, arrivals)
    new = ~(repeated | known)
    return order[new], at[new]


def _located(
    history: Columns, arrivals: Arrivals
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return arrivals in order of (meter, time), the row of the history that each belongs before, and two masks.

    The masks say which repeat the meter and time before them, and of which the history has meter and time.
    """
    order = np.lexsort((arrivals.time, arrivals.meter))
    meter, time = arrivals.meter[order], arrivals.time[order]
    repeated = np.zeros(len(order), dtype=bool)
    repeated[1:] = (meter[1:] == meter[:-1]) & (time[1:] == time[:-1])
    at, known = locate_rows(history, meter, time)
    return order, at, repeated, known


def readings_at(history: Columns, tail: Tail | FrozenTail, rows: NDArray[np.int64]) -> Arrivals:
    """Return the readings of rows, in their order: those of the tail are numbered behind those of the history."""
    split = len(history)
    old = rows < split
    if old.all():
        return Arrivals(history.meter[rows], history.time[rows], history.wh[rows])
    late = tail.take(rows[~old] - split)
    old_rows = rows[old]

    def together(stored: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
        column = np.empty(len(rows), dtype=stored.dtype)
        column[old], column[~old] = stored[old_rows], new
        return column

    return Arrivals(
        together(history.meter, late.meter), together(history.time, late.time), together(history.wh, late.wh)
    )


def locate_rows(
    history: Columns, meter: NDArray[np.int32], time: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the row of the history that each reading belongs before, and whether it has the same meter and time."""
    bounds = history.starts
    starts = bounds.take(meter, mode="clip")  # an unknown meter belongs after all others
    stops = bounds.take(meter.astype(np.int64) + 1, mode="clip")
    known = np.zeros(len(meter), dtype=bool)
    if not len(history):
        return starts, known
    # Nearly every arrival is later than the history of its meter: only the others are searched for.
    late = np.flatnonzero((starts < stops) & (history.time[stops - 1] >= time))
    at = stops.copy()
    at[late] = first_at_least(history.time, starts[late], stops[late], time[late])
    known[late] = history.time[at[late]] == time[late]
    return at, known
