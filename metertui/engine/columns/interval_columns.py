"""Stored intervals as columns: energy between two instants, as files state it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.columns.by_meter import ByMeter
from metertui.engine.columns.sorted_runs import first_at_least


@dataclass(frozen=True, eq=False)
class IntervalColumns(ByMeter):
    """Intervals that stand, in order of (meter, start, end); never modified."""

    start: Int64Array
    """µs UTC."""
    end: Int64Array
    """µs UTC, later than the start."""
    energy: Int64Array
    """µWh."""
    quality: NDArray[np.uint8]
    """0 actual, 1 estimated, 2 substituted."""

    @cached_property
    def codes(self) -> NDArray[np.int32]:
        """Return the codes of the meters that have intervals, ascending, each once."""
        return np.unique(self.meter)

    def take(self, places: NDArray[Any] | slice) -> Self:
        """Return some of them, `places` ascending (positions, a mask or a slice)."""
        return type(self)(*(getattr(self, field.name)[places] for field in fields(self)))

    def of_meter(self, code: int) -> Self:
        """Return the intervals of one meter under the code 0."""
        mine = self.take(self.span(code))
        return replace(mine, meter=np.zeros(len(mine), dtype=np.int32))

    def cover(self, meter: NDArray[np.int32], time: Int64Array) -> NDArray[np.bool_]:
        """Return which instants (µs UTC) of meters lie in an interval or at its end; no two of a meter overlap."""
        first, stop = (self.starts.take(meter.astype(np.int64) + more, mode="clip") for more in (0, 1))
        place = first_at_least(self.end, first, stop, time)
        found = place < stop
        found[found] = self.start[place[found]] < time[found]
        return np.asarray(found)

    @classmethod
    def empty(cls) -> Self:
        none = np.empty(0, dtype=np.int64)
        return cls(np.empty(0, np.int32), none, none, none, np.empty(0, np.uint8))
