"""What becomes of intervals of an import, all those of some meters: planned file by file.

A file is compared with what is stored and with the files before it. So any order of files that do not differ gives the
same, and a file that was imported already brings nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.columns import IntervalColumns
from metertui.engine.core.first_lines import MOST_KEPT
from metertui.engine.core.interval_outcomes import What, file_outcomes

TextOf = Callable[[IntervalColumns, int], str]
"""Returns what an interval says, by its place."""


class IntervalPart(NamedTuple):
    """Intervals with the codes of registers of the whole import, in order of their files; arrays of equal length."""

    meter: NDArray[np.int32]
    """Codes of registers, as in IntervalColumns."""
    start: Int64Array
    end: Int64Array
    energy: Int64Array
    quality: NDArray[np.uint8]
    group: NDArray[np.int32]
    source: NDArray[np.int32]
    line: Int64Array

    def take(self, places: NDArray[np.int64] | NDArray[np.bool_]) -> IntervalPart:
        """Return some of them."""
        return IntervalPart._make(column[places] for column in self)

    def columns(self) -> IntervalColumns:
        """Return them without what is said of their files."""
        return IntervalColumns(*self[:5])


class IntervalPlan:
    """What becomes of intervals beside the stored ones; complete once it is made."""

    def __init__(self, part: IntervalPart, stored: IntervalColumns, text_of: TextOf, *, replaces: bool) -> None:
        """Plan for all intervals of some meters; the `stored` ones are theirs and count.

        `replaces`: different ones are taken too.
        """
        self.part = part
        self.what = np.empty(len(part.meter), dtype=np.uint8)
        """What becomes of each, see What."""
        self.against: dict[int, str] = {}
        """What is known in the time of the first different ones, by their places."""
        self._text_of = text_of
        self._stored = known = stored
        origin = -1 - np.arange(len(known), dtype=np.int64)
        """Of each known interval its place in the part, or below 0 if it is stored already."""
        columns = part.columns()
        edges = np.flatnonzero(np.diff(part.source, prepend=-1, append=-1))
        for first, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            places = np.arange(first, stop)
            found = file_outcomes(columns.take(places), known)
            self.what[first:stop] = found.what
            self._note_differences(places, found.beside, known)
            taken = places[(found.what == What.NEW) | (replaces & (found.what == What.DIFFERENT))]
            gone = np.union1d(found.divided, found.known if replaces else found.known[:0])
            known, origin = _merged(known, origin, gone, columns.take(taken), taken)
        self._new = origin[origin >= 0]
        """The places of those that are stored afterwards and were not."""
        self._gone = np.setdiff1d(np.arange(len(self._stored)), -1 - origin[origin < 0])
        """The places of the stored ones that do not stand afterwards."""

    def count(self, what: What) -> int:
        """Return how many have an outcome."""
        return int(np.count_nonzero(self.what == what))

    def _note_differences(self, places: Int64Array, beside: Int64Array, known: IntervalColumns) -> None:
        differing = np.flatnonzero(beside >= 0)[: MOST_KEPT - len(self.against)]
        for at, place in zip(beside[differing].tolist(), places[differing].tolist(), strict=True):
            self.against[place] = f"{self._text_of(known, at)} is known"

    @property
    def new(self) -> Int64Array:
        """Return the places of the intervals to store, ascending."""
        return np.sort(self._new)

    def withdrawn(self) -> IntervalColumns:
        """Return the stored intervals that others with other bounds take the place of."""
        gone, new = self._stored.take(self._gone), self.part.columns().take(self._new)
        if not len(gone):
            return gone
        keys = set(zip(new.meter.tolist(), new.start.tolist(), new.end.tolist(), strict=True))
        of_gone = zip(gone.meter.tolist(), gone.start.tolist(), gone.end.tolist(), strict=True)
        return gone.take(np.array([key not in keys for key in of_gone], dtype=bool))


def _merged(
    known: IntervalColumns, origin: Int64Array, gone: Int64Array, new: IntervalColumns, places: Int64Array
) -> tuple[IntervalColumns, Int64Array]:
    """Return known intervals without some and with new ones, in order, and the origin of each."""
    kept = np.ones(len(known), dtype=bool)
    kept[gone] = False
    rest = known.take(kept)
    both = IntervalColumns(
        np.concatenate((rest.meter, new.meter)),
        np.concatenate((rest.start, new.start)),
        np.concatenate((rest.end, new.end)),
        np.concatenate((rest.energy, new.energy)),
        np.concatenate((rest.quality, new.quality)),
    )
    order = np.lexsort((both.start, both.meter))
    return both.take(order), np.concatenate((origin[kept], places))[order]
