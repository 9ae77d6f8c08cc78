"""Which estimates count between two actual readings, kept for the next estimate that comes late among them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sortedcontainers import SortedDict

from metertui.engine.base import MeterLimits
from metertui.engine.vee import estimates
from metertui.engine.vee.estimates import Before, Reading
from metertui.engine.vee.rules import SUSPECT

_MOST_KEPT: Final = 500_000
"""The number of estimates in all chains that are kept, about 100 bytes each."""


class Chain:
    """The estimates that count between two actual readings of a meter, none of which has come since."""

    def __init__(self, first: Before | None, after: Reading | None, limits: MeterLimits) -> None:
        """Begin without estimates, between what is counted before and the next actual reading that counts."""
        self._first = first
        self.after = after
        self._limits = limits
        self._registers: SortedDict[int, int] = SortedDict()
        """By instant (µs UTC), what each counts with, Wh."""
        self.looks = 0
        """How many estimates were judged so far."""

    def __len__(self) -> int:
        return len(self._registers)

    def covers(self, time: int) -> bool:
        """Return whether an instant (µs UTC) is between the two actual readings."""
        first, after = self._first, self.after
        return (first is None or first.time < time) and (after is None or time < after.time)

    def before(self, time: int) -> Before | None:
        """Return what is counted before an instant (µs UTC). O(log n)."""
        place = self._registers.bisect_left(time)
        return self._first if place == 0 else Before(*self._registers.peekitem(place - 1))

    def append(self, estimate: Reading) -> None:
        """Add an estimate behind all others."""
        self._place(self.before(estimate.time), estimate)

    def insert(self, estimate: Reading, following: Iterable[Reading]) -> None:
        """Add an estimate, and judge those `following` it, in order, until nothing differs: one or two as a rule."""
        without = self.before(estimate.time)
        counted = self._place(without, estimate)
        for each in following:
            if counted == without:
                break
            if each.time in self._registers:
                without = Before(each.time, self._registers[each.time])
            counted = self._place(counted, each)

    def _place(self, before: Before | None, estimate: Reading) -> Before | None:
        """Judge an estimate by what is counted `before` it; return what is counted then."""
        self.looks += 1
        limits = self._limits
        judged = estimates.judge_between(before, self.after, [estimate], limits.rounding_wh, limits.shortest_us)
        [(status, register)] = judged
        if status < SUSPECT:
            self._registers[estimate.time] = register
            return Before(estimate.time, register)
        self._registers.pop(estimate.time, None)
        return before


class Chains:
    """The chain of each of some meters, by code: those that were asked for last."""

    def __init__(self, most: int = _MOST_KEPT) -> None:
        self._most = most
        self._kept: dict[int, tuple[Chain, int]] = {}
        """With the number of estimates that each was kept with."""
        self._count = 0

    def take(self, code: int, time: int) -> Chain | None:
        """Return the chain of a meter around an instant (µs UTC), which the caller is to keep; None if unknown."""
        chain = self.forget(code)
        return chain if chain is not None and chain.covers(time) else None

    def keep(self, code: int, chain: Chain) -> None:
        """Keep the chain of a meter, and forget those that were asked for long ago, if there are too many estimates."""
        self._kept[code] = chain, len(chain) + 1
        self._count += len(chain) + 1
        while self._count > self._most and len(self._kept) > 1:
            self.forget(next(iter(self._kept)))

    def forget(self, code: int) -> Chain | None:
        """Forget the chain of a meter; return it."""
        chain, count = self._kept.pop(code, (None, 0))
        self._count -= count
        return chain
