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
from metertui.engine.usage.intervals import intervals_before
from metertui.engine.usage.query import Question

STATUS: Final = ("counted", "reset", "exchange", "suspect", "rejected", "void")
"""Names of the values of a status, in order; no stored reading is an exchange."""
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

    In order of meter and time. A reading at the end of a time of day is in it, as one at midnight is of the day before.
    kWh as numbers. `usage_kwh` is of the whole interval; it is missing at a meter's first counted reading, where C
    begins, and for a reading that is not counted. `progress` is called with the share done after each table. Raises
    MeterError.
    """
    window = window_of_days(question.first, question.last, frozen.zone)
    columns = frozen.columns
    code = question.filter.meter_code(frozen.code)
    span = slice(0, len(frozen)) if code is None else columns.span(code)
    wanted = np.array([question.filter.takes_group(group) for group in frozen.groups], dtype=bool)
    time = columns.time[span]
    kept = (time > window.start) & (time <= window.end) & wanted[frozen.group[span]]
    clock = question.filter.clock
    if clock is not None:
        kept &= in_clock(frozen.zone.wall_clock(time - 1) % DAY, clock)
    rows = np.flatnonzero(kept) + span.start
    used = intervals_before(columns, frozen.status, frozen.energy, frozen.curve)[0]
    for at in range(0, len(rows), _CHUNK):
        yield _frame(frozen, rows[at : at + _CHUNK], used)
        progress(min(1.0, (at + _CHUNK) / len(rows)))


def _frame(frozen: Frozen, rows: NDArray[np.int64], used: NDArray[np.int64]) -> pd.DataFrame:
    columns, groups = frozen.columns, list(map(harmless, frozen.groups))
    ids = [frozen.ids[code] for code in columns.meter[rows].tolist()]
    of_rows = [groups[code] for code in frozen.group[rows].tolist()]
    time, wh, status = columns.time[rows], columns.wh[rows], frozen.status[rows]
    return readings_frame(ids, time, wh, used[rows], of_rows, status, frozen.zone)


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
