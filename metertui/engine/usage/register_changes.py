"""Where a register changed otherwise than by usage, so that the usage is not its closing less its opening value."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metertui.engine.columns import DRAWN, Curve
from metertui.engine.usage.series import Edge


class RegisterChange(NamedTuple):
    """An exchange that was declared, or a reset or exchange that was not, or a rollover."""

    time: int
    """The instant of the exchange, or of the first reading after the reset, µs UTC."""
    before_wh: int
    after_wh: int
    declared: bool
    rolled_over: bool = False
    """Whether the register went past its last number, so that what it rose by is usage."""


def register_changes(curve: Curve, opening: Edge, closing: Edge) -> list[RegisterChange]:
    """Return the changes of the register between two ends on the curve of one meter, in order of time.

    Closing less opening register is what the register rose by and what these changes moved it by, to the watt-hour.
    """
    time = curve.time
    # At an exchange the register in use is the old one, so one at the closing end has not changed it yet.
    low, high = np.searchsorted(time, [opening.time, closing.time]).tolist()
    exchanged = low + np.flatnonzero(curve.base[low:high] != curve.wh[low:high])
    if curve.known is not None:  # what begins again each day is not exchanged
        exchanged = exchanged[curve.known[exchanged] != DRAWN]
    changes = [
        RegisterChange(int(time[at]), int(curve.wh[at]), int(curve.base[at]), declared=True)
        for at in exchanged.tolist()
    ]
    first = max(int(np.searchsorted(time, opening.time, side="right")), 1)
    last = int(np.searchsorted(time, closing.time, side="right"))
    fell = curve.wh[first:last] - curve.base[first - 1 : last - 1] - curve.rises()[first:last]
    for at in (first + np.flatnonzero(fell)).tolist():
        rolled = curve.rise is not None and bool(curve.rise[at] > 0)
        before, after = int(curve.base[at - 1]), int(curve.wh[at])
        changes.append(RegisterChange(int(time[at]), before, after, declared=False, rolled_over=rolled))
    return sorted(changes)
