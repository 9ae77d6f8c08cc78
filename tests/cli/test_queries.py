"""Usage, bill, query and export, as they are printed."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from metertui import __version__
from metertui.engine.base.progress import no_progress
from metertui.engine.index.reading_list import ReadingList
from metertui.engine.usage import readings_table
from tests.cli.conftest import Command

AT = ("--at", "2025-03-12T10:40:00")
PARTS = ("timestamp", "timestamp_offset")


@pytest.mark.parametrize(
    ("window", "kwh"),
    [
        ("today", 10.5),
        ("yesterday", 24),
        ("week", 58.5),
        ("month", 274.5),
        ("last_month", 672),
        ("last_half_hour", 0.5),
    ],
)
def test_the_steady_meter(steady: Command, window: str, kwh: float) -> None:
    result = steady("usage", "m-1", window, *AT, "--format", "json")
    assert result.json["usage_kwh"] == kwh
    assert result.json["window"] == window


def test_usage_says_all_of_it(steady: Command) -> None:
    result = steady("usage", "m-1", "--format", "json", *AT)
    assert result.json == {
        "meter": "m-1",
        "window": "month",
        "start": "2025-03-01T00:00:00+08:00",
        "end": "2025-03-12T10:40:00+08:00",
        "opening_kwh": 1720,
        "opening_time": "2025-03-01T00:00:00+08:00",
        "opening_quality": "actual",
        "closing_kwh": 1994.5,
        "closing_time": "2025-03-12T10:30:00+08:00",
        "closing_quality": "last",
        "usage_kwh": 274.5,
        "readings": 549,
        "suspect": 0,
    }


def test_dates_are_both_included(steady: Command) -> None:
    result = steady("usage", "m-1", "--from", "2025-02-01", "--to", "2025-02-02", "--format", "json")
    assert (result.json["window"], result.json["usage_kwh"], result.json["readings"]) == ("dates", 48, 96)


def test_a_usage_that_is_not_the_difference_of_its_registers_says_why(steady: Command, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    at = ("10T00:00,1011.5", "10T01:00,1012.5", "10T02:00,1000", "10T03:00,1000.75", "11T00:00,1000.75")
    file.write_text("identifier,timestamp,usage\n" + "".join(f"m-2,2025-02-{row}\n" for row in at))
    assert steady("import", str(file)).code == 0
    words = ("m-2", "--from", "2025-02-01", "--to", "2025-02-28")
    sentence = (
        "The usage is not the closing less the opening register: 1 undeclared reset between them, on 10 Feb 2025 02:00 "
        "from 1 012.500 kWh to 1 000.000 kWh."
    )
    assert steady("usage", *words).out.splitlines()[-2:] == ["", sentence]
    assert sentence in steady("bill", "m-2", "--month", "2025-02").out
    assert "note" not in steady("usage", *words, "--format", "json").json
    assert "not the closing" not in steady("usage", *words, "--format", "csv").out
    assert "not the closing" not in steady("usage", "m-1", *words[1:]).out


def test_no_data_is_null_and_exit_0(steady: Command) -> None:
    result = steady("usage", "m-1", "--from", "2024-01-01", "--to", "2024-01-02", "--format", "json")
    assert result.code == 0
    assert result.json["usage_kwh"] is None
    assert result.json["opening_kwh"] is None
    shown = steady("usage", "m-1", "--from", "2024-01-01", "--to", "2024-01-02").out
    assert "usage_kwh        -" in shown


def test_query_by_month(steady: Command) -> None:
    result = steady("query", "--from", "2025-02-01", "--to", "2025-03-31", "--by", "month", "--format", "json")
    assert result.json == [
        {"month": "2025-02", "usage_kwh": 672, "meters": 1, "readings": 1344},
        {"month": "2025-03", "usage_kwh": 274.5, "meters": 1, "readings": 549},
    ]


def test_query_in_order_and_cut(steady: Command) -> None:
    words = ["query", "--from", "2025-03-10", "--to", "2025-03-12", "--by", "day", "--format", "csv"]
    assert steady(*words, "--sort", "-usage_kwh", "--limit", "1").out.splitlines()[1] == "2025-03-10,24,1,48"
    assert steady(*words, "--sort", "usage_kwh", "--limit", "1").out.splitlines()[1] == "2025-03-12,10.5,1,21"


def test_tables_are_aligned_to_the_right_where_they_are_numbers(steady: Command) -> None:
    assert steady("query", "--from", "2025-03-11", "--to", "2025-03-12", "--by", "day").out.splitlines() == [
        "day         usage_kwh  meters  readings",
        "2025-03-11       24.0       1        48",
        "2025-03-12       10.5       1        21",
    ]


def test_a_table_without_rows_says_so(steady: Command) -> None:
    words = ["query", "--from", "2020-01-01", "--to", "2020-01-02", "--by", "day"]
    assert steady(*words).out.splitlines()[-1] == "no data"
    assert steady(*words, "--format", "json").json == []


def test_export(steady: Command, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert steady("export", "--from", "2025-01-30", "--to", "2025-01-30", "-o", str(out)).code == 0
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert list(rows[0]) == [
        "identifier", "timestamp", "reading_kwh", "usage_kwh", "region", "sub_region", "apartment_type", "status",
        "quality", "channel",
    ]  # fmt: skip
    assert len(rows) == 49  # the first, at midnight, opens the day
    assert (rows[0]["timestamp"], rows[0]["usage_kwh"]) == ("2025-01-30T00:00:00+08:00", "")
    assert (rows[1]["timestamp"], rows[1]["usage_kwh"]) == ("2025-01-30T00:30:00+08:00", "0.5")
    assert {row["status"] for row in rows} == {"counted"}


@pytest.mark.parametrize("words", [["query"], ["query", "--readings"], ["export", "-o", "x.csv"]])
def test_the_error_for_a_name_that_no_account_has_lists_the_names(
    steady: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    days = ["--from", "2025-01-30", "--to", "2025-01-30"]
    result = steady(*words, *days, "--region", "Nroth")
    assert (result.code, result.err) == (1, "metertui: no meter has the region Nroth; no meter has any region\n")
    for meter, region in (("a", "North"), ("b", "East")):
        assert steady("users", "register", meter, "--region", region).code == 0
    result = steady(*words, *days, "--region", "Nroth")
    why = "no meter has the region Nroth; known: East, North; did you mean North?"
    assert (result.code, result.err) == (1, f"metertui: {why}\n")
    assert not Path("x.csv").exists()
    assert steady(*words, *days, "--region", "North").code == 0  # there, without a reading
    result = steady(*words, *days, "--sub-region", "Quarry")
    assert result.err == "metertui: no meter has the sub-region Quarry; no meter has any sub-region\n"


def test_an_export_that_fails_leaves_nothing_behind(steady: Command, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("before")
    words = ["export", "--from", "2025-01-30", "--to", "2025-01-30", "-o", str(out), "--meter", "nobody"]
    assert steady(*words).code == 1
    assert out.read_text() == "before"
    assert not list(tmp_path.glob(".*"))


def test_an_export_is_the_same_table_in_every_form(steady: Command, tmp_path: Path) -> None:
    words = ["export", "--from", "2025-01-30", "--to", "2025-01-30", "--time", "18:00-20:00", "-o"]
    for suffix in ("csv", "parquet", "xlsx"):
        assert steady(*words, str(tmp_path / f"out.{suffix}")).err == f"4 readings written to {tmp_path}/out.{suffix}\n"
    table = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert table["timestamp"].str[11:16].tolist() == ["18:30", "19:00", "19:30", "20:00"]
    assert_same_table(pd.read_excel(tmp_path / "out.xlsx", keep_default_na=False), table)
    parquet = pd.read_parquet(tmp_path / "out.parquet")
    assert [time.isoformat() for time in parquet["timestamp"]] == table["timestamp"].tolist()
    assert parquet["usage_kwh"].tolist() == table["usage_kwh"].tolist()
    definition = json.loads((tmp_path / "out.csv.json").read_text())
    assert definition | {"asked_at": ""} == {
        "table": "readings",
        "from": "2025-01-30",
        "to": "2025-01-30",
        "time": "18:00-20:00",
        "timezone": "Asia/Singapore",
        "asked_at": "",
        "made_by": f"metertui {__version__}",
    }
    assert steady(*words, str(tmp_path / "out.doc")).code == 2


def assert_same_table(workbook: pd.DataFrame, table: pd.DataFrame) -> None:
    """The table of a workbook is that of a CSV, with a date and an offset in place of a text with both."""
    stamps = [f"{local.isoformat()}{offset}" for local, offset in zip(*map(workbook.pop, PARTS), strict=True)]
    assert stamps == table["timestamp"].tolist()
    pd.testing.assert_frame_equal(workbook, table.drop(columns="timestamp"), check_dtype=False)


def test_query_with_a_measure_and_a_comparison(steady: Command) -> None:
    words = ["query", "--from", "2025-03-01", "--to", "2025-03-31", "--by", "month", "--format", "json"]
    result = steady(
        *words, "--measure", "per_meter_day", "--compare", "before", "--sort", "-before_kwh", "--limit", "1"
    )
    assert result.json == [
        {
            "month": "2025-03",
            "usage_kwh_per_meter_day": 24,
            "before_kwh": 24,
            "change_percent": 0.0,
            "meters": 1,
            "readings": 549,
        }
    ]
    assert steady(*words, "--measure", "peak").json[0]["peak_kwh"] == 0.5
    wrong = steady(*words, "--compare", "before", "--sort", "before_kw")
    assert (wrong.code, "did you mean before_kwh?" in wrong.err) == (2, True)
    for more in (["--readings"], ["-o", "x.csv"]):
        assert steady(*words, "--measure", "peak", *more).code == 2


def test_query_of_a_saved_question(steady: Command, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[question]]\ntitle = "Mine"\nperiod = "dates"\nfirst = "2025-02-01"\nlast = "2025-02-02"\nby = ["day"]\n'
    )
    asked = steady("query", "--from", "2025-02-01", "--to", "2025-02-02", "--by", "day", "--format", "json")
    saved = steady("query", "--saved", str(file), "--format", "json")
    assert saved.json == asked.json
    assert len(steady("query", "--saved", "Usage by month", "--format", "json").json) == 3
    file.write_text("[[question")
    broken = steady("query", "--saved", str(file))
    assert (broken.code, broken.err.count("\n"), "mine.toml cannot be read" in broken.err) == (1, 1, True)
    assert steady("query", "--saved", "Usage by mouth").err.endswith("did you mean Usage by month?\n")
    assert steady("query", "--saved", str(file), "--by", "day").code == 2


def test_query_by_time_of_day(steady: Command) -> None:
    words = ["query", "--from", "2025-03-10", "--to", "2025-03-11", "--format", "csv"]
    assert steady(*words, "--time", "18:00-20:00").out.splitlines()[1] == "4,1,8"
    assert steady(*words, "--time", "22:00-06:15").out.splitlines()[1] == "16.5,1,32"
    result = steady(*words, "--time", "18-20")
    assert (result.code, result.err.count("--time: 18-20 is not a time of day; enter one")) == (2, 1)
    assert steady(*words, "--by", "weekday,hour_of_day", "--limit", "1").out.splitlines()[1] == "Mon,00:00,1,1,2"


def test_query_lists_readings(steady: Command) -> None:
    words = ["query", "--readings", "--from", "2025-03-10", "--to", "2025-03-11", "--time", "18:00-20:00"]
    rows = steady(*words, "--sort", "-reading_kwh", "--limit", "2", "--format", "json").json
    assert rows[0] == {
        "identifier": "m-1",
        "timestamp": "2025-03-11T20:00:00+08:00",
        "reading_kwh": 1980,
        "region": "",
        "sub_region": "",
        "apartment_type": "",
        "quality": "actual",
    }
    assert [row["timestamp"][8:16] for row in rows] == ["11T20:00", "11T19:30"]
    assert len(steady(*words, "--format", "json").json) == 8
    assert steady(*words, "--by", "day").code == 2
    assert steady(*words, "--sort", "usage_kwh").code == 2


def test_a_list_of_readings_is_the_same_table_in_every_form(steady: Command, tmp_path: Path) -> None:
    words = ["query", "--readings", "--from", "2025-01-30", "--to", "2025-01-30", "--time", "18:00-20:00"]
    words += ["--sort", "-timestamp"]
    for suffix in ("csv", "parquet", "xlsx"):
        result = steady(*words, "-o", str(tmp_path / f"out.{suffix}"))
        assert (result.out, result.err) == ("", f"4 readings written to {tmp_path}/out.{suffix}\n")
    printed = steady(*words, "--format", "csv").out
    assert (tmp_path / "out.csv").read_text() == printed
    assert printed.splitlines()[1] == "m-1,2025-01-30T20:00:00+08:00,1020,,,,actual"
    table = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert_same_table(pd.read_excel(tmp_path / "out.xlsx", keep_default_na=False), table)
    parquet = pd.read_parquet(tmp_path / "out.parquet")
    assert [time.isoformat() for time in parquet["timestamp"]] == table["timestamp"].tolist()
    assert parquet["reading_kwh"].tolist() == [1020, 1019.5, 1019, 1018.5]
    assert steady(*words, "-o", str(tmp_path / "out.doc")).code == 2
    assert steady("query", "--from", "2025-01-30", "--to", "2025-01-30", "-o", "out.csv").code == 2


def test_intervals_of_files_are_in_every_list_as_often_as_they_are_counted(metertui: Command, tmp_path: Path) -> None:
    file, days = tmp_path / "some.csv", ("--from", "2025-03-10", "--to", "2025-03-10")
    times = [f"2025-03-10T0{hour}:00:00+08:00" for hour in range(4)]
    file.write_text(
        f"identifier,start,end,kwh,quality\nm,{times[0]},{times[1]},0.1000004,\nm,{times[2]},{times[3]},2,E\n"
    )
    assert metertui("import", str(file)).code == 0
    assert metertui("usage", "m", *days, "--format", "json").json["readings"] == 2
    listed = metertui("query", "--readings", *days, "--format", "json").json
    assert [(row["start"], row["timestamp"], row["reading_kwh"]) for row in listed] == [
        (times[0], times[1], None),
        (times[2], times[3], None),
    ]
    assert [row["interval_kwh"] for row in listed] == [0.1, 2]
    heading = "identifier,timestamp,reading_kwh,region,sub_region,apartment_type,quality,start,interval_kwh\n"
    assert metertui("query", "--readings", *days, "-o", str(tmp_path / "out.csv")).code == 0
    exact = f"m,{times[1]},,,,,actual,{times[0]},0.1000004\nm,{times[3]},,,,,estimated,{times[2]},2\n"
    assert (tmp_path / "out.csv").read_text() == heading + exact
    for suffix, read in ((".parquet", pd.read_parquet), (".xlsx", pd.read_excel)):
        assert metertui("export", *days, "-o", str(tmp_path / f"out{suffix}")).code == 0
        table = read(tmp_path / f"out{suffix}")
        assert table["usage_kwh"].tolist() == [0.1, 2]
        assert (table["status"] == "counted").all()
        assert table["reading_kwh"].isna().all()
    log = tmp_path / "log.csv"
    log.write_text("identifier,timestamp,usage\nm,2025-03-10T06:00,7\nm,2025-03-10T08:00,9.5\n")
    assert metertui("import", str(log)).code == 0
    for suffix in (".csv", ".parquet", ".xlsx"):
        back, again = tmp_path / f"back{suffix}", ("--data", str(tmp_path / f"data{suffix}"))
        assert metertui("export", *days, "-o", str(back)).code == 0
        report = metertui("import", str(back), *again, "--format", "json").json
        assert (report["new"], report["refused"]) == (4, 0)
        assert metertui("usage", "m", *days, *again, "--format", "json").json["usage_kwh"] == 4.6
        assert metertui("query", "--readings", *days, *again).out == metertui("query", "--readings", *days).out
    printed = metertui("export", *days, "-o", "-", "--format", "json").json[:2]
    assert [(row["start"], row["usage_kwh"], row["interval_kwh"]) for row in printed] == [
        (times[0], 0.1, 0.1),
        (times[2], 2, 2),
    ]


def test_an_exchange_is_used_up_to_and_is_no_reading(steady: Command, tmp_path: Path) -> None:
    """The old register's last, at 10:36, is on the curve; what is stored stays 549 readings."""
    words = ["--final", "1994.7", "--initial", "0", "--time", "2025-03-12T10:36:00", "--reason", "broken display"]
    assert steady("exchange", "m-1", *words).code == 0
    dates = ["--from", "2025-03-01", "--to", "2025-03-12", "--format", "json"]
    assert steady("query", *dates).json == [{"usage_kwh": 274.7, "meters": 1, "readings": 549}]
    parts = [steady("query", *dates, "--time", time).json[0] for time in ("07:00-10:34", "10:34-22:00", "22:00-07:00")]
    assert round(sum(part["usage_kwh"] for part in parts), 3) == 274.7
    assert sum(part["readings"] for part in parts) == 549
    assert len(steady("query", "--readings", *dates).json) == 549
    assert steady("query", *dates, "--by", "hour", "--sort", "-hour", "--limit", "1").json[0] == {
        "hour": "2025-03-12T10:00:00+08:00", "usage_kwh": 0.7, "meters": 1, "readings": 1,
    }  # fmt: skip
    out = tmp_path / "out.csv"
    assert steady("export", "--from", "2025-03-01", "--to", "2025-03-12", "-o", str(out)).code == 0
    table = pd.read_csv(out)
    assert table["status"].value_counts().to_dict() == {"counted": 549, "exchange": 1}
    assert round(table["usage_kwh"].sum(), 3) == 274.7


def test_an_export_goes_to_standard_output_as_csv_or_as_asked(steady: Command, tmp_path: Path) -> None:
    words, out = ("export", "--from", "2025-03-12", "--to", "2025-03-12", "-o"), tmp_path / "out.csv"
    assert steady(*words, str(out)).code == 0
    for name in ("-", "/dev/stdout"):
        result = steady(*words, name)
        assert (result.code, result.out, result.err) == (0, out.read_text(), "")
    rows = steady(*words, "-", "--format", "json").json
    assert len(rows) == len(out.read_text().splitlines()) - 1
    assert list(rows[0].items())[:3] == [
        ("identifier", "m-1"), ("timestamp", "2025-03-12T00:30:00+08:00"), ("reading_kwh", 1984.5)
    ]  # fmt: skip
    assert steady(*words, "-", "--format", "table").out.startswith("identifier  timestamp")
    asked = ("query", "--readings", "--from", "2025-03-12", "--to", "2025-03-12")
    assert steady(*asked, "-o", str(out)).code == 0
    assert steady(*asked, "-o", "-").out == out.read_text()
    listed = steady(*asked, "-o", "-", "--format", "json").json
    assert [row["timestamp"] for row in listed] == [row["timestamp"] for row in rows]


@pytest.mark.parametrize("asked", [("export",), ("query", "--readings")])
def test_a_fraction_in_a_late_frame_is_in_the_form_of_all_times(
    steady: Command, tmp_path: Path, asked: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings_table, "PIECE", 2)
    monkeypatch.setattr(ReadingList.frames, "__defaults__", (no_progress, 2))
    late = tmp_path / "late.csv"
    late.write_text("m-1,2025-03-12T10:30:30.5,1994.6\n")
    words = (*asked, "--from", "2025-03-12", "--to", "2025-03-12")
    assert steady("import", str(late)).code == 0
    out = tmp_path / "out.csv"
    assert steady(*words, "-o", str(out)).code == 0
    times = pd.read_csv(out)["timestamp"]
    assert (len(times), set(times.str.len())) == (22, {len("2025-03-12T10:30:30.500000+08:00")})
    assert steady(*words, "-o", "-").out == out.read_text()
    assert [row["timestamp"] for row in steady(*words, "-o", "-", "--format", "json").json] == times.tolist()
    if "--readings" in words:
        assert [row["timestamp"] for row in steady(*words, "--format", "json").json] == times.tolist()


@pytest.mark.parametrize("name", ["users.csv", "archive/2025/03_12.csv"])
def test_no_command_writes_its_output_into_a_data_folder(
    steady: Command, data: Path, tmp_path: Path, name: str
) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(data / name)
    days = ("--from", "2025-03-12", "--to", "2025-03-12")
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    for words in (
        ("export", *days),
        ("query", "--readings", *days),
        ("bill", "--all", "--month", "2025-02"),
        ("bill", "--all", "--month", "2025-02", "--issue"),
        ("generate", "--meters", "1", *days),
    ):
        for out in (data / name, link):
            result = steady(*words, "-o", str(out))
            assert (result.code, "is a data folder" in result.err) == (1, True), words
    assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == before


def test_a_meter_of_several_registers(metertui: Command, tmp_path: Path) -> None:
    lines = [("a:t1", 10, 11), ("a:t2", 20, 22), ("a:export", 5, 9), ("b", 1, 2)]
    log = tmp_path / "some.txt"
    log.write_text(
        "".join(
            f"{meter},2025-03-1{day},{kwh}\n"
            for meter, *both in lines
            for day, kwh in zip(("0T00:00", "1T00:00"), both, strict=True)
        )
    )
    assert metertui("import", str(log)).code == 0
    days = ("--from", "2025-03-10", "--to", "2025-03-10", "--format", "json")
    used = metertui("usage", "a", *days).json
    assert (used["usage_kwh"], used["opening_kwh"], used["closing_kwh"]) == (3, None, None)
    assert {name: each["usage_kwh"] for name, each in used["channels"].items()} == {"t1": 1, "t2": 2, "export": 4}
    assert used["channels"]["t1"].keys() == used.keys() - {"channels"}
    alone = metertui("usage", "a:t2", *days).json
    assert (alone["meter"], alone["usage_kwh"], alone["opening_kwh"]) == ("a:t2", 2, 20)
    assert metertui("usage", "b:use", *days).json == metertui("usage", "b", *days).json
    assert "channels" not in metertui("usage", "b", *days).json
    assert metertui("query", *days, "--by", "meter").json[0] == {
        "meter": "a",
        "usage_kwh": 3,
        "meters": 1,
        "readings": 4,
    }
    by_channel = metertui("query", *days, "--by", "channel", "--sort", "-usage_kwh").json
    assert [(row["channel"], row["usage_kwh"]) for row in by_channel][:3] == [("export", 4), ("use", 4), ("t2", 2)]
    assert metertui("query", *days, "--channel", "export").json[0]["usage_kwh"] == 4
    assert metertui("query", *days, "--channel", "exprt").err.endswith("did you mean export?\n")
    listed = metertui("query", *days, "--readings", "--meter", "a:export").json
    assert [row["identifier"] for row in listed] == ["a:export", "a:export"]
    assert len(metertui("usage", "a", *days[:-1], "csv").out.splitlines()) == 5
    assert metertui("usage", "a:t9").err == "metertui: a has no readings of a channel t9\n"
    assert metertui("bill", "a:t1").code == 2
    assert metertui("explain", "a:t1", *days).json["usage_kwh"] == 1
    void = metertui("void", "a:t1", "2025-03-11T00:00", "--reason", "misread", "--format", "json")
    assert void.json["total_kwh_after"] == 0
    assert metertui("usage", "a", *days).json["usage_kwh"] == 2
    assert metertui("check").code == 0
    curve = ("export", *days[:-1], "csv", "--interval", "12h", "--channel", "export", "-o", "-")
    assert [line.split(",")[0::3] for line in metertui(*curve).out.splitlines()[1:]] == [["a:export", "2", ""]] * 2
    note = "! only what was used is written; for other channels of these meters: --channel export\n"
    for form in (("--interval", "12h", *days[-2:-1], "csv"), ("--form", "nem12")):
        words = ("export", *days[:-2], *form, "-o", "-")
        assert metertui(*words).err == note
        assert [metertui(*words, *each).err for each in (("--channel", "export"), ("--meter", "b"))] == ["", ""]
    fed_in = metertui(*words, "--channel", "export").out.splitlines()[1]
    assert fed_in.startswith("200,a,B1,")


def test_an_export_of_load_curves_sums_to_the_usage(steady: Command, tmp_path: Path) -> None:
    words = ["export", "--from", "2025-02-01", "--to", "2025-02-02", "--interval"]
    for suffix in ("csv", "parquet", "xlsx"):
        path = tmp_path / f"load.{suffix}"
        result = steady(*words, "1h", "-o", str(path))
        assert (result.code, result.err) == (0, f"48 intervals written to {path}\n")
    table = pd.read_csv(tmp_path / "load.csv")
    assert list(table) == [
        "identifier",
        "start",
        "end",
        "usage_kwh",
        "quality",
        "region",
        "sub_region",
        "apartment_type",
    ]
    assert table["usage_kwh"].sum() == 48
    assert list(table.loc[0, ["start", "end", "quality"]]) == [
        "2025-02-01T00:00:00+08:00", "2025-02-01T01:00:00+08:00", "actual",
    ]  # fmt: skip
    assert pd.read_parquet(tmp_path / "load.parquet")["usage_wh"].tolist() == [1000] * 48
    definition = json.loads((tmp_path / "load.csv.json").read_text())
    assert (definition["table"], definition["interval"]) == ("load curves", "1h")
    for wrong, why in (
        ("7m", "--interval: an interval is at least a minute long"),
        ("soon", "'soon' is not an interval"),
    ):
        result = steady(*words, wrong, "-o", "-")
        assert result.code == 2
        assert why in result.err


def test_load_curves_leave_as_nem12_and_come_back(steady: Command, tmp_path: Path) -> None:
    path, copy = tmp_path / "load.csv", tmp_path / "copy"
    words = ["export", "--from", "2025-02-01", "--to", "2025-02-02", "--form", "nem12", "-o"]
    result = steady(*words, str(path))
    assert (result.code, result.err) == (0, f"96 intervals written to {path}\n")
    made = re.compile(r"\b20[0-9]{10,12}\b")
    assert made.sub("", steady(*words, "-").out) == made.sub("", path.read_text())
    steady("import", str(path), "--data", str(copy))
    back = steady(
        "query", "--from", "2025-02-01", "--to", "2025-02-02", "--by", "day", "--data", str(copy), "--format", "json"
    )
    assert [row["usage_kwh"] for row in back.json] == [24, 24]
    assert steady(*words, str(path), "--interval", "1h").code == 2
