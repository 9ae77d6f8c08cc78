"""`metertui explain`, as it is printed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.cli.conftest import Command

AT = ("--at", "2025-03-12T10:40:00")


def test_a_month_in_words(steady: Command) -> None:
    lines = [" ".join(line.split()) for line in steady("explain", "m-1", "--month", "2025-02").out.splitlines()]
    assert lines[0] == "m-1"
    assert "usage 672.000 kWh from 1 Feb 2025 00:00 to 1 Mar 2025 00:00" in lines
    assert "reading 1 048.000 kWh 1 Feb 2025 00:00, archive/2025/02_01.csv line 2" in lines
    assert "1 344 whole intervals 672.000 kWh from 1 Feb 2025 00:00 to 1 Mar 2025 00:00" in lines
    assert "= closing register 1 720.000 kWh ✓ agrees to the Wh" in lines


def test_all_of_it_under_names(steady: Command, tmp_path: Path) -> None:
    late = tmp_path / "late.csv"
    late.write_text("identifier,timestamp,usage\nm-1,2025-03-12T12:30:00,1996.5\nm-1,2025-03-12T11:00:00,1\n")
    assert steady("import", str(late)).code == 0
    told = steady("explain", "m-1", "today", "--at", "2025-03-12T11:30:00", "--format", "json").json
    assert told["usage_kwh"] == told["sum_kwh"] == 11.5
    assert (told["closing_kwh"], told["closing_quality"], told["agrees"]) == (1995.5, "estimated", True)
    [step] = told["steps_over_an_end"]
    assert (step["energy_kwh"], step["counted_kwh"], step["counted_seconds"], step["seconds"]) == (2, 1, 3600, 7200)
    assert step["to"] == {
        "time": "2025-03-12T12:30:00+08:00",
        "reading_kwh": 1996.5,
        "counts_as_kwh": 1996.5,
        "status": "counted",
        "quality": "actual",
        "decided": None,
        "file": "archive/2025/03_12.csv",
        "line": 25,
    }
    [left] = told["left_out"]
    assert (left["status"], left["line"], left["in_window"]) == ("rejected", 24, True)
    assert left["why"] == "1 kWh is lower than the 1994.5 kWh counted at 2025-03-12T10:30:00+08:00"


def test_a_rounding_at_an_edge_is_shown_as_it_was_read(steady: Command, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    readings = "m-2,2025-03-09T22:00,100\nm-2,2025-03-10T00:00,99.5\nm-2,2025-03-10T02:00,101\n"
    file.write_text(f"identifier,timestamp,usage\n{readings}")
    assert steady("import", str(file)).code == 0
    words = ("explain", "m-2", "--from", "2025-03-10", "--to", "2025-03-10")
    lines = [" ".join(line.split()) for line in steady(*words).out.splitlines()]
    assert (
        "opening register 100.000 kWh 10 Mar 2025 00:00, actual: the meter was read at this moment, a little"
        " lower; this is the register counted before" in " ".join(lines)
    )
    place = "archive/2025/03_10.csv line 3"
    assert f"reading 99.500 kWh 10 Mar 2025 00:00, {place}; a rounding: counts as 100.000 kWh" in " ".join(lines)
    [point] = steady(*words, "--format", "json").json["opening_readings"]
    assert (point["reading_kwh"], point["counts_as_kwh"], point["line"]) == (99.5, 100, 3)


@pytest.mark.parametrize(
    "words", [("month", *AT), ("--from", "2025-02-03", "--to", "2025-02-04"), ("--month", "2025-01")]
)
def test_the_rows_sum_to_what_usage_says(steady: Command, words: tuple[str, ...]) -> None:
    rows = list(csv.DictReader(io.StringIO(steady("explain", "m-1", *words, "--format", "csv").out)))
    parts = sum(float(row["usage_kwh"]) for row in rows if row["part"] in ("step", "steps"))
    [whole] = [row for row in rows if row["part"] == "usage"]
    assert parts == float(whole["usage_kwh"])
    if "--month" not in words:
        assert parts == steady("usage", "m-1", *words, "--format", "json").json["usage_kwh"]
    else:
        assert parts == steady("bill", "m-1", *words, "--format", "json").json["usage_kwh"]
    assert [row["from_source"].partition(":")[0] for row in rows if row["part"] == "opening"] != [""]


def test_no_data_says_why_and_exit_0(steady: Command) -> None:
    result = steady("explain", "m-1", "--from", "2024-01-01", "--to", "2024-01-02")
    assert result.code == 0
    assert "The window ends at or before the first counted reading" in result.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("m-1", "fortnight"), 2, "fortnight is not a window"),
        (("m-1", "today", "--month", "2025-02"), 2, "give a window, --month, or --from and --to, but only one of them"),
        (("m-1", "--month", "2025-13"), 2, "--month: '2025-13' is not a month"),
        (("m-1", "--from", "2025-02-01"), 2, "--to is missing"),
        (("nobody",), 1, "nobody is not registered"),
    ],
)
def test_what_cannot_be_explained_is_named(steady: Command, words: tuple[str, ...], code: int, said: str) -> None:
    result = steady("explain", *words)
    assert (result.code, result.out) == (code, "")
    assert said in result.err


def test_a_month_has_its_price_line_by_line(steady: Command, data: Path) -> None:
    rows = ["effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent"]
    (data / "tariffs.csv").write_text("\n".join([*rows, "2025-01-01,,,,,28.12,9", "2025-02-15,,,,,30,9"]) + "\n")
    lines = [" ".join(line.split()) for line in steady("explain", "m-1", "--month", "2025-02").out.splitlines()]
    assert "whole day 94.48 SGD 336.000 kWh × 28.12 cents, 9% tax; from 1 Feb 2025 00:00 to" in lines
    assert "net 195.28 SGD for 672.000 kWh: sum of lines, each rounded to the cent" in lines
    assert "total 212.86 SGD" in lines
    told = steady("explain", "m-1", "last_month", *AT, "--format", "json").json
    assert told["bill"] == steady("bill", "m-1", *AT, "--format", "json").json
    priced = list(csv.DictReader(io.StringIO(steady("explain", "m-1", "--month", "2025-02", "--format", "csv").out)))
    assert [row["usage_kwh"] for row in priced if row["part"] in ("price", "usage")] == ["336", "336", "672"]
    assert steady("bill", "--all", "--month", "2025-02", "--issue").code == 0
    (data / "tariffs.csv").write_text("\n".join([*rows, "2025-01-01,,,,,50,9"]) + "\n")
    told = steady("explain", "m-1", "last_month", *AT, "--format", "json").json
    assert told["bill"] == steady("bill", "m-1", *AT, "--format", "json").json
    issued = list(csv.DictReader(io.StringIO(steady("explain", "m-1", "--month", "2025-02", "--format", "csv").out)))
    assert [row["note"] for row in issued if row["part"] == "issued"] == ["total 212.86 SGD; now 153.38 to adjust"]
    assert [row for row in issued if row["part"] == "price"] == [row for row in priced if row["part"] == "price"]
    (data / "tariffs.csv").write_text("\n".join([*rows, "2025-02-15,,,,,30,9"]) + "\n")
    assert "no tariff is in force" in " ".join(steady("explain", "m-1", "--month", "2025-02").out.split())
    assert steady("explain", "m-1", "yesterday", *AT, "--format", "json").json["bill"] is None


def test_intervals_lead_to_file_and_line_and_a_sum_to_its_registers(metertui: Command, tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    day = "2025-03-10"
    rows = [
        f"{each},{day}T0{hour}:00,{day}T0{hour + 1}:00,{hour}.25," for each in ("m:t1", "m:t2") for hour in (1, 2, 5)
    ]
    file.write_text("\n".join(["identifier,start,end,kwh,quality", *rows]) + "\n")
    assert metertui("import", str(file)).code == 0
    words = ("explain", "m", "--from", day, "--to", day)
    said = " ".join(metertui(*words).out.split())
    assert "17.500 kWh were used. Of 2 h of the window nothing is known. They are the sum of m:t1, m:t2." in said
    assert "m:t2 8.750 kWh from 10 Mar 2025 01:00 to 10 Mar 2025 06:00; nothing is known of the rest" in said
    assert "sum of the registers 17.500 kWh ✓ is the usage, to the Wh" in said
    first = "first of a file 1.25 kWh from 10 Mar 2025 01:00 to 10 Mar 2025 02:00, intervals/2025/03_10.csv line"
    assert f"{first} 2" in said
    assert f"{first} 3" in said
    told = metertui(*words, "--format", "json").json
    assert [(each["meter"], each["usage_kwh"], each["agrees"]) for each in told["registers"]] == [
        ("m:t1", 8.75, True),
        ("m:t2", 8.75, True),
    ]
    assert told["registers"][1]["first_and_last_interval"][1]["line"] == 7
    rows_of_csv = list(csv.DictReader(io.StringIO(metertui(*words, "--format", "csv").out)))
    parts = sum(float(row["usage_kwh"]) for row in rows_of_csv if row["part"] in ("step", "steps"))
    assert parts == float(rows_of_csv[-1]["usage_kwh"]) == 17.5
    file.write_text("\n".join(["identifier,start,end,kwh,quality", rows[0].replace("1.25", "1.5")]) + "\n")
    assert metertui("import", str(file), "--replace").code == 0
    assert "03_10.csv line 3; before, it was 1.25 kWh (line 2)" in " ".join(metertui(*words).out.split())
    exported = tmp_path / "all.csv"
    assert metertui("export", "--from", "2025-03-10", "--to", "2025-03-10", "-o", str(exported)).code == 0
    lines = list(csv.DictReader(exported.open()))
    ends = [row for row in lines if row["timestamp"] == lines[0]["timestamp"] and row["identifier"] == "m:t1"]
    assert [(row["interval_kwh"], row["usage_kwh"], row["status"]) for row in ends] == [
        ("1.25", "", "replaced"), ("1.5", "1.5", "counted"),
    ]  # fmt: skip
    told = metertui("import", str(exported), "--format", "json").json
    assert (told["new"], told["refused"]) == (0, 1), "which the file does not hold the reason of"
    [first_of_all, *_] = metertui(*words, "--format", "json").json["registers"][0]["first_and_last_interval"]
    assert first_of_all["replaced"] == {"interval_kwh": 1.25, "quality": "actual", "line": 2}
