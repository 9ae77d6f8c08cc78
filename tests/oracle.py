"""The rules of arithmetic once more: slow, obvious, one reading at a time, in exact fractions.

Written from the rules alone; shares nothing with the engine but the meaning of its figures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

HOUR = 3_600_000_000
DAY = 24 * HOUR


def fits(earlier: tuple[int, int], later: tuple[int, int], max_kw: int) -> bool:
    """Not lower, and not higher than the most that could be drawn in the time between or in a day."""
    hours = Fraction(max(later[0] - earlier[0], DAY), HOUR)
    return 0 <= later[1] - earlier[1] <= max_kw * 1000 * hours


@dataclass
class Meter:
    """One meter's readings as (µs, Wh), in any order; each instant once."""

    readings: list[tuple[int, int]] = field(default_factory=list)
    max_kw: int = 100

    def judged(self) -> list[tuple[tuple[int, int], str]]:
        """Every reading in time order with `counted`, `reset`, `suspect` or `rejected`."""
        counted: list[tuple[int, int]] = []
        kind: dict[tuple[int, int], str] = {}
        doubtful: tuple[int, int] | None = None
        for reading in sorted(self.readings):
            if not counted or fits(counted[-1], reading, self.max_kw):
                if doubtful is not None:
                    kind[doubtful] = "rejected"
                doubtful = None
                counted.append(reading)
                kind[reading] = "counted"
            elif doubtful is None:
                doubtful = reading
                kind[reading] = "suspect"
            elif not fits(doubtful, reading, self.max_kw):
                kind[doubtful] = "rejected"
                doubtful = reading
                kind[reading] = "suspect"
            elif len(counted) >= 2 and fits(counted[-2], doubtful, self.max_kw):
                kind[counted.pop()] = "rejected"
                counted += [doubtful, reading]
                kind[doubtful] = kind[reading] = "counted"
                doubtful = None
            else:
                counted += [doubtful, reading]
                kind[doubtful] = "reset"
                kind[reading] = "counted"
                doubtful = None
        return [(reading, kind[reading]) for reading in sorted(self.readings)]

    def curve(self) -> list[tuple[int, int]]:
        """C at each counted reading, (µs, Wh)."""
        curve: list[tuple[int, int]] = []
        before = 0
        for (time, wh), kind in self.judged():
            if kind in ("counted", "reset"):
                step = 0 if not curve or kind == "reset" else wh - before
                curve.append((time, (curve[-1][1] if curve else 0) + step))
                before = wh
        return curve

    def energy(self, instant: int) -> int:
        """C at an instant where it is defined: linear, rounded half-even."""
        curve = self.curve()
        for (t0, e0), (t1, e1) in pairwise(curve):
            if t0 <= instant <= t1:
                return round(e0 + Fraction((e1 - e0) * (instant - t0), t1 - t0))
        assert instant == curve[0][0]
        return curve[0][1]

    def usage(self, start: int, end: int) -> int | None:
        """Usage in (start, end], None for no data."""
        curve = self.curve()
        if not curve:
            return None
        first, last = curve[0][0], curve[-1][0]
        if end < first or (start >= last and len(curve) > 1) or (len(curve) == 1 and start >= first):
            return None
        return self.energy(min(end, last)) - self.energy(max(start, first))

    def stored(self, start: int, end: int) -> tuple[int, int]:
        """How many readings are stored in (start, end], and how many of them do not count."""
        inside = [kind for (time, _), kind in self.judged() if start < time <= end]
        return len(inside), sum(kind in ("suspect", "rejected") for kind in inside)
