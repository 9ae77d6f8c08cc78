"""Pricing: usage times tariffs, plus tax, for all meters at once. Bills, billing runs and replays all use it.

Every interval is cut by C(t) where a price changes: at the ends of the window, at the midnight on which another tariff
begins, and where a band begins in local time. An interval belongs to the apartment type at its later reading; if the
type changes, the cut is at the earlier reading. So charges sum to the bill, to the watt-hour. Money is whole cents. The
amount of a charge is rounded half-up once. The tax is rounded once, on the sum of the charges with the same tax rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import USE, Int64Array, Progress, no_progress, part_of_progress
from metertui.engine.billing.charges import ENERGY
from metertui.engine.billing.rounding import half_up_products, scaled
from metertui.engine.billing.tariffs import Band, Schedule, Tariffs
from metertui.engine.columns import NO_REGISTER, READ, Frozen, tail_columns
from metertui.engine.errors import MeterError
from metertui.engine.usage import (
    QUALITY_OF_POINT,
    Edge,
    Intervals,
    Pieces,
    Quality,
    cut_intervals,
    filed_times,
    intervals_in_window,
    meter_blocks,
)
from metertui.engine.vee import rules

QUALITIES: Final[tuple[Quality, ...]] = ("actual", "estimated", "substituted", "first", "last")
_FIRST, _LAST = 3, 4
_OF_POINT: Final = np.array([QUALITIES.index(quality) for quality in QUALITY_OF_POINT])


class NoTariffError(MeterError):
    """Raised for a day to be billed on which no tariff is in force."""

    def __init__(self, day: date, meter: str, apartment_type: str) -> None:
        kind = f"apartment type {apartment_type}" if apartment_type else "no apartment type"
        super().__init__(f"no tariff is in force on {day} for meter {meter} ({kind})")
        self.day = day


class EdgeColumns(NamedTuple):
    """An end of a window by meter code: instants (µs UTC), registers (Wh, or NO_REGISTER), and positions in QUALITIES.

    Arrays of int64.
    """

    time: Int64Array
    wh: Int64Array
    quality: Int64Array

    def of_meter(self, code: int) -> Edge:
        """Return the end of the window for the meter with this code."""
        time, wh, quality = (int(column[code]) for column in self)
        return Edge(time, None if wh == NO_REGISTER else wh, QUALITIES[quality])


class Edges(NamedTuple):
    """The usage (Wh) of each meter in a window: arrays by meter code, of equal length."""

    known: NDArray[np.bool_]
    """Whether there is data. Without data the figures are undefined."""
    usage: Int64Array
    opening: EdgeColumns
    closing: EdgeColumns
    readings: Int64Array
    """How many readings stand in the window."""
    suspect: Int64Array
    """How many of them are not counted, without an edit that says so."""
    missing: Int64Array
    """For how long nothing is known, between times of which something is, µs."""


class ChargeColumns(NamedTuple):
    """The charges of all bills, in order of meter, channel, time and band: int64 arrays of equal length."""

    meter: Int64Array
    start: Int64Array
    """(start, end], µs UTC."""
    end: Int64Array
    rate: Int64Array
    """Positions in `Priced.rates`."""
    quantity: Int64Array
    """Thousandths of the unit: Wh for energy."""
    amount: Int64Array
    """Cents, before tax."""
    estimated: Int64Array
    """Wh of the usage that come from intervals across an end of the charge."""
    gap: Int64Array
    """The longest interval in it that counts as a gap, µs; 0 if there is no gap."""
    uncounted: Int64Array
    """How many readings in it are not counted."""


@dataclass(frozen=True, eq=False)
class Priced:
    """Bills by meter code, in Wh and cents. The rows of a meter's charges are [first[code], first[code + 1])."""

    charges: ChargeColumns
    rates: Sequence[Band]
    """The bands that the charges are priced by."""
    first: Int64Array
    usage: Int64Array
    net: Int64Array
    tax: Int64Array

    @property
    def total(self) -> Int64Array:
        """Return the cents to pay: net plus tax."""
        return self.net + self.tax


def window_edges(frozen: Frozen, start: int, end: int) -> Edges:
    """Return the usage of each meter in (start, end], µs UTC, and its quality, as `Series.usage` does for one."""
    curve, meters = frozen.curve, len(frozen.ids)
    some = np.unique(curve.meter).astype(np.int64)
    first, last = curve.time[curve.starts[some]], curve.time[curve.starts[some + 1] - 1]
    alone = curve.begins[curve.starts[some + 1] - 1]
    reached = (end > first) & ((start < last) | ((start == last) & alone))
    code = some[reached]
    known = np.zeros(meters, dtype=bool)
    low, high = curve.known_part(code, *np.full((2, len(code)), [[start], [end]], dtype=np.int64))
    code, low, high = (column[low <= high] for column in (code, low, high))
    known[code] = True
    row, read = tail_columns.locate_rows(frozen.columns, code.astype(np.int32), low)
    read[read] = frozen.status[row[read]] != rules.VOID  # else it is an exchange, before any reading, or an interval
    place = curve.places(code, low)
    begins = (low > start) | (curve.begins[place] & (curve.time[place] == low) & ~read)
    opening, before = _edge(frozen, code, low, np.where(begins, _FIRST, 0))
    closing, after = _edge(frozen, code, high, np.where(high < end, _LAST, 0))
    usage = np.zeros(meters, dtype=np.int64)
    usage[code] = after - before
    columns = frozen.columns
    filed = filed_times(columns.meter, columns.time, curve)
    inside = (filed > start) & (filed <= end) & (frozen.status != rules.VOID)
    readings = np.bincount(columns.meter[inside], minlength=meters)
    suspect = np.bincount(columns.meter[inside & rules.is_doubtful(frozen.status)], minlength=meters)
    ended = (frozen.intervals.end > start) & (frozen.intervals.end <= end)
    readings = readings + np.bincount(frozen.intervals.meter[ended], minlength=meters)
    missing = curve.missing_in(start, end, meters)
    return Edges(known, usage, opening, closing, readings, suspect, missing)


def _edge(frozen: Frozen, code: Int64Array, instant: Int64Array, clipped: Int64Array) -> tuple[EdgeColumns, Int64Array]:
    """Return an end of a window at the instants of some meters, and C (Wh) there.

    `clipped`: its quality where the instant was moved to the first or last reading, else 0.
    """
    curve = frozen.curve
    place = curve.places(code, instant)
    energy = curve.energy_at(place, instant)
    exact = _OF_POINT[READ if curve.known is None else curve.known[place]]
    quality = np.where(
        clipped > 0, clipped, np.where(curve.time[place] == instant, exact, QUALITIES.index("estimated"))
    )
    edge = np.zeros((len(EdgeColumns._fields), len(frozen.ids)), dtype=np.int64)
    edge[:, code] = instant, curve.register_at(place, instant, energy), quality
    return EdgeColumns(*edge), energy


def price_usage(
    frozen: Frozen, start: int, end: int, tariffs: Tariffs, gap_us: int, progress: Progress = no_progress
) -> Priced:
    """Return the bills of all meters for (start, end], µs UTC. An interval longer than `gap_us` is reported as a gap.

    A channel is priced by the tariffs that name it, and the use by those that name none, if there are any. `progress`
    is called with the share done after each million pieces; an exception from it ends the work. Raises NoTariffError
    with the first day without a tariff for a meter that has data in the window.
    """
    parts: list[ChargeColumns] = []
    rates: list[Band] = []
    priced = [(USE, tariffs)] if tariffs.tariffs or not tariffs.channels else []
    priced += tariffs.channels.items()
    for nth, (channel, one) in enumerate(priced):
        done = part_of_progress(progress, nth, len(priced))
        charges = _charges_of(frozen.of_channel(channel), start, end, one, gap_us, done)
        parts += [each._replace(rate=each.rate + len(rates)) for each in charges]
        rates += one.rates
    return _totals(rates, parts, len(frozen.ids))


def _charges_of(
    frozen: Frozen, start: int, end: int, tariffs: Tariffs, gap_us: int, progress: Progress
) -> list[ChargeColumns]:
    """Return the charges of one channel by its tariffs, still without amounts. Raises NoTariffError."""
    types = sorted({group.apartment_type for group in frozen.groups})
    of_group = np.array([types.index(group.apartment_type) for group in frozen.groups], dtype=np.int64)
    schedule = tariffs.schedule(types, start, end, frozen.zone)
    doubtful = np.flatnonzero(
        rules.is_doubtful(frozen.status) & (frozen.columns.time > start) & (frozen.columns.time <= end)
    )
    parts: list[ChargeColumns] = []
    refused: NoTariffError | None = None
    for block in meter_blocks(frozen):
        intervals = intervals_in_window(frozen, block.curve, of_group, start, end)
        for piece in cut_intervals(intervals, schedule.marks):
            try:
                cut = _Cut(frozen, tariffs, schedule, types, intervals, _without_empty(piece), gap_us)
            except NoTariffError as error:  # another meter's day may be earlier
                refused = error if refused is None or error.day < refused.day else refused
            else:
                parts.append(cut.charges(doubtful))
            progress(block.share_of_all(piece.share_done(intervals)))
        progress(block.share_of_all(1))
    if refused is not None:
        raise refused
    return parts


def _without_empty(piece: Pieces) -> Pieces:
    """Return the pieces without empty ones. A meter with only empty pieces keeps one: its bill is 0, not no data."""
    empty = piece.low == piece.high
    if not empty.any():
        return piece
    whole = np.isin(piece.meter, piece.meter[~empty])
    first = np.concatenate(([True], piece.meter[1:] != piece.meter[:-1]))
    keep = ~empty | (first & ~whole)
    return Pieces(*(column[keep] for column in piece))


class _Cut:
    """Makes the charges of bills from the pieces of some meters, all pieces of each."""

    def __init__(
        self,
        frozen: Frozen,
        tariffs: Tariffs,
        schedule: Schedule,
        types: Sequence[str],
        intervals: Intervals,
        piece: Pieces,
        gap_us: int,
    ) -> None:
        self._frozen = frozen
        self._schedule = schedule
        self._intervals = intervals
        self._piece = piece
        self._gap_us = gap_us
        self._new = np.concatenate(([True], piece.meter[1:] != piece.meter[:-1]))
        """Whether a piece is the first of its meter."""
        self._tariff = schedule.tariff[piece.label, piece.bucket]
        self._rate = schedule.rate[piece.label, piece.bucket]
        self._check_tariffs(types)
        starts = np.cumsum([0, *(len(tariff.bands) for tariff in tariffs.tariffs)])
        self._bands = max(len(tariff.bands) for tariff in tariffs.tariffs)
        self._first_rate = starts
        changed = np.concatenate(([True], self._tariff[1:] != self._tariff[:-1])) | self._new
        self._segment = np.cumsum(changed) - 1
        """The segment of each piece: consecutive pieces of a meter under one tariff."""
        self._begins = np.flatnonzero(changed)
        self._key = self._segment * self._bands + self._rate - starts[self._tariff]

    def _check_tariffs(self, types: Sequence[str]) -> None:
        """Raise NoTariffError for a piece without a tariff, also if only the time before a meter's data has none."""
        piece, none = self._piece, self._tariff < 0
        none |= self._new & (self._schedule.tariff[piece.label, 0] < 0)
        if none.any():
            since = np.where(self._new, self._schedule.marks[0], piece.low)
            at = int(np.flatnonzero(none)[np.argmin(since[none])])
            day = self._frozen.zone.day(int(since[at]))
            raise NoTariffError(day, self._frozen.ids[int(piece.meter[at])], types[int(piece.label[at])])

    def charges(self, doubtful: Int64Array) -> ChargeColumns:
        """Return the charges, still without amounts. `doubtful`: the rows in the window that are not counted."""
        piece, key = self._piece, self._key
        size = (int(self._segment[-1]) + 1) * self._bands
        used, estimated, gap = self._runs(size)
        uncounted = np.zeros(size, dtype=np.int64)
        np.add.at(uncounted, key[self._holding(doubtful)], 1)
        there = np.flatnonzero(np.bincount(key, minlength=size))
        segment, band = np.divmod(there, self._bands)
        start, end = self._spans()
        at = self._begins[segment]
        return ChargeColumns(
            meter=piece.meter[at],
            start=start[segment],
            end=end[segment],
            rate=self._first_rate[self._tariff[at]] + band,
            quantity=used[there],
            amount=np.zeros(len(there), dtype=np.int64),
            estimated=estimated[there],
            gap=gap[there],
            uncounted=uncounted[there],
        )

    def _runs(self, size: int) -> tuple[Int64Array, Int64Array, Int64Array]:
        """Return by key: Wh used, Wh of intervals that are only partly in it, and the longest gap, µs."""
        piece, key, intervals = self._piece, self._key, self._intervals
        first = np.flatnonzero(
            np.concatenate(([True], (piece.interval[1:] != piece.interval[:-1]) | (key[1:] != key[:-1])))
        )
        last = np.append(first[1:], len(key)) - 1
        interval, key = piece.interval[first], key[first]
        run = np.add.reduceat(piece.used, first)
        used, estimated, gap = (np.zeros(size, dtype=np.int64) for _ in range(3))
        np.add.at(used, key, run)
        partial = (piece.low[first] > intervals.t0[interval]) | (piece.high[last] < intervals.t1[interval])
        np.add.at(estimated, key[partial], run[partial])
        length = intervals.t1[interval] - intervals.t0[interval]
        long = length > self._gap_us
        np.maximum.at(gap, key[long], length[long])
        return used, estimated, gap

    def _spans(self) -> tuple[Int64Array, Int64Array]:
        """Return by segment its start and end, µs UTC; the first and last extend as far as their tariff does."""
        piece, schedule = self._piece, self._schedule
        begins, ends = self._begins, np.append(self._begins[1:], len(piece.meter)) - 1
        same = schedule.tariff[:, 1:] == schedule.tariff[:, :-1]
        intervals = np.arange(schedule.tariff.shape[1])
        since, until = np.zeros_like(schedule.tariff), np.zeros_like(schedule.tariff)
        until[:, -1] = len(intervals)
        for at in range(1, len(intervals)):
            since[:, at] = np.where(same[:, at - 1], since[:, at - 1], at)
            until[:, -at - 1] = np.where(same[:, -at], until[:, -at], len(intervals) - at)
        outer = self._new[begins]
        start = np.where(outer, schedule.marks[since[piece.label[begins], piece.bucket[begins]]], piece.low[begins])
        final = np.append(outer[1:], True)
        following = np.append(piece.low[begins[1:]], 0)
        end = np.where(final, schedule.marks[until[piece.label[ends], piece.bucket[ends]]], following)
        return start, end

    def _holding(self, rows: Int64Array) -> Int64Array:
        """Return the pieces that contain `rows`, for those rows that are in a piece."""
        piece, columns = self._piece, self._frozen.columns
        low, high = int(piece.meter[0]), int(piece.meter[-1])
        rows = rows[(columns.meter[rows] >= low) & (columns.meter[rows] <= high)]
        if not len(rows):
            return rows
        # A month's µs fit 3 million times into 64 bits, and no more meters than pieces are cut together.
        start, span = int(self._schedule.marks[0]), int(self._schedule.marks[-1] - self._schedule.marks[0]) + 1
        ends = (piece.meter - low) * span + piece.high - start
        meter, time = columns.meter[rows].astype(np.int64), columns.time[rows]
        at = np.searchsorted(ends, (meter - low) * span + time - start)
        fits = at < len(ends)
        at, meter, time = at[fits], meter[fits], time[fits]
        return np.asarray(at[(piece.meter[at] == meter) & (piece.low[at] < time)])


def _totals(rates: Sequence[Band], parts: Sequence[ChargeColumns], meters: int) -> Priced:
    """Return the bills: the charges with their amounts, and usage, net and tax by meter."""
    nothing = np.empty((len(ChargeColumns._fields), 0), dtype=np.int64)
    charges = ChargeColumns(*map(np.concatenate, zip(nothing, *parts, strict=True)))
    order = np.argsort(charges.meter, kind="stable")  # of each channel they are in order already
    charges = ChargeColumns(*(column[order] for column in charges))
    meter, rate, quantity = charges.meter, charges.rate, charges.quantity
    cents, unit = scaled([band.price for band in rates])
    amount = half_up_products(quantity, cents[rate], 1000 * unit)
    taxes = sorted({band.tax_percent for band in rates})
    percents, whole = scaled(taxes)
    of_rate = np.array([taxes.index(band.tax_percent) for band in rates], dtype=np.int64)
    by_tax = np.zeros((meters, max(1, len(taxes))), dtype=np.int64)
    np.add.at(by_tax, (meter, of_rate[rate]), amount)
    tax = half_up_products(by_tax, percents if taxes else np.zeros(1, dtype=np.int64), 100 * whole)
    energy = np.array([band.kind is ENERGY and not band.channel for band in rates], dtype=bool)[rate]
    usage = np.zeros(meters, dtype=np.int64)
    np.add.at(usage, meter[energy], quantity[energy])
    first = np.searchsorted(meter, np.arange(meters + 1)).astype(np.int64)
    return Priced(charges._replace(amount=amount), rates, first, usage, by_tax.sum(axis=1), tax.sum(axis=1))
