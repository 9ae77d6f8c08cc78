"""The change from one period to another, per day where they are not of the same length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY


def per_day(used: NDArray[np.float64], length: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return usages as those of 24 hours of their lengths (µs), in the unit of `used`; NaN where one has no length."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(length > 0, used / length.astype(np.float64) * DAY, np.nan)


def change_per_day(
    used: NDArray[np.float64], length: NDArray[np.int64], before: NDArray[np.float64], length_before: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return by how much a usage per day differs from the one before, as a share of that; NaN where there is none.

    For periods of the same length (µs) it is the change of the usage itself.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        daily, daily_before = per_day(used, length), per_day(before, length_before)
        whole = np.where(before > 0, used / before - 1, np.nan)
        return np.where(length == length_before, whole, np.where(before > 0, daily / daily_before - 1, np.nan))
