"""The billing run of a month: its bills and the adjustments of earlier months, computed and issued.

An adjustment is the bill by today's readings and tariffs, less what was billed before. The run that finds it bills it
together with its own bills. So bills and adjustments sum to today's figures.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Progress, format_kwh, kwh_number, part_of_progress
from metertui.engine.billing import bill_format
from metertui.engine.billing.bill_ledger import BillBook, Ledger, issued_cells
from metertui.engine.billing.statements import Bills, Figures, Terms, money_text
from metertui.engine.billing.unissued import unissued_months, unissued_sentences
from metertui.engine.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.engine.storage import durable

RUN_ROW: Final = (
    *bill_format.ROW,
    *("adjustment_kwh", "adjustment_net", "adjustment_tax", "adjustment_total", "adjustments"),
    "never_issued",
)
"""Columns of a billing run: those of a bill (`bill_format.ROW`), those of the adjustments billed with it, and the
earlier months in which the meter had usage that no run has billed.
"""


@dataclass(slots=True)
class _Pending:
    """The entries to add to a month. `differences`: by meter code, today's bill less what was billed."""

    ledger: Ledger
    bills: Bills
    differences: dict[int, Figures]


class BillingRun:
    """The bills of a month and the adjustments of earlier months. Safe in any thread.

    Raises MeterError for an invalid month and for issued bills without tariffs to compare them with; DataError,
    NoTariffError.
    """

    def __init__(self, frozen: Frozen, month: str, terms: Terms, book: BillBook, progress: Progress) -> None:
        self.month = month
        self.frozen = frozen
        self._book = book
        every = book.issued_months()
        months = [earlier for earlier in every if earlier < month]

        parts = len(months) + 1
        self.bills = Bills(frozen, month, terms, part_of_progress(progress, 0, parts))
        issued = book.ledger_of_month(month)
        if terms.tariffs is None and (months or issued.entries):
            raise MeterError("bills have been issued, but there is no tariffs.csv to compare them with")
        self.issued = issued
        """The ledger of the month itself."""
        self._pending: list[_Pending] = []
        for nth, earlier in enumerate(months, 1):
            today = Bills(frozen, earlier, terms, part_of_progress(progress, nth, parts))
            self._pending.append(_pending(book.ledger_of_month(earlier), today))
        own = _pending(issued, self.bills)
        self._pending.append(own)
        known = set(issued.bills)
        self._new = [code for code in self.bills.codes if frozen.ids[code] not in known]
        for code in self._new:
            own.differences.pop(code, None)  # it has no bill of this month yet
        self.adjustments = self._adjustments_by_meter()
        """By meter code and month: the adjustments that this run bills."""
        self._unissued = unissued_months(frozen, {*every, month}, max([*every, month]))

    def __len__(self) -> int:
        return len(self.bills)

    def rows(self) -> Iterator[list[str]]:
        """Yield one row per bill in the order of RUN_ROW, by meter: an issued bill as it was issued."""
        zone = self.frozen.zone
        for code in self.bills.codes:
            row = self.issued.bills.get(self.frozen.ids[code])
            bill = (
                bill_format.cells(self.bills.bill_of_meter(code), zone)
                if row is None
                else issued_cells(row, self.month)
            )
            unissued = " ".join(each.month for each in self._unissued if each.meters[code])
            yield [*bill, *_adjustment_cells(self.adjustments.get(code, {})), unissued]

    @property
    def new(self) -> int:
        """Return how many bills of the month are not issued yet."""
        return len(self._new)

    @property
    def changes(self) -> int:
        """Return how many issued bills have an adjustment that is not issued yet."""
        return sum(len(pending.differences) for pending in self._pending)

    def unissued(self) -> list[str]:
        """Return sentences on months with usage that stay without bills, although a later month has them."""
        return list(unissued_sentences(self.frozen, self._unissued))

    def issue(self, now: int) -> int:
        """Issue the bills and adjustments that are not issued yet, at `now` (µs UTC). Return how many there were.

        Raises MeterError for a month that is not over and if there are no tariffs, StorageError, DataError.
        """
        if self.bills.terms.tariffs is None:
            raise MeterError("there is no tariffs.csv: bills without a price cannot be issued")
        if self.bills.end > now:
            raise MeterError(f"{self.month} is not over: its bills cannot be issued yet")
        count = 0
        with durable.writing(self._book.folder):
            self._book.complete_manifest()
        for pending in self._pending:
            rows = []
            own = pending.ledger.month == self.month
            fresh = set(self._new) if own else set()
            for code in pending.bills.codes:
                if code in fresh:
                    rows.append(self._entry(pending, code, None, now))
                elif code in pending.differences:
                    rows.append(self._entry(pending, code, pending.differences[code], now))
            if rows:
                self._book.add_entries(pending.ledger, "".join(rows).encode())
                count += len(rows)
        return count

    def _entry(self, pending: _Pending, code: int, difference: Figures | None, now: int) -> str:
        zone, bill = self.frozen.zone, pending.bills.bill_of_meter(code)
        first = bill.meter not in pending.ledger.bills
        figures = bill.figures if difference is None else difference
        nothing = first and bill.usage_wh is None
        opening, closing = bill.opening, bill.closing
        cells = [
            bill.meter,
            "bill" if first else "adjustment",
            zone.iso(now),
            self.month,
            zone.iso(opening.time) if opening else "",
            *bill_format.edge_cells(opening),
            zone.iso(closing.time) if closing else "",
            *bill_format.edge_cells(closing),
            *([""] * len(figures) if nothing else bill_format.figures_cells(figures)),
            bill.currency or "",
            str(bill.readings),
            str(bill.suspect),
            '"' + bill_format.lines_text(bill, zone).replace('"', '""') + '"',
        ]
        return ",".join(cells) + "\n"

    def _adjustments_by_meter(self) -> dict[int, dict[str, Figures]]:
        adjustments: dict[int, dict[str, Figures]] = {}
        for pending in self._pending:
            billed = pending.ledger.by_run.get(self.month, {})
            recorded = {code: billed[meter] for meter in billed if (code := self.frozen.code(meter)) is not None}
            for part in (recorded, pending.differences):
                for code, figures in part.items():
                    months = adjustments.setdefault(code, {})
                    month = pending.ledger.month
                    months[month] = months.get(month, Figures()).plus(figures)
        return adjustments

    def totals(self) -> dict[str, float | str | None]:
        """Return the sums of the bills by today's readings, with the names of a bill; money as text, None unpriced."""
        names = ("net", "tax", "total", "currency")
        priced = self.bills.priced
        if priced is None:
            return {"usage_kwh": kwh_number(self.bills.usage_wh), **dict.fromkeys(names)}
        net, tax = int(priced.net.sum()), int(priced.tax.sum())
        money = (*map(money_text, (net, tax, net + tax)), self.bills.terms.currency)
        return {"usage_kwh": kwh_number(self.bills.usage_wh), **dict(zip(names, money, strict=True))}

    def summary(self) -> str:
        """Return one line with the totals of the bills by today's readings, and of the adjustments."""
        text = f"{format_kwh(self.bills.usage_wh)} kWh"
        sums = self.totals()
        if sums["currency"] is not None:
            text += ", net {net}, tax {tax}, total {total} {currency}".format_map(sums)
        if self.adjustments:
            every = Figures.total_of(figures for months in self.adjustments.values() for figures in months.values())
            own = sum(months[self.month].usage_wh for months in self.adjustments.values() if self.month in months)
            text += f"; adjustments of {len(self.adjustments)} meters, {format_kwh(every.usage_wh)} kWh "
            text += f"({format_kwh(own)} of them of {self.month}), total {money_text(every.total)}"
        return text


def unbilled_differences(ledger: Ledger, bills: Bills) -> dict[int, Figures]:
    """Return, by meter code, today's bill less what was billed, where the two differ."""
    codes = [bills.frozen.code(meter) for meter in ledger.sums]
    billed = np.zeros((len(bills), len(Figures._fields)), dtype=np.int64)
    for code, figures in zip(codes, ledger.sums.values(), strict=True):
        if code is not None:
            billed[code] = figures
    assert bills.priced is not None
    today = np.zeros_like(billed)
    today[:, 0] = np.where(bills.edges.known, bills.edges.usage, 0)
    today[:, 1], today[:, 2], today[:, 3] = bills.priced.net, bills.priced.tax, bills.priced.total
    change: NDArray[np.int64] = today - billed
    where = np.flatnonzero(change.any(axis=1))
    return {code: Figures(*row) for code, row in zip(where.tolist(), change[where].tolist(), strict=True)}


def _pending(ledger: Ledger, bills: Bills) -> _Pending:
    if bills.priced is None:
        return _Pending(ledger, bills, {})
    return _Pending(ledger, bills, unbilled_differences(ledger, bills))


def _adjustment_cells(months: Mapping[str, Figures]) -> list[str]:
    """Return the cells of RUN_ROW about adjustments."""
    if not months:
        return [""] * 5
    objects = {month: bill_format.figures_object(months[month]) for month in sorted(months)}
    by_month = json.dumps(objects, separators=(",", ":"))
    return [*bill_format.figures_cells(Figures.total_of(months.values())), by_month]
