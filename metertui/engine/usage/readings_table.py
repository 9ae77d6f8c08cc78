"""Readings as a table for other programs: each with the usage of the step that ends at it, and how it is taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.base import DAY, Progress, between, disarmed, no_progress
from metertui.engine.columns import Frozen, Group
from metertui.engine.errors import MeterError
from metertui.engine.usage.buckets import inside
from metertui.engine.usage.query import ATTRIBUTE_KEYS, Question
from metertui.engine.vee import rules

STATUS: Final = ("counted", "reset", "exchange", "suspect", "rejected", "void")
"""Names of the values of a status, in order; no stored reading is an exchange."""
COLUMNS: Final[dict[str, Literal["text", "time", "kwh"]]] = {
    "identifier": "text",
    "timestamp": "time",
    "reading_kwh": "kwh",
    "usage_kwh": "kwh",
    "region": "text",
    "sub_region": "text",
    "apartment_type": "text",
    "status": "text",
}
"""Names, and what is below them."""
_CHUNK: Final = 50_000


def export(frozen: Frozen, question: Question, progress: Progress = no_progress) -> Iterator[pd.DataFrame]:
    """The stored readings that a question's days, filters and time of day leave, in tables of COLUMNS.

    In order of meter and time. A reading at the end of a time of day is in it, as one at midnight is of the day before.
    kWh as numbers; `usage_kwh` is of the whole step, and missing where C begins, at a meter's first counted reading,
    and for one that does not count. `progress` is told the share done after each table. Raises MeterError.
    """
    window = between(question.first, question.last, frozen.zone)
    columns = frozen.columns
    span = slice(0, len(frozen))
    if question.meter:
        code = frozen.code(question.meter)
        if code is None:
            raise MeterError(f"{question.meter} is not a meter of this site")
        span = columns.span(code)
    wanted = np.array(
        [
            all(not getattr(question, key) or getattr(group, key) == getattr(question, key) for key in ATTRIBUTE_KEYS)
            for group in frozen.groups
        ],
        dtype=bool,
    )
    time = columns.time[span]
    kept = (time > window.start) & (time <= window.end) & wanted[frozen.group[span]]
    if question.clock is not None:
        kept &= inside(frozen.zone.wall(time - 1) % DAY, question.clock)
    rows = np.flatnonzero(kept) + span.start
    step = _steps(frozen)
    for at in range(0, len(rows), _CHUNK):
        yield _frame(frozen, rows[at : at + _CHUNK], step)
        progress(min(1.0, (at + _CHUNK) / len(rows)))


def _steps(frozen: Frozen) -> NDArray[np.float64]:
    """By reading, the kWh of the step that ends at it; NaN where there is none."""
    counted = np.flatnonzero(frozen.status < rules.SUSPECT)
    meter = frozen.columns.meter[counted]
    step = np.full(len(frozen), np.nan)
    if len(counted):
        used = np.diff(frozen.energy[counted], prepend=0) / 1000
        first = np.flatnonzero(np.concatenate(([True], meter[1:] != meter[:-1])))
        # Before a meter's first reading there may be an exchange, and what was used since then is known.
        begins = frozen.curve.time[frozen.curve.starts[meter[first]]]
        is_begin = frozen.columns.time[counted[first]] == begins
        used[first] = np.where(is_begin, np.nan, frozen.energy[counted[first]] / 1000)
        step[counted] = used
    return step


def _frame(frozen: Frozen, rows: NDArray[np.int64], step: NDArray[np.float64]) -> pd.DataFrame:
    columns = frozen.columns
    harmless = [Group(*map(disarmed, group)) for group in frozen.groups]
    groups = [harmless[code] for code in frozen.group[rows].tolist()]
    return pd.DataFrame(
        {
            "identifier": [frozen.ids[code] for code in columns.meter[rows].tolist()],
            "timestamp": [frozen.zone.iso(time) for time in columns.time[rows].tolist()],
            "reading_kwh": columns.wh[rows] / 1000,
            "usage_kwh": step[rows],
            "region": [group.region for group in groups],
            "sub_region": [group.sub_region for group in groups],
            "apartment_type": [group.apartment_type for group in groups],
            "status": [STATUS[status] for status in frozen.status[rows].tolist()],
        },
        columns=pd.Index(list(COLUMNS)),
    )
