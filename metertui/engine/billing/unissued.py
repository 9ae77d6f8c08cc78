"""Months with usage whose bills were never issued, although those of a later month are.

A run bills its own month, and the changes of months that were issued. So nothing bills a month that was left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import first_of_month, format_kwh, month_bounds
from metertui.engine.columns import Frozen

_NAMED: Final = 5
"""Meters that a sentence names; the file of a billing run has all of them."""


@dataclass(frozen=True, eq=False)
class UnissuedMonth:
    """A month (`YYYY-MM`) that was not issued: its usage (Wh), and which meters had any, bool[m] by meter code."""

    month: str
    usage_wh: int
    meters: NDArray[np.bool_]
    after_issued: bool
    """Whether an earlier month was issued: then it was left out, and not before the first run."""


def unissued_months(frozen: Frozen, issued: Collection[str], until: str) -> list[UnissuedMonth]:
    """Return the months with usage before the month `until` (`YYYY-MM`) that are not among those issued, in order.

    O(m log n) a month for m meters and n readings. Raises MeterError for an invalid month.
    """
    frozen = frozen.use
    curve, zone = frozen.curve, frozen.zone
    found: list[UnissuedMonth] = []
    if not len(curve):
        return found
    codes = np.unique(curve.meter).astype(np.int64)
    month, first_issued = f"{zone.day(int(curve.time.min())):%Y-%m}", min(issued, default=until)
    while month < until:
        start, end = month_bounds(month, zone)
        if month not in issued:
            used = _energy(frozen, codes, end) - _energy(frozen, codes, start)
            if used.any():
                meters = np.zeros(len(frozen.ids), dtype=bool)
                meters[codes] = used > 0
                found.append(UnissuedMonth(month, int(used.sum()), meters, month > first_issued))
        month = f"{first_of_month(date.fromisoformat(f'{month}-01'), 1):%Y-%m}"
    return found


def unissued_sentences(frozen: Frozen, months: Collection[UnissuedMonth]) -> Iterator[str]:
    """Yield a sentence for each row of months that follow one another, with usage and meters."""
    for _, run in groupby(enumerate(months), lambda each: _number(each[1].month) - each[0]):
        row = [month for _, month in run]
        codes = np.flatnonzero(np.logical_or.reduce([month.meters for month in row])).tolist()
        ids = sorted(frozen.ids[code] for code in codes)
        named = ", ".join(ids[:_NAMED]) + (f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else "")
        when = row[0].month if len(row) == 1 else f"{row[0].month} to {row[-1].month}"
        used = format_kwh(sum(month.usage_wh for month in row))
        yield f"{when}: never issued: {used} kWh of {len(ids)} {'meter' if len(ids) == 1 else 'meters'}: {named}"


def _energy(frozen: Frozen, codes: NDArray[np.int64], instant: int) -> NDArray[np.int64]:
    """Return C (Wh) of meters at an instant (µs UTC), moved into the time in which it is defined."""
    at = frozen.curve.clip(codes, instant)
    return frozen.curve.energy_at(frozen.curve.places(codes, at), at)


def _number(month: str) -> int:
    return 12 * int(month[:4]) + int(month[5:])
