"""How a usage comes about, found out from the curve of a meter, its readings and the edits in force."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import ACTUAL, ONE_TIMES, SiteZone, Window
from metertui.engine.columns import NO_REGISTER, interpolate_one
from metertui.engine.usage.explanation import (
    MOST,
    Change,
    Explanation,
    LeftOut,
    Part,
    Point,
    Product,
    Rise,
    Stated,
)
from metertui.engine.usage.series import Edge, Series
from metertui.engine.vee import MeterEdits, estimates, rules


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


def why_left_out(series: Series, time: int, wh: int, quality: int, zone: SiteZone) -> str:
    """Return one clause on why a reading (µs UTC, Wh) that stands and is suspect or rejected is not counted."""
    reads, limits = series.read_curve, series.limits
    before = reads.point_before(time, actual=quality == ACTUAL)
    if quality != ACTUAL:
        return rules.misfit(before, time, wh, limits, zone) or estimates.why_left_out(reads, time, wh, zone)
    return rules.why_not_counted(before, time, wh, limits, zone)


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
        return why_left_out(self.series, point.time, point.wh, point.quality, self.zone)

    def released(self) -> tuple[Point, ...]:
        times = np.array(sorted(self.decided.releases), dtype=np.int64)
        inside = times[(times > self.window.start) & (times <= self.window.end)]
        places = np.flatnonzero(np.isin(self.curve.time, inside[:MOST]))
        found = map(self.point, places.tolist())
        return tuple(point for point in found if point.event is not None and point.event.kind == "release")


def _other(read: int, counted: int) -> int | None:
    return None if read == counted else read
