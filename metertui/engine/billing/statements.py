"""The statement of a calendar month: opening and closing register, the charges between them, tax and total.

Money is whole cents inside; `money_text` formats it. Each charge says what is estimated, missing or not counted in it.
The closing register of a month is the opening register of the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from metertui.engine.base import DAY, HOUR, Progress, SiteZone, Window, format_kwh, month_bounds, no_progress
from metertui.engine.billing.charges import Charge
from metertui.engine.billing.pricing import QUALITIES, Edges, Priced, price_usage, window_edges
from metertui.engine.billing.tariffs import Tariffs
from metertui.engine.columns import Frozen
from metertui.engine.usage import Edge, Series

NO_TARIFF: Final = "no tariffs are set up, so there is no price"
NO_DATA: Final = "no data in this month"


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of bills: tariffs (None: usage only), currency, and the longest interval that is no gap, µs."""

    tariffs: Tariffs | None = None
    currency: str = "SGD"
    gap_us: int = 25 * HOUR


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

    @property
    def figures(self) -> Figures:
        """Return usage and amounts, 0 for None."""
        return Figures(self.usage_wh or 0, self.net or 0, self.tax or 0, self.total or 0)


def unpriced_statement(series: Series, month: str, zone: SiteZone) -> Statement:
    """Return the statement of a local month without prices. Raises MeterError for an invalid month."""
    usage = series.usage(Window(month, *month_bounds(month, zone)))
    return Statement(
        series.meter,
        month,
        usage.opening,
        usage.closing,
        usage.usage_wh,
        usage.readings,
        usage.suspect,
        reason=NO_TARIFF,
    )


class Bills:
    """The statements of a local month for all meters, in order of their ids; those without readings have no data.

    `progress` is called with the share done. Raises MeterError for an invalid month, NoTariffError for a day without a
    tariff.
    """

    def __init__(self, frozen: Frozen, month: str, terms: Terms, progress: Progress = no_progress) -> None:
        self.frozen = frozen
        self.month = month
        self.terms = terms
        self.start, self.end = month_bounds(month, frozen.zone)
        self.edges: Edges = window_edges(frozen, self.start, self.end)
        self.priced: Priced | None = None
        if terms.tariffs is not None:
            self.priced = price_usage(frozen, self.start, self.end, terms.tariffs, terms.gap_us, progress)

    def __len__(self) -> int:
        return len(self.frozen.ids)

    def __iter__(self) -> Iterator[Statement]:
        return (self.bill_of_meter(code) for code in self.codes)

    @cached_property
    def codes(self) -> list[int]:
        """Return the meter codes in order of their ids."""
        return sorted(range(len(self.frozen.ids)), key=self.frozen.ids.__getitem__)

    @property
    def usage_wh(self) -> int:
        """Return the usage of all meters, Wh."""
        return int(self.edges.usage.sum())

    def bill_of_meter(self, code: int) -> Statement:
        """Return the statement of the meter with this code."""
        meter, month, edges = self.frozen.ids[code], self.month, self.edges
        readings, suspect = int(edges.readings[code]), int(edges.suspect[code])
        currency = None if self.priced is None else self.terms.currency
        reason = NO_TARIFF if self.priced is None else ""
        if not edges.known[code]:
            none = None if self.priced is None else ()
            reason = reason or NO_DATA
            return Statement(meter, month, None, None, None, readings, suspect, none, currency=currency, reason=reason)
        opening = Edge(
            int(edges.opening_time[code]), int(edges.opening_wh[code]), QUALITIES[edges.opening_quality[code]]
        )
        closing = Edge(
            int(edges.closing_time[code]), int(edges.closing_wh[code]), QUALITIES[edges.closing_quality[code]]
        )
        usage = int(edges.usage[code])
        if self.priced is None:
            return Statement(meter, month, opening, closing, usage, readings, suspect, reason=reason)
        return Statement(
            meter,
            month,
            opening,
            closing,
            usage,
            readings,
            suspect,
            tuple(self._charges(code, opening, closing)),
            int(self.priced.net[code]),
            int(self.priced.tax[code]),
            int(self.priced.net[code] + self.priced.tax[code]),
            currency,
        )

    @cached_property
    def _columns(self) -> list[list[int]]:
        """Return the columns of the charges as lists: single numbers are read from them ten times as fast."""
        assert self.priced is not None
        charges = self.priced.charges
        columns = (charges.start, charges.end, charges.rate, charges.quantity, charges.amount)
        return [column.tolist() for column in (*columns, charges.estimated, charges.gap, charges.uncounted)]

    def _charges(self, code: int, opening: Edge, closing: Edge) -> Iterator[Charge]:
        assert self.priced is not None
        assert self.terms.tariffs is not None
        rates = self.terms.tariffs.rates
        for at in range(*self.priced.first[code : code + 2].tolist()):
            start, end, rate, quantity, amount, estimated, gap, uncounted = (column[at] for column in self._columns)
            band = rates[rate]
            yield Charge(
                band.kind,
                start,
                end,
                band.name,
                quantity,
                band.price,
                band.tax_percent,
                amount,
                self._note(
                    opening.time if start < opening.time else None,
                    closing.time if end > closing.time else None,
                    estimated,
                    gap,
                    uncounted,
                ),
            )

    def _note(
        self, known_from: int | None, known_to: int | None, estimated_wh: int, gap_us: int, uncounted: int
    ) -> str:
        """Say what is estimated, missing or not counted in a charge.

        `known_from` and `known_to` (µs UTC) are the first and last counted reading if the charge reaches beyond them.
        """
        zone, parts = self.frozen.zone, []
        if known_from is not None:
            parts.append(f"nothing known before {zone.iso(known_from)}")
        if known_to is not None:
            parts.append(f"nothing known after {zone.iso(known_to)}")
        if estimated_wh:
            parts.append(f"{format_kwh(estimated_wh)} kWh estimated: no reading at its edge")
        if gap_us:
            parts.append(f"no reading for {gap_text(gap_us)}")
        if uncounted:
            parts.append(f"{uncounted} {'reading' if uncounted == 1 else 'readings'} not counted")
        return "; ".join(parts)


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
