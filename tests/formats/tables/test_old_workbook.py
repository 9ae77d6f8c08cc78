"""Tables in workbooks of the old kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlrd

from metertui.engine.errors import DataError
from metertui.formats.tables.old_workbook import read_rows
from metertui.formats.tables.rows import Row, Typed
from metertui.formats.tables.times import parse_number
from tests.formats.tables.old_workbooks import write

MARCH = 45_728.4375
"""2025-03-12T10:30:00 as a spreadsheet counts it: days since 1899-12-30."""


def test_rows_are_read_with_the_types_of_their_cells(tmp_path: Path) -> None:
    path = tmp_path / "some.xls"
    write(path, [["Zeit é", "kWh"], ["0012", 144.5, (MARCH, 1), (0.4375, 2), True, "1,234"], [7]])
    [first, second, third] = [row for _, rows in read_rows(path) for row in rows]
    assert first.cells[:2] == ["Zeit é", "kWh"]
    assert second == Row("Some", 2, ["0012", "144.5", "2025-03-12T10:30:00", "10:30:00", "TRUE", "1,234"])
    assert [isinstance(cell, Typed) for cell in second.cells] == [False, True, True, True, True, False]
    assert third.cells[0] == "7"


@pytest.mark.parametrize("size", [4, 600, 1100, 2000])
def test_a_damaged_workbook_is_an_error(tmp_path: Path, size: int) -> None:
    path = tmp_path / "some.xls"
    write(path, [["time", 1.5]] * 40)
    path.write_bytes(path.read_bytes()[:size] + b"\xff" * 20)
    with pytest.raises(DataError, match=r"some\.xls: the workbook is damaged"):
        list(read_rows(path))


def test_numbers_of_a_workbook_since_1904_may_be_days_since_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "some.xls"
    write(path, [[MARCH - 1462, "45728.4375", (MARCH - 1462, 1)]])
    opened = xlrd.open_workbook

    def since_1904(**options: Any) -> Any:
        book = opened(**options)
        book.datemode = 1
        return book

    monkeypatch.setattr(xlrd, "open_workbook", since_1904)
    [row] = [row for _, rows in read_rows(path) for row in rows]
    assert parse_number(row.cells[0]) == parse_number(row.cells[1])
    assert row.cells[2] == "2025-03-12T10:30:00"
