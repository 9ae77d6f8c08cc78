"""C(t), the cumulative energy of a meter, and the usage of a window.

Between two consecutive counted readings lies an interval of so many Wh, drawn evenly over the time between. So C is a
broken line through the counted readings: exact at each, linear between two, the value itself rounded half-even to a
whole Wh, and defined from the first counted reading to the last. Usage in a window (start, end] is C(end) - C(start)
with the window clipped to where C is defined; therefore the parts of a window sum to the whole, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import (
    ACTUAL,
    DATA_WINDOWS,
    DAY,
    HALF_HOUR,
    Int64Array,
    MeterLimits,
    SiteZone,
    Window,
    named_window,
    window_of_days,
)
from metertui.engine.columns import NO_REGISTER, READ, Columns, Corrections, Curve, Frozen, IntervalColumns
from metertui.engine.intervals import join_intervals, without_overlaps
from metertui.engine.vee import rules, validate

Quality = Literal["actual", "estimated", "substituted", "first", "last"]
QUALITY_OF_POINT: Final[tuple[Quality, ...]] = ("actual", "estimated", "substituted", "actual", "estimated")
"""By how C is known at a point of the curve; see `Curve.known`."""
_MEASURED: Final = np.array([quality == "actual" for quality in QUALITY_OF_POINT])


@dataclass(frozen=True, slots=True)
class Edge:
    """An end of a window where C is known: instant (µs UTC), register (Wh; None where it is not), and how C is."""

    time: int
    wh: int | None
    quality: Quality
    beside_gap: bool = field(default=False, compare=False)
    """Whether it is `first` or `last` only since a gap is beside it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The usage of a meter in a window (start, end], µs UTC. Without data: no edges, and None for the usage."""

    meter: str
    window: str
    start: int
    end: int
    opening: Edge | None
    closing: Edge | None
    usage_wh: int | None
    readings: int
    """Those that stand in the window: void and replaced ones are not counted."""
    suspect: int
    """Those of them that are not counted without an edit: suspect or rejected."""
    missing_us: int = 0
    """For how long, between times of which something is known, nothing is, µs."""
    gaps_us: int = 0
    """How much of that is between opening and closing, µs."""


class Series:
    """One meter's stored readings in time order, with what follows from them."""

    def __init__(
        self,
        meter: str,
        columns: Columns,
        limits: MeterLimits,
        status: NDArray[np.uint8],
        energy: Int64Array,
        curve: Curve,
        intervals: IntervalColumns,
        read_curve: Curve,
        summed: Sequence[str] = (),
        quality: NDArray[np.uint8] | None = None,
        former: IntervalColumns | None = None,
    ) -> None:
        """Take what `from_readings` and `from_frozen` have worked out; callers use these."""
        self.meter = meter
        self.columns = columns
        """The stored readings, each with the value that stands at its instant; the first one where none does."""
        self.limits = limits
        """What they were judged by."""
        self.time = columns.time
        """µs UTC, int64[n], ascending."""
        self.wh = columns.wh
        """Register, Wh, int64[n]."""
        self.status = status
        """uint8[n], see vee.rules."""
        self.energy = energy
        """C at each reading, Wh, int64[n]; at one that is not counted, C at the last that is."""
        self.curve = curve
        """The points of C: counted readings, exchanges and ends of intervals."""
        self.intervals = intervals
        """The intervals that count."""
        self.read_curve = read_curve
        """The points of the curve through counted readings and exchanges alone."""
        self.quality = quality
        """The quality of each reading, uint8[n]; None if all are actual."""
        self.former = IntervalColumns.empty() if former is None else former
        """Values of intervals that do not stand any longer."""
        self.summed = summed
        """The registers that it is the sum of, where it has no readings of its own; the columns have theirs."""
        self.registers: Sequence[Series] = ()
        """The series of these registers, and of the total, where they were asked for."""
        self._time = curve.time

    @classmethod
    def from_readings(
        cls,
        meter: str,
        time: Int64Array,
        wh: Int64Array,
        limits: MeterLimits,
        corrections: Corrections | None = None,
        intervals: IntervalColumns | None = None,
        former: IntervalColumns | None = None,
    ) -> Series:
        """Return the series of a meter's stored readings, given in time order, validated by the limits.

        Limits, `corrections`, `intervals` and `former` values of these are the meter's, under the code 0.
        """
        columns = Columns(np.zeros(len(time), dtype=np.int32), time, wh)
        found = validate(columns, corrections, limits)
        counted = IntervalColumns.empty() if intervals is None else without_overlaps(intervals)
        curve = join_intervals(found.curve, counted)
        known = found.quality
        read = (found.columns, limits, found.status, found.energy)
        return cls(meter, *read, curve, counted, found.curve, (), known, former)

    @classmethod
    def from_frozen(cls, frozen: Frozen, code: int, name: str = "", summed: Sequence[str] = ()) -> Series:
        """Return the series of one of many meters, by its code, under its id or another name.

        `summed` are the registers that it is the sum of; none if it is one register.
        """
        span, columns, curve = frozen.columns.span(code), frozen.columns, frozen.curve
        own = Columns(columns.meter[span], columns.time[span], columns.wh[span])
        limits = frozen.limits.of_meter(code)
        points, reads = (each.part(each.span(code)) for each in (curve, frozen.read_curve))
        intervals = frozen.intervals.take(frozen.intervals.span(code))
        status, energy = frozen.status[span], frozen.energy[span]
        quality = None if frozen.quality is None else frozen.quality[span]
        former = frozen.former.take(frozen.former.span(code))
        read = (own, limits, status, energy)
        return cls(name or frozen.ids[code], *read, points, intervals, reads, summed, quality, former)

    def __len__(self) -> int:
        return len(self.time)

    @property
    def first(self) -> int | None:
        """Return where C begins: the first counted reading's time, µs UTC."""
        return int(self._time[0]) if len(self._time) else None

    @property
    def last(self) -> int | None:
        """Return where C ends: the last counted reading's time, µs UTC."""
        return int(self._time[-1]) if len(self._time) else None

    def covers(self, window: Window) -> bool:
        """Return whether C is defined in all of a window."""
        return (
            self.first is not None and self.last is not None and self.first <= window.start <= window.end <= self.last
        )

    def standing_at(self, instant: int) -> int | None:
        """Return the register (Wh) of the reading that stands at an instant (µs UTC); None if none does."""
        row = int(np.searchsorted(self.time, instant))
        stands = row < len(self.time) and self.time[row] == instant and self.status[row] != rules.VOID
        return int(self.wh[row]) if stands else None

    def quality_at(self, row: int) -> int:
        """Return the quality of the reading in a row."""
        return ACTUAL if self.quality is None else int(self.quality[row])

    def window(self, name: str, now: int, zone: SiteZone) -> Window:
        """Return a window by its name as of `now` (µs UTC). Raises MeterError for an unknown name.

        `last_half_hour` is the 30 minutes that end at the last counted reading up to `now`. If there is none, or it
        is over a day old, they end at `now`, and nothing is known of them. `latest` is the local day of the last
        counted reading (the day that ends if it is read at midnight), and `all` the time from the first to the last;
        without readings they are an empty day up to `now`.
        """
        if name in DATA_WINDOWS:
            if self.first is None or self.last is None:
                return Window(name, now - DAY, now, known=False)
            day = zone.day(self.last - 1)
            whole = window_of_days(day, day, zone)
            return Window(name, whole.start, whole.end) if name == "latest" else Window(name, self.first, self.last)
        if name != "last_half_hour":
            return named_window(name, now, zone)
        place = int(np.searchsorted(self._time, now, side="right"))
        recent = bool(place) and bool(now - self._time[place - 1] <= DAY)
        end = int(self._time[place - 1]) if recent else now
        return Window(name, end - HALF_HOUR, end, known=recent)

    def energy_at(self, instant: int) -> int:
        """Return C (Wh) at an instant (µs UTC). Raises ValueError where C is not defined."""
        return int(self.curve.energy_at(*self._places([instant]))[0])

    def register_at(self, instant: int) -> int:
        """Return the register (Wh) at an instant (µs UTC), or NO_REGISTER. Raises ValueError where C is not defined.

        At an exchange, and between two readings with an undeclared change of register, it is the old register.
        """
        places, instants = self._places([instant])
        return int(self.curve.register_at(places, instants, self.curve.energy_at(places, instants))[0])

    def rows_in(self, start: int, end: int) -> tuple[int, int]:
        """Return the rows [low, high) of the stored readings that belong to a window, µs UTC.

        A counted one at which C begins, the first or one after a gap, belongs to the window that it opens, all others
        to the one that they close.
        """
        sides = [self._begins_at(instant) for instant in (start, end)]  # of a sum several may be read at once
        low, high = (
            int(np.searchsorted(self.time, instant, side="left" if opens else "right"))
            for instant, opens in zip((start, end), sides, strict=True)
        )
        return low, max(low, high)

    def usage(self, window: Window) -> Usage:
        """Return the usage of a window, and how well it is known."""
        low, high = self.rows_in(window.start, window.end)
        suspect = int(np.count_nonzero(rules.is_doubtful(self.status[low:high])))
        stored = int(np.count_nonzero(self.status[low:high] != rules.VOID)) + self.intervals_in(window)
        nothing = Usage(self.meter, window.name, window.start, window.end, None, None, None, stored, suspect)
        first, last = self.first, self.last
        if first is None or last is None or not window.known or window.end <= first:
            return nothing
        if window.start > last or (window.start == last and not self._begins_at(last)):  # else it has that reading
            return nothing
        start, end = max(window.start, first), min(window.end, last)
        if self.curve.after_gap is not None:
            code = self.curve.meter[:1].astype(np.int64)
            missing = self.curve.missing_in(window.start, window.end, int(code[0]) + 1)
            nothing = replace(nothing, missing_us=int(missing[-1]))
            since, until = self.curve.known_part(code, *np.array([[window.start], [window.end]], dtype=np.int64))
            start, end = int(since[0]), int(until[0])
            within = self.curve.missing_in(start, end, int(code[0]) + 1)
            nothing = replace(nothing, gaps_us=int(within[-1]))
        if start > end:
            return nothing
        places, instants = self._places([start, end])
        energy = self.curve.energy_at(places, instants)
        registers = self.curve.register_at(places, instants, energy).tolist()
        opens, closes = self._qualities(places, instants)
        if start > window.start or (self._begins_at(start) and self.standing_at(start) is None):
            opens = "first"
        if end < window.end:
            closes = "last"
        known = [None if register == NO_REGISTER else register for register in registers]
        opening = Edge(start, known[0], opens, beside_gap=opens == "first" and start > first)
        closing = Edge(end, known[1], closes, beside_gap=closes == "last" and end < last)
        return replace(nothing, opening=opening, closing=closing, usage_wh=int(energy[1] - energy[0]))

    def intervals_in(self, window: Window) -> int:
        """Return how many intervals end in a window."""
        low, high = np.searchsorted(self.intervals.end, [window.start, window.end], side="right").tolist()
        return max(0, int(high) - int(low))

    def _qualities(self, places: Int64Array, instants: Int64Array) -> list[Quality]:
        """Return how C is known at instants (µs UTC), of which `places` are the first points at or after."""
        known = [READ] * len(places) if self.curve.known is None else self.curve.known[places].tolist()
        exact = (self._time[places] == instants).tolist()
        return [QUALITY_OF_POINT[how] if at else "estimated" for how, at in zip(known, exact, strict=True)]

    def _begins_at(self, instant: int) -> bool:
        """Return whether C begins at an instant (µs UTC), after a gap or at all."""
        place = int(np.searchsorted(self._time, instant))
        return place < len(self._time) and bool(self._time[place] == instant and self.curve.begins[place])

    def buckets(self, marks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return usage between m + 1 marks (µs UTC, ascending), Wh int64[m], and where there is data, bool[m]."""
        if not len(self._time):
            return np.zeros(len(marks) - 1, dtype=np.int64), np.zeros(len(marks) - 1, dtype=bool)
        first, last = self._time[0], self._time[-1]
        alone = self._begins_at(int(last))
        known = (marks[1:] > first) & ((marks[:-1] < last) | (alone & (marks[:-1] == last)))
        if self.curve.after_gap is not None:
            known[known] = self._beyond_gaps(marks[:-1][known], marks[1:][known])
        clipped = np.clip(marks, first, last)
        return np.diff(self.curve.energy_at(np.searchsorted(self._time, clipped), clipped)), known

    def _beyond_gaps(self, start: Int64Array, end: Int64Array) -> NDArray[np.bool_]:
        """Return which of some windows that reach into known time are not in a gap alone."""
        code = np.full(len(start), self.curve.meter[0], dtype=np.int64)
        low, high = self.curve.known_part(code, start, end)
        return np.asarray(low <= high)

    def is_exact(self, marks: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return at which instants (µs UTC) C was measured: at an actual reading, or outside the known time."""
        if not len(self._time):
            return np.ones(len(marks), dtype=bool)
        clipped = np.clip(marks, self._time[0], self._time[-1])
        places = np.searchsorted(self._time, clipped)
        exact = self._time[places] == clipped
        if self.curve.known is not None:
            exact &= _MEASURED[self.curve.known[places]] | self.curve.begins[places]
        if self.curve.after_gap is not None:
            exact |= self.curve.after_gap[places]
        return np.asarray(exact)

    def _places(self, instants: list[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the places of the first points at or after instants, and the instants. Raises ValueError."""
        at = np.array(instants, dtype=np.int64)
        if not len(self._time) or min(instants) < self._time[0] or max(instants) > self._time[-1]:
            raise ValueError(f"{self.meter} has no counted readings on both sides of {instants}")
        return np.searchsorted(self._time, at), at
