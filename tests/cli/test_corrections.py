"""Deciding about readings from the command line."""

from __future__ import annotations

import csv
from pathlib import Path

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


def test_a_reading_is_void_and_back(steady: Command) -> None:
    said = steady("void", "m-1", "2025-02-10 00:00", "--reason", "misread")
    assert (said.code, said.err) == (0, "")
    rows = steady("usage", "m-1", "--from", "2025-02-10", "--to", "2025-02-10", "--format", "json").json
    assert (rows["opening_quality"], rows["usage_kwh"], rows["suspect"]) == ("estimated", 24, 0)
    assert steady("void", "m-1", "2025-02-10T00:00", "--reason", "it was right", "--undo").code == 0
    rows = steady("usage", "m-1", "--from", "2025-02-10", "--to", "2025-02-10", "--format", "json").json
    assert rows["opening_quality"] == "actual"


def test_what_cannot_be_decided_is_one_line(steady: Command) -> None:
    said = steady("release", "m-1", "2025-02-10T00:00", "--reason", "x")
    assert (said.code, said.err) == (1, "metertui: m-1 at 2025-02-10T00:00:00+08:00 counts already\n")
    assert steady("void", "m-2", "2025-02-10T00:00", "--reason", "x").err == "metertui: m-2 is not registered\n"
    assert steady("void", "m-1", "yesterday", "--reason", "x").code == 2
    assert steady("void", "m-1", "2025-02-10T00:00").code == 2
    assert steady("exchange", "m-1", "--time", "2025-02-10T00:00", "--reason", "x").code == 2
    assert (
        steady("exchange", "m-1", "--time", "2025-02-10T00:10", "--reason", "x", "--final", "-1", "--initial", "0").code
        == 2
    )
