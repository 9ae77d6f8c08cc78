"""The list of exceptions: readings that do not fit their meter's history, each with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from metertui.engine import validation
from metertui.engine.columns import Frozen
from metertui.engine.records import format_kwh

Cause = Literal["suspect", "reset", "rejected"]

_CAUSES: Final[dict[int, Cause]] = {
    validation.SUSPECT: "suspect",
    validation.RESET: "reset",
    validation.REJECTED: "rejected",
}


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """A reading that did not fit. `time` µs UTC, `wh` the register; `why` in one clause."""

    meter: str
    time: int
    wh: int
    cause: Cause
    why: str


@dataclass(frozen=True, slots=True)
class Exceptions:
    """How many there are of each cause, and the newest of them."""

    counts: dict[Cause, int]
    rows: tuple[ExceptionRow, ...]


def exceptions(frozen: Frozen, limit: int = 500) -> Exceptions:
    """All causes counted, and the `limit` latest readings that did not fit, newest first."""
    odd = np.flatnonzero((frozen.status == validation.RESET) | validation.doubtful(frozen.status))
    kinds = frozen.status[odd]
    counts = {cause: int(np.count_nonzero(kinds == status)) for status, cause in _CAUSES.items()}
    newest = odd[np.argsort(frozen.columns.time[odd], kind="stable")[::-1][:limit]]
    return Exceptions(counts, tuple(_row(frozen, int(place)) for place in newest))


def _row(frozen: Frozen, place: int) -> ExceptionRow:
    columns = frozen.columns
    code, time, wh = int(columns.meter[place]), int(columns.time[place]), int(columns.wh[place])
    before = place - 1
    while before >= 0 and columns.meter[before] == code and frozen.status[before] >= validation.SUSPECT:
        before -= 1
    if (
        before >= 0
        and columns.meter[before] == code
        and not validation.fits(int(columns.time[before]), int(columns.wh[before]), time, wh, frozen.max_w)
    ):
        why = validation.why(int(columns.time[before]), int(columns.wh[before]), time, wh, frozen.max_w, frozen.zone)
    else:
        why = f"{format_kwh(wh)} kWh does not fit the readings after it"
    return ExceptionRow(frozen.ids[code], time, wh, _CAUSES[int(frozen.status[place])], why)
