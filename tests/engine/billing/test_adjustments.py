"""Adjustments that come from the rules alone: told apart, held back, and billed once when someone accepts the rules."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from metertui.engine.attributes import Group
from metertui.engine.base.limits import MeterLimits, former_limits
from metertui.engine.base.zone import DAY, HOUR, SiteZone
from metertui.engine.billing import adjustments
from metertui.engine.billing.adjustments import find_waiting
from metertui.engine.billing.bill_ledger import BillBook, ledger_problems
from metertui.engine.billing.billing_run import RUN_ROW, BillingRun
from metertui.engine.billing.statements import Figures, Terms
from metertui.engine.columns.columns import Frozen
from metertui.engine.columns.curve import Curve
from metertui.engine.errors import DataError, MeterError
from tests.engine.billing.test_pricing import read
from tests.engine.build import LIMITS, frozen

ZONE = SiteZone("Asia/Singapore")
START = ZONE.parse("2025-02-10T00:00")
NOW = ZONE.parse("2025-06-01T09:00")
TERMS = Terms(read("2025-01-01,,,,,20,0"))
FORMER = former_limits(100_000)
FALLING = [1000, 1168, 900, 900, 1500, 1700]
"""The former rules saw a change of register, and billed 168 + 800 Wh; today a rounding goes back no further: 700."""


def town(limits: MeterLimits = LIMITS, *, late: bool = False) -> Frozen:
    """One falls a little, one leaps, one leaps and has a reading that comes `late`, and one is sound."""
    leap = [(START, 0), (START + HOUR, 1_500_200), (START + 2 * HOUR, 1_500_700)]
    courses = {
        "fall": [(START + place * HOUR, wh) for place, wh in enumerate(FALLING)],
        "leap": leap,
        "mixed": [*leap, (START + 3 * HOUR, 1_501_000)] if late else leap,
        "sound": [(START + place * DAY, place * 9000) for place in range(60)],
    }
    return frozen(courses, ZONE, limits=limits)


def run(data: Frozen, month: str, book: BillBook, *, accept: bool = False) -> BillingRun:
    return BillingRun(data, month, TERMS, book, lambda share: None, accept_rules=accept)


def rows(of: BillingRun) -> dict[str, dict[str, str]]:
    return {row[0]: dict(zip(RUN_ROW, row, strict=True)) for row in of.rows()}


def entries(book: BillBook, month: str = "2025-02") -> list[tuple[str, str, str]]:
    found = csv.DictReader(book.path_of_month(month).read_text().splitlines())
    return [(row["meter"], row["entry"], row["usage_kwh"]) for row in found if row["entry"] != "bill"]


@pytest.fixture
def book(tmp_path: Path) -> BillBook:
    """February was issued by the version before, which left no mark."""
    book = BillBook(tmp_path, ZONE)
    run(town(FORMER), "2025-02", book).issue(NOW)
    book.rules_path.unlink()
    return book


def test_what_comes_from_the_rules_alone_waits_until_it_is_accepted(book: BillBook) -> None:
    before = book.path_of_month("2025-02").read_bytes()
    march = run(town(), "2025-03", book)
    assert (march.new, march.changes, sorted(march.waiting.by_meter)) == (4, 0, [0, 1, 2])
    assert march.waiting_sentence() == (
        "the rules of this version alone change issued bills of 3 meters, by -3000.668 kWh and -600.13 in all; not "
        "billed until `metertui bill --all --month 2025-03 --issue --accept-rules` accepts them, once"
    )
    shown = rows(march)["leap"]
    assert (shown["adjustments"], shown["adjustment_kwh"]) == ("", "")
    assert json.loads(shown["waiting"])["2025-02"] == {
        "usage_kwh": -1500.2, "net": "-300.04", "tax": "0.00", "total": "-300.04", "cause": "rules"
    }  # fmt: skip
    assert march.issue(NOW, "ann") == 4
    assert book.path_of_month("2025-02").read_bytes() == before
    assert not book.rules_path.exists()


def test_accepted_rules_are_billed_once_with_their_cause(book: BillBook) -> None:
    run(town(), "2025-03", book).issue(NOW)
    accepting = run(town(), "2025-03", book, accept=True)
    assert (accepting.new, accepting.changes, accepting.by_rules, accepting.waiting_sentence()) == (0, 3, 3, "")
    assert accepting.issue(NOW, "=ann") == 3
    billed = [("fall", "rules-adjustment", "-0.268"), ("leap", "rules-adjustment", "-1500.2")]
    assert entries(book)[:2] == billed
    assert book.rules_path.read_text() == "rules,since,by\n2,2025-06-01T09:00:00+08:00,'=ann\n"
    again = run(town(), "2025-03", book, accept=True)
    assert (again.accepts_rules, again.changes, again.issue(NOW, "bob")) == (False, 0, 0)
    assert "bob" not in book.rules_path.read_text()
    assert json.loads(rows(again)["leap"]["adjustments"])["2025-02"]["cause"] == "rules"
    assert book.ledger_of_month("2025-02").sums["leap"] == Figures(500, 10, 0, 10)
    path = book.path_of_month("2025-02")
    assert not list(ledger_problems(book.ledger_of_month("2025-02"), path, ZONE))


def test_late_readings_make_an_ordinary_adjustment(book: BillBook) -> None:
    late = run(town(late=True), "2025-02", book)
    assert (late.changes, sorted(late.waiting.by_meter)) == (1, [0, 1])
    assert late.issue(NOW) == 1
    assert entries(book) == [("mixed", "adjustment", "-1499.9")]
    assert "cause" not in json.loads(rows(run(town(late=True), "2025-02", book))["mixed"]["adjustments"])["2025-02"]
    assert run(town(late=True), "2025-02", book).issue(NOW) == 0
    accepting = run(town(late=True), "2025-02", book, accept=True)
    assert (accepting.issue(NOW), len(entries(book))) == (2, 3)


def test_an_earlier_adjustment_belongs_to_what_was_billed(book: BillBook) -> None:
    """The version before has billed a late reading; what is left is the rules' alone."""
    run(town(FORMER, late=True), "2025-02", book).issue(NOW)
    book.rules_path.unlink(missing_ok=True)
    assert sorted(run(town(late=True), "2025-02", book).waiting.by_meter) == [0, 1, 2]


def test_rules_are_accepted_by_a_run_that_covers_all_issued_months(book: BillBook) -> None:
    run(town(), "2025-03", book).issue(NOW)
    assert "--month 2025-03" in run(town(), "2025-02", book).waiting_sentence()
    with pytest.raises(MeterError, match="covers all issued months: 2025-03 or later"):
        run(town(), "2025-02", book, accept=True)


def test_a_run_that_covers_not_all_issued_months_settles_nothing_about_the_rules(tmp_path: Path) -> None:
    def leaping_in_march(limits: MeterLimits = LIMITS) -> Frozen:
        course = [(START + place * HOUR, place * 1000) for place in range(30 * 24)]
        time, wh = course[-1]
        leap = [(time + HOUR, wh + 1_500_200), (time + 2 * HOUR, wh + 1_500_700)]
        return frozen({"leap": [*course, *leap]}, ZONE, limits=limits)

    book = BillBook(tmp_path, ZONE)
    for month in ("2025-02", "2025-03"):
        run(leaping_in_march(FORMER), month, book).issue(NOW)
    book.rules_path.unlink()
    february = run(leaping_in_march(), "2025-02", book)
    assert (february.waiting_sentence(), february.issue(NOW)) == ("", 0)
    assert book.waits_for_acceptance()
    assert sorted(run(leaping_in_march(), "2025-03", book).waiting.by_meter) == [0]


def test_a_folder_without_bills_or_differences_has_nothing_to_accept(tmp_path: Path) -> None:
    book = BillBook(tmp_path, ZONE)
    assert not book.waits_for_acceptance()
    first = run(town(), "2025-02", book)
    assert (first.waiting_sentence(), first.issue(NOW, "ann")) == ("", 4)
    assert not book.waits_for_acceptance()
    book.rules_path.unlink()  # as if by the version before, with bills that are the same by both rules
    assert book.waits_for_acceptance()
    assert run(town(), "2025-02", book).issue(NOW, "ann") == 0
    assert not book.waits_for_acceptance()


def test_what_waits_is_found_in_all_issued_months(book: BillBook) -> None:
    waiting = find_waiting(town(late=True), TERMS, book)
    assert {code: list(months) for code, months in waiting.by_meter.items()} == {0: ["2025-02"], 1: ["2025-02"]}
    with pytest.raises(MeterError, match=r"no tariffs\.csv"):
        find_waiting(town(), Terms(), book)


def test_an_error_names_a_mark_that_cannot_be_read(book: BillBook) -> None:
    book.rules_path.write_text("rules,since,by\n3,2025-06-01T09:00:00+08:00,ann\n")
    with pytest.raises(DataError, match=r"bill_rules\.csv: the last row names other rules than 2"):
        run(town(), "2025-03", book)


def test_an_exchange_keeps_its_home_by_the_former_rules() -> None:
    data = frozen({"m": [(START, 0), (START + DAY, 9000)]}, ZONE, {"m": [Group(), Group(apartment_type="3-room")]})
    meter, time = np.zeros(3, dtype=np.int32), np.array([START, START + HOUR, START + DAY])
    wh = np.array([0, 100, 9000])
    exchanged = Curve(meter, time, wh, wh, wh)
    today = replace(data, curve=exchanged, curve_group=np.array([0, 1, 1], dtype=np.int32))
    assert adjustments._groups_of(today, exchanged).tolist() == [0, 1, 1]
