"""Tables in three formats, read back by other programs."""

from __future__ import annotations

import json
import os
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from metertui import __version__
from metertui.engine.errors import MeterError
from metertui.formats import writers
from tests.patience import PATIENCE

COLUMNS: writers.Columns = {"meter": "text", "at": "time", "usage_kwh": "kwh", "readings": "count"}
TABLE = pd.DataFrame(
    {
        "meter": ["a", "=1+1", "ü"],
        "at": ["2025-10-26T01:30:00+01:00", "2025-10-26T01:30:00+00:00", "2025-10-26T02:00:00.000001+00:00"],
        "usage_kwh": [1.5, float("nan"), 0.001],
        "readings": [1, 2, 3],
    }
)
ASKED = {"from": "2025-10-26", "by": ["day"], "region": "=Nörth"}
MADE = {"made_by": f"metertui {__version__}"}


def write(path: Path, *tables: pd.DataFrame) -> Path:
    with writers.open_table(path, COLUMNS, "Europe/London", ASKED) as add:
        for table in tables:
            add(table)
    return path


def test_a_csv_has_its_definition_beside_it(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", TABLE[:1], TABLE[1:])
    assert path.read_text() == (
        "meter,at,usage_kwh,readings\na,2025-10-26T01:30:00+01:00,1.5,1\n"
        "'=1+1,2025-10-26T01:30:00+00:00,,2\nü,2025-10-26T02:00:00.000001+00:00,0.001,3\n"
    )
    assert json.loads((tmp_path / "t.csv.json").read_text()) == {**ASKED, **MADE}
    assert sorted(os.listdir(tmp_path)) == ["t.csv", "t.csv.json"]


def test_parquet_has_types_and_its_definition_within(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", TABLE[:1], TABLE[1:])
    found = pd.read_parquet(path)
    assert found["meter"].tolist() == ["a", "'=1+1", "ü"]
    assert str(found["at"].dtype) == "datetime64[us, Europe/London]"
    assert [at.isoformat() for at in found["at"]] == TABLE["at"].tolist()
    assert found["usage_kwh"].isna().tolist() == [False, True, False]
    assert found["readings"].dtype == "int64"
    assert pq.read_table(path)["usage_wh"].to_pylist() == [1500, None, 1]
    assert json.loads(pq.read_schema(path).metadata[writers.METADATA_KEY]) == {**ASKED, **MADE}
    assert os.listdir(tmp_path) == ["t.parquet"]


def test_a_workbook_has_its_definition_on_a_sheet_of_its_own(tmp_path: Path) -> None:
    path = write(tmp_path / "t.xlsx", TABLE[:1], TABLE[1:])
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Table", "Definition"]
    rows = [list(row) for row in book["Table"].iter_rows(values_only=True)]
    assert rows[0] == [*COLUMNS, "at_offset"]
    assert rows[2] == ["'=1+1", datetime(2025, 10, 26, 1, 30), None, 2, "+00:00"]
    assert {cell.data_type for row in book["Table"].iter_rows(min_row=2) for cell in row} == {"s", "n", "d"}
    assert book["Table"]["C2"].number_format == "0.000"
    assert book["Table"].auto_filter.ref == f"A1:E{len(rows)}"
    assert all(
        book["Table"].column_dimensions["ABCD"[place]].width > len(name) + 2 for place, name in enumerate(COLUMNS)
    )
    assert {row[0]: row[1] for row in book["Definition"].iter_rows(values_only=True)} == {
        "from": "2025-10-26",
        "by": "day",
        "region": "'=Nörth",
        **MADE,
    }
    assert os.listdir(tmp_path) == ["t.xlsx"]


def test_a_long_table_continues_on_another_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "MAX_SHEET_ROWS", 2)
    book = openpyxl.load_workbook(write(tmp_path / "t.xlsx", TABLE))
    assert book.sheetnames == ["Table", "Table 2", "Definition"]
    assert [sheet.max_row for sheet in book][:2] == [3, 2]
    assert [sheet.auto_filter.ref for sheet in book] == ["A1:E3", "A1:E2", None]
    assert book["Table 2"]["A2"].value == "ü"


def test_the_times_of_a_workbook_are_dates_with_their_offset_beside_them(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(write(tmp_path / "t.xlsx", TABLE))["Table"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("meter", "at", "usage_kwh", "readings", "at_offset")
    moment = datetime(2025, 10, 26, 1, 30)  # it comes twice that day
    assert [row[1:5:3] for row in rows[1:]] == [
        (moment, "+01:00"),
        (moment, "+00:00"),
        ("2025-10-26T02:00:00.000001+00:00", "+00:00"),  # a spreadsheet would read it to the ms
    ]


def test_a_workbook_says_its_definition_in_words(tmp_path: Path) -> None:
    asked = {
        "by": ["day", "region"],
        "compared_with": [],
        "rows": 3,
        "total_kwh": None,
        "small_groups": {"least": 10, "most": 0.5},
    }
    with writers.open_table(tmp_path / "t.xlsx", COLUMNS, "Europe/London", asked):
        pass
    rows = openpyxl.load_workbook(tmp_path / "t.xlsx")["Definition"].iter_rows(values_only=True)
    assert [row[1] or "" for row in rows] == ["day, region", "", 3, "none", "least 10, most 0.5", MADE["made_by"]]


@pytest.mark.parametrize("suffix", writers.SUFFIXES)
def test_a_table_without_rows_has_its_columns(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"t{suffix}")
    read: Any = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".xlsx": pd.read_excel}[suffix]
    found = read(path)
    own = {".csv": [], ".parquet": ["usage_wh"], ".xlsx": ["at_offset"]}
    assert list(found.columns) == [*COLUMNS, *own[suffix]]
    assert found.empty


@pytest.mark.parametrize("suffix", writers.SUFFIXES)
def test_an_existing_file_is_unchanged_after_a_failure(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t{suffix}"
    path.write_text("before")
    with pytest.raises(KeyError):
        write(path, TABLE, TABLE.drop(columns="meter"))
    assert os.listdir(tmp_path) == [path.name]
    assert path.read_text() == "before"
    with pytest.raises(MeterError, match="cannot write"):
        write(tmp_path / "nowhere" / f"t{suffix}")


def test_a_file_of_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        writers.FileNameError, match=r"t\.txt: the name of the file must end in \.csv, \.parquet, \.xlsx"
    ):
        write(tmp_path / "t.txt")


def test_a_csv_may_be_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "t.csv"
    os.mkfifo(pipe)
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.append(pipe.read_text()))
    reader.start()
    write(pipe, TABLE[:1])
    reader.join(PATIENCE)
    assert said == ["meter,at,usage_kwh,readings\na,2025-10-26T01:30:00+01:00,1.5,1\n"]
    os.mkfifo(tmp_path / "t.xlsx")
    with pytest.raises(writers.FileNameError, match="not a regular file"):
        write(tmp_path / "t.xlsx", TABLE)


LIKE_NUMBERS = ["0012", "1E5", "2025-01", "NA", "中部, é", "=1+1", "\t=1+1", "\r=1+1"]
DISARMED = [*LIKE_NUMBERS[:5], "'=1+1", "'\t=1+1", "'␍=1+1"]


def texts(path: Path, **options: Any) -> Path:
    columns: writers.Columns = {"meter": "text"}
    with writers.open_table(path, columns, "Europe/London", **options) as add:
        add(pd.DataFrame({"meter": LIKE_NUMBERS}))
    return path


def test_ids_like_numbers_dates_and_nothing_survive_in_parquet_and_workbooks(tmp_path: Path) -> None:
    assert pd.read_parquet(texts(tmp_path / "t.parquet"))["meter"].tolist() == DISARMED
    sheet = openpyxl.load_workbook(texts(tmp_path / "t.xlsx"))["Table"]
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == DISARMED
    assert {cell.data_type for cell in cells} == {"s"}  # a spreadsheet reads text, and makes no number of it


@pytest.mark.parametrize("bom", [False, True])
def test_they_survive_in_a_csv_as_the_documentation_reads_it(tmp_path: Path, bom: bool) -> None:
    path = texts(tmp_path / "t.csv", bom=bom)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfmeter\n" if bom else b"meter\n")
    found = pd.read_csv(path, dtype={"meter": str}, keep_default_na=False, encoding="utf-8-sig")
    assert found["meter"].tolist() == DISARMED


def test_a_fraction_that_is_noted_is_in_the_form_of_times_before_it(tmp_path: Path) -> None:
    path, times = tmp_path / "noted.csv", writers.TimeForm()
    times.note_fraction()
    aware = pd.to_datetime(pd.Series(["2025-03-01T10:00:00Z", "2025-03-01T10:00:00.5Z"]), format="ISO8601")
    with writers.open_table(path, {"at": "time"}, "UTC", times=times) as add:
        for at in (0, 1):
            add(pd.DataFrame({"at": aware[at : at + 1]}))
    assert pd.read_csv(path)["at"].tolist() == ["2025-03-01T10:00:00.000000+00:00", "2025-03-01T10:00:00.500000+00:00"]


def test_the_times_of_a_table_have_one_form(tmp_path: Path) -> None:
    aware = TABLE.assign(at=pd.to_datetime(TABLE["at"], utc=True, format="ISO8601").dt.tz_convert("Europe/London"))
    found = pd.read_csv(write(tmp_path / "mixed.csv", aware))["at"]
    assert found[0] == "2025-10-26T01:30:00.000000+01:00"
    assert isinstance(pd.to_datetime(found, utc=True).dtype, pd.DatetimeTZDtype)
    whole = pd.read_csv(write(tmp_path / "whole.csv", aware[:2]))["at"]
    assert whole.tolist() == TABLE["at"][:2].tolist()
