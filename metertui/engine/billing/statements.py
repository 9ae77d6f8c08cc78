"""The statement of a calendar month: opening and closing register, the charges between them, tax and total.

Money is whole cents inside; `money_text` formats it. Each charge says what is estimated, missing or not counted in it.
The closing register of a month is the opening register of the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, HOUR, Progress, SiteZone, Window, format_kwh, month_bounds, no_progress
from metertui.engine.billing.charges import Charge
from metertui.engine.billing.pricing import Edges, Priced, price_usage, window_edges
from metertui.engine.billing.tariffs import Tariffs
from metertui.engine.columns import Frozen
from metertui.engine.usage import Edge, Series

NO_TARIFF: Final = "no tariffs are set up, so there is no price"
NO_DATA: Final = "no data in this month"


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of bills: tariffs (None: usage only), currency, and the longest interval that is no gap, µs.

    `max_w` is the highest power of a meter (W) by the rules of the version before; see `former_limits`.
    """

    tariffs: Tariffs | None = None
    currency: str = "SGD"
    gap_us: int = 25 * HOUR
    max_w: int = 100_000


class Figures(NamedTuple):
    """The usage (Wh) and amounts (cents) of a bill or an adjustment. No data is 0, since figures are only added."""

    usage_wh: int = 0
    net: int = 0
    tax: int = 0
    total: int = 0

    def plus(self, other: Figures) -> Figures:
        """Return the sum of both."""
        return Figures(*(a + b for a, b in zip(self, other, strict=True)))

    def minus(self, other: Figures) -> Figures:
        """Return the difference: these figures less `other`."""
        return Figures(*(a - b for a, b in zip(self, other, strict=True)))

    @classmethod
    def total_of(cls, many: Iterable[Figures]) -> Figures:
        """Return the sum of all."""
        return cls(*map(sum, zip(cls(), *many, strict=True)))


NOTHING: Final = Figures()


@dataclass(frozen=True, slots=True)
class Statement:
    """The statement of a meter for a local month (`YYYY-MM`). Without data, both registers and the usage are None.

    Amounts are cents. Without a price they are None, and `reason` says why.
    """

    meter: str
    month: str
    opening: Edge | None
    closing: Edge | None
    usage_wh: int | None
    readings: int
    suspect: int
    charges: tuple[Charge, ...] | None = None
    net: int | None = None
    tax: int | None = None
    total: int | None = None
    currency: str | None = None
    reason: str = ""
    missing_us: int = 0
    """For how long in the month nothing is known, between times of which something is, µs."""

    @property
    def figures(self) -> Figures:
        """Return usage and amounts, 0 for None."""
        return Figures(self.usage_wh or 0, self.net or 0, self.tax or 0, self.total or 0)


def unpriced_statement(series: Series, month: str, zone: SiteZone) -> Statement:
    """Return the statement of a local month without prices. Raises MeterError for an invalid month."""
    usage = series.usage(Window(month, *month_bounds(month, zone)))
    edges = usage.opening, usage.closing
    readings, missing = (usage.readings, usage.suspect), usage.missing_us
    return Statement(series.meter, month, *edges, usage.usage_wh, *readings, reason=NO_TARIFF, missing_us=missing)


class Bills:
    """The statements of a local month for all meters, in order of their ids; those without readings have no data.

    `progress` is called with the share done. Raises MeterError for an invalid month, NoTariffError for a day without a
    tariff.
    """

    def __init__(self, frozen: Frozen, month: str, terms: Terms, progress: Progress = no_progress) -> None:
        registers, frozen = frozen, frozen.use
        self.frozen = frozen
        self.month = month
        self.terms = terms
        self.start, self.end = month_bounds(month, frozen.zone)
        self.edges: Edges = window_edges(frozen, self.start, self.end)
        self.priced: Priced | None = None
        if terms.tariffs is not None:
            self.priced = price_usage(registers, self.start, self.end, terms.tariffs, terms.gap_us, progress)

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Statement]:
        return (self.bill_of_meter(code) for code in self.codes)

    @cached_property
    def codes(self) -> list[int]:
        """Return the meter codes in order of their ids."""
        codes = np.flatnonzero(self.frozen.registers.is_meter()).tolist()
        return sorted(codes, key=self.frozen.ids.__getitem__)

    @cached_property
    def doubtful(self) -> NDArray[np.bool_]:
        """Return by meter code whether the readings of a bill do not cover the month, or some of them do not count.

        They do not cover it where they begin after its start, end before its end, or have a gap.
        """
        edges = self.edges
        doubtful = (
            (edges.suspect > 0)
            | (edges.missing > 0)
            | (edges.opening.time > self.start)
            | (edges.closing.time < self.end)
        )
        if self.priced is not None:
            charges = self.priced.charges
            doubtful[charges.meter[(charges.gap > 0) | (charges.uncounted > 0)]] = True
        return doubtful & edges.known

    def bill_of_meter(self, code: int) -> Statement:
        """Return the statement of the meter with this code."""
        edges, priced, opening, closing, used = self.edges, self.priced, None, None, None
        if edges.known[code]:
            opening, closing = edges.opening.of_meter(code), edges.closing.of_meter(code)
            used = int(edges.usage[code])
        stored, missing = (int(edges.readings[code]), int(edges.suspect[code])), int(edges.missing[code])
        usage = self.frozen.ids[code], self.month, opening, closing, used, *stored
        if priced is None:
            return Statement(*usage, reason=NO_TARIFF, missing_us=missing)
        charges = tuple(self._charges(code, opening, closing))
        if not charges and used is None:
            return Statement(*usage, charges=(), currency=self.terms.currency, reason=NO_DATA, missing_us=missing)
        net, tax = int(priced.net[code]), int(priced.tax[code])
        return Statement(*usage, charges, net, tax, net + tax, self.terms.currency, missing_us=missing)

    @cached_property
    def _columns(self) -> list[list[int]]:
        """Return the columns of the charges as lists: single numbers are read from them ten times as fast."""
        assert self.priced is not None
        return [column.tolist() for column in self.priced.charges]

    def _charges(self, code: int, opening: Edge | None, closing: Edge | None) -> Iterator[Charge]:
        assert self.priced is not None
        rates = self.priced.rates
        for at in range(*self.priced.first[code : code + 2].tolist()):
            _, start, end, rate, quantity, amount, *doubts = (column[at] for column in self._columns)
            band = rates[rate]
            parts = []
            if opening and start < opening.time and not band.channel:
                parts.append(f"no reading before {self.frozen.zone.iso(opening.time)}")
            if closing and end > closing.time and not band.channel:
                parts.append(f"no reading after {self.frozen.zone.iso(closing.time)}")
            note = "; ".join([*parts, *_doubts(*doubts)])
            terms = band.price, band.tax_percent
            yield Charge(band.kind, start, end, band.name, quantity, *terms, amount, note, band.channel)


def _doubts(estimated_wh: int, gap_us: int, uncounted: int) -> Iterator[str]:
    """Yield clauses on what is estimated, missing or not counted in a charge."""
    if estimated_wh:
        yield f"{format_kwh(estimated_wh)} kWh estimated, as there is no reading exactly where its times begin or end"
    if gap_us:
        yield f"no reading for {gap_text(gap_us)}"
    if uncounted:
        yield f"{uncounted} {'reading' if uncounted == 1 else 'readings'} not counted"


def bill_only_meter(frozen: Frozen, month: str, terms: Terms) -> Statement:
    """Return the statement of the only meter in `frozen`. Raises MeterError, NoTariffError."""
    return Bills(frozen, month, terms).bill_of_meter(0)


def money_text(cents: int | None) -> str | None:
    """Return cents as text with two decimals: 1234 is `12.34`. None stays None."""
    if cents is None:
        return None
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02d}"


def gap_text(us: int) -> str:
    """Return the length of a gap (µs) in hours or days, with one decimal."""
    return f"{us / HOUR:.1f} h" if us < 2 * DAY else f"{us / DAY:.1f} days"
