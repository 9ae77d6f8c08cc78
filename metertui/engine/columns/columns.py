"""Stored readings as columns, and the snapshot that questions are answered from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.attributes import Group
from metertui.engine.base import ACTUAL, USE, Limits, SiteZone
from metertui.engine.columns.combined_curve import NO_CODE, combine_registers
from metertui.engine.columns.curve import Columns, Curve
from metertui.engine.columns.interval_columns import IntervalColumns
from metertui.engine.columns.qualities import NONE_KNOWN, Known
from metertui.engine.columns.registers import Registers
from metertui.engine.columns.tail_columns import locate_rows

FIRST: Final = -1
"""In place of a value (Wh) that an edit does not name: the first that is stored at its instant."""
VOID: Final = 7
"""The status of a reading that does not stand, by an edit; the others are in vee.rules."""


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
    known: Known = NONE_KNOWN
    """The quality of those values that are not actual."""


class Corrections(NamedTuple):
    """The edits and qualities that change what counts, as arrays: meter codes (int32), µs UTC and Wh (int64).

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
    estimate_meter: NDArray[np.int32] = np.empty(0, dtype=np.int32)
    estimate_time: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    estimate_wh: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    """Readings that are not actual, the only ones of their instants; others are contested."""
    estimate_quality: NDArray[np.uint8] = np.empty(0, dtype=np.uint8)

    def unsure(self) -> Iterator[tuple[int, int]]:
        """Yield the instants that may have a void reading, or one that is not actual: meter code and µs UTC."""
        yield from zip(self.void_meter.tolist(), self.void_time.tolist(), strict=True)
        yield from ((each.meter, each.time) for each in self.contested)
        yield from zip(self.estimate_meter.tolist(), self.estimate_time.tolist(), strict=True)

    def of_meter(self, code: int) -> Corrections | None:
        """Return those of one meter under the code 0; None if there are none."""

        def span(meter: NDArray[np.int32]) -> slice:
            first, stop = meter.searchsorted([code, code + 1]).tolist()
            return slice(first, stop)

        meters = self.void_meter, self.release_meter, self.exchange_meter, self.estimate_meter
        void, release, exchange, estimate = map(span, meters)
        contested = tuple(each._replace(meter=0) for each in self.contested if each.meter == code)
        if not contested and all(each.start == each.stop for each in (void, release, exchange, estimate)):
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
            np.zeros(estimate.stop - estimate.start, dtype=np.int32),
            self.estimate_time[estimate],
            self.estimate_wh[estimate],
            self.estimate_quality[estimate],
        )

    def has_estimates(self) -> bool:
        """Return whether any reading is not actual."""
        return bool(len(self.estimate_meter)) or any(each.known for each in self.contested)

    def qualities_of(self, readings: Columns) -> NDArray[np.uint8]:
        """Return the quality of each of some readings, the standing ones of their instants; uint8[n]."""
        found = np.full(len(readings), ACTUAL, dtype=np.uint8)
        plain = Columns(self.estimate_meter, self.estimate_time, self.estimate_wh)
        at, known = locate_rows(plain, readings.meter, readings.time)
        found[known] = self.estimate_quality[at[known]]
        unsure = [each for each in self.contested if each.known]
        if unsure:
            several = {(each.meter, each.time): each.known for each in unsure}
            times = np.isin(readings.time, [each.time for each in unsure])
            for place in np.flatnonzero(times & np.isin(readings.meter, [each.meter for each in unsure])).tolist():
                here = several.get((int(readings.meter[place]), int(readings.time[place])), NONE_KNOWN)
                found[place] = here.get(int(readings.wh[place]), ACTUAL)
        return found


@dataclass(frozen=True, eq=False)
class Frozen:
    """A snapshot of all readings and what is derived from them. Never changes, so it may be read in any thread."""

    columns: Columns
    status: NDArray[np.uint8]
    """The status of each reading: COUNTED, RESET, ROUNDING, ROLLOVER, SUSPECT, REJECTED or VOID of vee.rules."""
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
    """Whether the codes are those of registers; else each meter has the readings and the curve of one channel."""
    intervals: IntervalColumns = field(default_factory=IntervalColumns.empty)
    """The intervals that count."""
    interval_group: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    """The same as `group` for the ends of the intervals."""
    former: IntervalColumns = field(default_factory=IntervalColumns.empty)
    """Values of intervals that do not stand any longer, by register; none of one channel of each meter."""
    former_group: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    """The same as `group` for their ends."""
    reads: Curve | None = None
    """The points of the curve that readings and exchanges make by themselves; None where that is the whole curve."""
    quality: NDArray[np.uint8] | None = None
    """The quality of each reading; None if all are actual."""

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

    @property
    def use(self) -> Frozen:
        """Return the same by meter instead of by register: what each meter used."""
        several = self.of_registers and self.registers.several
        return self._use if several else self  # which is not kept in itself: a cycle would keep all its columns

    @cached_property
    def _use(self) -> Frozen:
        return self.of_channel(USE)

    def of_channel(self, channel: str) -> Frozen:
        """Return the same by meter instead of by register: of each meter a channel, or the sum of its parts.

        See `combined_curve`. Its readings are those of all these registers. Without other registers than `use` it is
        this itself.
        """
        registers = self.registers
        if channel == USE and not (self.of_registers and registers.several):
            return self
        assert self.of_registers, "of one channel there is no other"
        total, parts = registers.of_channel(channel)
        combined = combine_registers(self.curve, total, parts)
        meter_of = np.full(len(self.ids), NO_CODE, dtype=np.int32)
        for codes in (total, *parts):
            has = np.flatnonzero(codes != NO_CODE)
            meter_of[codes[has]] = has
        rows, intervals = (_of_meters(meter_of, *each) for each in self._times)
        columns = self.columns.part(rows)
        return replace(
            self,
            columns=replace(columns, meter=meter_of[columns.meter]),
            status=self.status[rows],
            energy=self.energy[rows],
            quality=None if self.quality is None else self.quality[rows],
            group=self.group[rows],
            curve=combined.curve,
            curve_group=self.curve_group[combined.source],
            intervals=replace(self.intervals.take(intervals), meter=meter_of[self.intervals.meter[intervals]]),
            interval_group=self.interval_group[intervals],
            former=IntervalColumns.empty(),
            former_group=np.empty(0, dtype=np.int32),
            reads=None,
            of_registers=False,
        )

    @property
    def _times(self) -> tuple[tuple[NDArray[np.int32], NDArray[np.int64]], ...]:
        """Return codes and times of readings and of intervals."""
        return (self.columns.meter, self.columns.time), (self.intervals.meter, self.intervals.end)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {meter: code for code, meter in enumerate(self.ids)}


def _of_meters(meter_of: NDArray[np.int32], code: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of rows whose registers have a meter, by code, in order of meter and time."""
    meter = meter_of[code]
    some = np.flatnonzero(meter != NO_CODE)
    return some[np.lexsort((time[some], meter[some]))]
