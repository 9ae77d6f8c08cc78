"""Why a figure is what it is: the readings at both ends of a window, the parts that sum to it, what was left out.

The parts come from the same C(t) as the usage itself: a step over an edge gives the share of its energy that lies in
the window, the steps between give all of theirs. Their sum is the usage, and the opening register, the sum and what
changed at the meter (exchanges, resets) make the closing register; both hold to the watt-hour, and both are told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine import validation
from metertui.engine.energy import Edge, Series, Usage
from metertui.engine.records import format_kwh
from metertui.engine.windows import Window
from metertui.engine.zone import SiteZone

MOST: Final = 50
"""Readings that were left out, and changes of the register, that are told one by one."""


@dataclass(frozen=True, slots=True)
class Point:
    """A stored reading: instant (µs UTC), register (Wh), and how it is taken, see validation."""

    time: int
    wh: int
    status: int


@dataclass(frozen=True, slots=True)
class Part:
    """A step that reaches over an edge of the window, and how much of it is counted: from `start` to `end`, µs UTC."""

    before: Point
    after: Point
    energy_wh: int
    """Of the whole step: C at its later reading less C at its earlier one."""
    start: int
    end: int
    counted_wh: int

    @property
    def exact(self) -> bool:
        """Whether the share of the step is a whole number of Wh, so that nothing was rounded."""
        return self.energy_wh * (self.end - self.start) == self.counted_wh * (self.after.time - self.before.time)


@dataclass(frozen=True, slots=True)
class Change:
    """Where the register went otherwise than the energy: another register, a reset, a rollover.

    `jump_wh` is what the register moved from the first to the second beyond what was used between.
    """

    before: Point
    after: Point
    counted_wh: int
    jump_wh: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A stored reading that does not count, and why. `inside` is whether it lies in the window itself."""

    point: Point
    why: str
    inside: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A usage with all that it rests on. Without data: `why_nothing` says so, and there are no parts."""

    usage: Usage
    why_nothing: str = ""
    opening: tuple[Point, ...] = ()
    """The reading that the opening register is, or the two that it is estimated between."""
    closing: tuple[Point, ...] = ()
    parts: tuple[Part, ...] = ()
    """The steps over an edge, in order of time: none, one, one that reaches over both edges, or two."""
    inside: int = 0
    """How many whole steps lie between."""
    inside_wh: int = 0
    inside_start: int = 0
    """From the first reading of these steps, µs UTC, to the last."""
    inside_end: int = 0
    changes: tuple[Change, ...] = ()
    """The first MOST of them."""
    more_changes: int = 0
    jumps_wh: int = 0
    """What all changes together moved the register by, beyond what was used."""
    left_out: tuple[LeftOut, ...] = field(default=())
    """The first MOST of them."""
    more_left_out: int = 0

    @property
    def sum_wh(self) -> int:
        """What the parts sum to, Wh: the usage, or something is wrong."""
        return sum(part.counted_wh for part in self.parts) + self.inside_wh

    @property
    def agrees(self) -> bool:
        """Whether the parts sum to the usage, and opening register and sum (and changes) make the closing register."""
        opening, closing = self.usage.opening, self.usage.closing
        if opening is None or closing is None:
            return self.usage.usage_wh is None
        return self.sum_wh == self.usage.usage_wh and opening.wh + self.sum_wh + self.jumps_wh == closing.wh

    def points(self) -> list[Point]:
        """The readings that it names, each once, those at the ends first."""
        named = [*self.opening, *self.closing]
        for part in self.parts:
            named += (part.before, part.after)
        for change in self.changes:
            named += (change.before, change.after)
        named += (left.point for left in self.left_out)
        return list(dict.fromkeys(named))


def explain(series: Series, window: Window, zone: SiteZone, max_w: int) -> Explanation:
    """Everything that the usage of a window rests on. O(n) in the meter's readings; any thread."""
    usage = series.usage(window)
    opening, closing = usage.opening, usage.closing
    if opening is None or closing is None:
        left_out, more = _left_out(series, window, window.start, window.end, zone, max_w)
        return Explanation(usage, why_nothing(series, window, zone), left_out=left_out, more_left_out=more)
    counted = np.flatnonzero(series.status < validation.SUSPECT)
    times = series.time[counted]
    first, last = int(np.searchsorted(times, opening.time)), int(np.searchsorted(times, closing.time, side="right")) - 1
    over_opening = first > 0 and times[first] != opening.time
    over_closing = times[last] != closing.time
    parts = []
    if first > last:  # one step over both edges
        parts.append(_part(series, counted, first - 1, opening, closing))
    else:
        if over_opening:
            parts.append(_part(series, counted, first - 1, opening, Edge(int(times[first]), 0, "actual")))
        if over_closing:
            parts.append(_part(series, counted, last, Edge(int(times[last]), 0, "actual"), closing))
    rows = counted[first : last + 1]
    changes, more_changes, jumps = _changes(series, rows)
    for part, place in zip(parts, _registers(parts, opening, closing), strict=True):
        jump = place - part.counted_wh
        if jump:
            changes = sorted(
                [*changes, Change(part.before, part.after, part.counted_wh, jump)], key=lambda change: change.after.time
            )
            jumps += jump
    low = min([part.before.time for part in parts], default=window.start)
    high = max([part.after.time for part in parts], default=window.end)
    left_out, more = _left_out(series, window, min(low, window.start), max(high, window.end), zone, max_w)
    return Explanation(
        usage,
        opening=_resting_on(series, counted, first - 1 if over_opening or first > last else first, opening),
        closing=_resting_on(series, counted, last, closing),
        parts=tuple(parts),
        inside=max(0, len(rows) - 1),
        inside_wh=int(series.energy[rows[-1]] - series.energy[rows[0]]) if len(rows) else 0,
        inside_start=int(series.time[rows[0]]) if len(rows) else 0,
        inside_end=int(series.time[rows[-1]]) if len(rows) else 0,
        changes=tuple(changes[:MOST]),
        more_changes=more_changes + max(0, len(changes) - MOST),
        jumps_wh=jumps,
        left_out=left_out,
        more_left_out=more,
    )


def why_nothing(series: Series, window: Window, zone: SiteZone) -> str:
    """One sentence on why a window is "no data". Times in the site zone."""
    if not len(series):
        return "No reading of this meter is stored."
    if series.first is None or series.last is None:
        return "None of this meter's readings counts."
    if not window.known:
        return "There is no reading of the last day, so nothing is known of its last half hour."
    if window.end < series.first:
        return f"The window ends before the first counted reading, of {zone.iso(series.first)}."
    return f"The window begins at or after the last counted reading, of {zone.iso(series.last)}."


def _point(series: Series, row: int) -> Point:
    return Point(int(series.time[row]), int(series.wh[row]), int(series.status[row]))


def _part(series: Series, counted: NDArray[np.int64], step: int, a: Edge, b: Edge) -> Part:
    """The step from the counted reading number `step` to the next, and its part between two instants."""
    before, after = int(counted[step]), int(counted[step + 1])
    return Part(
        _point(series, before),
        _point(series, after),
        int(series.energy[after] - series.energy[before]),
        a.time,
        b.time,
        series.energy_at(b.time) - series.energy_at(a.time),
    )


def _registers(parts: list[Part], opening: Edge, closing: Edge) -> list[int]:
    """By how much the register itself moved in each part."""
    return [
        (closing.wh if part.end == closing.time and part.after.time != closing.time else part.after.wh)
        - (opening.wh if part.start == opening.time and part.before.time != opening.time else part.before.wh)
        for part in parts
    ]


def _resting_on(series: Series, counted: NDArray[np.int64], place: int, edge: Edge) -> tuple[Point, ...]:
    first = _point(series, int(counted[place]))
    return (first,) if first.time == edge.time else (first, _point(series, int(counted[place + 1])))


def _changes(series: Series, rows: NDArray[np.int64]) -> tuple[list[Change], int, int]:
    """Where the register jumps in the whole steps between `rows`: the first ones, how many more, and their Wh."""
    used = np.diff(series.energy[rows])
    jumps = np.diff(series.wh[rows]) - used
    at = np.flatnonzero(jumps)
    told = [
        Change(_point(series, int(rows[i])), _point(series, int(rows[i + 1])), int(used[i]), int(jumps[i]))
        for i in at[:MOST].tolist()
    ]
    return told, len(at) - len(told), int(jumps.sum())


def _left_out(
    series: Series, window: Window, low: int, high: int, zone: SiteZone, max_w: int
) -> tuple[tuple[LeftOut, ...], int]:
    """The readings in (low, high] that do not count, and how many more than are told."""
    begin, end = np.searchsorted(series.time, [low, high], side="right").tolist()
    rows = begin + np.flatnonzero(series.status[begin:end] >= validation.SUSPECT)
    counted = np.flatnonzero(series.status < validation.SUSPECT)
    told = []
    for row in rows[:MOST].tolist():
        point = _point(series, row)
        place = int(np.searchsorted(counted, row)) - 1
        before = _point(series, int(counted[place])) if place >= 0 else None
        told.append(LeftOut(point, _why(before, point, zone, max_w), window.start < point.time <= window.end))
    return tuple(told), len(rows) - len(told)


def _why(before: Point | None, point: Point, zone: SiteZone, max_w: int) -> str:
    """One clause on why a reading does not count; `before` is the counted one before it."""
    if before is not None and not validation.fits(before.time, before.wh, point.time, point.wh, max_w):
        return validation.why(before.time, before.wh, point.time, point.wh, max_w, zone)
    return f"{format_kwh(point.wh)} kWh does not fit the readings after it"
