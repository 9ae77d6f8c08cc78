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
"""The part of a period that may be unknown, or that another one to compare it with may be shorter by."""
_DAYS_MORE: Final = 2 * DAY
"""How much more of a day of the week one period has than another of nearly the same length, at most."""


def per_day(used: NDArray[np.float64], length: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return usages as those of 24 hours of their lengths (µs), in the unit of `used`; NaN where one has no length."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(length > 0, used / length.astype(np.float64) * DAY, np.nan)


def is_nearly_whole(known: int, whole: int) -> bool:
    """Return whether a period is known for nearly its whole length (both µs)."""
    return known >= (1 - _ALIKE) * whole


def are_alike(
    length: NDArray[np.int64], length_before: NDArray[np.int64], *, weekdays: bool = False
) -> NDArray[np.bool_]:
    """Return which periods, known for such lengths (µs), can be compared per day.

    Their lengths are nearly the same: the hours of a night are no day, and the days of an autumn no year. `weekdays`:
    each is of one day of the week, of which a period has more than another.
    """
    shorter, longer = np.minimum(length, length_before), np.maximum(length, length_before)
    over = (longer - shorter) % DAY
    days = (shorter >= SHORTEST_DAY) & ((over <= _CLOCK_CHANGE) | (over >= SHORTEST_DAY))
    nearly = (shorter > 0) & (shorter >= (1 - _ALIKE) * longer)
    return nearly | (weekdays & days & (longer - shorter <= _DAYS_MORE + _CLOCK_CHANGE))


def change_per_day(
    used: NDArray[np.float64],
    length: NDArray[np.int64],
    before: NDArray[np.float64],
    length_before: NDArray[np.int64],
    *,
    weekdays: bool = False,
) -> NDArray[np.float64]:
    """Return by how much a usage per day differs from the one before, as a share of that; NaN where there is none.

    For periods of the same length (µs) it is the change of the usage itself; for such as are not alike there is none.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        daily, daily_before = per_day(used, length), per_day(before, length_before)
        whole = np.where(before > 0, used / before - 1, np.nan)
        alike = are_alike(length, length_before, weekdays=weekdays)
        unequal = np.where((before > 0) & alike, daily / daily_before - 1, np.nan)
        return np.where(length == length_before, whole, unequal)
