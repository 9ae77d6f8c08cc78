"""Columns that count the parts of a day."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base import HOUR, MINUTE
from metertui.formats.meter_tables.day_parts import DayPart, find_day_part
from tests.formats.meter_tables.made_up import shape_of


def table(numbers: range, name: str) -> str:
    return f"Date;{name};kWh\n" + "".join(f"2025-04-0{day};{part};0,{part}\n" for day in (1, 2) for part in numbers)


@pytest.mark.parametrize(
    ("numbers", "name", "part"),
    [
        (range(1, 25), "Hour", DayPart(1, 1, HOUR)),
        (range(24), "Godzina", DayPart(1, 0, HOUR)),
        (range(1, 49), "Settlement Period", DayPart(1, 1, 30 * MINUTE)),
        (range(1, 97), "Viertelstunde", DayPart(1, 1, 15 * MINUTE)),
        (range(2, 26), "Hour", None),
        (range(1, 20), "Hour", None),
        (range(1, 25), "Floor", None),
    ],
)
def test_the_fullest_day_has_all_parts(tmp_path: Path, numbers: range, name: str, part: DayPart | None) -> None:
    assert find_day_part(shape_of(tmp_path, table(numbers, name)), 0, [0, 1, 2]) == part


def test_a_person_may_name_the_column(tmp_path: Path) -> None:
    shape = shape_of(tmp_path, table(range(1, 25), "Floor"))
    assert find_day_part(shape, 0, [1], named=True) == DayPart(1, 1, HOUR)


def test_a_part_has_a_start_and_an_end() -> None:
    half_hours = DayPart(1, 1, 30 * MINUTE)
    assert half_hours.within("3") == (HOUR, HOUR + 30 * MINUTE)
    assert [half_hours.within(text) for text in ("0", "x", "")] == [None, None, None]
