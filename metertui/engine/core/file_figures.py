"""What the files of an import say of each register: their own totals, to be held against the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import (
    Int64Array,
    SiteZone,
    add_months,
    first_of_month,
    hours_number,
    kwh_number,
    split_identifier,
)
from metertui.engine.columns import Arrivals, Curve, IntervalColumns, run_edges
from metertui.engine.intervals import UWH_PER_WH, without_overlaps


@dataclass(frozen=True, slots=True)
class FileFigures:
    """What files say of a register. Each interval counts once, however often it is there."""

    meter: str
    channel: str
    total_wh: int
    """The energy of its intervals, rounded half-even; or C at its last reading less C at its first one."""
    first: int
    """Where they begin, and where they end, µs UTC."""
    last: int
    intervals: int
    gaps: int
    """How many times between them have no interval."""
    missing_us: int
    """How long these are together, µs."""
    months: Sequence[tuple[str, int]] = ()
    """The energy of each month, as `2025-03` and Wh, rounded half-even; what a month's end goes through is shared."""

    def as_json(self, zone: SiteZone) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "meter": self.meter,
            "channel": self.channel,
            "total_kwh": kwh_number(self.total_wh),
            "first": zone.iso(self.first),
            "last": zone.iso(self.last),
            "intervals": self.intervals,
            "gaps": self.gaps,
            "missing_hours": hours_number(self.missing_us),
        }

    def months_as_json(self) -> list[dict[str, Any]]:
        """Return the energy of each month as JSON values."""
        return [
            {"month": month, "meter": self.meter, "channel": self.channel, "total_kwh": kwh_number(wh)}
            for month, wh in self.months
        ]


class IntervalSums(NamedTuple):
    """What intervals of a register come to."""

    energy: int
    """µWh."""
    first: int
    last: int
    intervals: int
    gaps: int
    missing_us: int
    months: Sequence[tuple[str, int]]
    """In µWh; otherwise as in FileFigures."""

    def joined(self, later: IntervalSums) -> IntervalSums:
        """Return the sums of these and of later ones, none of which overlaps one of these."""
        gap = later.first - self.last
        months = dict(self.months)
        for month, energy in later.months:
            months[month] = months.get(month, 0) + energy
        return IntervalSums(
            self.energy + later.energy,
            self.first,
            later.last,
            self.intervals + later.intervals,
            self.gaps + later.gaps + (gap > 0),
            self.missing_us + later.missing_us + gap,
            list(months.items()),
        )

    def figures(self, register: str) -> FileFigures:
        """Return them for the report, rounded."""
        months = [(month, _rounded(energy)) for month, energy in self.months]
        return FileFigures(*split_identifier(register), _rounded(self.energy), *self[1:6], months)


def sums_of_intervals(found: IntervalColumns, zone: SiteZone) -> dict[int, IntervalSums]:
    """Return what files say with intervals, in any order, by the codes of their registers, ascending.

    Of several with the same bounds the first one holds, and of those that divide a longer one they do.
    """
    found = found.take(np.lexsort((np.arange(len(found)), found.end, found.start, found.meter)))
    again = np.zeros(len(found), dtype=bool)
    again[1:] = True
    for column in (found.meter, found.start, found.end):
        again[1:] &= column[1:] == column[:-1]
    found = without_overlaps(found.take(~again))
    if not len(found):
        return {}
    sums = {}
    every = _Months(int(found.start.min()), int(found.end.max()), zone)
    edges = run_edges(found.meter).tolist()
    for begin, stop in pairwise(edges):
        start, end, energy = found.start[begin:stop], found.end[begin:stop], found.energy[begin:stop]
        until = np.maximum.accumulate(end)
        gaps = start[1:] - until[:-1]
        whole = gaps[gaps > 0]
        sums[int(found.meter[begin])] = IntervalSums(
            sum(energy.tolist()),
            int(start[0]),
            int(until[-1]),
            stop - begin,
            len(whole),
            int(whole.sum()),
            _months_of_intervals(start, end, energy, every),
        )
    return sums


def figures_of_reads(found: Arrivals, curve: Curve, ids: Sequence[str], zone: SiteZone) -> list[FileFigures]:
    """Return what files say with register reads, in any order. Between two of them lies an interval.

    `curve` is that of all readings of their registers, these included.
    """
    order = np.lexsort((found.time, found.meter))
    meter, time = found.meter[order], found.time[order]
    edges = run_edges(meter)
    codes, first, last = meter[edges[:-1]], time[edges[:-1]], time[edges[1:] - 1]
    other = (np.diff(time, prepend=-1) != 0) | (np.diff(meter, prepend=-1) != 0)
    steps = np.diff(np.append(0, np.cumsum(other))[edges]) - 1
    every = _Months(int(time.min()), int(time.max()), zone) if len(time) else None
    months = [every.between(*ends) for ends in zip(first.tolist(), last.tolist(), strict=True)] if every else []
    count = [len(instants) for _, instants in months]
    instants = np.concatenate([instants for _, instants in months] or [np.empty(0, dtype=np.int64)])
    instants = np.clip(instants, np.repeat(first, count), np.repeat(last, count))
    energy = _energy_at(curve, np.repeat(codes, count), instants)
    figures, begin = [], 0
    for place, (names, _) in enumerate(months):
        here = energy[begin : begin + count[place]]
        begin += count[place]
        figures.append(
            FileFigures(
                *split_identifier(ids[codes[place]]),
                int(here[-1] - here[0]),
                int(first[place]),
                int(last[place]),
                int(steps[place]),
                0,
                0,
                list(zip(names, np.diff(here).tolist(), strict=True)),
            )
        )
    return figures


def _energy_at(curve: Curve, meter: NDArray[np.int32], instant: Int64Array) -> Int64Array:
    """Return C (Wh) of meters at instants (µs UTC), at the nearest at which it is defined; 0 if it is at none."""
    energy = np.zeros(len(meter), dtype=np.int64)
    rows = np.flatnonzero(np.diff(curve.starts, append=[len(curve)] * 2).take(meter, mode="clip") > 0)
    codes = meter[rows].astype(np.int64)
    clipped = curve.clip(codes, instant[rows])
    energy[rows] = curve.energy_at(curve.places(codes, clipped), clipped)
    return energy


def _months_of_intervals(
    start: Int64Array, end: Int64Array, energy: Int64Array, every: _Months
) -> list[tuple[str, int]]:
    names, edges = every.between(int(start.min()), int(end.max()))
    months = []
    for name, (low, high) in zip(names, pairwise(edges.tolist()), strict=True):
        within = (start < high) & (end > low)
        whole = (start >= low) & (end <= high)
        total = int(energy[whole].sum())
        for at in np.flatnonzero(within & ~whole).tolist():
            first, last, part = int(start[at]), int(end[at]), int(energy[at])
            until, since = min(high, last) - first, max(low, first) - first
            total += part * until // (last - first) - part * since // (last - first)
        if within.any():
            months.append((name, total))
    return months


class _Months:
    """The months of some time, each worked out once."""

    def __init__(self, first: int, last: int, zone: SiteZone) -> None:
        """Take the months from one instant to another (µs UTC)."""
        month = first_of_month(zone.day(first))
        days: list[date] = []
        while not days or zone.midnight(month) < last:
            days.append(month)
            month = add_months(month, 1)
        self._names = [f"{day:%Y-%m}" for day in days]
        self._edges = np.array([zone.midnight(day) for day in (*days, month)], dtype=np.int64)

    def between(self, first: int, last: int) -> tuple[list[str], Int64Array]:
        """Return those from one instant to another (µs UTC), and the instants at which they begin and end."""
        low = int(self._edges.searchsorted(first, side="right")) - 1
        stop = max(low + 1, int(self._edges.searchsorted(last)))
        return self._names[low:stop], self._edges[low : stop + 1]


def _rounded(energy: int) -> int:
    """Return µWh in Wh, rounded half-even."""
    whole, rest = divmod(energy, UWH_PER_WH)
    return whole + (2 * rest > UWH_PER_WH or (2 * rest == UWH_PER_WH and whole % 2 == 1))
