"""Small groups: which cells of a table tell too much about one household, and which others would give them away.

A cell is *small* if fewer meters than a rule says drew what is in it, or if one of them drew more than a share. A small
cell is hidden. But a total less all cells but one is that one; so along every key of a table, with all other keys held,
the cells that are hidden must together be no small group either: more are hidden until they are not. Filters count as
keys, so what a filter leaves out is not told by what it leaves in. Which more: those of the group with the fewest
meters of all time, so that different days hide the same.

Limits. What is protected is each table, with all its totals taken as known, and the exports that were recorded in
`export_log`; not what one already knows of a meter in the group, nor what three or more tables that share no keys tell
together.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.columns import Frozen

_NOBODY: Final = 1 << 60

Cell = tuple[str, ...]
"""The attributes of a cell, in the order of ATTRIBUTES, as far as a table has them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is no small group: at least so many meters, none of which used more than that share of it all."""

    least_meters: int
    most_share: float

    def is_small(self, meters: int, usage_wh: int, largest_wh: int) -> bool:
        """Whether a group is small. Arrays of one length are taken too, cell by cell."""
        return bool(self.are_small(np.array([meters]), np.array([usage_wh]), np.array([largest_wh]))[0])

    def are_small(
        self, meters: NDArray[np.int64], usage_wh: NDArray[np.int64], largest_wh: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """`small` for arrays of one length."""
        return np.asarray((meters < self.least_meters) | (largest_wh > self.most_share * usage_wh))

    def find_small_rows(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """`small` for rows with `drawing`, `usage_wh`, `largest_wh`.

        A meter that has but its first reading in a row adds nothing to it, and a row of such alone has nothing to hide.
        """
        meters, usage, largest = (table[name].to_numpy() for name in ("drawing", "usage_wh", "largest_wh"))
        return (meters > 0) & self.are_small(meters, usage, largest)


class Hidden(NamedTuple):
    """What a rule makes of a table."""

    cells: NDArray[np.bool_]
    """By row, whether it is hidden."""
    given_away: bool
    """Whether cells that were told before give a small group away all the same."""


def hide_rows(
    table: pd.DataFrame,
    keys: list[str],
    rule: Rule,
    size: dict[Cell, int],
    told: Set[Cell] = frozenset(),
    wanted: Callable[[], None] = lambda: None,
) -> Hidden:
    """Which rows of a table to hide: columns of `keys`, `usage_wh`, `drawing`, `largest_wh`; a row for each cell.

    `size`: how many meters a combination of the table's attributes has ever had, for the order in which more is hidden.
    `told`: combinations that were told before, for these days. `wanted` is called now and then; what it raises ends
    the work.
    """
    meters, usage, largest = (table[name].to_numpy() for name in ("drawing", "usage_wh", "largest_wh"))
    cells = rule.find_small_rows(table)
    attributes = [key for key in keys if key in ATTRIBUTES]
    of_row = list(zip(*(table[key] for key in attributes), strict=True)) if attributes else [()] * len(table)
    known = np.array([cell in told for cell in of_row], dtype=bool)
    cost = np.array([size.get(cell, _NOBODY) for cell in of_row], dtype=np.int64)
    lines = _lines(table, keys)
    given_away = False
    changed = True
    while changed:
        changed = False
        for nth, (key, line) in enumerate(lines):
            if nth % 500 == 0:
                wanted()
            out = line[cells[line]]
            unknown = out[~known[out]]
            if not len(out):
                continue
            while not _safe(rule, key, unknown, meters, usage, largest):
                free = line[~cells[line] & ~known[line] & (meters[line] > 0)]
                if not len(free):
                    given_away = given_away or bool(known[line].any() and len(unknown))
                    break
                least = free[np.lexsort((free, cost[free]))[0]]
                cells[least] = changed = True
                unknown = np.append(unknown, least)
    return Hidden(cells, given_away)


def _safe(
    rule: Rule,
    key: str,
    line: NDArray[np.int64],
    meters: NDArray[np.int64],
    usage: NDArray[np.int64],
    largest: NDArray[np.int64],
) -> bool:
    """Whether the hidden cells of a line, taken together, are no small group."""
    if not len(line):
        return True
    if key in ATTRIBUTES:  # other meters in each
        return not rule.is_small(int(meters[line].sum()), int(usage[line].sum()), int(largest[line].max()))
    return not rule.is_small(int(meters[line].max()), int(usage[line].sum()), int(largest[line].sum()))


def _lines(table: pd.DataFrame, keys: list[str]) -> list[tuple[str, NDArray[np.int64]]]:
    """Every key, and the rows along it where all other keys are held."""
    lines: list[tuple[str, NDArray[np.int64]]] = []
    for key in keys:
        others = [other for other in keys if other != key]
        if others:
            places = table.groupby(others, sort=False).indices.values()
            lines += [(key, np.sort(np.asarray(place, dtype=np.int64))) for place in places]
        else:
            lines.append((key, np.arange(len(table), dtype=np.int64)))
    return lines


def group_sizes(frozen: Frozen, keys: list[str]) -> dict[Cell, int]:
    """How many meters each combination of the attributes among `keys` has ever had."""
    attributes = [key for key in keys if key in ATTRIBUTES]
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
