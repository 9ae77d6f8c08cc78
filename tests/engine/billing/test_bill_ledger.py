"""Issued bills in their file: what is read back, and what is refused."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from metertui.engine.billing.bill_ledger import HEADER, BillBook, Ledger, issued_cells, ledger_problems, parse_ledger
from metertui.engine.billing.statements import Figures
from metertui.engine.errors import DataError, MeterError
from metertui.engine.storage import durable
from tests.engine.billing.test_billing_run import NOW, ZONE, run, town


def test_a_month_without_issued_bills_is_an_empty_ledger(tmp_path: Path) -> None:
    book = BillBook(tmp_path, ZONE)
    assert book.issued_months() == []
    assert book.ledger_of_month("2025-02") == book.ledger_of_meter("2025-02", "m-1") == Ledger("2025-02")


def test_months_are_in_order_and_other_files_are_none(tmp_path: Path) -> None:
    book = BillBook(tmp_path, ZONE)
    for month in ("2025-03", "2025-02"):
        run(town(), month, book).issue(NOW)
    (book.folder / "2025_02.csv.bak").touch()
    assert book.issued_months() == ["2025-02", "2025-03"]


def test_a_meter_alone_has_what_it_has_in_the_whole_ledger(tmp_path: Path) -> None:
    book = BillBook(tmp_path, ZONE)
    run(town(), "2025-02", book).issue(NOW)
    run(town(more=100), "2025-03", book).issue(NOW)
    whole = book.ledger_of_month("2025-02")
    assert whole.by_run["2025-03"].keys() == {"m-1", "m-2"}
    for meter in ("m-1", "silent"):
        alone = book.ledger_of_meter("2025-02", meter)
        assert (alone.bills, alone.sums) == ({meter: whole.bills[meter]}, {meter: whole.sums[meter]})
    assert book.ledger_of_meter("2025-02", "m").bills == {}


def test_a_bill_and_its_adjustments_are_summed() -> None:
    ledger = Ledger("2025-02")
    row = dict.fromkeys(HEADER, "") | {"meter": "m-1", "entry": "bill", "run": "2025-02"}
    ledger.add_entry(list(row.values()), Figures(1000, 30, 3, 33))
    ledger.add_entry(list((row | {"entry": "adjustment", "run": "2025-03"}).values()), Figures(-500, -15, -1, -16))
    assert (ledger.entries, ledger.sums) == (2, {"m-1": Figures(500, 15, 2, 17)})
    assert ledger.by_run == {"2025-03": {"m-1": Figures(-500, -15, -1, -16)}}


def test_entries_are_not_added_to_a_file_that_has_changed_since_it_was_read(tmp_path: Path) -> None:
    book = BillBook(tmp_path, ZONE)
    before = book.ledger_of_month("2025-02")
    run(town(), "2025-02", book).issue(NOW)
    stored = book.path_of_month("2025-02").read_bytes()
    with pytest.raises(MeterError, match="has changed since the run began"):
        book.add_entries(before, [])
    assert book.path_of_month("2025-02").read_bytes() == stored


def test_a_ledger_read_while_entries_are_added_is_not_taken_for_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = BillBook(tmp_path, ZONE)
    run(town(), "2025-02", book).issue(NOW)
    later, before = run(town(more=100), "2025-03", book), book.ledger_of_month("2025-02").entries
    read_data_file = durable.read_data_file

    def meanwhile(path: Path) -> bytes | None:
        monkeypatch.undo()
        data = read_data_file(path)
        later.issue(NOW)
        return data

    monkeypatch.setattr(durable, "read_data_file", meanwhile)
    assert book.ledger_of_month("2025-02").entries == before + 2


def test_an_issued_bill_without_data_has_its_reason() -> None:
    row = dict.fromkeys(HEADER, "") | {"meter": "m-1", "usage_kwh": "", "lines": "[]"}
    assert issued_cells(list(row.values()), "2025-02")[-1] == "no data in this month"
    assert issued_cells(list((row | {"usage_kwh": "0"}).values()), "2025-02")[:2] == ["m-1", "2025-02"]


def edit(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


def test_what_something_else_has_changed_does_not_count_as_issued(tmp_path: Path) -> None:
    book = BillBook(tmp_path, ZONE)
    run(town(), "2025-02", book).issue(NOW)
    path = book.path_of_month("2025-02")
    sound = path.read_bytes()
    path.write_bytes(edit(sound, b"m-2,bill", b"m-3,bill"))
    with pytest.raises(DataError, match="another program has changed this file of issued bills"):
        run(town(), "2025-02", book)
    book.manifest.path.unlink()  # then only what it says itself can give it away
    [row] = [row for row in csv.DictReader(sound.decode().splitlines()) if row["meter"] == "m-2"]
    net, total = row["net"].encode(), row["total"].encode()
    for old, new, reason in (
        (b"m-2,bill", b"m-1,bill", "a meter has one bill"),
        (b"m-2,bill", b"m-2,adjustment", "a meter has one bill"),
        (b"m-2,bill", b"m-2,gift", "neither bill nor adjustment"),
        (b"," + net + b",", b",1.00,", "net and tax do not sum to the total"),
        (b"," + total + b",", b",x,", "not an amount with two decimals"),
        (b"2025-02,2025-02-01", b"2025-01,2025-02-01", "is not the month of a billing run that could have billed it"),
    ):
        with pytest.raises(DataError, match=reason):
            parse_ledger(edit(sound, old, new), path, "2025-02", ZONE)
    for old, new in (
        (b'""amount"":""', b'""amount"":""1'),
        (b'""usage_kwh"":', b'""usage_kwh"":1'),
        (b'""from""', b"from"),
    ):
        ledger = parse_ledger(edit(sound, old, new), path, "2025-02", ZONE)
        assert len(list(ledger_problems(ledger, path, ZONE))) == 1
    with pytest.raises(DataError, match="the last line has no line end"):
        parse_ledger(sound[:-1], path, "2025-02", ZONE)
