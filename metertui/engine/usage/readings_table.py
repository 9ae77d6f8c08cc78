"""Readings as a table for other programs, each with the usage of the interval that ends at it and its status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import DAY, Progress, SiteZone, disarm_formula, no_progress, window_of_days
from metertui.engine.columns import Frozen, Group
from metertui.engine.usage.buckets import in_clock
from metertui.engine.usage.intervals import Listed, filed_times, list_readings
from metertui.engine.usage.query import Question

STATUS: Final = ("counted", "reset", "exchange", "rounding", "suspect", "rejected", "void")
"""Names of the values of a status, in order. An exchange is no stored reading: its row has the final read."""
COLUMNS: Final[dict[str, Literal["text", "time", "kwh"]]] = {
    "identifier": "text",
    "timestamp": "time",
    "reading_kwh": "kwh",
    "usage_kwh": "kwh",
    **dict.fromkeys(ATTRIBUTES, "text"),
    "status": "text",
}
"""Names, and what is below them."""
_CHUNK: Final = 50_000


def reading_tables(frozen: Frozen, question: Question, progress: Progress = no_progress) -> Iterator[pd.DataFrame]:
    """Yield the stored readings within a question's days, filters and time of day, in tables of COLUMNS.

    In order of meter and time. A reading at the end of a time of day is in it, as one at midnight is of the day before;
    but a meter's first counted one is in what it opens.
    kWh as numbers. `usage_kwh` is of the whole interval; it is missing at a meter's first counted reading, where C
    begins, and for a reading that is not counted. An exchange at which no reading counts has a row too. `progress` is
    called with the share done after each table. Raises MeterError.
    """
    window = window_of_days(question.first, question.last, frozen.zone)
    code = question.filter.meter_code(frozen.code)
    listed = list_readings(frozen.columns, frozen.status, frozen.curve)
    wanted = np.array([question.filter.takes_group(group) for group in frozen.groups], dtype=bool)
    bounds = [0, len(listed.meter)] if code is None else np.searchsorted(listed.meter, [code, code + 1]).tolist()
    span = slice(*bounds)
    time = filed_times(listed.meter, listed.time, frozen.curve)[span]
    kept = (time > window.start) & (time <= window.end) & wanted[_groups(frozen, listed.source[span])]
    clock = question.filter.clock
    if clock is not None:
        kept &= in_clock(frozen.zone.wall_clock(time - 1) % DAY, clock)
    rows = np.flatnonzero(kept) + span.start
    for at in range(0, len(rows), _CHUNK):
        yield _frame(frozen, Listed(*(column[rows[at : at + _CHUNK]] for column in listed)))
        progress(min(1.0, (at + _CHUNK) / len(rows)))


def _frame(frozen: Frozen, some: Listed) -> pd.DataFrame:
    groups = list(map(harmless, frozen.groups))
    ids = [frozen.ids[code] for code in some.meter.tolist()]
    of_rows = [groups[code] for code in _groups(frozen, some.source).tolist()]
    return readings_frame(ids, some.time, some.wh, some.used, of_rows, some.status, frozen.zone)


def _groups(frozen: Frozen, source: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the group of each of `Listed`, by its source; int32[n]."""
    stored = source >= 0
    found = np.empty(len(source), dtype=np.int32)
    found[stored], found[~stored] = frozen.group[source[stored]], frozen.curve_group[~source[~stored]]
    return found


def harmless(group: Group) -> Group:
    """Return attributes that no spreadsheet takes for a formula."""
    return Group(*map(disarm_formula, group))


def readings_frame(
    ids: Sequence[str],
    time: NDArray[np.int64],
    wh: NDArray[np.int64],
    used: NDArray[np.int64],
    groups: Sequence[Group],
    status: NDArray[np.uint8],
    zone: SiteZone,
) -> pd.DataFrame:
    """Return readings as a table of COLUMNS. Times are µs UTC, registers and usage Wh; a usage below 0 is missing."""
    return pd.DataFrame(
        {
            "identifier": ids,
            "timestamp": [zone.iso(instant) for instant in time.tolist()],
            "reading_kwh": wh / 1000,
            "usage_kwh": np.where(used < 0, np.nan, used / 1000),
            **{key: [getattr(group, key) for group in groups] for key in ATTRIBUTES},
            "status": [STATUS[code] for code in status.tolist()],
        },
        columns=pd.Index(list(COLUMNS)),
    )
