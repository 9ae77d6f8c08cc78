"""The change from one period to another, per day where they are not of the same length."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, HOUR

_CLOCK_CHANGE: Final = 2 * HOUR
"""By how much days of the zone differ in length at most."""
SHORTEST_DAY: Final = DAY - _CLOCK_CHANGE
"""The shortest time that has all hours of a day, µs."""
_ALIKE: Final = 0.1
"""The part of a period by which another of the same hours of the day may be shorter."""
_MANY_DAYS: Final = 7 * DAY
"""A period in which the hours of a day that is not whole hardly matter."""


def per_day(used: NDArray[np.float64], length: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return usages as those of 24 hours of their lengths (µs), in the unit of `used`; NaN where one has no length."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(length > 0, used / length.astype(np.float64) * DAY, np.nan)


def are_alike(length: NDArray[np.int64], length_before: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which periods of such lengths (µs) can be compared per day: the hours of a night are no day.

    Their lengths are nearly the same or whole days apart, or each is many days.
    """
    shorter, longer = np.minimum(length, length_before), np.maximum(length, length_before)
    over = (longer - shorter) % DAY
    whole = (shorter >= SHORTEST_DAY) & ((over <= _CLOCK_CHANGE) | (over >= SHORTEST_DAY))
    return whole | (shorter >= _MANY_DAYS) | (shorter >= (1 - _ALIKE) * longer)


def change_per_day(
    used: NDArray[np.float64], length: NDArray[np.int64], before: NDArray[np.float64], length_before: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return by how much a usage per day differs from the one before, as a share of that; NaN where there is none.

    For periods of the same length (µs) it is the change of the usage itself; for such as are not alike there is none.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        daily, daily_before = per_day(used, length), per_day(before, length_before)
        whole = np.where(before > 0, used / before - 1, np.nan)
        unequal = np.where((before > 0) & are_alike(length, length_before), daily / daily_before - 1, np.nan)
        return np.where(length == length_before, whole, unequal)
