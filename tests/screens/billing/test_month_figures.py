"""What a month comes to, and when that is worked out again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from metertui.engine.base.progress import no_progress
from metertui.engine.billing.bill_ledger import BillBook
from metertui.engine.billing.statements import Terms
from metertui.screens.billing.month_figures import KeptFigures, MonthFigures, month_figures
from tests.engine.billing.test_billing_run import NOW, TERMS, ZONE, run, town


def test_the_figures_of_a_month_are_those_of_its_run(tmp_path: Path) -> None:
    book = BillBook(tmp_path, ZONE)
    before = month_figures(town(), "2025-02", TERMS, book, no_progress)
    sums = run(town(), "2025-02", book).totals()
    assert before == MonthFigures(
        "2025-02", bills=2, without=2, doubtful=0, usage_wh=392_000, total=before.total, currency="SGD",
        since=date(2025, 1, 31), until=before.until,
    )  # fmt: skip
    assert before.until == date(2025, 3, 31)
    assert (f"{(before.total or 0) / 100:.2f}", before.usage_wh / 1000) == (sums["total"], sums["usage_kwh"])
    run(town(), "2025-02", book).issue(NOW)
    after = month_figures(town(late=True), "2025-02", TERMS, book, no_progress)
    assert (after.issued, after.adjustments) == (2, 2)  # of the late reading, and of the meter that is new


def test_a_month_without_a_price_has_its_kwh_and_one_that_cannot_be_billed_its_reason(tmp_path: Path) -> None:
    book = BillBook(tmp_path, ZONE)
    assert month_figures(town(), "2025-02", Terms(), book, no_progress).total is None
    before = month_figures(town(), "2025-02", TERMS, book, no_progress)
    none = month_figures(town(), "2024-12", TERMS, book, no_progress)
    assert (none.bills, none.trouble) == (0, "")
    run(town(), "2025-02", book).issue(NOW)
    refused = month_figures(town(), "2025-03", Terms(), book, no_progress)
    assert refused == MonthFigures("2025-03", since=before.since, until=before.until, trouble=refused.trouble)
    assert "there is no tariffs.csv to compare them with" in refused.trouble


def test_figures_are_due_when_what_they_rest_on_changes_and_after_a_while_when_readings_came() -> None:
    kept = KeptFigures()
    assert kept.is_due("2025-02", "basis", 10, 0.0)
    kept.keep(MonthFigures("2025-02"), 1, "basis", 10, uptime=100.0, seconds=5.0)
    assert kept.newer(12) == 2
    assert not kept.is_due("2025-02", "basis", 10, 1000.0)
    assert not kept.is_due("2025-02", "basis", 12, 199.0)  # twenty times as long as they took
    assert kept.is_due("2025-02", "basis", 12, 200.0)
    assert kept.is_due("2025-02", "another", 10, 101.0)
    assert kept.is_due("2025-03", "basis", 10, 101.0)
