"""Tables in workbooks."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from metertui.engine.errors import DataError
from metertui.formats.tables import workbook
from metertui.formats.tables.rows import Row, Typed
from metertui.formats.tables.workbook import read_rows


def test_rows_of_all_sheets_are_read_with_the_types_of_their_cells(tmp_path: Path) -> None:
    path, book = tmp_path / "some.xlsx", openpyxl.Workbook()
    book.worksheets[0].append(["0012", 144.5, datetime(2025, 3, 12, 10), None, "1,234"])
    book.create_sheet("Second").append([7])
    book.save(path)
    [first, second] = [row for _, rows in read_rows(path) for row in rows]
    assert first == Row("Sheet", 1, ["0012", "144.5", "2025-03-12T10:00:00", "", "1,234"])
    assert [isinstance(cell, Typed) for cell in first.cells] == [False, True, True, True, False]
    assert second == Row("Second", 1, ["7"])


def test_a_damaged_workbook_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "some.xlsx"
    path.write_bytes(b"PK\x03\x04nothing")
    with pytest.raises(DataError, match=r"some\.xlsx: the workbook is damaged"):
        list(read_rows(path))


def test_a_workbook_with_a_damaged_sheet_is_an_error(tmp_path: Path) -> None:
    path, book = tmp_path / "some.xlsx", openpyxl.Workbook()
    book.worksheets[0].append(["0012", 144.5])
    book.save(path)
    with zipfile.ZipFile(path) as parts:
        sheet = parts.getinfo("xl/worksheets/sheet1.xml")
    content = bytearray(path.read_bytes())
    begin = sheet.header_offset + 30 + len(sheet.filename)
    content[begin : begin + sheet.compress_size] = b"\xff" * sheet.compress_size
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"some\.xlsx: the workbook is damaged"):
        list(read_rows(path))


def test_a_workbook_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_LARGE", 100_000)
    path, book = tmp_path / "some.xlsx", openpyxl.Workbook()
    book.worksheets[0].append(["x" * 30_000] * 20)
    book.save(path)
    with pytest.raises(DataError, match=r"this is no workbook of readings: xl/worksheets/sheet1.xml would be 0 MB"):
        list(read_rows(path))


def test_an_offset_beside_a_real_date_is_a_part_of_it(tmp_path: Path) -> None:
    path, book = tmp_path / "some.xlsx", openpyxl.Workbook()
    book.worksheets[0].append(["start", "kWh", "start_offset"])
    book.worksheets[0].append([datetime(2025, 10, 26, 2, 30), 0.5, "+01:00"])
    book.worksheets[0].append([datetime(2025, 10, 26, 2, 30), 0.5, None])
    book.save(path)
    found = [row.cells[0] for _, rows in read_rows(path) for row in rows]
    assert found == ["start", "2025-10-26T02:30:00+01:00", "2025-10-26T02:30:00"]
    assert isinstance(found[1], Typed)
