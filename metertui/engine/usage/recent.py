"""What a meter used lately, at a glance: the rise at a reading, and equal stretches of time before an instant."""

from __future__ import annotations

from typing import Final

import numpy as np

from metertui.engine.base import Int64Array
from metertui.engine.columns import Curve
from metertui.engine.usage.intervals import list_readings
from metertui.engine.usage.series import Series

_FAR: Final = 2
"""How many buckets long an interval is from which nothing is said of the buckets that it reaches into."""


def rise_at(series: Series, time: int, wh: int) -> int | None:
    """Return the usage (Wh) since the reading counted before a reading, given by its time (µs UTC) and register (Wh).

    None for the first reading, for one that is not counted, and where another value stands at its instant.
    """
    if series.standing_at(time) != wh:
        return None
    listed = list_readings(series.columns, series.status, series.read_curve)
    used = int(listed.used[listed.source >= 0][series.time.searchsorted(time)])
    return None if used < 0 else used


def known_buckets(series: Series, marks: Int64Array) -> list[int | None]:
    """Return the usage (Wh) between m + 1 marks (µs UTC, ascending), for bars that are compared; None where unknown.

    It is unknown where C is not defined from mark to mark, and where it is drawn evenly through an interval of two
    buckets or more: that would make a profile of a meter that has none.
    """
    used, _ = series.buckets(marks)
    return [
        wh if _is_known(series.curve, start, end) else None
        for wh, start, end in zip(used.tolist(), marks[:-1].tolist(), marks[1:].tolist(), strict=True)
    ]


def _is_known(curve: Curve, start: int, end: int) -> bool:
    counted = curve.time
    first = int(counted.searchsorted(start, side="right")) - 1
    last = int(counted.searchsorted(end))
    if first < 0 or last == len(counted) or curve.missing_in(start, end, int(curve.meter[0]) + 1).any():
        return False
    return int(np.diff(counted[first : last + 1]).max(initial=0)) < _FAR * (end - start)
