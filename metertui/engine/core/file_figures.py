"""What the files of an import say of each register: their own totals, to be held against the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from metertui.engine.base import SiteZone, hours_number, kwh_number, split_identifier
from metertui.engine.columns import Arrivals, IntervalColumns, run_edges
from metertui.engine.intervals import UWH_PER_WH


@dataclass(frozen=True, slots=True)
class FileFigures:
    """What files say of a register. Each interval counts once, however often it is there."""

    meter: str
    channel: str
    total_wh: int
    """The energy of its intervals, rounded half-even; or its last register less its first."""
    first: int
    """Where they begin, and where they end, µs UTC."""
    last: int
    intervals: int
    gaps: int
    """How many times between them have no interval."""
    missing_us: int
    """How long these are together, µs."""

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


def figures_of_intervals(found: IntervalColumns, ids: Sequence[str]) -> list[FileFigures]:
    """Return what files say with intervals, in any order; of several with the same bounds the first one holds."""
    found = found.take(np.lexsort((np.arange(len(found)), found.end, found.start, found.meter)))
    again = np.zeros(len(found), dtype=bool)
    again[1:] = True
    for column in (found.meter, found.start, found.end):
        again[1:] &= column[1:] == column[:-1]
    found = found.take(~again)
    figures = []
    edges = run_edges(found.meter).tolist()
    for begin, stop in pairwise(edges):
        start, end = found.start[begin:stop], found.end[begin:stop]
        until = np.maximum.accumulate(end)
        gaps = start[1:] - until[:-1]
        total = _rounded(sum(found.energy[begin:stop].tolist()))
        whole = gaps[gaps > 0]
        figures.append(
            FileFigures(
                *split_identifier(ids[found.meter[begin]]),
                total,
                int(start[0]),
                int(until[-1]),
                stop - begin,
                len(whole),
                int(whole.sum()),
            )
        )
    return figures


def figures_of_reads(found: Arrivals, ids: Sequence[str]) -> list[FileFigures]:
    """Return what files say with register reads, in any order. Between two of them lies an interval."""
    order = np.lexsort((found.wh, found.time, found.meter))
    meter, time, wh = (column[order] for column in found)
    figures = []
    edges = run_edges(meter).tolist()
    for begin, stop in pairwise(edges):
        ends = int(time[begin]), int(time[stop - 1])
        steps = len(np.unique(time[begin:stop])) - 1
        name = split_identifier(ids[meter[begin]])
        figures.append(FileFigures(*name, int(wh[stop - 1] - wh[begin]), *ends, steps, 0, 0))
    return figures


def _rounded(energy: int) -> int:
    """Return µWh in Wh, rounded half-even."""
    whole, rest = divmod(energy, UWH_PER_WH)
    return whole + (2 * rest > UWH_PER_WH or (2 * rest == UWH_PER_WH and whole % 2 == 1))
