"""The line across a bar as high as what it is compared with: in which row, and by which character."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

MIDDLE: Final = "━"
"""A line in the middle of its row, for the legend too."""
LOW: Final = "▁"
HIGH: Final = "▔"
TOP: Final = "▀"
"""The upper edge of the chart where there is no bar: a thin line would be that of the scale."""


def line_before(
    before: NDArray[np.int64], now: NDArray[np.int64], rows: int
) -> tuple[NDArray[np.int64], NDArray[np.str_]]:
    """Return the row and the character of each line, at most two eighths of a row from what it stands for.

    `before` and `now`, the bar itself, are in eighths of a row. A line between two rows is the lower edge of the upper
    one; it is the upper edge of the lower one where the bar ends in the upper one, whose end stays to be seen, or
    where there is no upper one.
    """
    nearer = before + 1 + (before >= now)  # of two that are as near, the one on its side of the end of the bar
    halves = np.clip(nearer // 4, 0, 2 * rows)
    row, in_middle = halves // 2, halves % 2 == 1
    taken = (row == rows) | ((now // 8 == row) & (now % 8 > 0) & (row > 0))
    high = ~in_middle & taken
    upper = np.where(now < 8 * row, TOP, HIGH)
    return row - high, np.where(in_middle, MIDDLE, np.where(high, upper, LOW))
