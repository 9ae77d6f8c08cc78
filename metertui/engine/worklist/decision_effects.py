"""What decisions about cases would change: the readings round a case, judged again as if each had been made.

That is exact where the readings beside the case decide which of them count, and nearly always they do: see `_BESIDE`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.attributes import Group
from metertui.engine.base import ACTUAL, SECOND, DeviceCourse, DevicesInTime, Int64Array, Limits, MeterLimits
from metertui.engine.columns import (
    VOID,
    Columns,
    Corrections,
    Frozen,
    concat_ranges,
    first_at_least,
    tail_columns,
)
from metertui.engine.vee import validate
from metertui.engine.worklist.cases import CAUSES, Cause
from metertui.engine.worklist.stakes import Stakes, points_of, unknown_stakes

APPLYING: Final[Mapping[str, frozenset[Cause]]] = {
    "void": frozenset({"suspect", "reset", "rejected", "rounding", "estimate", "rollover", "drift", "conflict"}),
    "release": frozenset({"suspect", "rejected", "estimate"}),
    "exchange": frozenset({"suspect", "reset", "rounding", "rollover"}),
    "correct": frozenset({"conflict"}),
}
"""The decisions whose effect is known before anyone says a value, and the causes that each applies to."""
MOST: Final = 1000
"""Cases that are worked out at most, the newest: 0.2 ms each, in a worker thread."""
_BESIDE: Final = 32
"""Readings before and after a case that are judged again."""
_EVER: Final = np.int64(1) << 62


def stakes_of(
    frozen: Frozen,
    cause: NDArray[np.uint8],
    meter: NDArray[np.int32],
    time: Int64Array,
    wanted: NDArray[np.bool_],
    says: Int64Array | None = None,
) -> Stakes:
    """Return the most that a decision about each `wanted` case of a stored reading would change.

    A correction would store what the case `says`, Wh. An exchange is the one that is proposed: from the last register
    counted before, to the reading. Unknown where no reading stands, and for all but the newest MOST.
    """
    stakes = unknown_stakes(len(time))
    row, stored = tail_columns.locate_rows(frozen.columns, meter, time)
    some = np.flatnonzero(wanted & stored & (meter >= 0))
    some = some[frozen.status[row[some]] != VOID]
    some = some[np.argsort(-time[some], kind="stable")[:MOST]]
    if len(some):
        cases = _Cases(frozen, cause[some], row[some], stakes.wh[some] if says is None else says[some])
        for column, known in zip(stakes, (cases.changes(), *cases.spans()), strict=True):
            column[some] = known
    return stakes


class _Cases:
    """Some cases, each by the row of its reading."""

    def __init__(self, frozen: Frozen, cause: NDArray[np.uint8], row: Int64Array, says: Int64Array) -> None:
        self._frozen = frozen
        self._cause = cause
        self._row = row
        self._says = says
        columns = frozen.columns
        self._meter, self._time, self._wh = columns.meter[row], columns.time[row], columns.wh[row]
        self._first, self._stop = points_of(frozen.read_curve, self._meter)
        self._place = first_at_least(frozen.read_curve.time, self._first, self._stop, self._time)

    def spans(self) -> tuple[Int64Array, Int64Array]:
        """Return the time that a change is in: from the counted reading before to the one after, µs UTC.

        From the reading itself if it counts, and to it if none is counted after it.
        """
        time = self._frozen.read_curve.time
        counts = (self._place < self._stop) & (time.take(self._place, mode="clip") == self._time)
        after = self._place + counts
        some_after = after < self._stop
        before = np.where(self._place > self._first, time.take(self._place - 1, mode="clip"), self._time - 1)
        start = np.where(counts & some_after, self._time, before)
        return start, np.where(some_after, time.take(after, mode="clip"), self._time)

    def changes(self) -> Int64Array:
        """Return by how much the decision that changes most changes the usage of the meter, Wh."""
        kinds = {what: self._applies(what) for what in APPLYING}
        case = np.concatenate([np.arange(len(self._row)), *kinds.values()])
        before = len(self._row)
        parts = dict(zip(kinds, np.split(np.arange(before, len(case)), np.cumsum([*map(len, kinds.values())])[:-1]),
                         strict=True))  # fmt: skip
        total = self._totals(case, parts)
        most = np.zeros(before, dtype=np.int64)
        np.maximum.at(most, case[before:], np.abs(total[before:] - total[case[before:]]))
        return most

    def _applies(self, what: str) -> Int64Array:
        """Return the places of the cases that a decision applies to."""
        applies = np.isin(self._cause, [CAUSES.index(cause) for cause in APPLYING[what]])
        if what == "correct":
            applies &= (self._says >= 0) & (self._says != self._wh)
        if what == "exchange":
            applies &= self._place > self._first
        return np.flatnonzero(applies)

    def _totals(self, case: Int64Array, parts: Mapping[str, Int64Array]) -> Int64Array:
        """Return what the readings round the cases come to, Wh, one after another as if they were meters.

        `case` has the case of each of them, and `parts` those for which a decision has been made.
        """
        columns, row = self._frozen.columns, self._row[case]
        first, stop = columns.starts[self._meter[case]], columns.starts[self._meter[case] + 1]
        begin, end = np.maximum(first, row - _BESIDE), np.minimum(stop, row + _BESIDE + 1)
        rows, length = concat_ranges(begin, end), end - begin
        meter = np.repeat(np.arange(len(case), dtype=np.int32), length)
        own = np.cumsum(length) - length + row - begin
        wh, stands = columns.wh[rows], self._frozen.status[rows] != VOID
        stands[own[parts["void"]]] = False
        wh[own[parts["correct"]]] = self._says[case[parts["correct"]]]
        since = np.where(begin > first, columns.time[begin], -_EVER)
        until = np.where(end < stop, columns.time[end - 1], _EVER)
        edits = self._corrections(case, parts, since, until)
        if self._frozen.quality is not None:
            quality = self._frozen.quality[rows]
            quality[own[parts["correct"]]] = ACTUAL
            other = stands & (quality != ACTUAL)
            edits = edits._replace(
                estimate_meter=meter[other],
                estimate_time=columns.time[rows[other]],
                estimate_wh=wh[other],
                estimate_quality=quality[other],
            )
        found = validate(
            Columns(meter[stands], columns.time[rows[stands]], wh[stands]),
            edits,
            _LimitsOf(self._frozen.limits, self._meter[case]),
        )
        last = found.curve.meter.searchsorted(np.arange(len(case)), side="right") - 1
        has = last >= 0
        has[has] = found.curve.meter[last[has]] == np.flatnonzero(has)
        return np.where(has, found.curve.energy.take(last, mode="clip"), 0) if has.any() else np.zeros_like(case)

    def _corrections(
        self, case: Int64Array, parts: Mapping[str, Int64Array], since: Int64Array, until: Int64Array
    ) -> Corrections:
        """Return the releases and exchanges in [since, until] of each, with those of the decisions. Voids are done."""
        releases, exchanges = parts["release"], parts["exchange"]
        released, exchanged = case[releases], case[exchanges]
        before = self._place[exchanged] - 1
        start = self._frozen.read_curve.time[before]
        middle = (start + self._time[exchanged]) // 2
        whole = middle - middle % SECOND
        new = [
            (releases, self._time[released], self._wh[released]),
            (
                exchanges,
                np.where(whole > start, whole, middle),
                self._frozen.read_curve.base[before],
                self._wh[exchanged],
            ),
        ]
        made = self._frozen.corrections
        known = [] if made is None else [
            (made.release_meter, made.release_time, made.release_wh),
            (made.exchange_meter, made.exchange_time, made.final, made.initial),
        ]  # fmt: skip
        merged = []
        for place, columns in enumerate(new):
            of, *values = columns
            if known:
                meter, time, *_ = known[place]
                low = meter.searchsorted(self._meter[case])
                high = meter.searchsorted(self._meter[case], side="right")
                begin, end = first_at_least(time, low, high, since), first_at_least(time, low, high, until + 1)
                there = concat_ranges(begin, end)
                of = np.concatenate((np.repeat(np.arange(len(case)), end - begin), of))
                values = [np.concatenate((old[there], add)) for old, add in zip(known[place][1:], values, strict=True)]
            order = np.lexsort((values[0], of))
            merged += [of[order].astype(np.int32), *(each[order] for each in values)]
        none = np.empty(0, dtype=np.int64)
        codes, qualities = none.astype(np.int32), none.astype(np.uint8)
        return Corrections._make((codes, none, none, (), *merged, codes, none, none, qualities))


@dataclass(frozen=True, slots=True)
class _LimitsOf:
    """The limits of meters under other codes: that of code c is `meter[c]`."""

    limits: Limits
    meter: NDArray[np.int32]

    @property
    def rounding_wh(self) -> int:
        return self.limits.rounding_wh

    @property
    def shortest_us(self) -> int:
        return self.limits.shortest_us

    def of_meter(self, code: int) -> MeterLimits:
        return self.limits.of_meter(int(self.meter[code]))

    def of_readings(self, meter: NDArray[np.int32], time: Int64Array) -> int | Int64Array:
        return self.limits.of_readings(self.meter[meter], time)

    def power_of(self, meter: NDArray[np.int32], time: Int64Array) -> int | Int64Array:
        return self.limits.power_of(self.meter[meter], time)

    @property
    def devices(self) -> DevicesInTime | None:
        devices = self.limits.devices
        return None if devices is None else devices.under(dict(enumerate(self.meter.tolist())))

    def with_attributes(
        self, courses: Mapping[int, Sequence[tuple[int, Group]]], devices: Mapping[int, DeviceCourse]
    ) -> Limits:
        return _LimitsOf(self.limits.with_attributes(courses, devices), self.meter)
