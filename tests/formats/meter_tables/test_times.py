"""Which columns say when, and how they go together."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base import HOUR, MINUTE, SECOND
from metertui.engine.errors import DataError
from metertui.formats.meter_tables.times import TimeColumns, find_times, whole_end
from tests.formats.meter_tables.made_up import shape_of


def times_of(tmp_path: Path, header: str, *rows: str, **said: int) -> TimeColumns:
    shape = shape_of(tmp_path, "\n".join((header, *rows, "")))
    return find_times(tmp_path / "june.csv", shape, range(len(shape.names)), said)


@pytest.mark.parametrize(
    ("header", "rows", "expected"),
    [
        ("Zeit;kWh", ["01.04.2025 00:00;1", "01.04.2025 00:15;2"], TimeColumns("one", (0,))),
        ("Tag;kWh", ["01.04.2025;1", "02.04.2025;2"], TimeColumns("one", (0,), days=True)),
        ("A;B;kWh", ["01.04.2025;00:00;1", "01.04.2025;00:15;2"], TimeColumns("one", (0, 1))),
        ("kWh;A;B", ["1;00:00;01.04.2025", "2;00:15;01.04.2025"], TimeColumns("one", (2, 1))),
        ("A;B;C;kWh", ["01.04.2025;00:00;00:15;1", "01.04.2025;00:15;00:30;2"], TimeColumns("same day", (0, 1), (2,))),
        ("A;B;C;kWh", ["01.04.2025;00:15;00:00;1", "01.04.2025;00:30;00:15;2"], TimeColumns("same day", (0, 2), (1,))),
        ("A;B;kWh", ["01.04.2025;00:00-00:15;1", "01.04.2025;00:15-00:30;2"], TimeColumns("day and range", (0, 1))),
        ("A;kWh", ["01.04.2025 00:00 - 01.04.2025 00:15;1"] * 2, TimeColumns("range", (0,))),
        (
            "A;B;C;D;kWh",
            ["01.04.2025;00:00;01.04.2025;00:15;1", "01.04.2025;00:15;01.04.2025;00:30;1"],
            TimeColumns("two", (0, 1), (2, 3)),
        ),
        (
            "A;B;C;D;kWh",
            ["00:15;01.04.2025;00:00;01.04.2025;1", "00:30;01.04.2025;00:15;01.04.2025;1"],
            TimeColumns("two", (1, 2), (3, 0)),
        ),
        (
            "A;B;kWh",
            ["01.04.2025 00:00;01.04.2025 00:15;1", "01.04.2025 00:15;01.04.2025 00:30;1"],
            TimeColumns("two", (0,), (1,)),
        ),
        (
            "A;B;kWh",
            ["01.04.2025 00:15;01.04.2025 00:00;1", "01.04.2025 00:30;01.04.2025 00:15;1"],
            TimeColumns("two", (1,), (0,)),
        ),
    ],
)
def test_columns_go_together_by_what_they_hold(
    tmp_path: Path, header: str, rows: list[str], expected: TimeColumns
) -> None:
    assert times_of(tmp_path, header, *rows) == expected


def test_a_time_in_another_zone_is_no_end_of_an_interval(tmp_path: Path) -> None:
    rows = ["01.04.2025 02:00;01.04.2025 00:00;1", "01.04.2025 02:15;01.04.2025 00:15;1"]
    with pytest.raises(DataError, match=r"'Lokal', 'Welt' hold times; give --columns time=NAME"):
        times_of(tmp_path, "Lokal;Welt;kWh", *rows)
    assert times_of(tmp_path, "Lokal;Welt;kWh", *rows, time=1) == TimeColumns("one", (1,))


def test_of_several_times_names_tell_start_and_end(tmp_path: Path) -> None:
    rows = [f"01.04.2025 0{hour}:00;01.04.2025 0{hour + 1}:00;05.04.2025 12:00;1" for hour in range(3)]
    assert times_of(tmp_path, "Von;Bis;Exportzeit;kWh", *rows) == TimeColumns("two", (0,), (1,))
    with pytest.raises(DataError, match="give --columns"):
        times_of(tmp_path, "A;B;C;kWh", *rows)


@pytest.mark.parametrize(
    ("length", "whole"),
    [
        (15 * MINUTE - SECOND, 15 * MINUTE),
        (14 * MINUTE, 15 * MINUTE),
        (HOUR - SECOND, HOUR),
        (10 * MINUTE, 10 * MINUTE),
    ],
)
def test_an_end_may_be_the_last_second_or_minute(length: int, whole: int) -> None:
    assert whole_end(HOUR, HOUR + length) == HOUR + whole
