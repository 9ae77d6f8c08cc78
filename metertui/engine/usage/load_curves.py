"""Load curves for other programs: the energy of each meter in every interval of the clock, such as a half hour.

The energy of an interval is the difference of C(t) at its edges, so intervals sum to days, months and bills, to the
watt-hour. An interval in which C begins, ends or has a gap is cut to what is known; one of which nothing is known has
no row.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import (
    DAY,
    MINUTE,
    USE,
    Identifier,
    Int64Array,
    Progress,
    no_progress,
    window_of_days,
)
from metertui.engine.columns import READ, Curve, Frozen, site_times
from metertui.engine.errors import MeterError
from metertui.engine.usage.aggregate import frozen_of_channel
from metertui.engine.usage.buckets import in_clock
from metertui.engine.usage.intervals import meter_blocks
from metertui.engine.usage.query import Question
from metertui.engine.usage.readings_table import Kind
from metertui.engine.usage.segments import segments_in_window, usage_cells
from metertui.engine.usage.series import QUALITY_OF_POINT

LOAD_COLUMNS: Final[dict[str, Kind]] = {
    "identifier": "text",
    "start": "time",
    "end": "time",
    "usage_kwh": "kwh",
    "quality": "text",
    **dict.fromkeys(ATTRIBUTES, "text"),
}
"""Names of the columns, and what is below them."""
_QUALITIES: Final = ("actual", "estimated", "substituted")
_OF_POINT: Final = np.array([_QUALITIES.index(quality) for quality in QUALITY_OF_POINT])
_ESTIMATED: Final = _QUALITIES.index("estimated")


def check_step(step: int) -> None:
    """Raise MeterError for the length of an interval (µs) that does not divide the day, or is below a minute."""
    if step < MINUTE or DAY % step:
        raise MeterError("an interval is at least a minute long and divides the day, such as 15m, 30m or 1h")


def load_tables(
    frozen: Frozen, question: Question, step: int, progress: Progress = no_progress
) -> Iterator[pd.DataFrame]:
    """Yield the load curves of a question's days, filters and time of day, in tables of LOAD_COLUMNS.

    In order of meter and time; intervals of `step` µs begin at local midnights. `start` and `end` are datetime64[us] in
    the site zone. `quality` is `actual` where C is read at both edges, `substituted` or `estimated` where it is not at
    one of them. `progress` is called with the share done. Raises MeterError.
    """
    check_step(step)
    channel = question.filter.named_channel
    frozen = frozen_of_channel(frozen, question)
    code = question.filter.meter_code(frozen.code)
    wanted = [question.filter.takes_group(group) for group in frozen.groups]
    label_of_group = np.where(wanted, np.arange(len(wanted)), -1).astype(np.int64)
    window = window_of_days(question.first, question.last, frozen.zone)
    marks = _edges(frozen, window.start, window.end, step)
    clock = question.filter.clock
    for block in meter_blocks(frozen, code) if len(marks) > 1 else ():
        taken = segments_in_window(frozen, block.curve, label_of_group, int(marks[0]), int(marks[-1]))
        for cells in usage_cells(frozen.curve, taken, marks):
            low = np.maximum(marks[cells.bucket], taken.low[cells.segment])
            high = np.minimum(marks[cells.bucket + 1], taken.high[cells.segment])
            kept = low < high
            if clock is not None:
                kept &= in_clock(frozen.zone.wall_clock(high - 1) % DAY, clock)
            at = cells.segment[kept]
            if len(at):
                edges = low[kept], high[kept]
                yield _frame(frozen, channel, taken.meter[at], taken.label[at], *edges, cells.amount[kept])
            progress(block.share_of_all(cells.share_done(taken)))
        progress(block.share_of_all(1))


def _edges(frozen: Frozen, start: int, end: int, step: int) -> Int64Array:
    """Return the edges of intervals in [start, end] (µs UTC) as far as anything is known, ascending."""
    time = frozen.curve.time
    if not len(time):
        return np.empty(0, dtype=np.int64)
    zone = frozen.zone
    first, last = max(start, int(time.min())), min(end, int(time.max()))
    if first >= last:
        return np.empty(0, dtype=np.int64)
    days = zone.midnights(zone.day(first), zone.day(last - 1))
    inner = [np.arange(day, following, step) for day, following in pairwise(days.tolist())]
    return np.append(np.concatenate(inner), days[-1])


def _frame(
    frozen: Frozen,
    channel: str,
    meter: Int64Array,
    group: Int64Array,
    start: Int64Array,
    end: Int64Array,
    used: Int64Array,
) -> pd.DataFrame:
    codes, place = np.unique(meter, return_inverse=True)
    ids = pd.Index([str(Identifier(frozen.ids[code], channel or USE)) for code in codes.tolist()], dtype=object)
    worst = np.maximum(_quality_at(frozen.curve, meter, start), _quality_at(frozen.curve, meter, end))
    columns: dict[str, object] = {
        "identifier": pd.Categorical.from_codes(place, categories=ids),
        "start": site_times(start, frozen.zone),
        "end": site_times(end, frozen.zone),
        "usage_kwh": used / 1000,
        "quality": pd.Categorical.from_codes(worst, categories=pd.Index(_QUALITIES, dtype=object)),
    }
    for name in ATTRIBUTES:
        values = np.array([getattr(each, name) for each in frozen.groups], dtype=object)
        columns[name] = pd.Categorical(values[group])
    return pd.DataFrame(columns)


def _quality_at(curve: Curve, meter: Int64Array, instant: Int64Array) -> NDArray[np.int64]:
    """Return how C is known at instants (µs UTC) at which it is defined: positions in _QUALITIES."""
    place = curve.places(meter, instant)
    of_point = _OF_POINT[READ if curve.known is None else curve.known[place]]
    begins = curve.begins[place]  # C is 0 there, or as it was before the gap: nothing is estimated
    exact = np.where(begins, 0, of_point)
    return np.where(curve.time[place] == instant, exact, _ESTIMATED)
