"""The day order and the slot order of readings, each built by one function from arrays that never change.

No state is shared, so workers may build orders side by side: numpy sorts outside the GIL.

    order       key of a run                 value inside a run
    day         group, local day             wall clock within the day, µs
    slot        group, half-hour of the day  local day
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, HALF_HOUR, Int64Array
from metertui.engine.columns import LEAF_LOAD, FrozenRuns

FIRST_DAY: Final = -(1 << 20)
BEYOND_DAYS: Final = 1 << 20
"""Local days lie between these, 2,800 years to either side of 1970."""
_DAYS: Final = BEYOND_DAYS - FIRST_DAY

Pairs = tuple[Int64Array, NDArray[Any]]
"""The key and the value of each reading in an order; equal lengths."""
PairsOf = Callable[[NDArray[np.int32], Int64Array], Pairs]


def day_pairs(group: NDArray[np.int32], wall: Int64Array) -> Pairs:
    """Return keys and values in the day order, of group codes and the local clock (µs since 1970); equal lengths."""
    day, clock = np.divmod(wall, DAY)
    return _keys(group, day), clock


def slot_pairs(group: NDArray[np.int32], wall: Int64Array) -> Pairs:
    """Return keys and values in the slot order, for the same arrays."""
    day, clock = np.divmod(wall, DAY)
    return _keys(group, clock // HALF_HOUR), day.astype(np.int32)


def build_order(pairs_of: PairsOf, group: NDArray[np.int32], wall: Int64Array, load: int = LEAF_LOAD) -> FrozenRuns:
    """Return one order of all rows: O(n log n), any thread. `load` is the number of keys a leaf of the tree."""
    return FrozenRuns.sort(*pairs_of(group, wall), load)


def key_of(group: int, minor: int) -> int:
    """Return the key of a group and a day, or of a group and a slot; keys are in the order of the pairs."""
    return group * _DAYS + (minor - FIRST_DAY)


def group_of(key: int) -> int:
    """Return the group of a key."""
    return key // _DAYS


def _keys(group: NDArray[np.int32], minor: Int64Array) -> Int64Array:
    return group.astype(np.int64) * _DAYS + (minor - FIRST_DAY)
