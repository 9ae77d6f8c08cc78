"""Disclosure control: which cells of a table to hide, so that none shows the usage of a small group.

A cell is *small* if fewer meters than the rule requires contribute to it, or if one of them uses more than the allowed
share. Small cells are hidden (primary suppression). But a total less all other cells discloses a hidden one. So along
each key, for fixed values of all other keys, the hidden cells together must not be a small group either. More cells are
hidden until they are not (secondary suppression). Filters count as keys, so that the rows of a filter do not disclose
those outside it. The next cell to hide is that of the group with the fewest meters of all time, so that tables of
different days hide the same cells.

The rule holds for every measure. A highest half hour is hidden like the same half hour as a time of day. A time of day
is hidden together with the rest of the day, as both sum to the day.

Limits. Each table is protected on the assumption that all its totals are known, and together with the exports in
`export_log`. There is no protection against what a reader already knows of a meter in the group, nor against three or
more tables without common keys.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.columns import Frozen

_NOBODY: Final = 1 << 60

Cell = tuple[str, ...]
"""The attributes of a cell, in the order of ATTRIBUTES; only those that the table has."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The least number of meters of a group that is not small, and the largest share that one of them may use."""

    least_meters: int
    most_share: float

    def is_small(self, meters: int, usage_wh: int, largest_wh: int) -> bool:
        """Return whether a group is small."""
        return bool(self.are_small(np.array([meters]), np.array([usage_wh]), np.array([largest_wh]))[0])

    def are_small(
        self, meters: NDArray[np.int64], usage_wh: NDArray[np.int64], largest_wh: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Return which groups are small, bool[n], for arrays of shape [n]."""
        return np.asarray((meters < self.least_meters) | (largest_wh > self.most_share * usage_wh))

    def find_small_rows(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """Return which rows are small groups, bool[n]. The columns are `drawing`, `usage_wh`, `largest_wh`.

        A meter whose first reading is its only one in a row contributes nothing. A row with only such meters is not
        hidden.
        """
        meters, usage, largest = (table[name].to_numpy() for name in ("drawing", "usage_wh", "largest_wh"))
        return (meters > 0) & self.are_small(meters, usage, largest)


class Hidden(NamedTuple):
    """The result of a rule for a table."""

    cells: NDArray[np.bool_]
    """Whether each row is hidden, bool[n]."""
    discloses: bool
    """Whether cells published before disclose a small group in spite of the hidden rows."""


def hide_rows(
    table: pd.DataFrame,
    keys: list[str],
    rule: Rule,
    size: dict[Cell, int],
    published: Set[Cell] = frozenset(),
    check_cancelled: Callable[[], None] = lambda: None,
    along: Sequence[str] | None = None,
) -> Hidden:
    """Return which rows of a table to hide. It has one row per cell: `keys`, `usage_wh`, `drawing`, `largest_wh`.

    `size`: how many meters each combination of attributes has ever had; cells of the smallest are hidden first.
    `published`: combinations that were published before, for these days. `check_cancelled` is called at intervals; an
    exception from it ends the work. `along`: the keys along which totals are known; all of them if None.
    """
    meters, usage, largest = (table[name].to_numpy() for name in ("drawing", "usage_wh", "largest_wh"))
    cells = rule.find_small_rows(table)
    attributes = [key for key in keys if key in ATTRIBUTES]
    of_row = list(zip(*(table[key] for key in attributes), strict=True)) if attributes else [()] * len(table)
    known = np.array([cell in published for cell in of_row], dtype=bool)
    cost = np.array([size.get(cell, _NOBODY) for cell in of_row], dtype=np.int64)
    lines = _lines(table, keys, keys if along is None else along)

    def is_safe(key: str, line: NDArray[np.int64]) -> bool:
        """Return whether the hidden cells of a line together are not a small group."""
        if not len(line):
            return True
        of, most = meters[line], largest[line]
        # Along an attribute the cells have different meters.
        many, largest_wh = (of.sum(), most.max()) if key in ATTRIBUTES else (of.max(), most.sum())
        return not rule.is_small(int(many), int(usage[line].sum()), int(largest_wh))

    discloses = False
    changed = True
    while changed:
        changed = False
        for nth, (key, line) in enumerate(lines):
            if nth % 500 == 0:
                check_cancelled()
            out = line[cells[line]]
            unknown = out[~known[out]]
            if not len(out):
                continue
            while not is_safe(key, unknown):
                free = line[~cells[line] & ~known[line] & (meters[line] > 0)]
                if not len(free):
                    discloses = discloses or bool(known[line].any() and len(unknown))
                    break
                least = free[np.lexsort((free, cost[free]))[0]]
                cells[least] = changed = True
                unknown = np.append(unknown, least)
    return Hidden(cells, discloses)


def _lines(table: pd.DataFrame, keys: list[str], along: Sequence[str]) -> list[tuple[str, NDArray[np.int64]]]:
    """Return, for each key of `along` and all values of the other keys, the key and the rows along it (int64)."""
    lines: list[tuple[str, NDArray[np.int64]]] = []
    for key in along:
        others = [other for other in keys if other != key]
        places = table.groupby(others, sort=False).indices.values() if others else [np.arange(len(table))]
        lines += [(key, np.sort(np.asarray(place, dtype=np.int64))) for place in places]
    return lines


def group_sizes(frozen: Frozen, keys: list[str]) -> dict[Cell, int]:
    """Return how many meters each combination of the attributes among `keys` has ever had."""
    attributes = [key for key in keys if key in ATTRIBUTES]
    frozen = frozen.use
    curve = frozen.curve
    cells = [tuple(getattr(group, key) for key in attributes) for group in frozen.groups]
    distinct = sorted(set(cells))
    place = np.array([distinct.index(cell) for cell in cells], dtype=np.int64)
    if not len(curve):
        return {}
    meter, group = curve.meter, frozen.curve_group
    new = np.concatenate(([True], (meter[1:] != meter[:-1]) | (group[1:] != group[:-1])))
    pair = np.unique(meter[new].astype(np.int64) * len(distinct) + place[group[new]])
    counts = np.bincount(pair % len(distinct), minlength=len(distinct))
    return dict(zip(distinct, counts.tolist(), strict=True))
