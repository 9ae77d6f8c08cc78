"""Why a figure is what it is: the readings at both ends of a window, the parts that sum to it, the readings left out.

Of a sum of registers they are those of each register, in the time in which that makes up the sum.

The parts come from the same C(t) as the usage itself: an interval across an edge gives the share of its energy that
lies in the window, the intervals between give all of theirs. Their sum is the usage. The opening register, the sum and
the changes at the meter (exchanges, resets) make the closing register. Both hold to the watt-hour, and both are shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import ACTUAL, ONE_TIMES, SiteZone, Window
from metertui.engine.columns import NO_REGISTER, interpolate_one
from metertui.engine.usage.series import Edge, Series, Usage
from metertui.engine.vee import Edit, MeterEdits, estimates, rules

_NO_READINGS: Final = (rules.EXCHANGE, rules.INTERVAL, rules.DIVIDED)
MOST: Final = 50
"""The most readings left out, changes of the register, and releases that are listed one by one."""


class Stated(NamedTuple):
    """An interval of a file: µs UTC, µWh, and quality (0 actual, 1 estimated, 2 substituted)."""

    start: int
    end: int
    energy: int
    quality: int


@dataclass(frozen=True, slots=True)
class Point:
    """A stored reading: instant (µs UTC), register (Wh) and status; or an exchange, or an end of an interval of a file.

    See vee.rules. `base` is the register from which it goes on: but for an exchange, the same. At an end of an interval
    both are NO_REGISTER.
    """

    time: int
    wh: int
    base: int
    status: int
    event: Edit | None = None
    """The edit of it."""
    rounded: int | None = None
    """The register as it was read or declared, Wh, where it is a rounding, which counts as `wh`."""
    stated: Stated | None = None
    """The interval that ends there, or else begins; of an end of the window also the one that it lies in."""
    quality: int = ACTUAL

    @property
    def as_read(self) -> int:
        """Return the register as it was read or declared, Wh."""
        return self.wh if self.rounded is None else self.rounded


class Rise(NamedTuple):
    """What a register rose by in an interval and in the part of it that counts, Wh; its multiplier, in millionths."""

    whole_wh: int
    counted_wh: int
    multiplier: int


class Product(NamedTuple):
    """What a register rose by in some intervals, Wh, and their multiplier, in millionths."""

    rise_wh: int
    multiplier: int

    @property
    def exact_wh(self) -> Fraction:
        """Return the energy, Wh."""
        return Fraction(self.rise_wh * self.multiplier, ONE_TIMES)


@dataclass(frozen=True, slots=True)
class Part:
    """An interval across an edge of the window, and how much of it is counted: from `start` to `end`, µs UTC."""

    before: Point
    after: Point
    energy_wh: int
    """Of the whole interval: C at its end less C at its beginning."""
    start: int
    end: int
    counted_wh: int
    rise: Rise | None = None
    """What its register rose by; None where that is its energy."""

    @property
    def exact(self) -> bool:
        """Return whether the share of the interval is a whole number of Wh, so that nothing was rounded."""
        return self.energy_wh * (self.end - self.start) == self.counted_wh * (self.after.time - self.before.time)


@dataclass(frozen=True, slots=True)
class Change:
    """A place where the register changed differently from the energy, and by how many Wh.

    Between two readings another register, a reset that nobody declared, or a rollover; or a declared exchange, or the
    midnight at which a register begins again: then both are the instant of it. Of an exchange, its event is there.
    """

    before: Point
    after: Point
    jump_wh: int
    rolled_over: bool = False
    """Whether the register went past its last number, so that what it rose by is usage."""

    @property
    def event(self) -> Edit | None:
        """Return the exchange, if it was declared."""
        return self.after.event if self.before is self.after else None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A stored reading that is not counted, and why. `inside`: whether it lies in the window itself."""

    point: Point
    why: str
    inside: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A usage with all that it is based on. Without data, `why_no_data` gives the reason and there are no parts."""

    usage: Usage
    why_no_data: str = ""
    opening: tuple[Point, ...] = ()
    """The reading of the opening register, the interval of a file that it lies in or that ends there, or the two points
    between which it is estimated."""
    closing: tuple[Point, ...] = ()
    parts: tuple[Part, ...] = ()
    """The intervals across an edge, in order of time: none, one, one across both edges, or two."""
    inside: int = 0
    """The number of whole intervals between them."""
    inside_wh: int = 0
    products: tuple[Product, ...] = ()
    """What the register rose by in whole intervals, by multiplier; none where no multiplier is another than 1."""
    inside_rise: int = 0
    """What the register rose by in all of them, Wh."""
    inside_start: int = 0
    """Where these intervals begin and end, µs UTC."""
    inside_end: int = 0
    changes: tuple[Change, ...] = ()
    """The first MOST of them."""
    more_changes: int = 0
    jumps_wh: int = 0
    """By how many Wh all changes together moved the register, beyond the usage."""
    left_out: tuple[LeftOut, ...] = ()
    """The first MOST of them."""
    more_left_out: int = 0
    released: tuple[Point, ...] = ()
    """Released readings in the window, the first MOST."""
    of_intervals: bool = False
    """Whether files state energy of the meter: what that says goes before what its register rose by."""
    unknown_since: int | None = None
    """Where the gap begins that ends at the opening, µs UTC; None if it is not after a gap."""
    unknown_until: int | None = None
    """Where the gap ends that begins at the closing."""
    longest: Part | None = None
    """The longest of the whole intervals if no reading came for longer than is usual; it is counted whole."""
    stated: tuple[Stated, ...] = ()
    """The first and the last of the intervals of files that lie whole in the window."""
    registers: tuple[Explanation, ...] = ()
    """Those of the registers that the usage is the sum of, each in the time in which it is; then it has no parts."""

    @property
    def sum_wh(self) -> int:
        """Return the sum of the parts, Wh. It must be the usage."""
        if self.registers:
            return sum(each.usage.usage_wh or 0 for each in self.registers)
        return sum(part.counted_wh for part in self.parts) + self.inside_wh

    @property
    def agrees(self) -> bool:
        """Return whether the parts sum to the usage, and opening register, sum and changes to the closing register."""
        opening, closing = self.usage.opening, self.usage.closing
        if opening is None or closing is None:
            return self.usage.usage_wh is None
        if self.sum_wh != self.usage.usage_wh or not all(each.agrees for each in self.registers):
            return False
        if self.registers:
            return True
        if opening.wh is None or closing.wh is None or self.of_intervals:
            return True
        if self.products and abs(sum((each.exact_wh for each in self.products), Fraction()) - self.inside_wh) > 1:
            return False  # C at both ends is rounded to the Wh
        return opening.wh + self.risen_wh + self.jumps_wh == closing.wh

    @property
    def risen_wh(self) -> int:
        """Return by how much the register rose, as it counts, Wh: the usage, but for a multiplier."""
        parts = sum(part.counted_wh if part.rise is None else part.rise.counted_wh for part in self.parts)
        return parts + self.inside_rise

    @property
    def is_multiplied(self) -> bool:
        """Return whether a multiplier is another than 1."""
        of_parts = any(part.rise is not None and part.rise.multiplier != ONE_TIMES for part in self.parts)
        return of_parts or bool(self.products)

    def named_readings(self) -> list[Point]:
        """Return the stored readings that it names, each once, those at the ends first."""
        return [point for point in self._named() if point.status not in _NO_READINGS]

    def named_intervals(self) -> list[Stated]:
        """Return the intervals of files that it names, each once."""
        of_points = (point.stated for point in self._named() if point.stated is not None)
        return list(dict.fromkeys((*of_points, *self.stated)))

    def _named(self) -> Iterable[Point]:
        longest = () if self.longest is None else (self.longest,)
        intervals: tuple[Part | Change, ...] = (*self.parts, *longest, *self.changes)
        between = (point for each in intervals for point in (each.before, each.after))
        left_out = (left.point for left in self.left_out)
        return dict.fromkeys((*self.opening, *self.closing, *between, *left_out, *self.released))


def explain(
    series: Series, window: Window, zone: SiteZone, decided: MeterEdits | None = None, gap_us: int = 0
) -> Explanation:
    """Return everything that the usage of a window is based on. `decided` are the edits of the meter in force.

    An interval is unusually long above `gap_us`; with 0 none is. O(n) in the meter's readings; any thread.
    """
    return _Explainer(series, window, zone, decided or MeterEdits(), gap_us).explanation()


def why_no_data(series: Series, window: Window, zone: SiteZone) -> str:
    """Return one sentence on why a window has no data. Times are in the site zone."""
    if not len(series) and not len(series.intervals):
        return "No reading of this meter is stored."
    if series.first is None or series.last is None:
        return "None of this meter's readings is counted."
    if not window.known:
        return "The last reading is older than a day, so there is no last half hour."
    if series.first < window.end and window.start < series.last:
        since, until = _gap_at(series, window.start)
        return f"Nothing is known of the window: it lies in the gap from {zone.iso(since)} to {zone.iso(until)}."
    if window.end <= series.first:
        return f"The window ends at or before the first counted reading, of {zone.iso(series.first)}."
    return f"The window begins at or after the last counted reading, of {zone.iso(series.last)}."


def _gap_at(series: Series, instant: int) -> tuple[int, int]:
    """Return the gap in which an instant within the known time lies, or which it begins, µs UTC."""
    place = max(1, int(np.searchsorted(series.curve.time, instant, side="right")))
    return int(series.curve.time[place - 1]), int(series.curve.time[place])


class _Explainer:
    """The work for one explanation."""

    def __init__(self, series: Series, window: Window, zone: SiteZone, decided: MeterEdits, gap_us: int) -> None:
        self.series = series
        self.curve = series.curve
        self.window = window
        self.zone = zone
        self.decided = decided
        self.gap_us = gap_us
        self.rises = self.curve.rises()

    def products(self, first: int, last: int) -> tuple[Product, ...]:
        """Return what the register rose by between two points, by multiplier, if any is not 1."""
        inside = slice(first + 1, last + 1)
        found: dict[int, int] = {}
        if self.curve.rise is not None:
            for time, rise in zip(self.curve.time[inside].tolist(), self.rises[inside].tolist(), strict=True):
                multiplier = self.multiplier(time)
                found[multiplier] = found.get(multiplier, 0) + rise
        return tuple(Product(rise, each) for each, rise in found.items()) if found.keys() - {ONE_TIMES} else ()

    def multiplier(self, time: int) -> int:
        """Return the multiplier of the interval that ends at an instant."""
        return self.series.limits.course.until(time).multiplier

    def explanation(self) -> Explanation:
        usage = self.series.usage(self.window)
        opening, closing = usage.opening, usage.closing
        low, high = self.window.start, self.window.end
        if opening is None or closing is None:
            left_out, more = self.left_out(low, high)
            return Explanation(
                usage, why_no_data(self.series, self.window, self.zone), left_out=left_out, more_left_out=more
            )
        time, energy = self.curve.time, self.curve.energy
        first = int(np.searchsorted(time, opening.time))  # the first point in the window, and the last
        last = int(np.searchsorted(time, closing.time, side="right")) - 1
        parts = []
        if first > last:
            parts.append(self.part(last, opening.time, closing.time))
        else:
            if time[first] != opening.time:
                parts.append(self.part(first - 1, opening.time, int(time[first])))
            if time[last] != closing.time:
                parts.append(self.part(last, int(time[last]), closing.time))
        changes, jumps = self.changes(first, last, parts, opening, closing)
        low = min([low, *(part.before.time for part in parts)])
        high = max([high, *(part.after.time for part in parts)])
        left_out, more = self.left_out(low, high)
        between = first <= last
        return Explanation(
            usage,
            opening=self.resting_on(opening),
            closing=self.resting_on(closing),
            parts=tuple(parts),
            inside=last - first if between else 0,
            inside_wh=int(energy[last] - energy[first]) if between else 0,
            products=self.products(first, last) if between else (),
            inside_rise=int(self.rises[first + 1 : last + 1].sum()) if between else 0,
            inside_start=int(time[first]) if between else 0,
            inside_end=int(time[last]) if between else 0,
            changes=tuple(changes[:MOST]),
            more_changes=max(0, len(changes) - MOST),
            jumps_wh=jumps,
            left_out=left_out,
            more_left_out=more,
            released=self.released(),
            of_intervals=len(self.series.intervals) > 0,
            unknown_since=int(time[first - 1]) if self.is_gap(first) and opening.time == time[first] else None,
            unknown_until=int(time[last + 1]) if self.is_gap(last + 1) and closing.time == time[last] else None,
            longest=self.longest(first, last),
            stated=self.whole_intervals(opening.time, closing.time),
        )

    def is_gap(self, place: int) -> bool:
        """Return whether nothing is known of the time before a point."""
        gaps = self.curve.after_gap
        return gaps is not None and place < len(gaps) and bool(gaps[place])

    def longest(self, first: int, last: int) -> Part | None:
        """Return the longest interval between two points if it is one of readings, and unusually long."""
        length = np.diff(self.curve.time[first : last + 1])
        if not self.gap_us or not len(length) or len(self.series.intervals) or int(length.max()) <= self.gap_us:
            return None
        place = first + int(length.argmax())
        return self.part(place, int(self.curve.time[place]), int(self.curve.time[place + 1]))

    def whole_intervals(self, start: int, end: int) -> tuple[Stated, ...]:
        """Return the first and the last interval of a file between two instants."""
        intervals = self.series.intervals
        low, high = int(np.searchsorted(intervals.start, start)), int(np.searchsorted(intervals.end, end, side="right"))
        return tuple(self.interval(at) for at in sorted({low, high - 1})) if low < high else ()

    def interval(self, place: int) -> Stated:
        """Return an interval of a file."""
        intervals = self.series.intervals
        return Stated(
            *(int(each[place]) for each in (intervals.start, intervals.end, intervals.energy, intervals.quality))
        )

    def interval_at(self, instant: int, *, begins: bool) -> Stated | None:
        """Return the interval of a file in which an instant lies, at its end, or with `begins` at its start."""
        intervals = self.series.intervals
        place = int(np.searchsorted(intervals.end, instant))
        if place < len(intervals) and intervals.start[place] < instant:
            return self.interval(place)
        place = int(np.searchsorted(intervals.start, instant))
        return self.interval(place) if begins and place < len(intervals) and intervals.start[place] == instant else None

    def point(self, place: int) -> Point:
        """Return a point of the curve."""
        time, wh, base = (int(column[place]) for column in (self.curve.time, self.curve.wh, self.curve.base))
        exchange = self.decided.exchanges.get(time)
        if exchange is not None:
            return Point(time, wh, base, rules.EXCHANGE, exchange, _other(exchange.final, wh))
        row = int(np.searchsorted(self.series.time, time))
        if wh == NO_REGISTER:
            stated = self.interval_at(time, begins=True)
            return Point(time, NO_REGISTER, NO_REGISTER, rules.INTERVAL, stated=stated)
        if row == len(self.series.time) or self.series.time[row] != time:
            return Point(time, wh, base, rules.DIVIDED)
        read = int(self.series.wh[row])
        edit = self.decided.release_of(time, read) or self.decided.correction_to(time, read)
        quality = self.series.quality_at(row)
        return Point(time, wh, base, int(self.series.status[row]), edit, _other(read, wh), quality=quality)

    def part(self, place: int, start: int, end: int) -> Part:
        """Return the interval from a point of the curve to the next, and its part between two instants."""
        energy = self.curve.energy
        counted = self.series.energy_at(end) - self.series.energy_at(start)
        whole = int(energy[place + 1] - energy[place])
        before, after, rise = self.point(place), self.point(place + 1), None
        if self.curve.rise is not None:
            risen = int(self.rises[place + 1])
            low, high = (interpolate_one(0, risen, before.time, after.time, instant) for instant in (start, end))
            rise = Rise(risen, high - low, self.multiplier(after.time))
        return Part(before, after, whole, start, end, counted, rise)

    def resting_on(self, edge: Edge) -> tuple[Point, ...]:
        place = int(np.searchsorted(self.curve.time, edge.time))
        after = self.point(place)
        if after.time == edge.time:
            return (after,)
        stated = self.interval_at(edge.time, begins=False)
        if stated is not None:
            return (Point(stated.end, NO_REGISTER, NO_REGISTER, rules.INTERVAL, stated=stated),)
        return self.point(place - 1), after

    def changes(
        self, first: int, last: int, parts: list[Part], opening: Edge, closing: Edge
    ) -> tuple[list[Change], int]:
        """Return the changes of the register between opening and closing, in order of time, and the sum of their Wh.

        Of a flood of them (a register that falls at every reading) only the first are listed; the sum is of all.
        """
        curve = self.curve
        found: list[Change] = []
        if len(self.series.intervals):
            return found, 0
        for part in parts:
            at = opening.wh if part.start != part.before.time else part.before.base
            to = closing.wh if part.end != part.after.time else part.after.wh
            assert at is not None
            assert to is not None
            if jump := to - at - (part.counted_wh if part.rise is None else part.rise.counted_wh):
                found.append(Change(part.before, part.after, jump, part.rise is not None and part.rise.whole_wh > 0))
        whole = slice(first, max(first, last) + 1)
        moved = curve.wh[whole][1:] - curve.base[whole][:-1] - self.rises[whole][1:]
        # At an exchange the register in use is the old one, so one that closes the window has not changed it yet.
        swapped = (curve.base - curve.wh)[first : last + (int(curve.time[last]) < closing.time)]
        jumps = sum(change.jump_wh for change in found) + int(moved.sum()) + int(swapped.sum())
        for i in np.flatnonzero(moved)[: MOST + 1].tolist():
            rolled_over = curve.rise is not None and bool(curve.rise[first + i + 1] > 0)
            found.append(Change(self.point(first + i), self.point(first + i + 1), int(moved[i]), rolled_over))
        for i in np.flatnonzero(self.exchanged(swapped, first))[: MOST + 1].tolist():
            point = self.point(first + i)
            found.append(Change(point, point, int(swapped[i])))
        return sorted(found, key=lambda change: (change.after.time, change.before.time)), jumps

    def exchanged(self, swapped: NDArray[np.int64], first: int) -> NDArray[np.bool_]:
        """Return which points are exchanges, also those to a register that shows the same value."""
        times = np.array(sorted(self.decided.exchanges), dtype=np.int64)
        return np.asarray((swapped != 0) | np.isin(self.curve.time[first : first + len(swapped)], times))

    def left_out(self, low: int, high: int) -> tuple[tuple[LeftOut, ...], int]:
        """Return the readings in (low, high] that are not counted, and how many more there are than listed."""
        series, window = self.series, self.window
        begin, end = np.searchsorted(series.time, [low, high], side="right").tolist()
        rows = begin + np.flatnonzero(series.status[begin:end] >= rules.SUSPECT)
        found = []
        for row in rows[:MOST].tolist():
            time, wh, status = int(series.time[row]), int(series.wh[row]), int(series.status[row])
            edit = self.decided.void_of(time, wh) or self.decided.latest_decision(time)
            event = edit if status == rules.VOID else self.decided.edit_at(time, wh)
            point = Point(time, wh, wh, status, event, quality=series.quality_at(row))
            found.append(LeftOut(point, self.why(point), window.start < time <= window.end))
        return tuple(found), len(rows) - len(found)

    def why(self, point: Point) -> str:
        """Return one clause on why a reading is not counted."""
        if point.status == rules.VOID and point.event is not None:
            return f"void: {point.event.reason}"
        if point.time in self.decided.exchanges:
            return "it is neither register of the exchange that was declared for that instant"
        reads, limits = self.series.read_curve, self.series.limits
        before = reads.point_before(point.time, actual=point.quality == ACTUAL)
        if point.quality != ACTUAL:
            why = rules.misfit(before, point.time, point.wh, limits, self.zone)
            return why or estimates.why_left_out(reads, point.time, point.wh, self.zone)
        return rules.why_not_counted(before, point.time, point.wh, limits, self.zone)

    def released(self) -> tuple[Point, ...]:
        times = np.array(sorted(self.decided.releases), dtype=np.int64)
        inside = times[(times > self.window.start) & (times <= self.window.end)]
        places = np.flatnonzero(np.isin(self.curve.time, inside[:MOST]))
        found = map(self.point, places.tolist())
        return tuple(point for point in found if point.event is not None and point.event.kind == "release")


def _other(read: int, counted: int) -> int | None:
    return None if read == counted else read
