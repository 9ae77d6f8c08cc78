"""From what clocks show to instants, through both changes of the clock.

Where the clock is set back, a label comes twice. The row nearer to the oldest end of the file is the first of the two,
and a label that comes once is the first as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, Int64Array, SiteZone

BARE: Final = -(1 << 62)
"""In place of the offset of a label that names none."""


def later_instants(zone: SiteZone, walls: Int64Array, after: Int64Array) -> Int64Array:
    """Return the first instants later than `after` at which the clock shows `walls`, all in µs UTC.

    Where the clock skips a time, it is the instant of the change: an interval may end there by either name.
    """
    first = zone.instants_of(walls)
    skipped = zone.wall_clock(first) != walls
    instants = np.where(skipped, zone.last_changes(first + DAY), first)
    return np.where(instants > after, instants, zone.second_instants(instants))


def passes(labels: Sequence[Hashable], *, newest_first: bool) -> NDArray[np.bool_]:
    """Return for labels in the order of a file, all of which the clock shows twice, which are of the second pass."""
    rows: dict[Hashable, list[int]] = defaultdict(list)
    for row, label in enumerate(labels):
        rows[label].append(row)
    second = np.zeros(len(labels), dtype=bool)
    for places in rows.values():
        oldest, *others = reversed(places) if newest_first else places
        second[others] = True
        second[oldest] = False
    return second
