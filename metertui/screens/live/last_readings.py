"""The table of last readings: each with what its meter used since the one before, and in the day before it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from textual import work

from metertui.engine.base import ACTUAL, HOUR, QUALITY_NAMES, format_kwh
from metertui.engine.core import Arrival
from metertui.engine.usage import Series, known_buckets, rise_at
from metertui.screens.charts import sparkline
from metertui.screens.shell import OnDesk
from metertui.screens.tables import Cells, Column, LateCells, LateRow, Listing
from metertui.text import fmt

_BARS: Final = 8
_BAR: Final = 3 * HOUR
_WIDEST: Final = 200
_COLUMNS: Final = (
    Column("time", 8, right=True),
    "=meter",
    ">register kWh",
    # Cells that are there for the rows in view alone put no table in order.
    Column("+kWh", 8, right=True, spare=True, sorts=False),
    Column("last 24 h", 9, whole=True, spare=True, sorts=False, ink="text-muted"),
    Column("note", 4, narrowest=14, most=_WIDEST),
)
_USED: Final = 3
"""The first of the late columns."""


class LastReadings(OnDesk, Listing):
    """The last readings, the newest first."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(_COLUMNS, enter="Open the meter", **kwargs)
        self._arrivals: dict[str, Arrival] = {}
        self._now = 0
        self._late = LateCells(2, own=True)

    def show_arrivals(self, arrivals: Sequence[Arrival], now: int) -> None:
        """Show these readings; those of the day of `now` (µs UTC) without their date."""
        self._now = now
        self._arrivals = {f"{each.meter} {each.time} {each.wh} {each.quality}": each for each in arrivals}
        self._show()

    def _show(self) -> None:
        zone, now = self.zone, self._now
        self.show(
            [
                (
                    key,
                    (fmt.clock_or_moment(a.time, now, zone), a.meter, fmt.number(a.wh), *self._late_of(key), _note(a)),
                )
                for key, a in self._arrivals.items()
            ]
        )

    def _late_of(self, key: str) -> Cells:
        """Return the late cells of a row: an ellipsis until they are worked out."""
        used, day = self._late.of(key)
        return used or "…", day

    @work(group="late")
    async def fill(self) -> None:
        """Work out what is missing in the rows in view, if there is room for it."""
        if not self.shows_column(_USED):
            return
        keys = [str(self.key_of_row(row)) for row in self.rows_in_view]
        rows = [LateRow(key, a.meter, partial(glance, a)) for key in keys if (a := self._arrivals.get(key)) is not None]
        if await self._late.fill(self.headend, rows):
            self._show()


def glance(arrival: Arrival, series: Series) -> Cells:
    """Return the usage since the reading counted before, or a dash, and the 24 hours that end at the reading."""
    rise = rise_at(series, arrival.time, arrival.wh)
    marks = arrival.time + _BAR * np.arange(-_BARS, 1, dtype=np.int64)
    return "–" if rise is None else fmt.number(rise), sparkline(known_buckets(series, marks), _BARS).rstrip()


def _note(arrival: Arrival) -> str:
    """Return its quality, unless it is actual, and why it is suspect, without its value, which has its own column."""
    quality = "" if arrival.quality == ACTUAL else QUALITY_NAMES[arrival.quality]
    if not arrival.note:
        return f"≈ {quality}" if quality else ""
    why = fmt.for_people(arrival.note.removeprefix(f"{format_kwh(arrival.wh)} kWh is "))
    return f"▲ {quality}: {why}" if quality else f"▲ {why}"
