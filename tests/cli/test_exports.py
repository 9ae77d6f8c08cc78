"""Exports, and lists of single readings, as they are printed and written."""

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
