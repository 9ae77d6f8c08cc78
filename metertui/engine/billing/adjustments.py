"""What today's bills come to, less what was billed, and what of it comes from the rules of this version alone.

The rules say which readings count. Those of the version before measured a rise by a day at least and knew no rounding.
Where a bill computed by them still equals what was billed, no reading and no price has changed: the difference is the
new rules'. It is an adjustment with the cause `rules`, which waits until someone accepts the rules for the folder.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import counted, format_kwh, former_limits
from metertui.engine.billing.bill_ledger import BillBook, Ledger
from metertui.engine.billing.statements import Bills, Figures, Terms, money_text
from metertui.engine.columns import Curve, Frozen, tail_columns
from metertui.engine.errors import MeterError
from metertui.engine.intervals import join_intervals
from metertui.engine.vee import validate


class Differences(NamedTuple):
    """By meter code, today's bill less what was billed, where the two differ."""

    ordinary: dict[int, Figures]
    by_rules: dict[int, Figures]
    """Those that come from the rules alone."""


class FormerRules:
    """The same readings judged by the rules of the version before, once something asks for them."""

    def __init__(self, frozen: Frozen, terms: Terms) -> None:
        self._today = frozen
        self._terms = terms

    @cached_property
    def _frozen(self) -> Frozen:
        today = self._today
        found = validate(today.columns, today.corrections, former_limits(self._terms.max_w))
        curve = join_intervals(found.curve, today.intervals)
        return replace(
            today,
            columns=found.columns,
            status=found.status,
            energy=found.energy,
            curve=curve,
            curve_group=_groups_of(today, curve),
            reads=found.curve,
        )

    def split(self, ledger: Ledger, differences: dict[int, Figures]) -> Differences:
        """Say which differences of a month come from the rules alone. Raises NoTariffError."""
        if not differences:
            return Differences({}, {})
        others = unbilled_differences(ledger, Bills(self._frozen, ledger.month, self._terms))
        return Differences(
            {code: figures for code, figures in differences.items() if code in others},
            {code: figures for code, figures in differences.items() if code not in others},
        )


def unbilled_differences(ledger: Ledger, bills: Bills) -> dict[int, Figures]:
    """Return, by meter code, today's bill less what was billed, where the two differ."""
    codes = [bills.frozen.code(meter) for meter in ledger.sums]
    billed = np.zeros((len(bills.frozen.ids), len(Figures._fields)), dtype=np.int64)
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


def find_waiting(frozen: Frozen, terms: Terms, book: BillBook) -> Waiting:
    """Return what the rules of this version alone change in all issued bills.

    Raises MeterError for bills without tariffs to compare them with; DataError, NoTariffError.
    """
    if terms.tariffs is None:
        raise MeterError("there is no tariffs.csv to compare issued bills with")
    waiting, former = Waiting(), FormerRules(frozen, terms)
    for month in book.issued_months():
        ledger = book.ledger_of_month(month)
        found = former.split(ledger, unbilled_differences(ledger, Bills(frozen, month, terms)))
        waiting.add(month, found.by_rules)
        waiting.others += len(found.ordinary)
    return waiting


class Waiting:
    """The adjustments that come from the rules alone and wait to be accepted, by meter code and month."""

    def __init__(self) -> None:
        self.by_meter: dict[int, dict[str, Figures]] = {}
        self.others = 0
        """Adjustments of another cause that were found beside them."""

    def add(self, month: str, differences: dict[int, Figures]) -> None:
        """Add the differences of a month, by meter code."""
        for code, figures in differences.items():
            self.by_meter.setdefault(code, {})[month] = figures

    def sentence(self, month: str) -> str:
        """Return how many meters and how much wait, and the command of the run of a month that bills it; "" if none."""
        if not self.by_meter:
            return ""
        every = Figures.total_of(figures for months in self.by_meter.values() for figures in months.values())
        meters = counted(len(self.by_meter), "meter")
        return (
            f"the rules of this version alone change issued bills of {meters}, by {format_kwh(every.usage_wh)} kWh and "
            f"{money_text(every.total)} in all; not billed until `metertui bill --all --month {month} --issue "
            "--accept-rules` accepts them, once"
        )


def _groups_of(frozen: Frozen, curve: Curve) -> NDArray[np.int32]:
    """Return the groups of the points of another curve through the same readings, exchanges and intervals."""
    found = np.zeros(len(curve), dtype=np.int32)
    for columns, group in ((frozen.curve, frozen.curve_group), (frozen.columns, frozen.group)):
        at, known = tail_columns.locate_rows(columns, curve.meter, curve.time)
        found[known] = group[at[known]]
    return found
