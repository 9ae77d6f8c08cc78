"""Deciding about readings from the command line."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.conftest import Command


def test_a_meter_is_exchanged_and_every_figure_follows(steady: Command, data: Path, tmp_path: Path) -> None:
    words = ("exchange", "m-1", "--time", "2025-03-12T10:45", "--final", "1995", "--initial", "0")
    told = steady(*words, "--reason", "worn out", "--format", "json")
    assert told.code == 0, told.err
    before, after = told.json["total_kwh_before"], told.json["total_kwh_after"]
    assert (before, after - before) == (994.5, 0.5)
    month = steady("usage", "m-1", "--from", "2025-03-12", "--to", "2025-03-12", "--format", "json").json
    assert (month["usage_kwh"], month["closing_kwh"], month["closing_quality"]) == (11, 1995, "last")
    query = steady("query", "--from", "2025-03-12", "--to", "2025-03-12", "--format", "json").json
    assert query == [{"usage_kwh": 11, "meters": 1, "readings": 21}]
    out = tmp_path / "day.csv"
    assert steady("export", "--from", "2025-03-12", "--to", "2025-03-12", "-o", str(out)).code == 0
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert sum(float(row["usage_kwh"]) for row in rows) == 11
    assert [rows[-1][name] for name in ("timestamp", "reading_kwh", "usage_kwh", "status")] == [
        "2025-03-12T10:45:00+08:00", "1995", "0.5", "exchange",
    ]  # fmt: skip
    assert steady("check").code == 0
    assert "\texchange\tm-1\tat=2025-03-12T10:45:00+08:00 final=1995 initial=0: worn out" in (
        (data / "audit.log").read_text()
    )
    assert steady("exchange", "m-1", "--time", "2025-03-12T10:45", "--reason", "a slip", "--undo").code == 0
    assert steady("usage", "m-1", "--from", "2025-03-12", "--to", "2025-03-12", "--format", "json").json == {
        **month, "usage_kwh": 10.5, "closing_kwh": 1994.5, "closing_time": "2025-03-12T10:30:00+08:00"
    }  # fmt: skip


BLANK = ("", "  ", "\t", "\x07")


@pytest.mark.parametrize("reason", BLANK)
@pytest.mark.parametrize(
    "words",
    [
        ("void", "m-1", "2025-03-12T10:30"),
        ("correct", "m-1", "2025-03-12T10:30", "1994"),
        ("release", "m-1", "2025-03-12T10:30"),
        ("exchange", "m-1", "--time", "2025-03-12T10:45", "--final", "1995", "--initial", "0"),
        ("users", "deactivate", "m-1"),
    ],
)
def test_a_blank_reason_is_none(words: tuple[str, ...], reason: str, steady: Command, data: Path) -> None:
    told = steady(*words, "--reason", reason)
    assert told.code == 1, told.err
    assert "reason" in told.err
    assert not (data / "events.csv").exists()


def test_a_reading_is_void_and_back(steady: Command) -> None:
    said = steady("void", "m-1", "2025-02-10 00:00", "--reason", "misread")
    assert (said.code, said.err) == (0, "")
    rows = steady("usage", "m-1", "--from", "2025-02-10", "--to", "2025-02-10", "--format", "json").json
    assert (rows["opening_quality"], rows["usage_kwh"], rows["suspect"]) == ("estimated", 24, 0)
    assert steady("void", "m-1", "2025-02-10T00:00", "--reason", "it was right", "--undo").code == 0
    rows = steady("usage", "m-1", "--from", "2025-02-10", "--to", "2025-02-10", "--format", "json").json
    assert rows["opening_quality"] == "actual"


def test_a_preview_says_which_months_change_and_which_have_issued_bills(steady: Command, data: Path) -> None:
    """Where one month gains what the next loses, the total says nothing."""
    tariff = "effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent\n2025-01-01,,,,,20,9\n"
    (data / "tariffs.csv").write_text(tariff)
    assert steady("bill", "--all", "--month", "2025-02", "--issue").code == 0
    words = ("correct", "m-1", "2025-03-01T00:00", "1720.25", "--dry-run")
    told = steady(*words, "--format", "json").json
    assert told["total_kwh_before"] == told["total_kwh_after"]
    assert told["months"] == [
        {"month": "2025-02", "change_kwh": 0.25, "issued": True},
        {"month": "2025-03", "change_kwh": -0.25, "issued": False},
    ]
    shown = steady(*words).out
    assert "2025-02 +0.250 kWh (issued: the next run adjusts it), 2025-03 −0.250 kWh" in shown


def test_a_wrong_value_is_replaced_in_one_step(steady: Command, data: Path) -> None:
    words = ("correct", "m-1", "2025-03-12T10:30")
    preview = steady(*words, "1994", "--dry-run", "--format", "json")
    assert preview.code == 0, preview.err
    assert not (data / "events.csv").exists()
    told = steady(*words, "1994", "--reason", "digits swapped", "--format", "json").json
    assert told == preview.json
    assert told == {
        "meter": "m-1", "what": "correct", "values": "at=2025-03-12T10:30:00+08:00 from=1994.5 to=1994", "readings": 1,
        "total_kwh_before": 994.5, "total_kwh_after": 994, "not_counted_before": 0, "not_counted_after": 0,
        "months": [{"month": "2025-03", "change_kwh": -0.5, "issued": False}],
        "why_not_counted": "",
    }  # fmt: skip
    used = steady("usage", "m-1", "--from", "2025-03-12", "--to", "2025-03-12", "--format", "json").json
    assert (used["usage_kwh"], used["closing_kwh"], used["readings"]) == (10, 1994, 21)
    assert steady("check").code == 0
    log = (data / "log.txt").read_text().splitlines()
    assert log[-1] == "m-1,2025-03-12T10:30:00+08:00,1994"
    assert steady(*words, "--reason", "it was right", "--undo").code == 0
    used = steady("usage", "m-1", "--from", "2025-03-12", "--to", "2025-03-12", "--format", "json").json
    assert (used["usage_kwh"], used["closing_kwh"]) == (10.5, 1994.5)


def test_a_preview_says_that_a_value_will_not_count(steady: Command) -> None:
    told = steady("correct", "m-1", "2025-03-12T10:00", "5000", "--dry-run", "--format", "json").json
    assert told["not_counted_after"] == 1
    assert told["why_not_counted"].startswith("rejected: 5000 kWh is a rise of ")


def test_a_range_is_void_and_back(steady: Command, data: Path) -> None:
    words = ("void", "m-1", "--from", "2025-02-10T00:00", "--to", "2025-02-11T00:00")
    preview = steady(*words, "--dry-run", "--format", "json").json
    told = steady(*words, "--reason", "test load", "--format", "json").json
    assert told == preview
    assert (told["readings"], told["not_counted_after"]) == (49, 49)
    assert told["values"] == "from=2025-02-10T00:00:00+08:00 to=2025-02-11T00:00:00+08:00"
    rows = (data / "events.csv").read_text().splitlines()
    assert len(rows) == 50
    assert "void,at=2025-02-10T00:00:00+08:00 kwh=" in rows[1]
    used = steady("usage", "m-1", "--from", "2025-02-10", "--to", "2025-02-10", "--format", "json").json
    assert (used["usage_kwh"], used["readings"]) == (24, 0)
    undone = steady(*words, "--reason", "a real load", "--undo", "--format", "json").json
    assert (undone["readings"], undone["not_counted_after"]) == (49, 0)
    assert (data / "audit.log").read_text().count("\tvoid\t") == 1
    assert steady(*words, "--reason", "again", "--undo").err == (
        "metertui: m-1 has no void from 2025-02-10T00:00:00+08:00 to 2025-02-11T00:00:00+08:00 to undo\n"
    )


def test_what_cannot_be_decided_is_one_line(steady: Command) -> None:
    said = steady("release", "m-1", "2025-02-10T00:00", "--reason", "x")
    assert (said.code, said.err) == (1, "metertui: m-1 at 2025-02-10T00:00:00+08:00 counts already\n")
    assert steady("void", "m-2", "2025-02-10T00:00", "--reason", "x").err == "metertui: m-2 is not registered\n"
    assert steady("void", "m-1", "yesterday", "--reason", "x").code == 2
    assert steady("void", "m-1", "2025-02-10T00:00", "--from", "2025-02-10T00:00", "--reason", "x").code == 2
    assert steady("correct", "m-1", "2025-02-10T00:00", "--reason", "x").code == 2
    assert steady("correct", "m-1", "2025-02-10T00:00", "-1", "--reason", "x").code == 2
    assert steady("correct", "m-1", "2025-02-10T00:01", "1", "--reason", "x").err.endswith("+08:00\n")
    assert steady("void", "m-1", "2025-02-10T00:00").code == 2
    assert steady("exchange", "m-1", "--time", "2025-02-10T00:00", "--reason", "x").code == 2
    assert (
        steady("exchange", "m-1", "--time", "2025-02-10T00:10", "--reason", "x", "--final", "-1", "--initial", "0").code
        == 2
    )


def test_an_exchange_before_the_first_reading_begins_with_the_new_register(metertui: Command, tmp_path: Path) -> None:
    """What the old one showed is of no use: nothing was read of it."""
    file = tmp_path / "log.csv"
    file.write_text("M,2025-03-01T00:00:00,100\nM,2025-03-01T01:00:00,120\n")
    assert metertui("import", str(file)).code == 0
    words = ("exchange", "M", "--final", "5000", "--initial", "0", "--time", "2025-02-01T00:00", "--reason", "new")
    assert metertui(*words).code == 0
    days = ("--from", "2025-02-01", "--to", "2025-02-28")
    usage = metertui("usage", "M", *days, "--format", "json").json
    bill = metertui("bill", "M", "--month", "2025-02", "--format", "json").json
    for found in (usage, bill):
        told = [found[name] for name in ("opening_kwh", "opening_quality", "closing_kwh", "usage_kwh")]
        assert told == [0, "first", 100, 100]
    earlier = metertui("usage", "M", "--from", "2025-01-01", "--to", "2025-03-01", "--format", "json").json
    assert (earlier["opening_kwh"], earlier["opening_quality"], earlier["usage_kwh"]) == (0, "first", 120)
    rows = list(csv.DictReader(metertui("export", *days, "-o", "-").out.splitlines()))
    assert [(row["reading_kwh"], row["status"]) for row in rows[:1]] == [("0", "exchange")]
    assert "5000" not in metertui("explain", "M", *days).out.replace("final=5000", "")
    assert metertui("check").code == 0
