"""The text of cells, and blocks of rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from metertui.formats.tables.rows import ROWS_PER_BLOCK, Row, Typed, as_cell, in_blocks, without_empty_end


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (144.5, "144.5"),
        (123456.0, "123456"),  # an id that a workbook holds as a number
        (1.5e-7, "0.00000015"),
        (1e22, "10000000000000000000000"),
        (7, "7"),
        (True, "TRUE"),
        (Decimal("1.50"), "1.50"),
        (datetime(2025, 3, 12, 10, tzinfo=UTC), "2025-03-12T10:00:00+00:00"),
        (date(2025, 3, 12), "2025-03-12"),
        (None, ""),
        (float("nan"), ""),
    ],
)
def test_what_a_file_holds_with_a_type_is_text_that_has_one_reading(value: object, text: str) -> None:
    cell = as_cell(value)
    assert cell == text
    assert isinstance(cell, Typed)


def test_text_of_a_file_stays_text() -> None:
    assert as_cell(" 1,234 ") == "1,234"
    assert not isinstance(as_cell("1,234"), Typed)


def test_a_very_long_text_is_cut_and_is_no_figure_then() -> None:
    assert as_cell("1" * 200) == "1" * 200
    assert as_cell("12" + " " * 500 + "x") == "12" + " " * 198 + "…"


def test_empty_cells_at_the_end_are_no_columns() -> None:
    assert without_empty_end(["a", "", "b", "", ""]) == ["a", "", "b"]
    assert without_empty_end(["", ""]) == []


def test_blocks_hold_all_rows_and_end_at_1() -> None:
    rows = [Row("", number, []) for number in range(ROWS_PER_BLOCK + 1)]
    blocks = list(in_blocks(iter(rows), lambda: 0.5))
    assert [share for share, _ in blocks] == [0.5, 1.0]
    assert [row for _, block in blocks for row in block] == rows
