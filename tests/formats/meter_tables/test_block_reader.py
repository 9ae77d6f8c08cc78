"""Blocks of rows, read as their rows are one by one."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.formats.meter_tables.row_reader import RowReader
from metertui.formats.said import Said
from metertui.formats.tables import Row, text
from tests.formats.meter_tables.odd_tables import made_up, outcome, outcome_by_rows
from tests.formats.samples import SHAPES, expected, needs_samples
from tests.formats.test_shapes import OTHERS, SAID


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 32), st.sampled_from([100, 400, 1 << 19]))
def test_odd_rows_amid_plain_ones_are_read_as_rows_are(seed: int, block: int) -> None:
    table = made_up(Random(seed))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "_BLOCK_CHARACTERS", block)
        path = Path(folder) / "some.csv"
        path.write_bytes(table.content)
        assert outcome(path, table.said) == outcome_by_rows(path, table.said)


@needs_samples
@pytest.mark.parametrize("name", sorted(name for name in [*SAID, *OTHERS] if name.endswith(".csv")))
def test_samples_are_read_as_their_rows_are(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_BLOCK_CHARACTERS", 5000)
    meter = "m1" if expected(name)["say_beside_the_file"]["meter"].startswith("yes") else ""
    said = Said(**{"zone": "Europe/Vienna", "meter": meter} | SAID.get(name, {}))
    assert outcome(SHAPES / name, said) == outcome_by_rows(SHAPES / name, said)


def read_by_rows(tmp_path: Path, content: str, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the numbers of the rows of a table that are read one by one."""
    numbers: list[int] = []
    read = RowReader.read

    def noted(self: RowReader, rows: list[Row]) -> object:
        rows = list(rows)
        numbers.extend(row.number for row in rows)
        return read(self, rows)

    monkeypatch.setattr(RowReader, "read", noted)
    path = tmp_path / "some.csv"
    path.write_text(content)
    outcome(path, Said(meter="m1", zone="Europe/Vienna", stamps="start", unit="kWh", kind="interval"))
    return numbers


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("time,kWh", "2025-04-{day:02d}T{hour:02d}:00:00+02:00,{hour}.250"),
        ("Datum;Zeit;kWh", "{day}.4.2025;{hour}:00;{hour},25"),
        ("Von;Bis;kWh", "{day:02d}.04.2025 {hour:02d}:00;{day:02d}.04.2025 {hour:02d}:59;0,{hour}"),
        ("time;10000001;10000002", "2025-04-{day:02d} {hour:02d}:00;{hour}.5;"),
        ("time,kWh", '"2025-04-{day:02d} {hour:02d}:00","{hour}.5"'),
    ],
)
def test_only_the_first_row_of_a_register_is_read_by_itself(
    head: str, row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row.format(day=at // 24 + 1, hour=at % 24) for at in range(60)]
    assert read_by_rows(tmp_path, "\n".join([head, *rows]), monkeypatch) == [2]


def test_a_day_a_row_has_but_its_first_read_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = ";".join(chain(["Tag"], (f"{hour:02d}:00" for hour in range(24))))
    rows = [";".join([f"{day:02d}.04.2025", *["0,5"] * 24]) for day in range(1, 20)]
    assert read_by_rows(tmp_path, "\n".join([head, *rows]), monkeypatch) == [2]
