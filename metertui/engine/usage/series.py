"""C(t), the cumulative energy of a meter, and the usage of a window.

Between two consecutive counted readings lies a step of so many Wh, drawn evenly over the time between. So C is a
broken line through the counted readings: exact at each, linear between two, the value itself rounded half-even to a
whole Wh, and defined from the first counted reading to the last. Usage in a window (start, end] is C(end) - C(start)
with the window clipped to where C is defined; therefore the parts of a window sum to the whole, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, MINUTE, SiteZone, Window, windows
from metertui.engine.columns import Columns, Corrections, Curve, Frozen
from metertui.engine.vee import judged, rules

Quality = Literal["actual", "estimated", "first", "last"]

_SAFE: Final = float(1 << 62)
"""Products below this are exact in int64."""
_FLOAT: Final = float(1 << 52)
"""Below this a float tells a quotient from every half."""


def interpolate(e0: int, e1: int, t0: int, t1: int, t: int) -> int:
    """C (Wh) at `t` on the line from (t0, e0) to (t1, e1), t0 < t1, rounded half-even. Exact."""
    share, rest = divmod((e1 - e0) * (t - t0), t1 - t0)
    value = e0 + share
    if 2 * rest > t1 - t0 or (2 * rest == t1 - t0 and value % 2):
        value += 1
    return value


def interpolate_all(
    e0: NDArray[np.int64], e1: NDArray[np.int64], t0: NDArray[np.int64], t1: NDArray[np.int64], t: NDArray[np.int64]
) -> NDArray[np.int64]:
    """`interpolate` for arrays of equal length; as exact, by whole Python numbers where 64 bits do not hold."""
    rise, run, length = e1 - e0, t - t0, t1 - t0
    # Where the quotient's numerator has fewer bits than a float it is nearer to the true one than that is to any half,
    # so a float rounds as the whole numbers would. An odd e0 is carried along: what must be even is the sum.
    odd = e0 & 1
    product = rise.astype(np.float64) * run
    value = e0 - odd + np.rint((product + odd * length) / length).astype(np.int64)
    if len(product) and float(np.abs(product).max()) + float(length.max()) >= _FLOAT:
        rest = np.flatnonzero(np.abs(product) + length >= _FLOAT)
        value[rest] = _interpolate_large(e0[rest], rise[rest], run[rest], length[rest])
    return np.asarray(value, dtype=np.int64)


def _interpolate_large(
    e0: NDArray[np.int64], rise: NDArray[np.int64], run: NDArray[np.int64], length: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The same in whole numbers."""
    large = rise.astype(np.float64) * run >= _SAFE
    if large.any():
        # A long step of much energy. Instants are mostly whole minutes, which makes its fraction a small one.
        common = np.gcd(run[large], length[large])
        run[large] //= common
        length[large] //= common
        large = rise.astype(np.float64) * run >= _SAFE
    product = np.where(large, 0, rise) * run
    share, rest = np.divmod(product, length)
    value = e0 + share
    value += (2 * rest > length) | ((2 * rest == length) & (value % 2 == 1))
    for i in np.flatnonzero(large).tolist():
        value[i] = interpolate(int(e0[i]), int(e0[i] + rise[i]), 0, int(length[i]), int(run[i]))
    return np.asarray(value, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Edge:
    """An end of a window where C is known: instant (µs UTC), register (Wh), and how it is known."""

    time: int
    wh: int
    quality: Quality


@dataclass(frozen=True, slots=True)
class Usage:
    """What a meter used in a window (start, end], µs UTC. No data: no edges, and None for the usage."""

    meter: str
    window: str
    start: int
    end: int
    opening: Edge | None
    closing: Edge | None
    usage_wh: int | None
    readings: int
    """Stored in the window."""
    suspect: int
    """Of those, not counted though nobody decided so."""


class Series:
    """One meter's stored readings in time order, with what follows from them."""

    def __init__(
        self,
        meter: str,
        time: NDArray[np.int64],
        wh: NDArray[np.int64],
        status: NDArray[np.uint8],
        energy: NDArray[np.int64],
        curve: Curve,
    ) -> None:
        """Use `of`, or `of_frozen`."""
        self.meter = meter
        self.time = time
        """µs UTC, int64[n], ascending; all stored readings."""
        self.wh = wh
        """Register, Wh, int64[n]."""
        self.status = status
        """uint8[n], see validation."""
        self.energy = energy
        """C at each reading, Wh, int64[n]; at one that does not count, at the last that does."""
        self.curve = curve
        """What C is drawn through: counted readings, and exchanges."""
        self._time = curve.time
        self._energy = curve.energy

    @classmethod
    def of(
        cls,
        meter: str,
        time: NDArray[np.int64],
        wh: NDArray[np.int64],
        max_w: int,
        corrections: Corrections | None = None,
    ) -> Series:
        """The series of a meter's stored readings, given in time order, judged by `max_w` watts.

        `corrections` are the meter's, under the code 0.
        """
        found = judged(Columns(np.zeros(len(time), dtype=np.int32), time, wh), corrections, max_w)
        return cls(meter, time, wh, found.status, found.energy, found.curve)

    @classmethod
    def of_frozen(cls, frozen: Frozen, code: int) -> Series:
        """The series of one of many meters, by its code."""
        span, columns = frozen.columns.span(code), frozen.columns
        return cls(
            frozen.ids[code],
            columns.time[span],
            columns.wh[span],
            frozen.status[span],
            frozen.energy[span],
            frozen.curve.part(frozen.curve.span(code)),
        )

    def __len__(self) -> int:
        return len(self.time)

    @property
    def first(self) -> int | None:
        """Where C begins: the first counted reading's time, µs UTC."""
        return int(self._time[0]) if len(self._time) else None

    @property
    def last(self) -> int | None:
        """Where C ends: the last counted reading's time, µs UTC."""
        return int(self._time[-1]) if len(self._time) else None

    def window(self, name: str, now: int, zone: SiteZone) -> Window:
        """A window by its name as of `now` (µs UTC). Raises MeterError for a name that is none.

        `last_half_hour` is the 30 minutes that end at the last counted reading up to `now`. If there is none, or it
        is over a day old, they end at `now`, and nothing is known of them.
        """
        if name != "last_half_hour":
            return windows.named(name, now, zone)
        place = int(np.searchsorted(self._time, now, side="right"))
        recent = bool(place) and bool(now - self._time[place - 1] <= DAY)
        end = int(self._time[place - 1]) if recent else now
        return Window(name, end - 30 * MINUTE, end, known=recent)

    def energy_at(self, instant: int) -> int:
        """C (Wh) at an instant (µs UTC). Raises ValueError where C is not defined."""
        return self._at(instant)[0]

    def register_at(self, instant: int) -> int:
        """The register (Wh) at an instant.

        At an exchange, and inside the step to another register that nobody declared, what the old one showed last.
        """
        return self._at(instant)[1]

    def usage(self, window: Window) -> Usage:
        """What was used in a window, and how well that is known."""
        low, high = np.searchsorted(self.time, [window.start, window.end], side="right").tolist()
        suspect = int(np.count_nonzero(rules.doubtful(self.status[low:high])))
        nothing = Usage(
            self.meter, window.name, window.start, window.end, None, None, None, max(0, high - low), suspect
        )
        first, last = self.first, self.last
        if first is None or last is None or not window.known or window.end < first or window.start >= last:
            return nothing
        opening = self._edge(max(window.start, first), "first" if window.start < first else None)
        closing = self._edge(min(window.end, last), "last" if window.end > last else None)
        usage_wh = self.energy_at(closing.time) - self.energy_at(opening.time)
        return replace(nothing, opening=opening, closing=closing, usage_wh=usage_wh)

    def buckets(self, marks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Usage between marks: for m + 1 instants (µs UTC, ascending) Wh int64[m], and where there is data, bool[m]."""
        usage = np.zeros(len(marks) - 1, dtype=np.int64)
        if not len(self._time):
            return usage, np.zeros(len(marks) - 1, dtype=bool)
        first, last = self._time[0], self._time[-1]
        known = (marks[1:] >= first) & ((marks[:-1] < last) | ((first == last) & (marks[:-1] < first)))
        clipped = np.clip(marks, first, last)
        after = np.searchsorted(self._time, clipped)
        before = np.maximum(after - 1, 0)
        values = self._energy[after].copy()
        inside = self._time[after] != clipped
        i, j = before[inside], after[inside]
        values[inside] = interpolate_all(
            self._energy[i], self._energy[j], self._time[i], self._time[j], clipped[inside]
        )
        usage[:] = np.diff(values)
        return usage, known

    def exact(self, marks: NDArray[np.int64]) -> NDArray[np.bool_]:
        """At which instants (µs UTC) C is no estimate between two readings: read, or outside what is known."""
        if not len(self._time):
            return np.ones(len(marks), dtype=bool)
        clipped = np.clip(marks, self._time[0], self._time[-1])
        return np.asarray(self._time[np.searchsorted(self._time, clipped)] == clipped)

    def _edge(self, instant: int, clipped: Literal["first", "last"] | None) -> Edge:
        place = int(np.searchsorted(self._time, instant))
        quality: Quality = "actual" if self._time[place] == instant else "estimated"
        return Edge(instant, self.register_at(instant), clipped or quality)

    def _at(self, instant: int) -> tuple[int, int]:
        if not len(self._time) or not self._time[0] <= instant <= self._time[-1]:
            raise ValueError(f"{self.meter} has no counted readings on both sides of {instant}")
        after = int(np.searchsorted(self._time, instant))
        if self._time[after] == instant:
            return int(self._energy[after]), int(self.curve.wh[after])
        before = after - 1
        value = interpolate(
            int(self._energy[before]),
            int(self._energy[after]),
            int(self._time[before]),
            int(self._time[after]),
            instant,
        )
        return value, int(self.curve.base[before]) + value - int(self._energy[before])
