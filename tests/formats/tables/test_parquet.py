"""Tables in Parquet files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from metertui.engine.errors import DataError
from metertui.formats.tables import parquet
from metertui.formats.tables.parquet import read_rows
from metertui.formats.tables.rows import Row, Typed


def test_rows_are_read_in_blocks_below_the_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS_PER_BLOCK", 2)
    path = tmp_path / "some"
    time = datetime(2025, 3, 12, 10, tzinfo=UTC)
    pd.DataFrame({"m": ["0012", None, "7"], "t": [time] * 3, "kwh": [1.5, None, 2]}).to_parquet(path)
    blocks = list(read_rows(path))
    assert [(share, len(rows)) for share, rows in blocks] == [(pytest.approx(2 / 3), 3), (1.0, 1)]
    stamp = "2025-03-12T10:00:00+00:00"
    found = [row for _, rows in blocks for row in rows]
    assert found == [
        Row("", 0, ["m", "t", "kwh"]),
        Row("", 1, ["0012", stamp, "1.5"]),
        Row("", 2, ["", stamp, ""]),
        Row("", 3, ["7", stamp, "2"]),
    ]
    assert [isinstance(cell, Typed) for cell in found[1].cells] == [False, True, True]


def test_a_file_without_rows_has_names(tmp_path: Path) -> None:
    path = tmp_path / "some"
    pd.DataFrame({"m": [], "t": []}).to_parquet(path)
    assert list(read_rows(path)) == [(1.0, [Row("", 0, ["m", "t"])])]


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "some"
    path.write_bytes(b"PAR1nothing at all")
    with pytest.raises(DataError, match="the Parquet file is damaged"):
        list(read_rows(path))
