"""Tables with a column for each time."""

from __future__ import annotations

from pathlib import Path

from metertui.formats.tables import open_any_table
from tests.formats.meter_tables.made_up import read, write

HEADING = "entity_id;type;unit;" + ";".join(f"2025-04-01T0{hour}:00:00Z" for hour in range(4))
ROWS = "sensor-1;grid_consumption;kWh;0,5;;0,25;1\nsensor-1;grid_return;kWh;0;0,5;0;0\n"


def test_each_figure_becomes_a_row_with_its_time_and_the_line_of_the_file(tmp_path: Path) -> None:
    table = open_any_table(write(tmp_path, f"{HEADING}\n{ROWS}"))
    assert table is not None
    rows = [(row.number, *row.cells) for _, block in table.blocks() for row in block]
    assert table.form == "table with ; between cells, a column a time"
    assert rows[:3] == [
        (1, "entity_id", "type", "unit", "time", "value"),
        (2, "sensor-1", "grid_consumption", "kWh", "2025-04-01T00:00:00Z", "0,5"),
        (2, "sensor-1", "grid_consumption", "kWh", "2025-04-01T02:00:00Z", "0,25"),
    ]
    assert len(rows) == 8


def test_a_table_of_two_series_comes_back_by_register(tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEADING}\n{ROWS}", columns={"meter": "entity_id"}, meter="", stamps="start", zone="")
    assert found.refused == []
    assert (found.total("sensor-1"), found.total("sensor-1:export")) == (1.75, 0.5)


def test_times_in_rows_go_before_times_in_a_heading(tmp_path: Path) -> None:
    table = open_any_table(write(tmp_path, f"{HEADING}\n2025-04-01T00:00:00Z;1;2;3;4;5;6\n"))
    assert table is not None
    assert table.form == "table with ; between cells"
