"""Opening any file as a table."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from metertui.formats.tables import opening, text
from metertui.formats.tables.opening import is_other_than_utf8, open_any_table, open_table
from tests.formats.tables import old_workbooks

NAMES = ["meter", "kwh", "note"]


def is_header(cells: list[str]) -> bool:
    return cells == NAMES


def read(path: Path) -> list[tuple[str, int, list[str]]]:
    table = open_table(path, is_header)
    assert table is not None
    told: list[float] = []
    sections = list(table.sections(told.append))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert all(section.names == NAMES for section in sections)
    return [(row.sheet, row.number, row.cells) for section in sections for row in section.rows]


def test_text_without_its_preamble_and_empty_lines(tmp_path: Path) -> None:
    path = tmp_path / "some.xlsx"  # names say nothing
    path.write_text("Report;;;\n\nmeter;kwh;note;;\n;;;;\na;1,5;x;;\na;2\n\na;3;x;;y\n")
    assert read(path) == [("", 5, ["a", "1,5", "x"]), ("", 6, ["a", "2"]), ("", 8, ["a", "3", "x", "", "y"])]


def test_a_workbook_has_a_table_on_each_sheet_that_names_the_columns(tmp_path: Path) -> None:
    path, book = tmp_path / "some.csv", openpyxl.Workbook()
    for row in (["Report"], [], ["meter", "kwh", "note"], ["a", 1.5], [], ["b", 2, "x"]):
        book.worksheets[0].append(row)
    book.create_sheet("About").append(["kwh", "energy"])
    for row in (["meter", "kwh", "note"], ["c", 3]):
        book.worksheets[1].append(["no table"])
        (book["More"] if "More" in book.sheetnames else book.create_sheet("More")).append(row)
    book.save(path)
    assert read(path) == [
        ("Sheet", 4, ["a", "1.5", ""]),
        ("Sheet", 6, ["b", "2", "x"]),
        ("More", 2, ["c", "3", ""]),
    ]


def test_a_parquet_file_is_a_table_if_it_has_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    pd.DataFrame({"meter": ["a"], "kwh": [1.5], "note": [None]}).to_parquet(path)
    assert read(path) == [("", 1, ["a", "1.5", ""])]
    pd.DataFrame({"meter": ["a"]}).to_parquet(path)
    table = open_table(path, is_header)
    assert table is not None
    assert list(table.sections()) == []


def test_other_files_are_no_table(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text("meter;kwh\na;1\n")
    assert open_table(path, is_header) is None


def test_a_workbook_of_the_old_kind_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    old_workbooks.write(path, [["of today"], ["meter", "kwh", "note"], ["a", 1.5]])
    assert read(path) == [("Some", 3, ["a", "1.5", ""])]


@pytest.mark.parametrize(
    ("data", "other"),
    [(b"a,b\n", False), ("ä,b\n".encode(), False), (b"\xe4,b\n", True), (b"PAR1\n", True), (b"PK\x03\x04\n", True)],
)
def test_utf_8_is_told_from_the_rest(tmp_path: Path, data: bytes, other: bool) -> None:
    path = tmp_path / "some"
    path.write_bytes(data)
    assert is_other_than_utf8(path, data) is other


def test_first_rows_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, begun = tmp_path / "some.csv", []
    path.write_text("".join(f"2025-04-01 00:{minute:02d};0,5\n" for minute in range(60)))
    read_rows = text.read_rows
    monkeypatch.setattr(text, "read_rows", lambda *of: begun.append(of) or read_rows(*of))
    monkeypatch.setattr(text, "_BLOCK_CHARACTERS", 100)
    table = open_any_table(path)
    assert table is not None
    assert [row.number for row in table.first] == list(range(1, 61))
    assert len(begun) == 1
    monkeypatch.setattr(opening, "_FIRST_CELLS", 20)  # a wide table needs fewer rows to be known
    table = open_any_table(path)
    assert table is not None
    assert 10 <= len(table.first) < 20


def test_first_rows_of_a_parquet_file_stand_below_its_names(tmp_path: Path) -> None:
    path = tmp_path / "some"
    pd.DataFrame({"time": ["2025-04-01 00:00"], "kwh": [1.5]}).to_parquet(path)
    table = open_any_table(path)
    assert table is not None
    assert [row.cells for row in table.first] == [["time", "kwh"], ["2025-04-01 00:00", "1.5"]]
