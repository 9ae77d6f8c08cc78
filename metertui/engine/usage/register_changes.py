"""Where a register changed otherwise than by usage, so that the usage is not its closing less its opening value."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metertui.engine.columns import Curve
from metertui.engine.usage.series import Edge


class RegisterChange(NamedTuple):
    """An exchange that was declared, or a reset, rollover or exchange that was not."""

    time: int
    """The instant of the exchange, or of the first reading after the reset, µs UTC."""
    before_wh: int
    after_wh: int
    declared: bool


def register_changes(curve: Curve, opening: Edge, closing: Edge) -> list[RegisterChange]:
    """Return the changes of the register between two ends on the curve of one meter, in order of time.

    Closing less opening register is the usage and what these changes moved the register by, to the watt-hour.
    """
    time = curve.time
    # At an exchange the register in use is the old one, so one at the closing end has not changed it yet.
    low, high = np.searchsorted(time, [opening.time, closing.time]).tolist()
    exchanged = low + np.flatnonzero(curve.base[low:high] != curve.wh[low:high])
    changes = [
        RegisterChange(int(time[at]), int(curve.wh[at]), int(curve.base[at]), declared=True)
        for at in exchanged.tolist()
    ]
    first = max(int(np.searchsorted(time, opening.time, side="right")), 1)
    last = int(np.searchsorted(time, closing.time, side="right"))
    fell = curve.wh[first:last] - curve.base[first - 1 : last - 1] - np.diff(curve.energy[first - 1 : last])
    for at in (first + np.flatnonzero(fell)).tolist():
        changes.append(RegisterChange(int(time[at]), int(curve.base[at - 1]), int(curve.wh[at]), declared=False))
    return sorted(changes)
