"""Rows of many meters, those of each together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ByMeter:
    """Rows of meters in order of their codes; equal lengths n, never modified."""

    meter: NDArray[np.int32]
    """Codes of registers: positions in the list of identifiers. A meter's code is that of its register `use`."""

    def __len__(self) -> int:
        return len(self.meter)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Return the start of the rows of each meter: those of meter code c are [starts[c], starts[c + 1]); int64."""
        count = int(self.meter[-1]) + 1 if len(self.meter) else 0
        return np.searchsorted(self.meter, np.arange(count + 1, dtype=np.int32)).astype(np.int64)

    def span(self, code: int) -> slice:
        """Return the rows of one meter; empty for a meter without any."""
        if code + 1 >= len(self.starts):
            return slice(0, 0)
        return slice(int(self.starts[code]), int(self.starts[code + 1]))
