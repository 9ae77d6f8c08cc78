"""The quarters of an hour in which the intervals of a file begin, by register, in 24 bytes a day."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import MINUTE, Int64Array

_QUARTER: Final = 15 * MINUTE
_QUARTERS: Final = 96
"""In a day."""
_BITS: Final = 20
"""Of the number of a day, in one with the code of a register."""
_FEWEST: Final = 100_000
"""Days that are put in order at once."""
Marks = tuple[Int64Array, NDArray[np.uint64]]
"""Days of registers, ascending, and the quarters of each as bits: those before noon, and those from noon on."""


class Covered:
    """Knows when intervals begin, and tells whether one does in a longer time."""

    def __init__(self) -> None:
        self._known: Marks = np.empty(0, dtype=np.int64), np.empty((0, 2), dtype=np.uint64)
        self._new: list[Marks] = []
        self._count = 0

    def add(self, code: NDArray[np.int32], start: Int64Array) -> None:
        """Note intervals of registers that start at instants (µs UTC, 1970 or later)."""
        day, quarter = np.divmod(start // _QUARTER, _QUARTERS)
        half, bit = np.divmod(quarter, _QUARTERS // 2)
        bits = np.zeros((len(start), 2), dtype=np.uint64)
        bits[np.arange(len(start)), half] = np.left_shift(np.uint64(1), bit.astype(np.uint64))
        marks = _united((code.astype(np.int64) << _BITS) + day, bits)
        self._new.append(marks)
        self._count += len(marks[0])
        if self._count > max(_FEWEST, len(self._known[0])):
            self._unite()

    def begins_within(self, code: int, start: int, end: int) -> bool:
        """Return whether an interval of a register begins in a quarter that holds some of a time (µs UTC)."""
        self._unite()
        days, bits = self._known
        first, last = start // _QUARTER, -(-end // _QUARTER)
        base = code << _BITS
        low, high = np.searchsorted(days, [base + first // _QUARTERS, base + (last - 1) // _QUARTERS + 1]).tolist()
        for day, (before, after) in zip(days[low:high].tolist(), bits[low:high].tolist(), strict=True):
            midnight = (day - base) * _QUARTERS
            inside = (1 << min(last - midnight, _QUARTERS)) - (1 << max(first - midnight, 0))
            if (before | after << _QUARTERS // 2) & inside:
                return True
        return False

    def _unite(self) -> None:
        if self._new:
            days, bits = zip(self._known, *self._new, strict=True)
            self._known = _united(np.concatenate(days), np.concatenate(bits))
            self._new.clear()
            self._count = 0


def _united(days: Int64Array, bits: NDArray[np.uint64]) -> Marks:
    """Return each day once, with all of its bits."""
    if not len(days):
        return days, bits
    order = np.argsort(days, kind="stable")
    days = days[order]
    firsts = np.flatnonzero(np.append(True, days[1:] != days[:-1]))
    return days[firsts], np.bitwise_or.reduceat(bits[order], firsts, axis=0)
