"""Past usage under a proposed tariff beside the one in force: who would pay more, who less, and by how much.

Each calendar month of the period is billed under both, as bills are, and a meter's bills are summed. A meter belongs
to the region and apartment type that it had last in the period, so that it is counted once.
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
"""In tenths; the fifth is the median."""
FIGURES: Final = (
    "meters",
    "more",
    "less",
    "same",
    "current",
    "proposed",
    "change",
    "median",
    *(f"p{tenth}0" for tenth in DECILES),
)
"""Columns of the table: counts of meters; cents with tax: sums, and the middle and deciles of the meters' changes."""


@dataclass(frozen=True, eq=False)
class Replay:
    """What each meter with data would have paid, in order of meter code; equal lengths. Cents with tax, Wh."""

    first: date
    last: date
    meter: Int64Array
    apartment_type: NDArray[np.object_]
    region: NDArray[np.object_]
    usage: Int64Array
    current: Int64Array
    proposed: Int64Array

    @property
    def change(self) -> Int64Array:
        """What each would pay more, cents."""
        return self.proposed - self.current

    def table(self, by: Sequence[str] = KEYS) -> pd.DataFrame:
        """A row a group in natural order: its keys (text), then FIGURES (int64). Without keys, one row for all.

        Raises MeterError for a key that is none.
        """
        for key in by:
            if key not in KEYS:
                raise MeterError(f"{key} is no key; they are {', '.join(KEYS)}")
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
    """Bill the local days from `first` to `last`, both included, under both.

    `progress` is told the share done, within months too, and ends the work by what it raises.
    Raises NoTariffError where either has no tariff in force (`Tariffs.backdated` takes one for earlier time), and
    MeterError where the days stand the wrong way round.
    """
    window_of_days(first, last, frozen.zone)  # said even where there is no data
    types = np.array([group.apartment_type for group in frozen.groups], dtype=object)
    regions = np.array([group.region for group in frozen.groups], dtype=object)
    count = len(frozen.ids)
    usage, now, then, with_data = (np.zeros(count, dtype=np.int64) for _ in range(4))
    months = _months(first, last)
    for nth, (start, end) in enumerate(months):
        window = window_of_days(start, end, frozen.zone)
        bills = [
            price_usage(
                frozen, window.start, window.end, tariffs, gap_us, part_of_progress(progress, part, 2 * len(months))
            )
            for part, tariffs in enumerate((current, proposed), 2 * nth)
        ]
        now += bills[0].total
        then += bills[1].total
        usage += bills[0].usage
        with_data[bills[0].charges.meter] = 1
    meter = np.flatnonzero(with_data)
    group = _last_groups(frozen, window_of_days(first, last, frozen.zone).end)[meter]
    return Replay(first, last, meter, types[group], regions[group], usage[meter], now[meter], then[meter])


def _months(first: date, last: date) -> list[tuple[date, date]]:
    """The calendar months from one day to another, as far as they lie between them."""
    months = []
    while first <= last:
        months.append((first, min(last, last_of_month(first))))
        first = first_of_month(first, 1)
    return months


def _last_groups(frozen: Frozen, end: int) -> Int64Array:
    """By meter code, the group of the step that the instant `end` lies in, or of the last one before it."""
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
    """The figures of a group, given in order of the change."""
    change = proposed - current
    counts = [len(change), int((change > 0).sum()), int((change < 0).sum()), int((change == 0).sum())]
    sums = [int(current.sum()), int(proposed.sum()), int(change.sum())]
    return [*counts, *sums, *(quantile(change, tenth) for tenth in (5, *DECILES))]


def quantile(ordered: Int64Array, tenths: int) -> int:
    """The value below which so many tenths lie, between two in proportion, rounded half-up; 0 of nothing.

    `ordered` ascends. The definition is number 7 of Hyndman and Fan (1996), exact in whole numbers.
    """
    if not len(ordered):
        return 0
    place, rest = divmod((len(ordered) - 1) * tenths, 10)
    low = int(ordered[place])
    high = int(ordered[min(place + 1, len(ordered) - 1)])
    return low + (2 * (high - low) * rest + 10) // 20
