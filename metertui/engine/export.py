"""Readings as a table for other programs: each with the usage of the step that ends at it, and how it is taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine import validation
from metertui.engine.columns import Frozen, Group
from metertui.engine.errors import MeterError
from metertui.engine.records import disarmed
from metertui.engine.windows import between

STATUS: Final = ("counted", "reset", "exchange", "suspect", "rejected", "void")
"""Names of the values of a status, in order; no stored reading is an exchange."""
COLUMNS: Final = (
    "identifier",
    "timestamp",
    "reading_kwh",
    "usage_kwh",
    "region",
    "sub_region",
    "apartment_type",
    "status",
)
_CHUNK: Final = 50_000


def export(
    frozen: Frozen,
    first: date,
    last: date,
    *,
    meter: str = "",
    region: str = "",
    sub_region: str = "",
    apartment_type: str = "",
) -> Iterator[pd.DataFrame]:
    """The stored readings of local days, both included, in order of meter and time, in tables of COLUMNS.

    kWh as numbers; `usage_kwh` is missing for a meter's first counted reading and for one that does not count. An
    empty filter takes all. Raises MeterError.
    """
    window = between(first, last, frozen.zone)
    columns = frozen.columns
    span = slice(0, len(frozen))
    if meter:
        code = frozen.code(meter)
        if code is None:
            raise MeterError(f"{meter} is not a meter of this site")
        span = columns.span(code)
    wanted = np.array(
        [
            (not region or group.region == region)
            and (not sub_region or group.sub_region == sub_region)
            and (not apartment_type or group.apartment_type == apartment_type)
            for group in frozen.groups
        ],
        dtype=bool,
    )
    time = columns.time[span]
    rows = np.flatnonzero((time > window.start) & (time <= window.end) & wanted[frozen.group[span]]) + span.start
    step = _steps(frozen)
    for at in range(0, len(rows), _CHUNK):
        yield _frame(frozen, rows[at : at + _CHUNK], step)


def _steps(frozen: Frozen) -> NDArray[np.float64]:
    """By reading, the kWh of the step that ends at it; NaN where there is none."""
    counted = np.flatnonzero(frozen.status < validation.SUSPECT)
    meter = frozen.columns.meter[counted]
    step = np.full(len(frozen), np.nan)
    if len(counted):
        used = np.diff(frozen.energy[counted], prepend=0) / 1000
        used[np.concatenate(([True], meter[1:] != meter[:-1]))] = np.nan
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
        columns=pd.Index(COLUMNS),
    )
