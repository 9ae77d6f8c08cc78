"""The validation rules: which readings count where a register falls, leaps or is exchanged.

The readings of a meter are validated in time order. A reading *fits* an earlier one if it is not lower, and not higher
by more than the meter can draw in the time between, or in an hour if that is longer. One that is lower by very little
is a *rounding*: it fits too, and counts with the register that was counted before it. A reading that does not fit the
last counted one is suspect, and the next reading decides: either the suspect was wrong, or the last counted one was, or
the register is another one.

Where an account says how many digits a register has, a lower reading fits all the same if the register went past its
last number between the two: a *rollover*. A register that begins again each day is compared with 0 at midnight.

Edits come first: a void reading is left out, a released one always counts, and at a declared exchange the old register
ends and the new one begins.
"""

from __future__ import annotations

import copy
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import (
    HOUR,
    ONE_TIMES,
    MeterLimits,
    SiteZone,
    duration_text,
    format_kwh,
    multiplier_text,
    times_wh,
)
from metertui.engine.columns import VOID as _VOID

COUNTED: Final = 0
RESET: Final = 1
"""Counted, but the interval before it has no usage: the register was exchanged, reset or rolled over."""
EXCHANGE: Final = 2
"""Not a reading but a declared exchange, which is a point of the curve."""
ROUNDING: Final = 3
"""Counted with the register that was counted before it, than which it is a little lower."""
ROLLOVER: Final = 4
"""Counted: since the reading counted before it, the register went past its last number and began again at 0."""
SUSPECT: Final = 5
"""Not counted yet: the next reading decides."""
REJECTED: Final = 6
"""A bad read, never counted."""
VOID: Final = _VOID
"""Does not stand, by an edit."""
INTERVAL: Final = 8
"""Not a reading but the end of an interval of a file, which is a point of the curve."""
DIVIDED: Final = 9
"""Not a reading but an instant at which a step is divided: another multiplier, or a register that begins again."""
REPLACED: Final = 10
"""A value of an interval that another one has replaced."""
WITHDRAWN: Final = 11
"""A value of an interval that does not stand, as one with other bounds took its time."""
ANY_WH: Final = 1 << 40
"""More than any register, Wh."""
_NO_PLACE: Final = -1


def fits(t0: int, wh0: int, t1: int, wh1: int, max_w: int, rounding_wh: int, shortest_us: int = HOUR) -> bool:
    """Return whether a reading (µs, Wh) fits an earlier one, or the register that was counted there. Exact.

    `max_w` is what the meter can draw at the later one, W; `rounding_wh` is by how much that may be lower, Wh;
    `shortest_us` is the time that a rise is measured by at least, µs.
    """
    rise = wh1 - wh0
    return rise >= -rounding_wh and rise * HOUR <= max_w * max(t1 - t0, shortest_us)


def rolls_over(wh0: int, wh1: int, range_wh: int) -> bool:
    """Return whether a register that begins again at `range_wh` may have done so between two readings, all Wh.

    The earlier one is in the last tenth of its range, the later one in the first half.
    """
    return 9 * range_wh <= 10 * wh0 < 10 * range_wh and 2 * wh1 < range_wh


def has_rolled(wh0: int, wh1: int, range_wh: int, rounding_wh: int) -> bool:
    """Return whether a register fell between two readings by more than a rounding, as a rollover may have made it."""
    return wh1 < wh0 - rounding_wh and rolls_over(wh0, wh1, range_wh)


class _Known(NamedTuple):
    """A reading or an exchange that later ones are compared with."""

    time: int
    register: int
    """What a later register is compared with, Wh: of a counted one what it counts with, of a suspect what it says."""
    place: int
    """Its position among all that were pushed."""
    max_w: int
    range_wh: int
    """Where the register begins again at 0, Wh; 0 if it is not known to do so."""
    slack_wh: int
    """By how much it may be lower than what is counted before it, Wh."""


class Judge:
    """The state of validation after some readings of one meter, pushed in time order.

    Each is pushed with the highest power of the meter at its time, W.
    """

    def __init__(self, rounding_wh: int, shortest_us: int = HOUR) -> None:
        self._rounding_wh = rounding_wh
        self._shortest_us = shortest_us
        self.status: list[int] = []
        """The status of each reading pushed so far. Later readings may change it."""
        self.last: _Known | None = None
        """The last counted reading or exchange."""
        self.pending: _Known | None = None
        """The reading that is suspect now."""
        self._before: _Known | None = None
        self._firm = False
        """Whether the last counted one cannot be rejected any more, by an edit."""

    def push(self, time: int, wh: int, max_w: int, range_wh: int = 0, *, ends_day: bool = False) -> None:
        """Push the next reading, µs UTC and Wh.

        Its register begins again at `range_wh`, if that is not 0. One that `ends_day` may have begun again already.
        """
        new = self._take(time, wh, max_w, COUNTED, range_wh, ends_day)
        if self.last is None or self._fit(self.last, new):
            self._reject_pending()
            self._count(self.last, new)
        elif self.pending is None:
            self._suspect(new)
        elif not self._fit(self.pending, new):
            self._reject_pending()
            self._suspect(new)
        else:
            self._count(self._settle_pending(self.pending), new)

    def begin_again(self, time: int) -> None:
        """Have the register begin at 0 at an instant (µs UTC), if anything is known before: that matters no longer."""
        if self.last is not None:
            self._reject_pending()
            self.last = _Known(time, 0, _NO_PLACE, 0, 0, self._rounding_wh)
            self.pending, self._before, self._firm = None, None, False

    def push_released(self, time: int, wh: int, max_w: int, range_wh: int = 0, *, ends_day: bool = False) -> None:
        """Push a released reading, which always counts, and takes nothing away from what was counted before it.

        If it is lower than that, its interval has no usage, and what follows is compared with it.
        """
        new = self._take(time, wh, max_w, COUNTED, range_wh, ends_day)
        before = self._settle_for(new)
        self._count(None if self._falls(before, new) else before, new)
        self._firm = True

    def push_exchange(
        self, time: int, final: int, initial: int, max_w: int, range_wh: int = 0, *, ends_day: bool = False
    ) -> None:
        """Push an exchange: the final read of the old register and the initial read of the new one, Wh.

        The old register begins again at `range_wh`, if that is not 0. Its status is ROLLOVER if it did so before.
        """
        new = self._take(time, final, max_w, EXCHANGE, range_wh, ends_day)
        before = self._settle_for(new)
        if before is self.last:
            before = self._outweigh(before, new)
        if before is not None and not self._falls(before, new) and self._rolls(before, new):
            self.status[new.place] = ROLLOVER
        self._count(None, new._replace(register=initial))  # the new register is not compared with the old one
        self._firm = True

    def copy(self) -> Judge:
        """Return a judge in the same state."""
        other = copy.copy(self)
        other.status = self.status.copy()
        return other

    def agrees_with(self, other: Judge) -> bool:
        """Return whether all that follows is judged alike by both, and nothing in which they differ can change."""
        mine = (self.last, self.pending, self._before)
        theirs = (other.last, other.pending, other._before)
        return self._firm == other._firm and all(
            (a and a[:2]) == (b and b[:2]) for a, b in zip(mine, theirs, strict=True)
        )

    def forget_settled(self) -> list[int]:
        """Forget the readings that do not matter for later ones; return the old positions of those that are left."""
        known = {each.place for each in (self._before, self.last, self.pending) if each is not None}
        kept = sorted(known.difference([_NO_PLACE]))
        now = {_NO_PLACE: _NO_PLACE} | {place: at for at, place in enumerate(kept)}
        self.status = [self.status[place] for place in kept]
        self._before, self.last, self.pending = (
            None if each is None else each._replace(place=now[each.place])
            for each in (self._before, self.last, self.pending)
        )
        return kept

    def _settle_for(self, new: _Known) -> _Known | None:
        """Decide what is open before a point that an edit vouches for; return the one counted before it."""
        before, pending = self.last, self.pending
        if pending is not None and self._fit(pending, new):
            if self._falls(before, new):
                return self._settle_pending(pending)
            if not self._falls(before, pending):
                self.status[pending.place] = COUNTED  # it leapt, and was right
                return pending
        self._reject_pending()
        return before

    def _outweigh(self, last: _Known | None, final: _Known) -> _Known | None:
        """Reject the last counted reading if it alone contradicts the declared final read of its register.

        Return what is counted before that then.
        """
        if (
            last
            and self._falls(last, final)
            and not self._firm
            and self._before
            and not self._falls(self._before, final)
        ):
            self.status[last.place] = REJECTED
            return self._before
        return last

    def _rolls(self, earlier: _Known, later: _Known) -> bool:
        return has_rolled(earlier.register, later.register, later.range_wh, later.slack_wh)

    def _falls(self, earlier: _Known | None, later: _Known) -> bool:
        if earlier is None or later.register >= earlier.register - later.slack_wh:
            return False
        return not (later.range_wh and self._fit(earlier, later))

    def _take(self, time: int, wh: int, max_w: int, status: int, range_wh: int, ends_day: bool) -> _Known:
        self.status.append(status)
        slack = ANY_WH if ends_day and wh <= self._rounding_wh else self._rounding_wh
        return _Known(time, wh, len(self.status) - 1, max_w, range_wh, slack)

    def _reject_pending(self) -> None:
        if self.pending is not None:
            self.status[self.pending.place] = REJECTED

    def _settle_pending(self, pending: _Known) -> _Known:
        """Decide for the suspect reading: either the last counted one was a bad read, or the register is another.

        Return the suspect as it counts.
        """
        assert self.last is not None
        if self._before is not None and not self._firm and self._fit(self._before, pending):
            self.status[self.last.place] = REJECTED
            self.status[pending.place] = COUNTED
            return self._counted(self._before, pending)
        self.status[pending.place] = RESET
        return pending

    def _counted(self, before: _Known | None, new: _Known) -> _Known:
        """Return a reading with the register that it counts with."""
        if before is None or new.register >= before.register:
            return new
        if self._rolls(before, new):
            self.status[new.place] = ROLLOVER
            return new
        self.status[new.place] = ROUNDING
        return new._replace(register=before.register)

    def _count(self, before: _Known | None, new: _Known) -> None:
        self._before, self.last, self.pending = before, self._counted(before, new), None
        self._firm = False

    def _suspect(self, new: _Known) -> None:
        self.status[new.place] = SUSPECT
        self.pending = new

    def _fit(self, earlier: _Known, later: _Known) -> bool:
        time, wh = later.time, later.register
        if self._rolls(earlier, later):
            wh += later.range_wh
        return fits(earlier.time, earlier.register, time, wh, later.max_w, later.slack_wh, self._shortest_us)


def is_doubtful(status: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which readings are suspect or rejected, not by an edit; bool[n]."""
    return np.asarray((status == SUSPECT) | (status == REJECTED))


def before_it(before: tuple[int, int] | None, time: int, limits: MeterLimits) -> tuple[int, int] | None:
    """Return what a reading (µs UTC) is compared with, given the point counted before it: µs UTC and Wh.

    It is 0 at midnight where the register begins again each day.
    """
    begun = limits.day_begun(time)
    return before if before is None or begun is None or before[0] > begun else (begun, 0)


def misfit(before: tuple[int, int] | None, time: int, wh: int, limits: MeterLimits, zone: SiteZone) -> str:
    """Return a clause that says why a reading (µs UTC, Wh) does not fit the point counted before it; empty if it does.

    `before` is the instant (µs UTC) and the register (Wh) there; any reading fits None.
    """
    before = before_it(before, time, limits)
    if before is None:
        return ""
    time0, wh0 = before
    device, slack = limits.device_at(time), limits.rounding_wh
    if wh < wh0 - slack and (
        (rolls_over(wh0, wh, device.range_wh) and fits(time0, wh0, time, wh + device.range_wh, limits.at(time), slack))
        or limits.ends_day(time, wh)
    ):
        return ""
    if fits(time0, wh0, time, wh, limits.at(time), slack):
        return ""
    if wh < wh0:
        return f"{format_kwh(wh)} kWh is lower than the {format_kwh(wh0)} kWh counted at {zone.iso(time0)}"
    rise = f"{format_kwh(wh - wh0)} kWh{times(wh - wh0, device.multiplier)}"
    most = f"more than {limits.power_at(time) / 1000:g} kW allows"
    return f"{format_kwh(wh)} kWh is a rise of {rise} in {duration_text(time - time0)}, {most}"


def times(wh: int, multiplier: int) -> str:
    """Return the end of a figure such as `12.5 kWh × 40 = 500 kWh`; empty where the multiplier is 1."""
    if multiplier == ONE_TIMES:
        return ""
    return f" × {multiplier_text(multiplier)} = {format_kwh(times_wh(wh, multiplier))} kWh"


def why_not_counted(before: tuple[int, int] | None, time: int, wh: int, limits: MeterLimits, zone: SiteZone) -> str:
    """Return a clause that says why a suspect or rejected reading is not counted: see `misfit`."""
    return misfit(before, time, wh, limits, zone) or f"{format_kwh(wh)} kWh does not fit the readings after it"
