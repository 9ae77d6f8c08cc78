"""`metertui import` and `metertui generate`, together."""

from __future__ import annotations

import io
import json
import os
import threading
from pathlib import Path

import pytest

from tests.cli.conftest import Command

COUNTS = ("read", "new", "duplicate", "suspect", "refused")


def generated(metertui: Command, out: Path, *words: str) -> Path:
    result = metertui("generate", "--meters", "3", "--from", "2025-03-01", "--to", "2025-03-02", "-o", str(out), *words)
    assert result.code == 0
    return out


@pytest.mark.parametrize("name", ["history.csv", "history.log"])
def test_what_is_generated_can_be_imported_once(metertui: Command, tmp_path: Path, name: str) -> None:
    file = str(generated(metertui, tmp_path / name))
    first = metertui("import", file, "--format", "json").json
    assert [first[count] for count in COUNTS] == [288, 288, 0, 0, 0]
    assert (first["registered"], first["days"]) == (3, 2)
    again = metertui("import", file, "--format", "json").json
    assert [again[count] for count in COUNTS] == [288, 0, 288, 0, 0]


def test_an_import_that_is_interrupted_says_so_in_one_line(
    metertui: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    file = str(generated(metertui, tmp_path / "history.csv"))
    monkeypatch.setattr("metertui.cli.imports.perform", interrupt)
    result = metertui("import", file)
    assert (result.code, result.out) == (130, "")
    assert result.err.splitlines() == [
        "metertui: interrupted; nothing is stored by half, and the same command stores what is missing"
    ]


def test_both_forms_hold_the_same_readings(metertui: Command, tmp_path: Path) -> None:
    wide, log = generated(metertui, tmp_path / "a.csv"), generated(metertui, tmp_path / "a.log")
    both = metertui("import", str(wide), str(log), "--format", "json").json
    assert [both[count] for count in COUNTS] == [576, 288, 288, 0, 0]


def test_equal_seeds_give_equal_files(metertui: Command, tmp_path: Path) -> None:
    first, second = (generated(metertui, tmp_path / name, "--seed", "5") for name in ("a.csv", "b.csv"))
    other = generated(metertui, tmp_path / "c.csv", "--seed", "6")
    assert first.read_bytes() == second.read_bytes() != other.read_bytes()


def test_attributes_come_with_the_wide_form(metertui: Command, tmp_path: Path) -> None:
    metertui("import", str(generated(metertui, tmp_path / "a.csv")))
    assert all(row["region"] for row in metertui("users", "list", "--format", "json").json)


def test_refused_lines_are_reported_and_kept(metertui: Command, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    file.write_text("m-1,2025-01-01T00:00:00,1\nm-1,2025-01-01T00:00:00,2\n" + "m-1,nonsense,3\x1b\n" * 12)
    result = metertui("import", str(file))
    assert result.code == 0
    assert "refused     13" in result.out
    lines = result.err.splitlines()
    assert len(lines) == 11
    assert lines[0].startswith("log.txt:3: bad-timestamp: ")
    assert lines[-1].startswith("and 3 more; all refused lines: 12 bad-timestamp, 1 conflict")
    rejects = (data / "rejects.log").read_text().splitlines()
    assert len(rejects) == 13
    assert rejects[-1].split("\t")[1:] == ["log.txt:2", "conflict", "m-1,2025-01-01T00:00:00+08:00,2"]


@pytest.mark.parametrize("option", ["--form", "--format"])
def test_the_form_may_be_given_beside_the_format(metertui: Command, tmp_path: Path, option: str) -> None:
    """`--format` took both once, and still does."""
    file = str(generated(metertui, tmp_path / "a.csv"))
    result = metertui("import", "--format", "csv", file, option, "wide")
    assert result.out.splitlines()[1].startswith("288,288,0,0,0")
    assert metertui("import", file, option, "day").code == 1
    assert metertui("--format", "json", "import", file).json["duplicate"] == 288


def test_an_owned_folder_takes_no_import(metertui: Command, data: Path, tmp_path: Path) -> None:
    from metertui.engine.storage.folder_lock import FolderLock

    file = str(generated(metertui, tmp_path / "a.csv"))
    data.mkdir()
    lock = FolderLock(data)
    lock.acquire()
    result = metertui("import", file)
    lock.release()
    assert result.code == 1
    assert "is in use by another metertui" in result.err


def test_imported_history_gets_its_attributes_by_option_column_or_afterwards(
    metertui: Command, data: Path, tmp_path: Path
) -> None:
    def regions() -> dict[str, float]:
        words = ("query", "--from", "2025-01-01", "--to", "2025-03-31", "--by", "region", "--format", "json")
        return {row["region"]: row["usage_kwh"] for row in metertui(*words).json}

    log, table = tmp_path / "history.log", tmp_path / "table.csv"
    log.write_text("m-1,2025-01-01T00:00:00,1\nm-1,2025-02-01T00:00:00,11\nm-1,2025-03-01T00:00:00,31\n")
    table.write_text("identifier,timestamp,usage,region\nm-2,2025-01-01 00:00,0,West\nm-2,2025-02-01 00:00,500,\n")
    assert metertui("import", str(log)).code == 0
    assert regions() == {"": 30}
    changed = metertui("users", "modify", "m-1", "--region", "North", "--from", "2020-01-01")
    assert (changed.code, changed.err) == (0, "")
    assert regions() == {"North": 30}
    assert metertui("users", "modify", "m-1", "--region", "East", "--from", "2025-02-01T00:00:01").code == 0
    assert regions() == {"North": 10, "East": 20}
    given = metertui("import", str(table), "--attributes", "sub_region=Quay, region=South")
    assert (given.code, given.err) == (0, "")
    assert regions() == {"North": 10, "East": 20, "South": 500, "West": 0}  # West has the first reading
    [shown] = [row for row in metertui("users", "list", "--format", "json").json if row["identifier"] == "m-2"]
    assert (shown["region"], shown["sub_region"]) == ("South", "Quay")
    for wrong in ("region", "colour=red", "region=a,region=b", "region==1+1"):
        assert metertui("import", str(table), "--attributes", wrong).code == 2
    log.write_text(log.read_text().replace("m-1", "m-3"))
    for words in ((), ("--attributes", "region=Harbour")):  # the same file again, which brings no reading
        assert metertui("import", str(log), *words).code == 0
    assert regions() == {"North": 10, "East": 20, "South": 500, "West": 0, "Harbour": 30}
    out = tmp_path / "all.csv"
    assert metertui("export", "--from", "2024-12-31", "--to", "2025-03-31", "-o", str(out)).code == 0
    again = metertui("import", str(out), "--format", "json").json
    assert [again[count] for count in COUNTS] == [8, 0, 8, 0, 0]
    assert regions() == {"North": 10, "East": 20, "South": 500, "West": 0, "Harbour": 30}


def test_an_import_in_which_every_row_was_refused_fails(metertui: Command, tmp_path: Path) -> None:
    file = tmp_path / "history.log"
    file.write_text("m-1,2999-01-01T00:00:00,1\nm-1,nonsense,2\n")
    assert metertui("import", str(file)).code == 1
    file.write_text("m-1,2025-01-01T00:00:00,1\nm-1,nonsense,2\n")
    assert [metertui("import", str(file)).code for _ in range(2)] == [0, 0]
    file.write_text("")
    assert metertui("import", str(file), "--form", "log").code == 0
    assert "the file is empty" in metertui("import", str(file)).err


def test_a_file_of_no_known_form_fails_with_what_was_expected(metertui: Command, tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    file.write_text("meter;date\n1;2\n")
    result = metertui("import", str(file))
    assert result.code == 1
    assert result.err.startswith(f"metertui: {file}:1: no row of this file holds a time and a figure of energy")
    assert "This line, 'meter;date', begins no other form either: a reading" in result.err
    assert result.err.count("\n") == 1


def test_standard_input_and_pipes_are_read_like_files(
    metertui: Command, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    lines = b"m-1,2025-01-01T00:00:00,1\nm-1,nonsense,2\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines)))
    result = metertui("import", "-", "--format", "json")
    assert (result.code, result.json["new"]) == (0, 1)
    assert result.err.startswith("standard input:2: bad-timestamp: ")
    writer = threading.Thread(target=pipe.write_bytes, args=(lines,))
    writer.start()
    assert metertui("import", str(pipe), "--format", "json").json["duplicate"] == 1
    writer.join()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a;b\n")))
    assert metertui("import", "-").err.startswith("metertui: standard input:1: no row of this file holds a time")


def test_an_export_comes_back_and_a_file_that_may_mean_two_things_stores_nothing(
    metertui: Command, data: Path, tmp_path: Path
) -> None:
    metertui("import", str(generated(metertui, tmp_path / "a.csv")))
    book, copy = tmp_path / "out.xlsx", tmp_path / "copy"
    metertui("export", "--from", "2025-03-01", "--to", "2025-03-02", "-o", str(book))
    taken = metertui("import", str(book), "--format", "json", "--data", str(copy)).json
    assert [taken[count] for count in COUNTS] == [288, 288, 0, 0, 0]
    assert [day.read_bytes() for day in sorted(copy.glob("archive/2025/*"))] == [
        day.read_bytes() for day in sorted(data.glob("archive/2025/*"))
    ]
    doubtful = tmp_path / "doubtful.csv"
    doubtful.write_text("identifier;timestamp;reading_kwh\nm-9;2025-03-05T10:00;1,234\n")
    result = metertui("import", str(doubtful))
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines() == [
        f"metertui: {doubtful}: column reading_kwh: '1,234' in row 2 may be 1.234 or 1234 kWh, and no figure of the "
        "column tells which; save the file with decimal points, and commas between cells"
    ]
    assert "m-9" not in metertui("users", "list").out


HOURS = "Zeit;Verbrauch (kWh)\n28.04.2025 00:00;0,5\n28.04.2025 01:00;0,25\n28.04.2025 02:00;-1,0\n"
SAID = ("--meter", "m-1", "--zone", "Asia/Singapore", "--stamps", "start")


def test_a_table_of_a_portal_is_imported_by_what_is_said_of_it(metertui: Command, tmp_path: Path) -> None:
    file = tmp_path / "portal.csv"
    file.write_text(HOURS)
    asked = metertui("import", str(file))
    assert (asked.code, asked.out) == (1, "")
    assert asked.err == (
        f"metertui: {file}: the file does not say which meter it is of, in which zone its times are and whether a time "
        "is the start or the end of its interval; give --meter ID, --zone (such as Europe/Vienna) and --stamps "
        "(start or end)\n"
    )
    asked = metertui("import", str(file), "--meter", "m-1", "--zone", "Asia/Singapore")
    assert "give --stamps start or --stamps end" in asked.err
    assert metertui("import", str(file), *SAID, "--strict").err.count("1 line refused, so nothing is stored") == 1
    planned = metertui("import", str(file), *SAID, "--dry-run", "--format", "json")
    done = metertui("import", str(file), *SAID, "--format", "json")
    assert planned.out == done.out
    answer = json.loads(done.out)
    assert [answer[count] for count in ("read", "new", "duplicate", "different", "suspect", "refused")] == [
        3,
        2,
        0,
        0,
        0,
        1,
    ]
    assert answer["notes"] == [
        "portal.csv: table with ; between cells, energy per interval: 'Zeit' is the time, the start of each interval; "
        "'Verbrauch (kWh)' as m-1 in kWh"
    ]
    assert answer["meters"] == [
        {
            "meter": "m-1",
            "channel": "use",
            "total_kwh": 0.75,
            "first": "2025-04-28T00:00:00+08:00",
            "last": "2025-04-28T02:00:00+08:00",
            "intervals": 2,
            "gaps": 0,
            "missing_hours": 0,
        }
    ]


def test_a_dry_run_shows_how_a_file_is_read_and_what_becomes_of_it(metertui: Command, tmp_path: Path) -> None:
    file = tmp_path / "portal.csv"
    rows = "".join(f"{day:02}.05.2025 12:00;0,{day % 2 + 1};7;x\n" for day in range(1, 4))
    file.write_text(f"Zeit;Verbrauch (kWh);Gas;Ort\n{rows}03.05.2025 25:00;0,5;7;x\n03.05.2025 12:00;0,6;7;x\n")
    said = (*SAID[:-1], "end", "--columns", 'time=1,"kwh=Verbrauch (kWh)"')
    shown = metertui("import", str(file), *said, "--dry-run")
    lines = [" ".join(line.split()) for line in shown.out.splitlines()]
    assert lines[0] == (
        "portal.csv: table with ; between cells, energy per interval, times in Asia/Singapore, "
        "a time is the end of its interval"
    )
    for line in (
        "2 Verbrauch (kWh) 0,2, 0,1, 0,2 use m-1 kWh",
        "3 Gas 7, 7, 7 left out - -",
        "2 2025-04-30T12:00:00+08:00 2025-05-01T12:00:00+08:00 m-1 use 0.2",
        "new 3",
        "2025-04 m-1 use 0.1",
        "2025-05 m-1 use 0.4",
    ):
        assert line in lines
    assert shown.err.splitlines()[-1] == "refused: 1 bad-timestamp, 1 conflict"
    assert "registered 0" not in lines
    assert json.loads(metertui("import", str(file), *said, "--dry-run", "--format", "json").out)["months"] == [
        {"month": month, "meter": "m-1", "channel": "use", "total_kwh": kwh}
        for month, kwh in (("2025-04", 0.1), ("2025-05", 0.4))
    ]


def test_corrected_intervals_are_listed_and_taken_when_that_is_said(metertui: Command, tmp_path: Path) -> None:
    file = tmp_path / "portal.csv"
    file.write_text(HOURS)
    metertui("import", str(file), *SAID)
    file.write_text(HOURS.replace("0,25", "0,3"))
    told = metertui("import", str(file), *SAID).out
    assert "duplicate   1\ndifferent   1" in told
    assert "1 interval differs from what is stored; --replace takes that of the file" in told
    tried = metertui("import", str(file), *SAID, "--replace", "--dry-run").out
    assert "1 interval that differed from what was stored would be replaced" in tried
    done = metertui("import", str(file), *SAID, "--replace").out
    assert "1 interval that differed from what was stored was replaced" in done
    assert "duplicate   2\ndifferent   0" in metertui("import", str(file), *SAID).out


def test_a_saved_mapping_says_all_of_the_next_file_but_its_meter(metertui: Command, tmp_path: Path) -> None:
    june, july = tmp_path / "june.csv", tmp_path / "july.csv"
    june.write_text(HOURS)
    july.write_text(HOURS.replace("04", "05"))
    assert "give --" in metertui("import", str(july), "--meter", "m-1").err
    metertui("import", str(june), *SAID, "--save-mapping", "quay", "--dry-run")
    assert "give --" in metertui("import", str(july), "--meter", "m-1").err
    metertui("import", str(june), *SAID, "--save-mapping", "quay")
    assert "new         2" in metertui("import", str(july), "--meter", "m-1").out
    assert "give --meter ID" in metertui("import", str(july)).err


def test_the_name_of_a_column_may_change_from_month_to_month(metertui: Command, tmp_path: Path) -> None:
    files = {}
    for month, day in (("November", "2025-03-01"), ("December", "2025-04-01")):
        name = f"Consumption {month} 2025, all (kWh)"
        files[month] = tmp_path / f"{month}.csv"
        cells = [f'"{name}";{name} before', "0.5;7", "0.25;8"]
        if month == "December":
            cells = [";".join(reversed(each.split(";"))) for each in cells]
        files[month].write_text(f"when;{cells[0]}\n{day} 00:00;{cells[1]}\n{day} 01:00;{cells[2]}\n")
    said = ("--zone", "+05:45", "--stamps", "start", "--meter", "m-1")
    metertui("import", str(files["November"]), *said, "--columns", "time=when,kwh=2", "--save-mapping", "quay")
    found = json.loads(metertui("import", str(files["December"]), "--meter", "m-1", "--format", "json").out)
    assert (found["new"], found["meters"][0]["first"]) == (2, "2025-04-01T02:15:00+08:00")
    assert found["meters"][0]["total_kwh"] == 0.75


@pytest.mark.parametrize("columns", ["time", "time=", "time=1,time=2"])
def test_columns_are_said_by_name(metertui: Command, tmp_path: Path, columns: str) -> None:
    file = tmp_path / "portal.csv"
    file.write_text(HOURS)
    told = metertui("import", str(file), "--columns", columns)
    assert told.code == 2
    assert "is not like time=NAME or kwh=3, each at most once" in told.err


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("--max-kw", "0", "--max-kw: 0 is no power"),
        ("--max-kw", "nan", "--max-kw: nan is no power"),
        ("--max-kw", "1e400", "--max-kw: inf is no power"),
        ("--meter", "a b", "--meter: a meter id is"),
        ("--meter", "m:export", "--meter: a meter id is"),
    ],
)
def test_values_that_no_file_can_have_are_wrong_usage(metertui: Command, option: str, value: str, why: str) -> None:
    told = metertui("import", __file__, option, value)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert why in told.err


def test_a_load_curve_comes_back(metertui: Command, tmp_path: Path) -> None:
    file = tmp_path / "portal.csv"
    file.write_text(HOURS)
    assert metertui("import", str(file), *SAID).code == 0
    days = ("--from", "2025-04-01", "--to", "2025-04-30")
    for suffix in (".csv", ".parquet", ".xlsx"):
        out = tmp_path / f"curve{suffix}"
        assert metertui("export", *days, "--interval", "15m", "-o", str(out)).code == 0
        told = metertui("import", str(out), "--data", str(tmp_path / f"other{suffix}"), "--format", "json")
        found = json.loads(told.out)
        assert (found["refused"], found["meters"][0]["total_kwh"]) == (0, 0.75)


def test_what_stores_nothing_makes_no_folder_and_states_no_zone(
    metertui: Command, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "portal.csv"
    file.write_text("time,kwh\n2025-01-01 00:15,0.1\n2025-01-01 00:30,0.2\n")
    words = ("import", str(file), "--kind", "interval", "--meter", "m-1", "--stamps", "end", "--unit", "kWh")
    folder = data / "of" / "year"
    for nothing in (("--dry-run", "--zone", "UTC"), ("--zone", "UTC", "--max-kw", "0.1"), ()):
        assert metertui("--data", str(folder), *words, *nothing).code == int("--dry-run" not in nothing)
        assert not data.exists()
    data.mkdir()
    assert metertui("void", "m-1", "2025-01-01T00:15", "--reason", "none").code == 1
    assert list(data.parent.glob("data/**")) == [data]

    monkeypatch.setenv("METERTUI_TIMEZONE", "Europe/Vienna")
    said = metertui(*words, "--zone", "UTC")
    assert said.code == 0
    assert "portal.csv: its times are in UTC, and the days of this folder in Europe/Vienna" in said.out
    assert 'timezone = "Europe/Vienna"' in (data / "settings.toml").read_text()
    assert "days of this folder" not in metertui(*words, "--zone", "Europe/Vienna", "--dry-run").out


def test_rows_that_were_all_refused_are_kept_and_state_no_zone(metertui: Command, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "future.csv"
    file.write_text("identifier,timestamp,usage\nm-1,2099-01-01T00:15:00Z,7\n")
    assert metertui("import", str(file)).code == 1
    assert "2099" in (data / "rejects.log").read_text()
    assert not (data / "settings.toml").exists()
