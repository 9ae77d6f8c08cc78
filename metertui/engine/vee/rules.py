"""The validation rules: which readings count where a register falls, leaps or is exchanged.

The readings of a meter are validated in time order. A reading *fits* an earlier one if it is not lower, and not higher
by more than the meter can draw in the time between, or in a day if that is longer. A reading that does not fit the last
counted one is suspect, and the next reading decides: either the suspect was wrong, or the last counted one was, or the
register is another one.

Edits come first: a void reading is left out, a released one always counts, and at a declared exchange the old register
ends and the new one begins.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, HOUR, SiteZone, duration_text, format_kwh
from metertui.engine.columns import VOID as _VOID

COUNTED: Final = 0
RESET: Final = 1
"""Counted, but the interval before it has no usage: the register was exchanged, reset or rolled over."""
EXCHANGE: Final = 2
"""Not a reading but a declared exchange, which is a point of the curve."""
SUSPECT: Final = 3
"""Not counted yet: the next reading decides."""
REJECTED: Final = 4
"""A bad read, never counted."""
VOID: Final = _VOID
"""Does not stand, by an edit."""


class Marks(NamedTuple):
    """The exchanges and released readings in columns of length n."""

    base: NDArray[np.int64]
    """What the next register rises from, Wh, int64[n]: at an exchange the initial read, elsewhere the register."""
    place: NDArray[np.int64]
    """Positions of exchanges and released readings, int64[k], ascending."""
    exchange: NDArray[np.bool_]
    """Which of them are exchanges, bool[k]. Their register is the final read of the old one."""


def fits(t0: int, wh0: int, t1: int, wh1: int, max_w: int) -> bool:
    """Return whether a later reading (µs, Wh) fits an earlier one if the meter draws at most `max_w` watts. Exact."""
    rise = wh1 - wh0
    return rise >= 0 and rise * HOUR <= max_w * max(t1 - t0, DAY)


class Judge:
    """The state of validation after some readings of one meter, pushed in time order."""

    def __init__(self, max_w: int) -> None:
        self._max_w = max_w
        self._points: list[tuple[int, int]] = []
        self._bases: list[int] = []
        self.status: list[int] = []
        """The status of each reading pushed so far. Later readings may change it."""
        self.last: int | None = None
        """The position of the last counted reading or exchange."""
        self.pending: int | None = None
        """The position of the reading that is suspect now."""
        self._before: int | None = None
        self._firm = False
        """Whether the last counted one cannot be rejected any more, by an edit."""

    def push(self, time: int, wh: int) -> None:
        """Push the next reading, µs UTC and Wh."""
        new = self._take(time, wh, wh, COUNTED)
        if self.last is None or self._fit(self.last, new):
            self._reject_pending()
            self._count(self.last, new)
        elif self.pending is None:
            self._suspect(new)
        elif not self._fit(self.pending, new):
            self._reject_pending()
            self._suspect(new)
        else:
            self._settle_pending()
            self._count(self.pending, new)

    def push_released(self, time: int, wh: int) -> None:
        """Push a released reading, which always counts. If it is lower than those before, its interval has no usage."""
        new = self._take(time, wh, wh, COUNTED)
        if not self._push_firm(new):
            self.status[new] = RESET

    def push_exchange(self, time: int, final: int, initial: int) -> None:
        """Push an exchange: the final read of the old register and the initial read of the new one, Wh."""
        self._push_firm(self._take(time, final, initial, EXCHANGE))
        self._before = None  # the new register is not compared with the old one

    def forget_settled(self) -> list[int]:
        """Forget the readings that do not matter for later ones; return the old positions of those that are left."""
        kept = sorted({place for place in (self._before, self.last, self.pending) if place is not None})
        now = {place: at for at, place in enumerate(kept)}
        self._points = [self._points[place] for place in kept]
        self._bases = [self._bases[place] for place in kept]
        self.status = [self.status[place] for place in kept]
        self._before, self.last, self.pending = (
            None if place is None else now[place] for place in (self._before, self.last, self.pending)
        )
        return kept

    def _push_firm(self, new: int) -> bool:
        """Count a point that an edit vouches for; return whether it is not lower than the one counted before it."""
        rises = self.last is None or self._rises(self.last, new)
        before = self.last
        if self.pending is None or not self._fit(self.pending, new):
            self._reject_pending()
        elif not rises:
            self._settle_pending()
            rises, before = True, self.pending
        elif self.last is not None and self._rises(self.last, self.pending):
            self.status[self.pending] = COUNTED  # it leapt, and was right
            before = self.pending
        else:
            self._reject_pending()
        if not rises and not self._firm and self._before is not None and self._rises(self._before, new):
            assert self.last is not None
            self.status[self.last] = REJECTED  # an edit outweighs one reading
            rises, before = True, self._before
        self._count(before, new)
        self._firm = True
        return rises

    def _rises(self, earlier: int, later: int) -> bool:
        return self._points[later][1] >= self._bases[earlier]

    def _take(self, time: int, wh: int, base: int, status: int) -> int:
        self._points.append((time, wh))
        self._bases.append(base)
        self.status.append(status)
        return len(self._points) - 1

    def _reject_pending(self) -> None:
        if self.pending is not None:
            self.status[self.pending] = REJECTED

    def _settle_pending(self) -> None:
        """Decide for the suspect reading: either the last counted one was a bad read, or the register is another."""
        assert self.last is not None
        assert self.pending is not None
        if self._before is not None and not self._firm and self._fit(self._before, self.pending):
            self.status[self.last] = REJECTED
            self.status[self.pending] = COUNTED
        else:
            self.status[self.pending] = RESET

    def _count(self, before: int | None, new: int) -> None:
        self._before, self.last, self.pending = before, new, None
        self._firm = False

    def _suspect(self, new: int) -> None:
        self.status[new] = SUSPECT
        self.pending = new

    def _fit(self, earlier: int, later: int) -> bool:
        return fits(self._points[earlier][0], self._bases[earlier], *self._points[later], self._max_w)


def judge_columns(
    meter: NDArray[np.int32],
    time: NDArray[np.int64],
    wh: NDArray[np.int64],
    max_w: int,
    marks: Marks | None = None,
) -> NDArray[np.uint8]:
    """Return the status of n readings in order of (meter, time), uint8[n].

    O(n) in numpy. A Judge runs only around misfits and marks. Three readings in a row that fit one another pairwise
    settle its state whatever came before, so it runs from the nearest such three before to the nearest after.
    """
    count = len(meter)
    status = np.zeros(count, dtype=np.uint8)
    base = wh
    marked: dict[int, bool] = {}
    if marks is not None:
        base = marks.base
        marked = dict(zip(marks.place.tolist(), marks.exchange.tolist(), strict=True))
        status[marks.place[marks.exchange]] = EXCHANGE
    if count < 2:
        return status
    same = meter[1:] == meter[:-1]
    fit = same & _fits(time[:-1], base[:-1], time[1:], wh[1:], max_w)
    if marks is not None:  # none of them settles the state, so each goes through the judge
        fit[marks.place[marks.place > 0] - 1] = False
        fit[marks.place[marks.place < count - 1]] = False
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
        for at, (instant, register) in enumerate(
            zip(time[first:stop].tolist(), wh[first:stop].tolist(), strict=True), first
        ):
            is_exchange = marked.get(at)
            if is_exchange is None:
                course.push(instant, register)
            elif is_exchange:
                course.push_exchange(instant, register, int(base[at]))
            else:
                course.push_released(instant, register)
        fresh = 2 if known else 0  # the status of the first two of three is known already
        status[first + fresh : stop] = course.status[fresh:]
        done = stop
    return status


def is_doubtful(status: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which readings are suspect or rejected, not by an edit; bool[n]."""
    return np.asarray((status == SUSPECT) | (status == REJECTED))


def misfit(before: tuple[int, int] | None, time: int, wh: int, max_w: int, zone: SiteZone) -> str:
    """Return a clause that says why a reading (µs UTC, Wh) does not fit the point counted before it; empty if it does.

    `before` is the instant (µs UTC) and the register (Wh) there; any reading fits None.
    """
    if before is None or fits(*before, time, wh, max_w):
        return ""
    time0, wh0 = before
    if wh < wh0:
        return f"{format_kwh(wh)} kWh is lower than the {format_kwh(wh0)} kWh counted at {zone.iso(time0)}"
    most = f"more than {max_w / 1000:g} kW allows"
    return f"{format_kwh(wh)} kWh is a rise of {format_kwh(wh - wh0)} kWh in {duration_text(time - time0)}, {most}"


def why_not_counted(before: tuple[int, int] | None, time: int, wh: int, max_w: int, zone: SiteZone) -> str:
    """Return a clause that says why a suspect or rejected reading is not counted: see `misfit`."""
    return misfit(before, time, wh, max_w, zone) or f"{format_kwh(wh)} kWh does not fit the readings after it"


def _fits(
    t0: NDArray[np.int64], wh0: NDArray[np.int64], t1: NDArray[np.int64], wh1: NDArray[np.int64], max_w: int
) -> NDArray[np.bool_]:
    """Do the same as `fits` for arrays. Exact: the product is split so that it stays within 64 bits."""
    hours, rest = np.divmod(np.maximum(t1 - t0, DAY), HOUR)
    most = max_w * hours + max_w * rest // HOUR
    rise = wh1 - wh0
    return np.asarray((rise >= 0) & (rise <= most))
