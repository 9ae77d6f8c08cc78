"""Tariff replay: past usage billed under a proposed tariff and under the one in force, and the differences.

Each calendar month of the period is billed under both, in the same way as bills, and the bills of a meter are summed. A
meter belongs to the region and apartment type that it had last in the period, so that it is counted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.base import (
    Int64Array,
    Progress,
    first_of_month,
    last_of_month,
    no_progress,
    part_of_progress,
    window_of_days,
)
from metertui.engine.billing.pricing import price_usage
from metertui.engine.billing.tariffs import Tariffs
from metertui.engine.columns import Frozen
from metertui.engine.errors import MeterError

KEYS: Final = ("apartment_type", "region")
DECILES: Final = (1, 2, 3, 4, 6, 7, 8, 9)
"""The deciles in tenths. The fifth is the median, a column of its own."""
FIGURES: Final = (
    *("meters", "more", "less", "same", "current", "proposed", "change", "median"),
    *(f"p{tenth}0" for tenth in DECILES),
)
"""Columns of the table: counts of meters, then cents with tax: sums, and median and deciles of the changes."""


@dataclass(frozen=True, eq=False)
class Replay:
    """What each meter with data would have paid: arrays of equal length by meter code, in cents with tax and Wh."""

    first: date
    last: date
    meter: Int64Array
    apartment_type: NDArray[np.object_]
    region: NDArray[np.object_]
    usage: Int64Array
    current: Int64Array
    proposed: Int64Array
    differs_from: date | None
    """The first local day with another price, band or tax; None if the proposed tariff is the one in force."""

    @property
    def change(self) -> Int64Array:
        """Return what each meter would pay more, cents with tax."""
        return self.proposed - self.current

    @property
    def note(self) -> str:
        """Return a sentence on days on which both tariffs are the same; empty if there are none at the beginning."""
        if self.differs_from is None:
            return "The proposed tariff is the one in force on all of these days."
        if self.differs_from > self.first:
            return f"The proposed tariff is the one in force before {self.differs_from}."
        return ""

    def table(self, by: Sequence[str] = KEYS) -> pd.DataFrame:
        """Return one row per group, sorted by keys: the keys (text), then FIGURES (int64). No keys: one row for all.

        Raises MeterError for an unknown key.
        """
        for key in by:
            if key not in KEYS:
                raise MeterError(f"unknown key {key}; the keys are {', '.join(KEYS)}")
        keys = list(zip(*(getattr(self, key).tolist() for key in by), strict=True)) if by else [()] * len(self.meter)
        names = sorted(set(keys)) if by else [()]
        place = {name: at for at, name in enumerate(names)}
        group = np.array([place[key] for key in keys], dtype=np.int64)
        order = np.lexsort((self.change, group))
        bounds = np.searchsorted(group[order], np.arange(len(names) + 1)).tolist()
        rows = [_row(self.current[order[low:high]], self.proposed[order[low:high]]) for low, high in pairwise(bounds)]
        texts = {key: pd.Series([name[at] for name in names], dtype="str") for at, key in enumerate(by)}
        figures = np.array(rows, dtype=np.int64).reshape(len(names), len(FIGURES))
        return pd.DataFrame(texts | {name: figures[:, at] for at, name in enumerate(FIGURES)})


def replay_tariffs(
    frozen: Frozen,
    current: Tariffs,
    proposed: Tariffs,
    first: date,
    last: date,
    gap_us: int = 1 << 62,
    progress: Progress = no_progress,
) -> Replay:
    """Bill the local days from `first` to `last`, both included, under both tariffs.

    `progress` is called with the share done, within months too; an exception from it ends the work. Raises
    NoTariffError for a day without a tariff in either (`Tariffs.backdated` extends one to earlier days), and MeterError
    if `last` is before `first`.
    """
    registers, frozen = frozen, frozen.use
    window_of_days(first, last, frozen.zone)  # checks the order, also without data
    types = np.array([group.apartment_type for group in frozen.groups], dtype=object)
    regions = np.array([group.region for group in frozen.groups], dtype=object)
    count = len(frozen.ids)
    usage, now, then, with_data = (np.zeros(count, dtype=np.int64) for _ in range(4))
    months = _months(first, last)
    for nth, (start, end) in enumerate(months):
        window = window_of_days(start, end, frozen.zone)
        bills = [
            price_usage(
                registers, window.start, window.end, tariffs, gap_us, part_of_progress(progress, part, 2 * len(months))
            )
            for part, tariffs in enumerate((current, proposed), 2 * nth)
        ]
        now += bills[0].total
        then += bills[1].total
        usage += bills[0].usage
        with_data[bills[0].charges.meter] = 1
    meter = np.flatnonzero(with_data)
    group = _last_groups(frozen, window_of_days(first, last, frozen.zone).end)[meter]
    differs = _first_difference(frozen, current, proposed, first, last)
    return Replay(first, last, meter, types[group], regions[group], usage[meter], now[meter], then[meter], differs)


def _first_difference(frozen: Frozen, current: Tariffs, proposed: Tariffs, first: date, last: date) -> date | None:
    """Return the first local day on which two tariffs bill differently, for the apartment types of a site."""
    window, zone = window_of_days(first, last, frozen.zone), frozen.zone
    types = sorted({group.apartment_type for group in frozen.groups})
    both = [(each.rates, each.schedule(types, window.start, window.end, zone)) for each in (current, proposed)]
    marks = np.unique(np.concatenate([schedule.marks for _, schedule in both]))[:-1]
    terms = []
    for rates, schedule in both:
        names = [None, *((rate.name, rate.kind, rate.price, rate.tax_percent) for rate in rates)]
        place = np.searchsorted(schedule.marks, marks, side="right") - 1
        terms.append([[names[rate + 1] for rate in of_type] for of_type in schedule.rate[:, place].tolist()])
    for at, mark in enumerate(marks.tolist()):
        if any(one[at] != other[at] for one, other in zip(*terms, strict=True)):
            return zone.day(mark)
    return None


def _months(first: date, last: date) -> list[tuple[date, date]]:
    """Return the calendar months from one day to another, each cut to these days."""
    months = []
    while first <= last:
        months.append((first, min(last, last_of_month(first))))
        first = first_of_month(first, 1)
    return months


def _last_groups(frozen: Frozen, end: int) -> Int64Array:
    """Return, by meter code, the group of the interval that contains the instant `end`, or of the last before it."""
    curve = frozen.curve
    groups = np.zeros(len(frozen.ids), dtype=np.int64)
    if len(curve):
        bounds = np.searchsorted(curve.meter, np.arange(len(frozen.ids) + 1))
        before = np.concatenate(([0], np.cumsum(curve.time < end)))
        at = bounds[:-1] + before[bounds[1:]] - before[bounds[:-1]]
        some = bounds[1:] > bounds[:-1]
        groups[some] = frozen.curve_group[np.minimum(at, bounds[1:] - 1)[some]]
    return groups


def _row(current: Int64Array, proposed: Int64Array) -> list[int]:
    """Return the FIGURES of a group. The arrays are sorted by change."""
    change = proposed - current
    counts = [len(change), int((change > 0).sum()), int((change < 0).sum()), int((change == 0).sum())]
    sums = [int(current.sum()), int(proposed.sum()), int(change.sum())]
    return [*counts, *sums, *(quantile(change, tenth) for tenth in (5, *DECILES))]


def quantile(ordered: Int64Array, tenths: int) -> int:
    """Return a quantile in tenths, interpolated between two values and rounded half-up; 0 for no values.

    `ordered` ascends. The definition is number 7 of Hyndman and Fan (1996), computed exactly in integers.
    """
    if not len(ordered):
        return 0
    place, rest = divmod((len(ordered) - 1) * tenths, 10)
    low = int(ordered[place])
    high = int(ordered[min(place + 1, len(ordered) - 1)])
    return low + (2 * (high - low) * rest + 10) // 20
