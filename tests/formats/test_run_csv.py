"""The file of a billing run."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from metertui.engine.billing.bill_ledger import BillBook
from metertui.formats import write_run
from tests.engine.billing.test_billing_run import ZONE, run, town


def test_the_file_has_the_rows_of_the_run_under_their_names(tmp_path: Path) -> None:
    bills = run(town(), "2025-02", BillBook(tmp_path, ZONE))
    write_run(bills, tmp_path / "bills.csv", lambda share: None)
    with (tmp_path / "bills.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [list(bills.columns), *bills.rows()]


def test_a_file_that_is_cancelled_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bills = run(town(), "2025-02", BillBook(tmp_path, ZONE))
    [row, *_] = bills.rows()
    monkeypatch.setattr(bills, "rows", lambda: iter([row] * 600))

    def cancel(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_run(bills, tmp_path / "bills.csv", cancel)
    assert not list(tmp_path.iterdir())
