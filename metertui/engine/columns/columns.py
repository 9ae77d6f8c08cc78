"""Readings as columns: what questions are asked of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.attributes import Group
from metertui.engine.base import SiteZone
from metertui.engine.columns.edit_columns import Corrections
from metertui.engine.columns.interpolation import interpolate
from metertui.engine.columns.sorted_runs import first_at_least


@dataclass(frozen=True, eq=False)
class Columns:
    """Stored readings in order of (meter, time), each pair once; equal lengths n, never written to again."""

    meter: NDArray[np.int32]
    """Meter codes: positions in the engine's list of meter ids."""
    time: NDArray[np.int64]
    """µs since 1970-01-01 UTC."""
    wh: NDArray[np.int64]
    """Register, Wh."""

    def __len__(self) -> int:
        return len(self.time)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where each meter's run begins: meter code c stands at [starts[c], starts[c + 1])."""
        count = int(self.meter[-1]) + 1 if len(self.meter) else 0
        return np.searchsorted(self.meter, np.arange(count + 1, dtype=np.int32)).astype(np.int64)

    def span(self, code: int) -> slice:
        """The rows of one meter; empty for a meter without any."""
        if code + 1 >= len(self.starts):
            return slice(0, 0)
        return slice(int(self.starts[code]), int(self.starts[code + 1]))

    @classmethod
    def empty(cls) -> Columns:
        return cls(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True, eq=False)
class Curve(Columns):
    """What C(t) is drawn through: counted readings and instants of exchange, in order of (meter, time), each once.

    `wh` is the register there, at an exchange the old one's last.
    """

    base: NDArray[np.int64]
    """What the register rises from after the point, Wh: `wh`, but for an exchange the new register's first."""
    energy: NDArray[np.int64]
    """C there: Wh since the meter's first point."""

    def point_before(self, time: int) -> tuple[int, int] | None:
        """Return the instant (µs UTC) and the base (Wh) of the last point before `time`, on the curve of one meter."""
        place = int(np.searchsorted(self.time, time)) - 1
        return (int(self.time[place]), int(self.base[place])) if place >= 0 else None

    def part(self, span: slice) -> Curve:
        """Return some of its points."""
        return Curve(self.meter[span], self.time[span], self.wh[span], self.base[span], self.energy[span])

    def clip(self, meter: NDArray[np.int64], instant: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """Move instants (µs UTC) into the time from a meter's first point to its last. Each meter must have points."""
        return np.clip(instant, self.time[self.starts[meter]], self.time[self.starts[meter + 1] - 1])

    def places(self, meter: NDArray[np.int64], instant: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the place of each meter's first point at or after an instant (µs UTC). C must be defined there."""
        return first_at_least(self.time, self.starts[meter], self.starts[meter + 1], instant)

    def energy_at(self, place: NDArray[np.int64], instant: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return C (Wh) at instants (µs UTC); `place` is the meter's first point at or after each. Equal lengths."""
        time, value = self.time[place], self.energy[place]
        within = np.flatnonzero(time > instant)
        i, j = place[within] - 1, place[within]
        value[within] = interpolate(self.energy[i], self.energy[j], self.time[i], time[within], instant[within])
        return value

    def register_at(self, place: NDArray[np.int64], instant: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the register (Wh) at instants, as `energy_at` returns C.

        At an exchange, and between two points with an undeclared change of register, it is the old register.
        """
        before = np.maximum(place - 1, 0)
        rising = self.base[before] + self.energy_at(place, instant) - self.energy[before]
        return np.where(self.time[place] == instant, self.wh[place], rising)


@dataclass(frozen=True, eq=False)
class Frozen:
    """All readings at one moment with what follows from them; safe to read in any thread, never changes."""

    columns: Columns
    status: NDArray[np.uint8]
    """How each reading is taken: validation.COUNTED, RESET, SUSPECT, REJECTED or VOID."""
    energy: NDArray[np.int64]
    """C(t) at each reading, Wh since the meter's first counted one; where not counted, that of the last counted."""
    group: NDArray[np.int32]
    """Positions in `groups`: the attributes that the account had at the reading's time."""
    curve: Curve
    """What usage is reckoned from. Counts are of `columns`: an exchange is on the curve, and is no stored reading."""
    curve_group: NDArray[np.int32]
    """`group` for the points of the curve."""
    corrections: Corrections | None
    """What was decided, None for nothing; by meter code."""
    ids: Sequence[str]
    """Meter ids by code."""
    groups: Sequence[Group]
    zone: SiteZone
    max_w: int

    def __len__(self) -> int:
        return len(self.columns)

    def code(self, meter: str) -> int | None:
        """The code of a meter id; None for one that is not here."""
        return self._codes.get(meter)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {meter: code for code, meter in enumerate(self.ids)}


def as_frame(
    meter: NDArray[np.int32], time: NDArray[np.int64], wh: NDArray[np.int64], ids: Sequence[str], zone: SiteZone
) -> pd.DataFrame:
    """Readings as pandas has them: `identifier` (category), `time` (datetime64[us] in the site zone), `reading_kwh`.

    Meter codes, µs UTC and Wh of equal length in; a view on them as far as pandas allows.
    """
    moment = pd.DatetimeIndex(time.view("datetime64[us]")).tz_localize("UTC").tz_convert(zone.name)
    codes, place = np.unique(meter, return_inverse=True)
    names = pd.Index([ids[code] for code in codes.tolist()], dtype=object)
    return pd.DataFrame(
        {"identifier": pd.Categorical.from_codes(place, categories=names), "time": moment, "reading_kwh": wh / 1000}
    )
