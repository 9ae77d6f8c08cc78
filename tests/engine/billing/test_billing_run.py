"""Issued bills: facts, to which only differences are added, so that they sum to today's figures."""

from __future__ import annotations

import csv
import json
import random
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metertui.engine.base.plurals import counted
from metertui.engine.base.zone import DAY, HOUR, SiteZone
from metertui.engine.billing.bill_ledger import HEADER, BillBook, ledger_problems
from metertui.engine.billing.billing_run import RUN_ROW, BillingRun
from metertui.engine.billing.shown_bill import shown_bill
from metertui.engine.billing.statements import Figures, Terms
from metertui.engine.columns.columns import Frozen
from metertui.engine.errors import MeterError
from tests.engine.billing.test_pricing import read
from tests.engine.build import frozen
from tests.engine.cutting import cut_anywhere
from tests.engine.disk import Disk, Mixed
from tests.engine.test_intervals import hours, opened

ZONE = SiteZone("Asia/Singapore")
START = ZONE.parse("2025-01-31T18:00")
NOW = ZONE.parse("2025-06-01T09:00")
TERMS = Terms(read("2025-01-01,,peak,07:00,23:00,30.5,9\n2025-01-01,,night,23:00,07:00,19.75,9\n2025-03-10,,,,,20,8"))


def town(late: bool = False, more: int = 0) -> Frozen:
    """Two meters and a silent one, read daily; what comes `late` makes February higher, `more` all of it."""
    courses = {}
    for name, draw in (("m-1", 9000), ("m-2", 5000)):
        courses[name] = [(START + day * DAY, day * (draw + more)) for day in range(60)]
    if late:
        courses["m-1"].insert(5, (START + 4 * DAY + 6 * HOUR, 4 * 9000 + 8000))
    courses["new"] = courses["m-2"][:3] if late else []
    courses["silent"] = []
    return frozen(courses, ZONE)


def run(data: Frozen, month: str, book: BillBook, terms: Terms = TERMS) -> BillingRun:
    return BillingRun(data, month, terms, book, lambda share: None)


def rows(of: BillingRun) -> dict[str, dict[str, str]]:
    return {row[0]: dict(zip(of.columns, row, strict=True)) for row in of.rows()}


def sums(book: BillBook, month: str) -> dict[str, Figures]:
    return {meter: figures for meter, figures in book.ledger_of_month(month).sums.items() if any(figures)}


def today(data: Frozen, month: str, terms: Terms = TERMS) -> dict[str, Figures]:
    found = run(data, month, BillBook(Path("nowhere"), ZONE), terms).bills
    return {
        bill.meter: Figures(bill.usage_wh, bill.net or 0, bill.tax or 0, bill.total or 0)
        for bill in found
        if bill.usage_wh
    }


def test_a_bill_stays_as_it_was_issued_and_what_changed_is_a_difference(tmp_path: Path) -> None:
    book = BillBook(tmp_path, ZONE)
    before = rows(run(town(), "2025-02", book))
    assert run(town(), "2025-02", book).issue(NOW) == 4
    assert rows(run(town(), "2025-02", book)) == before  # the same, issued or not
    stored = book.path_of_month("2025-02").read_bytes()
    assert run(town(), "2025-02", book).issue(NOW + HOUR) == 0  # again: nothing to add
    assert book.path_of_month("2025-02").read_bytes() == stored

    again = run(town(late=True), "2025-02", book)
    assert (again.new, again.changes) == (0, 2)
    late = rows(again)["m-1"]
    assert {name: late[name] for name in RUN_ROW[:13]} == {name: before["m-1"][name] for name in RUN_ROW[:13]}
    assert Decimal(late["adjustment_total"]) == Decimal(late["adjustment_net"]) + Decimal(late["adjustment_tax"])
    assert late["adjustment_kwh"] == "0"  # the day's energy lies elsewhere in the day, under other prices
    assert again.issue(NOW + HOUR) == 2
    assert book.path_of_month("2025-02").read_bytes().startswith(stored)
    assert sums(book, "2025-02") == today(town(late=True), "2025-02")
    assert not list(ledger_problems(book.ledger_of_month("2025-02"), book.path_of_month("2025-02"), ZONE))


def test_the_next_months_run_bills_what_changed_in_earlier_ones(tmp_path: Path) -> None:
    book = BillBook(tmp_path, ZONE)
    run(town(), "2025-02", book).issue(NOW)
    march = run(town(more=100), "2025-03", book)
    shown = rows(march)
    assert json.loads(shown["m-1"]["adjustments"])["2025-02"]["usage_kwh"] == 2.8
    assert shown["m-1"]["adjustment_kwh"] == "2.8"
    assert shown["silent"]["adjustments"] == ""
    assert "adjustments of 2 meters, 5.6 kWh (0 of them of 2025-03)" in march.summary()
    assert march.summary().endswith(", not issued yet")
    assert march.issue(NOW) == 6
    assert march.summary().endswith(", issued")
    assert rows(run(town(more=100), "2025-03", book)) == shown  # the same bytes, issued or not
    assert sums(book, "2025-02") == today(town(more=100), "2025-02")
    entries = list(csv.DictReader(book.path_of_month("2025-02").read_text().splitlines()))
    assert [(entry["entry"], entry["run"]) for entry in entries][-2:] == [("adjustment", "2025-03")] * 2
    # What is gone again is billed back.
    assert run(town(), "2025-03", book).issue(NOW) == 4
    both = json.loads(rows(run(town(), "2025-03", book))["m-1"]["adjustments"])
    assert both["2025-02"]["usage_kwh"] == 0  # one and the other together
    assert sums(book, "2025-02") == today(town(), "2025-02")
    assert sums(book, "2025-03") == today(town(), "2025-03")


def test_the_totals_of_a_run_are_the_sums_of_its_rows(tmp_path: Path) -> None:
    """Also where issued bills stay as they were while today's readings differ."""
    book = BillBook(tmp_path, ZONE)
    run(town(), "2025-02", book).issue(NOW)
    run(town(), "2025-03", book).issue(NOW)
    for month in ("2025-02", "2025-03"):
        found = run(town(more=100), month, book)
        assert found.changes
        columns = rows(found).values()
        totals = found.totals()
        for name in ("usage_kwh", "net", "tax", "total"):
            assert Decimal(str(totals[name])) == sum(Decimal(row[name] or 0) for row in columns)
        with_data = sum(bool(row["usage_kwh"]) for row in columns)
        assert (found.with_data, found.new_with_data) == (with_data, 0)
        without = len(columns) - with_data
        assert found.count_sentence() == f"{with_data} bills and {counted(without, 'meter')} without data"


def test_a_changed_tariff_changes_no_issued_bill(tmp_path: Path) -> None:
    book = BillBook(tmp_path, ZONE)
    run(town(), "2025-02", book).issue(NOW)
    dearer = Terms(read("2025-01-01,,,,,40,9"))
    shown = rows(run(town(), "2025-02", book, dearer))
    assert json.loads(shown["m-1"]["lines"])[0]["cents_per_kwh"] == "30.5"
    assert shown["m-1"]["adjustment_kwh"] == "0"
    assert Decimal(shown["m-1"]["adjustment_total"]) > 0
    run(town(), "2025-02", book, dearer).issue(NOW)
    assert sums(book, "2025-02") == today(town(), "2025-02", dearer)


def test_a_billing_run_names_what_cannot_be_issued(tmp_path: Path) -> None:
    book = BillBook(tmp_path, ZONE)
    with pytest.raises(MeterError, match="2025-02 is not over"):
        run(town(), "2025-02", book).issue(ZONE.parse("2025-02-28T23:59"))
    with pytest.raises(MeterError, match="bills without a price cannot be issued"):
        run(town(), "2025-02", book, Terms()).issue(NOW)
    assert not book.folder.exists()
    run(town(), "2025-02", book).issue(NOW)
    with pytest.raises(MeterError, match=r"no tariffs\.csv to compare them with"):
        run(town(), "2025-03", book, Terms())


def later(folder: Path) -> None:
    """March is billed, and what has changed in February."""
    run(town(more=100), "2025-03", BillBook(folder, ZONE)).issue(NOW)


def assert_whole(folder: Path, before: bytes) -> None:
    """Done again, everything is billed once, whatever an earlier try has left; and what was issued stands."""
    later(folder)
    book = BillBook(folder, ZONE)
    assert book.path_of_month("2025-02").read_bytes().startswith(before)
    for month in ("2025-02", "2025-03"):
        assert sums(book, month) == today(town(more=100), month)
        assert not list(ledger_problems(book.ledger_of_month(month), book.path_of_month(month), ZONE))
        assert book.ledger_of_month(month).entries == (6 if month == "2025-02" else 4)
    assert all(line.sha256 and not line.edited for line in book.manifest.read_entries().values())


def test_a_run_may_be_cut_at_any_operation_and_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = tmp_path / "template"
    template.mkdir()
    run(town(), "2025-02", BillBook(template, ZONE)).issue(NOW)
    before = BillBook(template, ZONE).path_of_month("2025-02").read_bytes()
    for folder in cut_anywhere(monkeypatch, template, later, at_least=20):
        assert BillBook(folder, ZONE).ledger_of_month("2025-02").data.startswith(before)  # at any instant
        assert_whole(folder, before)


@pytest.mark.parametrize("seed", range(6))
def test_a_power_cut_takes_nothing_that_was_issued(tmp_path: Path, seed: int) -> None:
    data, choose = tmp_path / "data", Mixed(random.Random(seed))
    data.mkdir()
    disk = Disk(data)
    with disk.watching():
        run(town(), "2025-02", BillBook(data, ZONE)).issue(NOW)
        issued = disk.events
        before = BillBook(data, ZONE).path_of_month("2025-02").read_bytes()
        later(data)
    for events in range(seed, disk.events + 1, 6):
        left = tmp_path / f"after-{events}"
        disk.after(events, choose, left)
        if events < issued:
            run(town(), "2025-02", BillBook(left, ZONE)).issue(NOW)
        assert_whole(left, before)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([0, 37, 100]), st.booleans(), st.integers(2, 4)), min_size=1, max_size=5))
def test_issued_and_adjustments_are_todays_figures_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, story: list[tuple[int, bool, int]]
) -> None:
    book = BillBook(tmp_path_factory.mktemp("bills"), ZONE)
    for more, late, month in story:
        data, name = town(late, more), f"2025-{month:02d}"
        run(data, name, book).issue(NOW)
        for issued in book.issued_months():
            if issued <= name:
                assert sums(book, issued) == today(data, issued)
        done = run(data, name, book)
        assert (done.new, done.changes) == (0, 0)


def test_a_run_tells_how_far_it_is_and_is_ended_by_whom_it_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metertui.engine.usage.intervals._PIECES", 40)
    book = BillBook(tmp_path, ZONE)
    run(town(), "2025-02", book).issue(NOW)
    told: list[float] = []
    BillingRun(town(), "2025-03", TERMS, book, told.append)
    assert len(told) > 3
    assert told == sorted(told)
    assert told[-1] == 1

    def enough(share: float) -> None:
        if share > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        BillingRun(town(), "2025-03", TERMS, book, enough)


def test_a_run_counts_the_bills_that_rest_on_incomplete_readings_whether_they_have_a_price_or_not(
    tmp_path: Path,
) -> None:
    first, after = ZONE.parse("2025-02-01T00:00"), ZONE.parse("2025-03-01T00:00")
    whole = [(first + day * DAY, day * 9000) for day in range(29)]
    courses = {
        "whole": whole,
        "between": [(time + HOUR, wh) for time, wh in [(first - 2 * HOUR, 0), *whole]],  # estimated ends are no doubt
        "late": whole[3:],
        "ended": whole[:-1],
        "gap": [*whole[:9], *whole[12:]],
        "suspect": [*whole[:9], (whole[9][0], 1), *whole[10:]],
        "silent": [],
    }
    assert whole[-1][0] == after
    data, book = frozen(courses, ZONE), BillBook(tmp_path, ZONE)
    assert run(data, "2025-02", book).doubtful == 4
    assert run(data, "2025-02", book, Terms()).doubtful == 3  # without a price nobody looks for gaps


def test_a_bill_with_a_part_of_a_gap_says_for_how_long_also_when_it_is_issued(tmp_path: Path) -> None:
    gapped, later = [*hours("m", 0, 100, 200), *hours("m", 30, 300)], hours("n", 0, 5, 5)
    with opened([*gapped, *later]) as engine, opened([*gapped, *hours("m", 2, *[7] * 28), *later]) as filled:
        book, data, whole = BillBook(tmp_path, engine.zone), engine.view().frozen(), filled.view().frozen()
        now = run(data, "2025-03", book)
        assert now.columns == (*RUN_ROW, "missing_hours")
        assert {meter: row["missing_hours"] for meter, row in rows(now).items()} == {"m": "28", "n": ""}
        assert now.gap_sentence() == "1 bill holds a part of a gap: nothing is known of 28 h"
        now.issue(NOW)
        again = run(whole, "2025-03", book)  # as it was issued, though the intervals have come
        assert rows(again)["m"]["missing_hours"] == "28"
        ledger = book.ledger_of_month("2025-03")
        assert shown_bill(again.bills.bill_of_meter(0), ledger, engine.zone).bill.missing_us == 28 * HOUR
        assert not list(ledger_problems(ledger, book.path_of_month("2025-03"), engine.zone))
        assert book.ledger_of_meter("2025-03", "m").bills == {"m": ledger.bills["m"]}
        unknown = run(whole, "2025-03", BillBook(tmp_path / "none", engine.zone))
        assert (unknown.columns, unknown.gap_sentence()) == (RUN_ROW, "")


def test_a_file_of_bills_gets_the_column_of_missing_hours_with_the_first_that_has_some(tmp_path: Path) -> None:
    gapped = [*hours("m", 0, 100, 200), *hours("m", 30, 300)]
    with opened(hours("n", 0, 5, 5)) as without, opened([*gapped, *hours("n", 0, 5, 5)]) as both:
        book = BillBook(tmp_path, both.zone)
        path = book.path_of_month("2025-03")
        run(without.view().frozen(), "2025-03", book).issue(NOW)
        old = path.read_text().splitlines()
        assert old[0] == ",".join(HEADER[:-1])  # as files always were
        before = book.ledger_of_month("2025-03")
        run(both.view().frozen(), "2025-03", book).issue(NOW + HOUR)
        lines = path.read_text().splitlines()
        assert lines[: len(old)] == [f"{old[0]},missing_hours", *(f"{line}," for line in old[1:])]
        after = book.ledger_of_month("2025-03")
        assert after.bills["n"] == before.bills["n"]
        assert list(after.sums)[: len(before.sums)] == list(before.sums)
        assert run(both.view().frozen(), "2025-03", book).changes == 0
