"""Stored readings as columns, and the snapshot that questions are answered from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.attributes import ATTRIBUTES, Group
from metertui.engine.base import Limits, SiteZone
from metertui.engine.columns.by_meter import ByMeter
from metertui.engine.columns.interpolation import interpolate, interpolate_one
from metertui.engine.columns.interval_columns import IntervalColumns
from metertui.engine.columns.registers import Registers
from metertui.engine.columns.sorted_runs import first_at_least

FIRST: Final = -1
"""In place of a value (Wh) that an edit does not name: the first that is stored at its instant."""
VOID: Final = 6
"""The status of a reading that does not stand, by an edit; the others are in vee.rules."""
NO_REGISTER: Final = -1
"""In place of a register (Wh) at a point of C(t) at which no reading is."""
READ: Final = 3
"""C is known by a reading at its point."""
DRAWN: Final = 4
"""C is drawn evenly through the point: it is inside an interval, or at the start of one that follows no other."""
_FEW: Final = 4
"""Up to so many instants, Python's whole numbers are faster than arrays."""


@dataclass(frozen=True, eq=False)
class Columns(ByMeter):
    """Stored readings in order of (meter, time), each pair once."""

    time: NDArray[np.int64]
    """µs since 1970-01-01 UTC."""
    wh: NDArray[np.int64]
    """Register, Wh."""

    def part(self, where: slice | NDArray[np.bool_]) -> Columns:
        """Return the readings of a slice, or where a mask is true."""
        return Columns(self.meter[where], self.time[where], self.wh[where])

    @classmethod
    def empty(cls) -> Columns:
        return cls(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True, eq=False)
class Curve(Columns):
    """The points of C(t) in order of (meter, time), each pair once: counted readings, exchanges, ends of intervals.

    `wh` is the register there; at a rounding the one counted before it, at an exchange the final read of the old one;
    NO_REGISTER where no reading is.
    """

    base: NDArray[np.int64]
    """What the register rises from after the point, Wh: `wh`, but at an exchange the initial read of the new one."""
    energy: NDArray[np.int64]
    """C there: Wh since the first point of the meter."""
    after_gap: NDArray[np.bool_] | None = None
    """Whether nothing is known of the time from the point before to this one, bool[n]; None if there is no such gap."""
    known: NDArray[np.uint8] | None = None
    """How C is known there, uint8[n]: the quality of an interval that ends there, READ or DRAWN; None for all READ."""

    def point_before(self, time: int) -> tuple[int, int] | None:
        """Return the instant (µs UTC) and the base (Wh) of the last point before `time`, on the curve of one meter."""
        place = int(np.searchsorted(self.time, time)) - 1
        return (int(self.time[place]), int(self.base[place])) if place >= 0 else None

    @cached_property
    def begins(self) -> NDArray[np.bool_]:
        """Return at which points no energy ends: a meter's first, and the first after a gap; bool[n]."""
        found = np.ones(len(self), dtype=bool)
        np.not_equal(self.meter[1:], self.meter[:-1], out=found[1:])
        return found if self.after_gap is None else found | self.after_gap

    def part(self, where: slice | NDArray[np.bool_]) -> Curve:
        """Return the points of a slice, or where a mask is true."""
        return Curve(
            self.meter[where],
            self.time[where],
            self.wh[where],
            self.base[where],
            self.energy[where],
            None if self.after_gap is None else self.after_gap[where],
            None if self.known is None else self.known[where],
        )

    def clip(self, meter: NDArray[np.int64], instant: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """Move instants (µs UTC) into the time from a meter's first point to its last. Each meter must have points."""
        return np.clip(instant, self.time[self.starts[meter]], self.time[self.starts[meter + 1] - 1])

    def places(self, meter: NDArray[np.int64], instant: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the place of each meter's first point at or after an instant (µs UTC). C must be defined there."""
        return first_at_least(self.time, self.starts[meter], self.starts[meter + 1], instant)

    def without_gaps(
        self, meter: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return windows (µs UTC) that begin after the gap that they begin in, and end before the one they end in.

        C must be defined at both ends. A window in a gap alone comes to begin after its end.
        """
        if self.after_gap is None:
            return start, end
        place, stop = self.places(meter, start), self.starts[meter + 1]
        exact = self.time[place] == start
        following = np.minimum(place + exact, stop - 1)
        within = self.after_gap[following] & (self.time[following] > start) & ~(exact & self.begins[place])
        closing = self.places(meter, end)
        late = self.after_gap[closing]
        return np.where(within, self.time[following], start), np.where(late, self.time[closing - 1], end)

    def missing_in(self, start: int, end: int, meters: int) -> NDArray[np.int64]:
        """Return how long the gaps of each meter in (start, end] are together, µs; int64 by code."""
        found = np.zeros(meters, dtype=np.int64)
        if self.after_gap is not None:
            at = np.flatnonzero(self.after_gap)
            np.add.at(
                found,
                self.meter[at],
                np.maximum(np.minimum(self.time[at], end) - np.maximum(self.time[at - 1], start), 0),
            )
        return found

    def energy_at(self, place: NDArray[np.int64], instant: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return C (Wh) at instants (µs UTC); `place` is the meter's first point at or after each. Equal lengths."""
        time, value = self.time[place], self.energy[place]
        within = np.flatnonzero(time > instant)
        if len(within) <= _FEW:
            for each in within.tolist():
                ends = slice(place[each] - 1, place[each] + 1)
                (e0, e1), (t0, t1) = self.energy[ends].tolist(), self.time[ends].tolist()
                value[each] = interpolate_one(e0, e1, t0, t1, int(instant[each]))
            return value
        before, after = place[within] - 1, place[within]
        value[within] = interpolate(
            self.energy[before], self.energy[after], self.time[before], time[within], instant[within]
        )
        return value

    def register_at(
        self, place: NDArray[np.int64], instant: NDArray[np.int64], energy: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return the register (Wh) at instants where `energy_at` has returned `energy`.

        At an exchange, and between two points with an undeclared change of register, it is the old register. Where it
        is not known it is NO_REGISTER: between two points it is if it is at both.
        """
        before = np.maximum(place - 1, 0)
        rising = self.base[before] + energy - self.energy[before]
        rising[(self.wh[place] == NO_REGISTER) | (self.base[before] == NO_REGISTER)] = NO_REGISTER
        return np.where(self.time[place] == instant, self.wh[place], rising)


class Contested(NamedTuple):
    """An instant (µs UTC) of a meter at which several values are stored, or edits speak of several."""

    meter: int
    time: int
    values: tuple[int, ...]
    """All that are stored there, Wh, in order of arrival; empty if there is only the one in the columns."""
    verdicts: Mapping[int, bool]
    """Of each value that an edit speaks of, whether it is void; see vee.standing."""
    corrected: tuple[int, ...] = ()
    """What corrections in force store there; nearly always among the values."""


class Corrections(NamedTuple):
    """The edits that change what counts, as arrays: meter codes (int32), µs UTC and Wh (int64).

    Each group of arrays has equal lengths, in order of (meter, time).
    """

    void_meter: NDArray[np.int32]
    void_time: NDArray[np.int64]
    void_wh: NDArray[np.int64]
    """The value that is void; FIRST if the edit names none."""
    contested: tuple[Contested, ...]
    """The instants that need a closer look; they are not among the voids."""
    release_meter: NDArray[np.int32]
    release_time: NDArray[np.int64]
    release_wh: NDArray[np.int64]
    """The value that is released; FIRST if the edit names none."""
    exchange_meter: NDArray[np.int32]
    exchange_time: NDArray[np.int64]
    final: NDArray[np.int64]
    initial: NDArray[np.int64]

    def voids(self) -> Iterator[tuple[int, int]]:
        """Yield the instants that may have a void reading: meter code and µs UTC."""
        yield from zip(self.void_meter.tolist(), self.void_time.tolist(), strict=True)
        yield from ((each.meter, each.time) for each in self.contested)

    def of_meter(self, code: int) -> Corrections | None:
        """Return the edits of one meter under the code 0; None if there are none."""

        def span(meter: NDArray[np.int32]) -> slice:
            first, stop = meter.searchsorted([code, code + 1]).tolist()
            return slice(first, stop)

        void, release, exchange = span(self.void_meter), span(self.release_meter), span(self.exchange_meter)
        contested = tuple(each._replace(meter=0) for each in self.contested if each.meter == code)
        if not contested and all(each.start == each.stop for each in (void, release, exchange)):
            return None
        return Corrections(
            np.zeros(void.stop - void.start, dtype=np.int32),
            self.void_time[void],
            self.void_wh[void],
            contested,
            np.zeros(release.stop - release.start, dtype=np.int32),
            self.release_time[release],
            self.release_wh[release],
            np.zeros(exchange.stop - exchange.start, dtype=np.int32),
            self.exchange_time[exchange],
            self.final[exchange],
            self.initial[exchange],
        )


@dataclass(frozen=True, eq=False)
class Frozen:
    """A snapshot of all readings and what is derived from them. Never changes, so it may be read in any thread."""

    columns: Columns
    status: NDArray[np.uint8]
    """The status of each reading: COUNTED, RESET, ROUNDING, SUSPECT, REJECTED or VOID of vee.rules."""
    energy: NDArray[np.int64]
    """C at each reading, Wh since the first counted one of the meter; at one that does not count, C at the last."""
    group: NDArray[np.int32]
    """Positions in `groups`: the attributes of the account at the time of the reading."""
    curve: Curve
    """The points that usage is computed from. It has exchanges and ends of intervals, which are no readings, too."""
    curve_group: NDArray[np.int32]
    """The same as `group` for the points of the curve."""
    corrections: Corrections | None
    """The edits by meter code; None if there are none."""
    ids: Sequence[str]
    """Identifiers of registers by code; that of a meter is its id."""
    groups: Sequence[Group]
    zone: SiteZone
    limits: Limits
    """What the readings were judged by."""
    of_registers: bool = True
    """Whether each register has its own readings and curve; else each meter has those of its use."""
    intervals: IntervalColumns = field(default_factory=IntervalColumns.empty)
    """The intervals that count."""
    interval_group: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    """The same as `group` for the ends of the intervals."""
    reads: Curve | None = None
    """The points of the curve that readings and exchanges make by themselves; None where that is the whole curve."""

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def read_curve(self) -> Curve:
        """Return the curve through readings and exchanges alone."""
        return self.curve if self.reads is None else self.reads

    @cached_property
    def standing(self) -> tuple[Columns, NDArray[np.int32]]:
        """Return the readings that stand, and their groups."""
        stands = self.status != VOID
        columns = self.columns
        if stands.all():
            return columns, self.group
        return columns.part(stands), self.group[stands]

    def code(self, register: str) -> int | None:
        """Return the code of a register by its identifier; None for an unknown one."""
        return self._codes.get(register)

    @cached_property
    def registers(self) -> Registers:
        """Return which codes are registers of one meter."""
        return Registers(self.ids)

    @cached_property
    def use(self) -> Frozen:
        """Return the same with the registers `use` alone: what a meter used is in no other."""
        if not (self.of_registers and self.registers.several):
            return self
        is_meter = self.registers.is_meter()
        rows, points = is_meter[self.columns.meter], is_meter[self.curve.meter]
        intervals = is_meter[self.intervals.meter]
        return replace(
            self,
            columns=self.columns.part(rows),
            status=self.status[rows],
            energy=self.energy[rows],
            group=self.group[rows],
            curve=self.curve.part(points),
            curve_group=self.curve_group[points],
            intervals=self.intervals.take(intervals),
            interval_group=self.interval_group[intervals],
            reads=None if self.reads is None else self.reads.part(is_meter[self.reads.meter]),
            of_registers=False,
        )

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {meter: code for code, meter in enumerate(self.ids)}


def as_frame(
    meter: NDArray[np.int32],
    time: NDArray[np.int64],
    wh: NDArray[np.int64],
    group: NDArray[np.int32],
    meters: Mapping[int, str],
    groups: Sequence[Group],
    zone: SiteZone,
) -> pd.DataFrame:
    """Return readings as a frame: meter codes, µs UTC, Wh and group codes of equal length.

    `identifier` and the attributes are categories, `timestamp` is datetime64[us] in the site zone, `reading_kwh`
    float64. `meters` has the ids by code, ascending, of these and perhaps of other readings.
    """
    codes = np.fromiter(meters, dtype=np.int64)
    ids = pd.Index(list(meters.values()), dtype=object)
    moment = pd.DatetimeIndex(time.view("datetime64[us]")).tz_localize("UTC").tz_convert(zone.name)
    columns: dict[str, object] = {
        "identifier": pd.Categorical.from_codes(codes.searchsorted(meter), categories=ids),
        "timestamp": moment,
        "reading_kwh": wh / 1000,
    }
    for name in ATTRIBUTES:
        values = [getattr(each, name) for each in groups]
        distinct = {value: place for place, value in enumerate(sorted(set(values)))}
        place = np.array([distinct[value] for value in values], dtype=np.int64)
        columns[name] = pd.Categorical.from_codes(place[group], categories=pd.Index(list(distinct), dtype=object))
    return pd.DataFrame(columns)
