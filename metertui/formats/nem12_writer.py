"""Load curves as a NEM12 file, the form of interval data in the Australian market.

Days are those of the market's clock, UTC+10:00 all year. An interval of a day without energy has the quality N, null
data. Estimated and substituted energy has the method 17, linear.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Final, TextIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.base import DAY, HOUR, MINUTE, Int64Array, day_of_number, format_kwh, split_identifier
from metertui.engine.errors import MeterError

STEPS: Final = (5 * MINUTE, 15 * MINUTE, 30 * MINUTE)
"""The intervals that NEM12 has, µs."""
_OFFSET: Final = 10 * HOUR
_SUFFIXES: Final = {
    "use": "E1",
    "export": "B1",
    **{f"t{nth}": f"E{nth}" for nth in range(1, 10)},
    **{f"e{nth}": f"B{nth}" for nth in range(1, 10)},
}
"""Suffixes of data streams by channel: E is energy to the customer, B from the customer."""
_QUALITIES: Final = {"actual": "A", "estimated": "E17", "substituted": "S17"}
_EDGES: Final = ("start", "end")
_NULL: Final = "N"
_MOST: Final = 10
"""Characters of a meter id (NMI)."""


class Nem12Writer:
    """Writes load curves with intervals of `step` µs to a file; `made` is an instant, µs UTC.

    Raises MeterError for intervals that NEM12 does not have.
    """

    def __init__(self, file: TextIO, step: int, made: int) -> None:
        if step not in STEPS:
            raise MeterError("NEM12 has intervals of 5m, 15m and 30m")
        self._file = file
        self._step = step
        self.intervals = 0
        """How many were written."""
        self.left_out = 0
        """How many are cut short by the end of what is known, and NEM12 has no room for them."""
        self.long_ids = 0
        """Of how many meters the id is longer than an NMI."""
        moment = pd.Timestamp((made + _OFFSET) * 1000)
        self._made = f"{moment:%Y%m%d%H%M%S}"
        self._write(("100", "NEM12", self._made[:12], "metertui", ""))

    def _write(self, cells: Iterable[str]) -> None:
        self._file.write(",".join(cells) + "\n")

    def add(self, table: pd.DataFrame) -> None:
        """Write the load curves of some whole meters, in tables of LOAD_COLUMNS.

        Raises MeterError for a channel that NEM12 has no suffix for, and for a clock whose half hours are not those of
        the market.
        """
        for identifier, rows in table.groupby("identifier", observed=True, sort=False):
            self._add_stream(str(identifier), rows)

    def end(self) -> None:
        """Write the last record."""
        self._write(("900",))

    def _add_stream(self, identifier: str, rows: pd.DataFrame) -> None:
        meter, channel = split_identifier(identifier)
        suffix = _SUFFIXES.get(channel)
        if suffix is None:
            raise MeterError(
                f"NEM12 has no suffix for the channel {channel}; it has use, export, t1 to t9 and e1 to e9"
            )
        start, end = (
            rows[name].dt.tz_convert("UTC").to_numpy(dtype="datetime64[us]").view(np.int64) for name in _EDGES
        )
        whole = end - start == self._step
        self.left_out += int((~whole).sum())
        local = start[whole] + _OFFSET
        if (local % self._step).any():
            raise MeterError("the clock of the site zone does not begin its intervals with the market's, UTC+10:00")
        minutes = self._step // MINUTE
        self._write(("200", meter, suffix, "", suffix, "", "", "kWh", f"{minutes}", ""))
        self.long_ids += len(meter) > _MOST
        wh = (rows["usage_kwh"].to_numpy()[whole] * 1000).round().astype(np.int64)
        quality = rows["quality"].map(_QUALITIES).to_numpy(dtype=object)[whole]
        number, place = local // DAY, local % DAY // self._step
        for day in np.unique(number).tolist():
            of_day = number == day
            self._write_day(day, place[of_day], wh[of_day], quality[of_day])
        self.intervals += len(wh)

    def _write_day(self, day: int, place: Int64Array, wh: Int64Array, quality: NDArray[np.object_]) -> None:
        """Write a day, whose number is in days since 1970, with its energy (Wh) at places from 0 on."""
        count = DAY // self._step
        values, qualities = np.zeros(count, dtype=np.int64), np.full(count, _NULL, dtype=object)
        values[place], qualities[place] = wh, quality
        one = len(set(qualities.tolist())) == 1
        cells = [f"{day_of_number(day):%Y%m%d}", *map(format_kwh, values.tolist()), qualities[0] if one else "V"]
        self._write(("300", *cells, "", "", self._made, ""))
        if not one:
            first = 1
            for name, some in groupby(qualities.tolist()):
                last = first + len(list(some)) - 1
                self._write(("400", f"{first}", f"{last}", name, "", ""))
                first = last + 1


def _instants(times: pd.Series[pd.Timestamp]) -> Int64Array:
    """Return times as µs UTC."""
    return times.dt.tz_convert("UTC").to_numpy(dtype="datetime64[us]").view(np.int64)
