"""Where the times of a register are at other distances than its step for a while, so that none says how long it is.

Rows come in pieces, and of many meters each piece may have few rows. So the last rows of each register are kept: those
that may belong to such a while that has begun.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, Int64Array
from metertui.formats.meter_tables.series_stats import COARSER_RUN, FINER_RUN
from metertui.formats.meter_tables.steps import Steps


class StepChange(NamedTuple):
    """A register whose times begin to be at another distance."""

    step: int
    other: int
    """How far apart they are before and after, in µs."""
    line: int


class StepChanges:
    """Looks for changes of step in the rows of a file, piece by piece."""

    def __init__(self, steps: Steps, *, newest_first: bool) -> None:
        self._steps = steps
        self._sign = -1 if newest_first else 1
        self._last = np.empty((3, 0), dtype=np.int64)
        """Codes, instants and lines of the rows that are kept."""

    def find(self, codes: Int64Array, told: Int64Array, lines: Int64Array) -> StepChange | None:
        """Return the first change in further rows: their registers, instants (µs UTC) and lines; None without any.

        Single rows at other distances are no sign: rows may be missing, and clocks be late.
        """
        if not len(codes):
            return None
        here = np.isin(self._last[0], codes)
        rows = np.concatenate((self._last[:, here], np.array([codes, told, lines])), axis=1)
        rows = rows[:, np.lexsort((self._sign * rows[1], rows[0]))]
        apart, step = np.abs(np.diff(rows[1])), self._steps.of(rows[0])[1:]
        apart[(np.diff(rows[0]) != 0) | (step >= DAY)] = 0
        finer, coarser = (apart > 0) & (apart * 10 < step * 9), apart * 9 > step * 10
        for odd, run in ((finer, FINER_RUN), (coarser, COARSER_RUN)):
            long = _runs(odd, run)
            long = long[apart[long] == apart[long + run - 1]]
            if len(long):
                at = int(long[0])
                return StepChange(int(step[at]), int(apart[at]), int(rows[2, at]))
        kept = rows[:, _are_open(rows[0], finer | coarser)]
        self._last = np.concatenate((self._last[:, ~here], kept), axis=1)
        return None


def _runs(odd: NDArray[np.bool_], count: int) -> Int64Array:
    """Return the places at which so many odd ones in a row begin."""
    sums = np.concatenate(([0], np.cumsum(odd)))
    return np.flatnonzero(sums[count:] - sums[:-count] == count)


def _are_open(codes: Int64Array, odd: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which of some rows in order of codes are the last of theirs, or lead to it by `odd` distances alone."""
    last = np.searchsorted(codes, codes, side="right") - 1
    usual = np.concatenate(([0], np.cumsum(~odd)))
    return np.asarray((usual[last] == usual) & (last - np.arange(len(codes)) < COARSER_RUN))
