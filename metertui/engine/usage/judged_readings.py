"""Some readings of a list with their usage and status, without those of all other meters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array, Limits
from metertui.engine.columns import tail_columns
from metertui.engine.index import ReadingList, Readings
from metertui.engine.usage.listed_intervals import list_all
from metertui.engine.usage.series import Series


class JudgedReadings(NamedTuple):
    """Some readings and what follows from them; equal lengths."""

    readings: Readings
    used: Int64Array
    """The usage since the counted reading before, Wh; -1 for a meter's first and for one that is not counted."""
    length: Int64Array
    """The time since then, µs; -1 where there is no usage."""
    status: NDArray[np.uint8]
    """See vee.rules."""
    quality: NDArray[np.uint8]


def judge_readings(found: ReadingList, start: int, stop: int, limits: Limits) -> JudgedReadings:
    """Judge the readings [start, stop) of a list, given their limits. Any thread.

    O(m) for the m readings of their meters, which are all looked at: what counts follows from the readings around.
    """
    readings, stored = found.part(start, stop), found.stored
    used, length = np.full((2, len(readings.time)), -1, dtype=np.int64)
    status = np.zeros(len(readings.time), dtype=np.uint8)
    for code in np.unique(readings.meter).tolist():
        _, time, wh = tail_columns.readings_at(stored.history, stored.tail, stored.rows_of_meter(code))
        edits = None if stored.corrections is None else stored.corrections.of_meter(code)
        stated = stored.intervals.of_meter(code)
        series = Series.from_readings(stored.ids[code], time, wh, limits.of_meter(code), edits, stated)
        listed = list_all(series.columns, series.status, series.read_curve, series.curve, stated)
        place = np.empty(len(time) + len(stated), dtype=np.int64)
        place[listed.source[listed.source >= 0]] = np.flatnonzero(listed.source >= 0)
        mine = np.flatnonzero(readings.meter == code)
        source = time.searchsorted(readings.time[mine])
        if readings.interval is not None:
            interval, first = readings.interval[mine], stored.intervals.span(code).start
            source = np.where(interval >= 0, len(time) + interval - first, source)
        at = place[source]
        used[mine], length[mine], status[mine] = listed.used[at], listed.length[at], listed.status[at]
    return JudgedReadings(readings, used, length, status, stored.qualities_of(readings))
