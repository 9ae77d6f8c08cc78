"""The billing run of a month: its bills and the adjustments of earlier months, computed and issued.

An adjustment is the bill by today's readings and tariffs, less what was billed before. The run that finds it bills it
together with its own bills. So bills and adjustments sum to today's figures.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from metertui.engine.base import Progress, counted, format_kwh, hours_number, kwh_number, part_of_progress
from metertui.engine.billing import bill_format
from metertui.engine.billing.adjustments import FormerRules, Waiting, unbilled_differences
from metertui.engine.billing.bill_ledger import (
    ADJUSTMENTS,
    BillBook,
    Ledger,
    issued_cells,
    issued_figures,
    issued_missing,
)
from metertui.engine.billing.statements import Bills, Figures, Terms, money_text
from metertui.engine.billing.unissued import unissued_months, unissued_sentences
from metertui.engine.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.engine.storage import durable

RUN_ROW: Final = (
    *bill_format.ROW,
    *("adjustment_kwh", "adjustment_net", "adjustment_tax", "adjustment_total", "adjustments"),
    *("never_issued", "waiting"),
)
"""Columns of a billing run: those of a bill (`bill_format.ROW`), those of the adjustments billed with it, the earlier
months in which the meter had usage that no run has billed, and the adjustments that wait for the rules to be accepted.
A run with a gap in a bill has `bill_format.MISSING` after them.
"""


@dataclass(slots=True)
class _Pending:
    """The entries to add to a month. `differences`: by meter code, what this run bills as adjustments."""

    ledger: Ledger
    bills: Bills
    differences: dict[int, Figures]
    by_rules: Collection[int]
    """Those of them that come from the rules alone."""


class BillingRun:
    """The bills of a month and the adjustments of earlier months. Safe in any thread.

    Where bills were issued by the rules of the version before, what comes from the rules alone waits, unless the caller
    wants to `accept_rules`. That takes a run that covers all issued months.

    Raises MeterError for an invalid month, for rules that cannot be accepted, and for issued bills without tariffs to
    compare them with; DataError, NoTariffError.
    """

    def __init__(
        self,
        frozen: Frozen,
        month: str,
        terms: Terms,
        book: BillBook,
        progress: Progress,
        *,
        accept_rules: bool = False,
    ) -> None:
        self.month = month
        self.frozen = frozen
        self._book = book
        every = book.issued_months()
        months = [earlier for earlier in every if earlier < month]
        self._last = max([month, *every])
        self._unaccepted = book.waits_for_acceptance()
        self.accepts_rules = accept_rules and self._unaccepted
        if self.accepts_rules and self._last != month:
            raise MeterError(f"the rules are accepted by a run that covers all issued months: {self._last} or later")
        self.waiting = Waiting()
        """The adjustments that come from the rules alone, and are not billed until someone accepts the rules."""
        self._former = FormerRules(frozen, terms) if self._unaccepted else None
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
            self._pending.append(self._compare(book.ledger_of_month(earlier), today, ()))
        known = set(issued.bills)
        self._new = [code for code in self.bills.codes if frozen.ids[code] not in known]
        self._pending.append(self._compare(issued, self.bills, self._new))
        self.adjustments = self._adjustments_by_meter()
        """By meter code and month: the adjustments that this run bills."""
        self._is_issued = False
        self._unissued = unissued_months(frozen, {*every, month}, max([*every, month]))

    def _compare(self, ledger: Ledger, bills: Bills, new: Collection[int]) -> _Pending:
        """Return what to add to a month; `new` are the meters that have no bill of it yet, whose bill is due."""
        if bills.priced is None:
            return _Pending(ledger, bills, {}, ())
        differences = unbilled_differences(ledger, bills)
        for code in new:
            differences.pop(code, None)
        if self._former is None:
            return _Pending(ledger, bills, differences, ())
        ordinary, by_rules = self._former.split(ledger, differences)
        if self.accepts_rules:
            return _Pending(ledger, bills, differences, by_rules)
        self.waiting.add(ledger.month, by_rules)
        return _Pending(ledger, bills, ordinary, ())

    def __len__(self) -> int:
        return len(self.bills)

    def rows(self) -> Iterator[list[str]]:
        """Yield one row per bill in the order of `columns`, by meter: an issued bill as it was issued."""
        zone = self.frozen.zone
        for code in self.bills.codes:
            row = self.issued.bills.get(self.frozen.ids[code])
            bill = (
                bill_format.cells(self.bills.bill_of_meter(code), zone)
                if row is None
                else issued_cells(row, self.month)
            )
            unissued = " ".join(each.month for each in self._unissued if each.meters[code])
            waiting = self.waiting.by_meter.get(code, {})
            waits = _by_month(waiting, waiting) if waiting else ""
            missing = [self._missing.get(code, "")] if self._missing else []
            yield [*bill, *self._adjustment_cells(code), unissued, waits, *missing]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the rows: RUN_ROW, and the missing hours if a bill of the month holds part of a gap."""
        return (*RUN_ROW, bill_format.MISSING) if self._missing else RUN_ROW

    @cached_property
    def _missing(self) -> dict[int, str]:
        """Return the cells of the missing hours by meter code: of issued bills as issued."""
        found = {}
        for code in self.bills.codes:
            row = self.issued.bills.get(self.frozen.ids[code])
            now = bill_format.missing_text(int(self.bills.edges.missing[code]))
            if cell := now if row is None else issued_missing(row):
                found[code] = cell
        return found

    def gap_sentence(self) -> str:
        """Return how many bills of the month hold a part of a gap, and for how long nothing is known; "" for none."""
        missing = sum(map(bill_format.missing_us_of, self._missing.values()))
        hold = "hold" if len(self._missing) > 1 else "holds"
        bills = counted(len(self._missing), "bill")
        return f"{bills} {hold} a part of a gap: nothing is known of {hours_number(missing)} h" if missing else ""

    @property
    def new(self) -> int:
        """Return how many meters have no entry of the month yet."""
        return len(self._new)

    @cached_property
    def _figures(self) -> tuple[list[Figures], list[Figures]]:
        """Return the figures of the month's bills: of the issued ones as issued, and of the new ones."""
        rows = (self.issued.bills.get(self.frozen.ids[code]) for code in self.bills.codes)
        issued = [figures for row in rows if row is not None and (figures := issued_figures(row)) is not None]
        known = [code for code in self._new if self.bills.edges.known[code]]
        used, priced = self.bills.edges.usage, self.bills.priced
        new = [
            Figures(int(used[code]))
            if priced is None
            else Figures(*map(int, (used[code], priced.net[code], priced.tax[code], priced.total[code])))
            for code in known
        ]
        return issued, new

    @property
    def with_data(self) -> int:
        """Return how many bills there are of meters that have data in the month."""
        return sum(map(len, self._figures))

    @property
    def new_with_data(self) -> int:
        """Return how many of them are not issued yet."""
        return len(self._figures[1])

    @property
    def doubtful(self) -> int:
        """Return how many bills of the month rest on readings that do not cover it, or of which some do not count."""
        return int(np.count_nonzero(self.bills.doubtful))

    def count_sentence(self) -> str:
        """Return how many bills there are, and how many rows are of meters without data."""
        without = len(self) - self.with_data
        return counted(self.with_data, "bill") + (f" and {counted(without, 'meter')} without data" if without else "")

    @property
    def changes(self) -> int:
        """Return how many issued bills have an adjustment that is not issued yet."""
        return sum(len(pending.differences) for pending in self._pending)

    @property
    def by_rules(self) -> int:
        """Return how many of them come from the rules alone, which this run accepts."""
        return sum(len(pending.by_rules) for pending in self._pending)

    def unissued(self) -> list[str]:
        """Return sentences on months with usage that stay without bills, although a later month has them."""
        return list(unissued_sentences(self.frozen, self._unissued))

    def waiting_sentence(self) -> str:
        """Return what waits for the rules to be accepted, and the command that does; "" if nothing waits."""
        return self.waiting.sentence(self._last)

    def issue(self, now: int, by: str = "") -> int:
        """Issue the bills and adjustments that are not issued yet, at `now` (µs UTC). Return how many there were.

        A folder without bills, and one in which nothing waits for today's rules any more, is marked as billed by them,
        by whom. Until the mark is there, an interrupted run is repeated with the same choice.

        Raises MeterError for a month that is not over and if there are no tariffs, StorageError, DataError.
        """
        if self.bills.terms.tariffs is None:
            raise MeterError("there is no tariffs.csv: bills without a price cannot be issued")
        if self.bills.end > now:
            raise MeterError(f"{self.month} is not over: its bills cannot be issued yet")
        count = 0
        with durable.writing(self._book.folder):
            self._book.complete_manifest()
        if not self._unaccepted and self._new:
            self._book.mark_rules(self.frozen.zone.iso(now), by)
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
                self._book.add_entries(pending.ledger, rows)
                count += len(rows)
        if self._unaccepted and not self.waiting.by_meter and self._last == self.month:
            self._book.mark_rules(self.frozen.zone.iso(now), by)
        self._is_issued = True
        return count

    def _entry(self, pending: _Pending, code: int, difference: Figures | None, now: int) -> list[str]:
        """Return an entry as cells in the order of bill_ledger.HEADER."""
        zone, bill = self.frozen.zone, pending.bills.bill_of_meter(code)
        first = bill.meter not in pending.ledger.bills
        figures = bill.figures if difference is None else difference
        nothing = first and bill.usage_wh is None
        opening, closing = bill.opening, bill.closing
        return [
            bill.meter,
            "bill" if first else ADJUSTMENTS["rules" if code in pending.by_rules else ""],
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
            bill_format.lines_text(bill, zone),
            bill_format.missing_text(bill.missing_us),
        ]

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

    def _adjustment_cells(self, code: int) -> list[str]:
        """Return the cells of RUN_ROW about the adjustments that a meter is billed."""
        months, meter = self.adjustments.get(code, {}), self.frozen.ids[code]
        if not months:
            return [""] * 5
        by_rules = {
            pending.ledger.month
            for pending in self._pending
            if code in pending.by_rules or meter in pending.ledger.by_rules.get(self.month, ())
        }
        return [*bill_format.figures_cells(Figures.total_of(months.values())), _by_month(months, by_rules)]

    def sum_of_bills(self) -> Figures:
        """Return the sum of the month's bills: of issued ones as issued, of new ones as they are now."""
        issued, new = self._figures
        return Figures.total_of([*issued, *new])

    def totals(self) -> dict[str, float | str | None]:
        """Return the sums of the rows, with the names of a bill; money as text, None unpriced.

        An issued bill counts as it was issued; what it comes to by today's readings is in the adjustments.
        """
        every = self.sum_of_bills()
        used = {"usage_kwh": kwh_number(every.usage_wh)}
        names = ("net", "tax", "total", "currency")
        if self.bills.priced is None:
            return {**used, **dict.fromkeys(names)}
        money = (*map(money_text, every[1:]), self.bills.terms.currency)
        return {**used, **dict(zip(names, money, strict=True))}

    def summary(self) -> str:
        """Return one line with the totals of the rows: of bills, and of adjustments with whether they are issued."""
        sums = self.totals()
        text = f"{sums['usage_kwh']} kWh"
        if sums["currency"] is not None:
            text += ", net {net}, tax {tax}, total {total} {currency}".format_map(sums)
        if self.adjustments:
            every = Figures.total_of(figures for months in self.adjustments.values() for figures in months.values())
            own = sum(months[self.month].usage_wh for months in self.adjustments.values() if self.month in months)
            text += f"; adjustments of {counted(len(self.adjustments), 'meter')}, {format_kwh(every.usage_wh)} kWh "
            text += f"({format_kwh(own)} of them of {self.month}), total {money_text(every.total)}, {self._state()}"
        return text

    def _state(self) -> str:
        """Return how far the adjustments, which are due by today's readings and tariffs, are issued."""
        if self._is_issued or not self.changes:
            return "issued"
        recorded = sum(len(pending.ledger.by_run.get(self.month, {})) for pending in self._pending)
        return f"{self.changes} of them not issued yet" if recorded else "not issued yet"


def _by_month(months: Mapping[str, Figures], by_rules: Collection[str]) -> str:
    """Return adjustments by month as compact JSON, with the cause of those months that come from the rules alone."""
    objects = {
        month: {**bill_format.figures_object(months[month]), **({"cause": "rules"} if month in by_rules else {})}
        for month in sorted(months)
    }
    return json.dumps(objects, separators=(",", ":"))


def run_object(row: Sequence[str]) -> dict[str, Any]:
    """Return a row of a billing run with values in place of cells: numbers, lists, and None for what is empty."""
    names = (*RUN_ROW, bill_format.MISSING)[: len(row)]
    found: dict[str, Any] = {name: cell or None for name, cell in zip(names, row, strict=True)}
    for name, cell in found.items():
        if cell is not None and (name.endswith(("_kwh", "_hours")) or name in ("lines", "adjustments", "waiting")):
            found[name] = json.loads(cell)
    return found
