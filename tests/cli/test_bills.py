"""Bills, one and all of a month, as they are printed and written."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from metertui import __version__
from metertui.engine.base import former_limits
from metertui.engine.index.meter_codes import MeterCodes
from tests.cli.conftest import Command

AT = ("--at", "2025-03-12T10:40:00")
HEADER = "effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent"
KEYS = [
    "meter", "month", "opening_kwh", "opening_quality", "closing_kwh", "closing_quality", "usage_kwh",
    "lines", "net", "tax", "total", "currency", "reason",
]  # fmt: skip


@pytest.fixture
def priced(steady: Command, data: Path) -> Command:
    """The steady meter, with a price until 2025-02-15 and two by the time of day from then on."""
    rows = "2025-01-01,,,,,20,7\n2025-02-15,,peak,07:00,23:00,30,9\n2025-02-15,,night,23:00,07:00,10.5,9\n"
    (data / "tariffs.csv").write_text(f"{HEADER}\n{rows}")
    return steady


def test_without_tariffs_a_bill_is_kwh_and_says_why(steady: Command) -> None:
    result = steady("bill", "m-1", *AT, "--format", "json")
    assert list(result.json) == KEYS
    assert (result.json["month"], result.json["usage_kwh"]) == ("2025-02", 672)
    assert [result.json[key] for key in ("lines", "net", "tax", "total", "currency")] == [None] * 5
    assert "no tariffs" in result.json["reason"]


def test_a_bill_in_money(priced: Command) -> None:
    bill = priced("bill", "m-1", *AT, "--format", "json").json
    assert list(bill) == KEYS
    assert bill["lines"] == [
        {"from": "2025-02-01T00:00:00+08:00", "to": "2025-02-15T00:00:00+08:00", "band": "", "usage_kwh": 336,
         "cents_per_kwh": "20", "amount": "67.20", "tax_percent": "7", "note": ""},
        {"from": "2025-02-15T00:00:00+08:00", "to": "2025-03-01T00:00:00+08:00", "band": "peak", "usage_kwh": 224,
         "cents_per_kwh": "30", "amount": "67.20", "tax_percent": "9", "note": ""},
        {"from": "2025-02-15T00:00:00+08:00", "to": "2025-03-01T00:00:00+08:00", "band": "night", "usage_kwh": 112,
         "cents_per_kwh": "10.5", "amount": "11.76", "tax_percent": "9", "note": ""},
    ]  # fmt: skip
    assert (bill["net"], bill["tax"], bill["total"], bill["currency"]) == ("146.16", "11.81", "157.97", "SGD")
    assert bill["reason"] is None


def test_a_bill_for_people_has_its_times_lines_and_notes(priced: Command) -> None:
    shown = priced("bill", "m-1", "--month", "2025-03").out
    assert "opening_time     2025-03-01T00:00:00+08:00" in shown
    assert "closing_quality  last" in shown
    assert "usage_kwh  cents_per_kwh  tax_percent  amount" in shown
    assert "179.500" in shown
    assert "line 1: no reading after 2025-03-12T10:30:00+08:00" in shown
    cells = next(csv.DictReader(priced("bill", "m-1", *AT, "--format", "csv").out.splitlines()))
    assert list(cells) == KEYS
    assert len(json.loads(cells["lines"])) == 3


def test_a_broken_tariff_and_a_day_without_one_cost_the_bill(priced: Command, data: Path) -> None:
    result = priced("bill", "m-1", "--month", "2024-12")
    assert (result.code, "no data" in result.out) == (0, True)
    (data / "tariffs.csv").write_text(f"{HEADER}\n2025-02-15,,,,,20,7\n")
    result = priced("bill", "m-1", "--month", "2025-02")
    assert (result.code, result.out) == (1, "")
    assert result.err == "metertui: no tariff is in force on 2025-02-01 for meter m-1 (no apartment type)\n"
    (data / "tariffs.csv").write_text(f"{HEADER}\n2025-01-01,,peak,07:00,23:00,20,7\n")
    result = priced("bill", "m-1", "--month", "2025-02")
    assert result.code == 1
    assert "tariffs.csv:2: 00:00 to 07:00 of the tariff of 2025-01-01 for all has no price" in result.err
    assert priced("usage", "m-1").code == 0  # it costs nothing else


def test_all_bills_are_the_same_bytes_each_time_and_sum_to_the_query(priced: Command, tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    result = priced("bill", "--all", "--month", "2025-02", "-o", str(one))
    assert priced("bill", "--all", "--month", "2025-02", "-o", str(other)).code == 0
    assert one.read_bytes() == other.read_bytes()
    [row] = csv.DictReader(one.read_text().splitlines())
    assert (row["meter"], row["opening_kwh"], row["usage_kwh"], row["total"]) == ("m-1", "1048", "672", "157.97")
    assert sum(Decimal(line["amount"]) for line in json.loads(row["lines"])) == Decimal(row["net"])
    asked = priced("query", "--from", "2025-02-01", "--to", "2025-02-28", "--format", "json").json
    assert (
        f"1 bill written to {one}: {asked[0]['usage_kwh']} kWh, net 146.16, tax 11.81, total 157.97 SGD" in result.err
    )


def test_all_bills_without_tariffs(steady: Command, tmp_path: Path) -> None:
    out = tmp_path / "bills.csv"
    assert steady("bill", "--all", "--month", "2025-02", "-o", str(out)).code == 0
    [row] = csv.DictReader(out.read_text().splitlines())
    assert (row["meter"], row["opening_kwh"], row["usage_kwh"], row["total"]) == ("m-1", "1048", "672", "")


@pytest.mark.parametrize(
    "words", [(), ("m-1", "--all"), ("--all",), ("m-1", "--month", "2025-13"), ("--all", "--month", "Feb", "-o", "x")]
)
def test_what_is_no_question_exits_2(metertui: Command, words: tuple[str, ...]) -> None:
    assert metertui("bill", *words).code == 2


def test_a_month_is_issued_and_stays_so(priced: Command, data: Path, tmp_path: Path) -> None:
    before, after = tmp_path / "before.csv", tmp_path / "after.csv"
    assert priced("bill", "--all", "--month", "2025-02", "-o", str(before)).code == 0
    result = priced("bill", "--all", "--month", "2025-02", "--issue", "-o", str(after))
    assert (result.code, before.read_bytes() == after.read_bytes()) == (0, True)
    assert "2025-02: issued 1 bill and 0 adjustments; 0 bills had been issued before" in result.err
    (data / "tariffs.csv").write_text(f"{HEADER}\n2025-01-01,,,,,40,9\n")
    bill = priced("bill", "m-1", "--month", "2025-02", "--format", "json").json
    assert (bill["total"], bill["usage_kwh"], len(bill["lines"]), bill["reason"]) == ("157.97", 672, 3, None)
    assert bill["adjustment"] == {"usage_kwh": 0, "net": "122.64", "tax": "12.38", "total": "135.02"}
    assert bill["issued"].startswith("20")
    shown = priced("bill", "m-1", "--month", "2025-02").out
    assert "total      135.02" in shown
    assert "opening_time     2025-02-01T00:00:00+08:00" in shown
    assert priced("bill", "--all", "--month", "2025-02", "-o", str(after)).code == 0
    [row] = csv.DictReader(after.read_text().splitlines())
    assert (row["total"], row["adjustment_total"]) == ("157.97", "135.02")
    assert "\tissue\t2025-02\t1 bill, 0 adjustments" in (data / "audit.log").read_text()
    assert priced("bill", "m-1", "--issue").code == 2
    with (data / "bills" / "2025_02.csv").open("a") as file:
        file.write("\n")
    told = priced("bill", "m-1", "--month", "2025-02", "--format", "json")
    assert told.json["total"] == bill["total"]
    assert "2025_02.csv: another program has changed this file of issued bills. Restore it from a" in told.err


def test_an_issue_tells_of_bills_that_hold_a_part_of_a_gap(priced: Command, tmp_path: Path) -> None:
    known = [f"gapped,2025-02-10T0{hour}:00:00+08:00,2025-02-10T0{hour + 1}:00:00+08:00,1," for hour in (1, 2, 6)]
    (tmp_path / "hours.csv").write_text("\n".join(["identifier,start,end,kwh,quality", *known, ""]))
    assert priced("import", str(tmp_path / "hours.csv")).code == 0
    result = priced("bill", "--all", "--month", "2025-02", "--issue")
    assert "! 1 bill holds a part of a gap: nothing is known of 3 h\n" in result.err


def test_an_issue_prints_its_result_as_json_and_csv(priced: Command) -> None:
    words = ("bill", "--all", "--month", "2025-02", "--issue", "--format")
    first = priced(*words, "json").json
    money = {"usage_kwh": 672, "net": "146.16", "tax": "11.81", "total": "157.97", "currency": "SGD"}
    counts = {"month": "2025-02", "bills": 1, "issued": 1, "adjustments": 0, "issued_before": 0}
    told = {"never_issued": ["2025-01: never issued: 48 kWh of 1 meter: m-1"], "waiting": ""}
    assert first == {**counts, **money, **told}
    [again] = csv.DictReader(priced(*words, "csv").out.splitlines())
    assert list(again) == list(first)
    assert (again["issued"], again["issued_before"], again["total"]) == ("0", "1", "157.97")


def test_all_bills_go_to_standard_output_as_csv_or_as_asked(priced: Command, tmp_path: Path) -> None:
    words, out = ("bill", "--all", "--month", "2025-02", "-o"), tmp_path / "bills.csv"
    result = priced(*words, str(out), "--format", "json")
    assert (result.json["bills"], result.json["total"]) == (1, "157.97")
    assert priced(*words, "-").out == out.read_text()
    [row] = priced(*words, "-", "--format", "json").json
    assert (row["meter"], row["opening_kwh"], row["usage_kwh"], row["total"]) == ("m-1", 1048, 672, "157.97")
    assert row["lines"] == priced("bill", "m-1", "--month", "2025-02", "--format", "json").json["lines"]
    assert (row["adjustment_kwh"], row["adjustments"]) == (None, None)
    assert priced(*words, str(out), "--bom").code == 0
    assert out.read_bytes().startswith(b"\xef\xbb\xbfmeter,")


def test_a_month_that_was_left_out_is_named_by_the_run_and_by_check(
    metertui: Command, data: Path, tmp_path: Path
) -> None:
    days = [("2025-02-01", 0), ("2025-03-01", 100), ("2025-04-01", 250), ("2025-05-01", 350)]
    lines = "".join(f"m-1,{day}T00:00:00+08:00,{kwh}\n" for day, kwh in days)
    (tmp_path / "history.txt").write_text(lines)
    assert metertui("import", str(tmp_path / "history.txt")).code == 0
    (data / "tariffs.csv").write_text(f"{HEADER}\n2025-01-01,,,,,20,9\n")
    left_out = "2025-03: never issued: 150 kWh of 1 meter: m-1"
    assert "never issued" not in metertui("bill", "--all", "--issue", "--month", "2025-02").err
    assert f"! {left_out}\n" in metertui("bill", "--all", "--issue", "--month", "2025-04").err
    out = tmp_path / "april.csv"
    assert f"! {left_out}\n" in metertui("bill", "--all", "--month", "2025-04", "-o", str(out)).err
    [row] = csv.DictReader(out.read_text().splitlines())
    assert row["never_issued"] == "2025-03"
    checked = metertui("check")
    assert (checked.code, left_out in checked.err) == (1, True)
    assert "never issued" not in metertui("bill", "--all", "--issue", "--month", "2025-03").err
    assert metertui("check").code == 0


@pytest.mark.parametrize(
    ("at", "month"),
    [
        ("2025-03-01T00:30:00", "2025-02"),  # in UTC it is February, whose month before is January
        ("2025-02-28T23:30:00", "2025-01"),  # read as UTC it would be March here
        ("2025-02-28T16:30:00Z", "2025-02"),
        ("2025-02-28T15:30:00Z", "2025-01"),
    ],
)
def test_the_month_before_now_is_that_of_the_site_zone(
    priced: Command, data: Path, tmp_path: Path, at: str, month: str
) -> None:
    assert priced("bill", "m-1", "--at", at, "--format", "json").json["month"] == month
    out = tmp_path / "all.csv"
    assert priced("bill", "--all", "--at", at, "-o", str(out)).code == 0
    assert [row["month"] for row in csv.DictReader(out.read_text().splitlines())] == [month]
    issued = priced("bill", "--all", "--issue", "--at", at)
    assert f"{month}: issued 1 bill" in issued.err
    assert (data / "bills" / f"{month.replace('-', '_')}.csv").exists()


@pytest.fixture
def issued_before(metertui: Command, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """February was issued by the version before: a register leaps, one falls a little, and one does neither."""
    courses = {"leap": (0, 1500.2, 1500.7), "fall": (1, 1.168, 0.9, 0.9, 1.5, 1.7), "sound": (1, 2, 3)}
    lines = [
        f"{meter},2025-02-10T{place // 2:02}:{place % 2 * 30:02}:00+08:00,{kwh}\n"
        for meter, course in courses.items()
        for place, kwh in enumerate(course)
    ]
    (tmp_path / "history.txt").write_text("".join(lines))
    assert metertui("import", str(tmp_path / "history.txt")).code == 0
    (data / "tariffs.csv").write_text(f"{HEADER}\n2025-01-01,,,,,20,0\n")
    with monkeypatch.context() as before:
        before.setattr(MeterCodes, "site_limits", lambda *_: former_limits(100_000))
        assert metertui("bill", "--all", "--issue", "--month", "2025-02").code == 0
    (data / "bill_rules.csv").unlink()
    return metertui


def test_adjustments_that_come_from_the_rules_alone_are_issued_once_and_only_when_accepted(
    issued_before: Command, data: Path, tmp_path: Path
) -> None:
    ledger, out = data / "bills" / "2025_02.csv", tmp_path / "run.csv"
    before, words = ledger.read_bytes(), ("bill", "--all", "--month", "2025-02", "--issue")
    told = "the rules of this version alone change issued bills of 2 meters, by -1500.468 kWh and -300.09 in all; "
    checked = issued_before("check")
    assert (checked.code, f"note: {told}" in checked.err, "would differ now" in checked.err) == (0, True, False)
    result = issued_before(*words, "-o", str(out))
    assert (result.code, f"! {told}" in result.err, ledger.read_bytes() == before) == (0, True, True)
    waits = {row["meter"]: (row["waiting"] != "", row["adjustments"]) for row in csv.DictReader(out.open())}
    assert waits == {"fall": (True, ""), "leap": (True, ""), "sound": (False, "")}
    assert told in issued_before(*words, "--format", "json").json["waiting"]
    assert issued_before(*words[:-1], "-o", str(out), "--accept-rules").code == 2

    accepted = issued_before(*words, "--accept-rules", "-o", str(out))
    assert "rules accepted: 2 adjustments because of them alone" in accepted.err
    assert told not in accepted.err
    entries = [(row["meter"], row["entry"]) for row in csv.DictReader(ledger.open())]
    assert entries[3:] == [("fall", "rules-adjustment"), ("leap", "rules-adjustment")]
    causes = {row["meter"]: row["adjustments"].count('"cause":"rules"') for row in csv.DictReader(out.open())}
    assert causes == {"fall": 1, "leap": 1, "sound": 0}
    once, audit = ledger.read_bytes(), "\taccept-rules\t2025-02\t2 adjustments because of the rules alone\n"
    again = issued_before(*words, "--accept-rules")
    assert (again.code, "there is nothing to accept" in again.err, ledger.read_bytes() == once) == (0, True, True)
    log = (data / "audit.log").read_text()
    assert (log.count("accept-rules"), log.count(audit)) == (1, 1)
    assert "rules" not in issued_before("check").err


def test_a_late_reading_is_billed_without_asking_and_the_rules_are_not(
    issued_before: Command, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "late.txt").write_text("sound,2025-02-10T02:00:00+08:00,3.5\nleap,2025-02-10T02:00:00+08:00,1501\n")
    assert issued_before("import", str(tmp_path / "late.txt")).code == 0
    result = issued_before("bill", "--all", "--month", "2025-02", "--issue")
    assert "issued 0 bills and 2 adjustments" in result.err
    assert "change issued bills of 1 meter, by -0.268 kWh" in result.err
    entries = [(row["meter"], row["entry"]) for row in csv.DictReader((data / "bills" / "2025_02.csv").open())]
    assert entries[3:] == [("leap", "adjustment"), ("sound", "adjustment")]


def test_a_bill_is_written_as_a_page_to_print(priced: Command, tmp_path: Path) -> None:
    words = ("bill", "m-1", "--month", "2025-02", "-o")
    page, text = tmp_path / "bill.html", tmp_path / "bill.txt"
    result = priced(*words, str(page))
    assert (result.code, result.out, result.err) == (0, "", f"the bill of m-1 for 2025-02 written to {page}\n")
    assert "157.97" in page.read_text()
    assert priced(*words, str(text)).code == 0
    printed, source = text.read_text().rsplit("\n\n", 1)
    assert f"{printed}\n" == priced("bill", "m-1", "--month", "2025-02").out
    assert source.startswith(f"made by metertui {__version__} on ")
    assert source.endswith(" · times in Asia/Singapore\n")
    result = priced(*words, str(tmp_path / "bill.pdf"))
    assert (result.code, result.err) == (
        2,
        f"metertui: {tmp_path}/bill.pdf: a bill is written as a page, to a name that ends in .html or .txt\n",
    )
