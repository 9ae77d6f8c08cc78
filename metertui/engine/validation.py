"""Which readings count: the rule for registers that fall, leap or are exchanged.

A meter's readings are taken in time order. A reading *fits* an earlier one if it is not lower, and not higher by more
than the most that the meter can draw in the time between, or in a day if that is longer. One that does not fit the
last counted reading is suspect, and the next reading decides: the suspect was wrong, the last counted one was wrong,
or the register itself is another.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.records import format_kwh
from metertui.engine.zone import DAY, HOUR, MINUTE, SiteZone

COUNTED: Final = 0
RESET: Final = 1
"""Counted, but the step to it counts nothing: the register was exchanged, reset or rolled over."""
SUSPECT: Final = 2
"""Not counted until the next reading decides."""
REJECTED: Final = 3
"""A bad read, never counted."""


def fits(t0: int, wh0: int, t1: int, wh1: int, max_w: int) -> bool:
    """Whether a later reading (µs, Wh) fits an earlier one for a meter that draws `max_w` watts at most. Exact."""
    rise = wh1 - wh0
    return rise >= 0 and rise * HOUR <= max_w * max(t1 - t0, DAY)


class Judge:
    """Takes one meter's readings in time order and says of each whether it counts, as far as they go."""

    def __init__(self, max_w: int) -> None:
        self._max_w = max_w
        self._points: list[tuple[int, int]] = []
        self.status: list[int] = []
        """Of each reading pushed so far; later ones may change it."""
        self.last: int | None = None
        """The place of the last counted reading."""
        self.pending: int | None = None
        """The place of the reading that is suspect now."""
        self._before: int | None = None

    def push(self, time: int, wh: int) -> None:
        """The next reading, µs UTC and Wh."""
        new = len(self._points)
        self._points.append((time, wh))
        self.status.append(COUNTED)
        if self.last is None or self._fit(self.last, new):
            if self.pending is not None:
                self.status[self.pending] = REJECTED
            self._count(self.last, new)
        elif self.pending is None:
            self._suspect(new)
        elif not self._fit(self.pending, new):
            self.status[self.pending] = REJECTED
            self._suspect(new)
        else:
            if self._before is not None and self._fit(self._before, self.pending):
                self.status[self.last] = REJECTED
                self.status[self.pending] = COUNTED
            else:
                self.status[self.pending] = RESET
            self._count(self.pending, new)

    def _count(self, before: int | None, new: int) -> None:
        self._before, self.last, self.pending = before, new, None

    def _suspect(self, new: int) -> None:
        self.status[new] = SUSPECT
        self.pending = new

    def _fit(self, earlier: int, later: int) -> bool:
        return fits(*self._points[earlier], *self._points[later], self._max_w)


def judge(meter: NDArray[np.int32], time: NDArray[np.int64], wh: NDArray[np.int64], max_w: int) -> NDArray[np.uint8]:
    """The status of readings in order of (meter, time): int arrays of length n in, uint8[n] out.

    O(n) in numpy. The judge itself runs only round misfits: three readings in a row that fit one another pairwise
    settle its state whatever came before, so from the nearest such three before a misfit to the nearest after it.
    """
    count = len(meter)
    status = np.zeros(count, dtype=np.uint8)
    if count < 2:
        return status
    same = meter[1:] == meter[:-1]
    fit = same & _fits(time[:-1], wh[:-1], time[1:], wh[1:], max_w)
    misfits = np.flatnonzero(same & ~fit) + 1
    if not len(misfits):
        return status
    settled = np.flatnonzero(fit[1:] & fit[:-1]) + 2  # the third of three
    starts = np.flatnonzero(np.concatenate(([True], ~same)))
    ends = np.append(starts[1:], count)
    run = np.searchsorted(starts, misfits, side="right") - 1
    done = 0
    for misfit, start, end in zip(misfits.tolist(), starts[run].tolist(), ends[run].tolist(), strict=True):
        if misfit < done:
            continue
        nearest = int(np.searchsorted(settled, misfit)) - 1
        known = nearest >= 0 and int(settled[nearest]) > start
        first = int(settled[nearest]) - 2 if known else start
        after = int(np.searchsorted(settled, misfit + 2))
        stop = min(end, int(settled[after]) + 1) if after < len(settled) else end
        course = Judge(max_w)
        for at, register in zip(time[first:stop].tolist(), wh[first:stop].tolist(), strict=True):
            course.push(at, register)
        fresh = 2 if known else 0  # what the first two of three are has been said, here or by an earlier replay
        status[first + fresh : stop] = course.status[fresh:]
        done = stop
    return status


def why(time0: int, wh0: int, time1: int, wh1: int, max_w: int, zone: SiteZone) -> str:
    """One clause that says why the later reading does not fit the earlier, counted one."""
    if wh1 < wh0:
        return f"{format_kwh(wh1)} kWh is lower than the {format_kwh(wh0)} kWh counted at {zone.iso(time0)}"
    most = f"more than {max_w / 1000:g} kW allows"
    return f"{format_kwh(wh1)} kWh is a rise of {format_kwh(wh1 - wh0)} kWh in {_span(time1 - time0)}, {most}"


def _span(us: int) -> str:
    if us < 2 * HOUR:
        return f"{us // MINUTE} min"
    return f"{us // HOUR} h" if us < 2 * DAY else f"{us // DAY} days"


def _fits(
    t0: NDArray[np.int64], wh0: NDArray[np.int64], t1: NDArray[np.int64], wh1: NDArray[np.int64], max_w: int
) -> NDArray[np.bool_]:
    """`fits` for arrays; exact, with the product taken apart so that it stays within 64 bits."""
    hours, rest = np.divmod(np.maximum(t1 - t0, DAY), HOUR)
    most = max_w * hours + max_w * rest // HOUR
    rise = wh1 - wh0
    return np.asarray((rise >= 0) & (rise <= most))
