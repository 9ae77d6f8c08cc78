"""Stored intervals as columns: energy between two instants, as files state it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.columns.by_meter import ByMeter


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

    @classmethod
    def empty(cls) -> Self:
        none = np.empty(0, dtype=np.int64)
        return cls(np.empty(0, np.int32), none, none, none, np.empty(0, np.uint8))
