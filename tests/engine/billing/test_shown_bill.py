"""A bill as it was issued, with what has changed since."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.billing.bill_ledger import HEADER, BillBook, Ledger
from metertui.engine.billing.shown_bill import ShownBill, shown_bill
from metertui.engine.billing.statements import NO_DATA, Bills, Figures, Statement, Terms
from metertui.engine.errors import MeterError
from tests.engine.billing.test_billing_run import NOW, TERMS, ZONE, run, town
from tests.engine.billing.test_pricing import read

DEARER = Terms(read("2025-01-01,,,,,40,9"))


def bill(meter: str, more: int = 0, terms: Terms = TERMS) -> Statement:
    [found] = [bill for bill in Bills(town(more=more), "2025-02", terms) if bill.meter == meter]
    return found


@pytest.fixture
def book(tmp_path: Path) -> BillBook:
    """February of the town, issued."""
    book = BillBook(tmp_path, ZONE)
    run(town(), "2025-02", book).issue(NOW)
    return book


def test_a_bill_that_has_not_been_issued_is_the_statement_of_now() -> None:
    now = bill("m-1")
    assert shown_bill(now, Ledger("2025-02"), ZONE) == ShownBill(now)


@pytest.mark.parametrize("meter", ["m-1", "m-2"])
def test_an_issued_bill_is_read_back_as_it_was(book: BillBook, meter: str) -> None:
    before = bill(meter)
    shown = shown_bill(bill(meter, more=100, terms=DEARER), book.ledger_of_month("2025-02"), ZONE)
    assert (shown.bill, shown.issued) == (before, NOW)


def test_an_issued_bill_without_data_has_no_money(book: BillBook) -> None:
    shown = shown_bill(bill("silent"), book.ledger_of_month("2025-02"), ZONE)
    assert shown == ShownBill(bill("silent"), NOW)
    assert (shown.bill.usage_wh, shown.bill.total, shown.bill.reason) == (None, None, NO_DATA)


def test_changes_are_an_adjustment_first_to_bill_and_then_billed(book: BillBook) -> None:
    now, before = bill("m-1", more=100), bill("m-1")
    change = Figures(*(a - b for a, b in zip(now.figures, before.figures, strict=True)))
    assert change.usage_wh > 0
    shown = shown_bill(now, book.ledger_of_month("2025-02"), ZONE)
    assert (shown.adjustments, shown.adjustment) == (Figures(), change)
    run(town(more=100), "2025-03", book).issue(NOW)
    shown = shown_bill(now, book.ledger_of_month("2025-02"), ZONE)
    assert (shown.bill, shown.adjustments, shown.adjustment) == (before, change, Figures())


@pytest.mark.parametrize(("column", "value"), [("lines", "["), ("opening_quality", "good"), ("closing_kwh", "x")])
def test_an_issued_bill_that_cannot_be_read_is_an_error_that_names_it(book: BillBook, column: str, value: str) -> None:
    ledger = book.ledger_of_month("2025-02")
    row = ledger.bills["m-1"]
    row[HEADER.index(column)] = value
    with pytest.raises(MeterError, match="the issued bill of m-1 for 2025-02 cannot be read"):
        shown_bill(bill("m-1"), ledger, ZONE)
