"""How far apart the times of each register are, where a file has several, one row each.

A meter may be read every 15 minutes and the next one every hour. What is usual in the file holds for a register whose
own rows do not show another step; those of one that has shown too few are held back until it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.formats.meter_tables.row_reader import Entries
from metertui.formats.meter_tables.series_stats import COARSER_RUN, FINER_RUN

_ENOUGH: Final = 100
"""So many rows without one step in most of them have none of their own."""
_UNKNOWN: Final = 0


class Steps:
    """The steps of registers by their codes (µs), found as their rows come."""

    def __init__(self, usual: int, *, own: bool) -> None:
        """`usual` is the step of most rows of the file; without `own` it is that of all registers."""
        self._usual = usual
        self._own = own
        self._known: Int64Array = np.empty(0, dtype=np.int64)
        self._held: list[tuple[Entries, Int64Array]] = []

    def of(self, codes: Int64Array) -> Int64Array:
        """Return the step of each of some registers."""
        self._grow(codes)
        known = self._known[codes]
        return np.where(known == _UNKNOWN, self._usual, known)

    def settle(self, entries: Entries, told: Int64Array, *, coarser: bool) -> tuple[Entries, Int64Array]:
        """Return those of further entries, and of earlier ones, whose steps are known by now, with their instants.

        `told` are the instants of entries (µs UTC). A step may be `coarser` than usual where all rows have a figure;
        else figures may be missing in between.
        """
        if not self._own:
            return entries, told
        self._grow(entries.code)
        if not self._held and (self._known[entries.code] != _UNKNOWN).all():
            return entries, told
        entries, told = _joined([*self._held, (entries, told)])
        self._find(entries, told, coarser=coarser)
        held = self._known[entries.code] == _UNKNOWN
        self._held = [(_some(entries, held), told[held])] if held.any() else []
        return _some(entries, ~held), told[~held]

    def rest(self) -> list[tuple[Entries, Int64Array]]:
        """Return the entries that are held back, which go by the usual step."""
        held, self._held = self._held, []
        return held

    def _grow(self, codes: Int64Array) -> None:
        more = int(codes.max(initial=-1)) + 1 - len(self._known)
        if more > 0:
            self._known = np.concatenate((self._known, np.full(more, _UNKNOWN)))

    def _find(self, entries: Entries, told: Int64Array, *, coarser: bool) -> None:
        """Find the steps of registers of which enough is known."""
        rows = np.flatnonzero(self._known[entries.code] == _UNKNOWN)
        rows = rows[np.lexsort((told[rows], entries.code[rows]))]
        code, apart = entries.code[rows][1:], np.diff(told[rows])
        counts = (np.diff(entries.code[rows]) == 0) & (apart > 0)
        code, apart = code[counts], apart[counts]
        size = len(self._known)
        total, usual = (np.bincount(each, minlength=size) for each in (code, code[apart == self._usual]))
        self._known[(usual > 0) & (2 * usual >= total)] = self._usual
        pending = (total >= FINER_RUN) & (self._known == _UNKNOWN)
        register, step, most = _most_frequent(code[pending[code]], apart[pending[code]])
        fits = (most >= np.where(step > self._usual, COARSER_RUN, FINER_RUN)) & (2 * most >= total[register])
        fits &= coarser | (step < self._usual)
        self._known[register[fits]] = step[fits]
        self._known[register[~fits & (total[register] >= _ENOUGH)]] = self._usual


def _most_frequent(codes: Int64Array, values: Int64Array) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Return each code once, with the value that it has most often and how often; of several the least one."""
    order = np.lexsort((values, codes))
    codes, values = codes[order], values[order]
    begins = np.flatnonzero(np.diff(codes, prepend=-1) | np.diff(values, prepend=-1))
    times = np.diff(begins, append=len(codes))
    codes, values = codes[begins], values[begins]
    order = np.lexsort((values, -times, codes))
    once, first = np.unique(codes[order], return_index=True)
    return once, values[order][first], times[order][first]


def _joined(parts: Sequence[tuple[Entries, Int64Array]]) -> tuple[Entries, Int64Array]:
    entries = Entries(*(np.concatenate(each) for each in zip(*(part[0] for part in parts), strict=True)))
    return entries, np.concatenate([part[1] for part in parts])


def _some(entries: Entries, places: NDArray[np.bool_]) -> Entries:
    return Entries(*(column[places] for column in entries))
