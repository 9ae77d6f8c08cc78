"""The shape of a table."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from metertui.formats.meter_tables.shape import clean, find_shapes
from metertui.formats.tables import Row
from tests.formats.meter_tables.made_up import clock, shape_of


def test_a_table_begins_where_a_column_begins_to_hold_times(tmp_path: Path) -> None:
    shape = shape_of(
        tmp_path,
        "Kunde;17\nVon;01.04.2025\nBis;02.04.2025\n\nDatum;Zeit;kWh\n01.04.2025;00:00;0,5\n01.04.2025;00:15;0,25\n",
    )
    assert shape.names == ["Datum", "Zeit", "kWh"]
    assert shape.kinds == ["date", "clock", "figure"]
    assert shape.first == 6
    assert ["Von", "01.04.2025"] in shape.before


def test_a_table_may_have_no_names(tmp_path: Path) -> None:
    shape = shape_of(tmp_path, "20250328,9428\n20250329,9426\n")
    assert (shape.named, shape.names, shape.first) == (False, ["1", "2"], 1)


def test_units_and_groups_stand_above_names_and_below_them(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [None, "Strom [kWh]", None, "Gas [m3]"],
        ["Datum", "Bezug", "Einspeisung", "Bezug"],
        [datetime(2025, 4, 1), 4, 1, 7],
        [datetime(2025, 4, 2), 5, 2, 8],
    ]
    shape = shape_of(tmp_path, rows)
    assert shape.context == [[], ["Strom [kWh]"], ["Strom [kWh]"], ["Gas [m3]"]]
    assert shape.kinds == ["date", "figure", "figure", "figure"]
    below = shape_of(tmp_path, "Zeit,E1,E2\nTT.MM.JJJJ,[Wh],[Wh]\n01.04.2025 00:00,1,2\n01.04.2025 01:00,2,3\n")
    assert below.names == ["Zeit", "E1", "E2"]
    assert below.context == [["TT.MM.JJJJ"], ["[Wh]"], ["[Wh]"]]


def test_an_id_that_looks_like_a_day_is_none(tmp_path: Path) -> None:
    dated = shape_of(tmp_path, "Meter;Time;kWh\n" + "".join(f"20250101;0{d}.04.2025;0,{d}\n" for d in range(1, 5)))
    assert dated.kinds == ["figure", "date", "figure"]


def test_serial_numbers_are_times_below_a_name_of_times_alone(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Zeit", "kWh"]]
    rows.extend([45_658 + hour / 24, 0.25 * hour] for hour in range(1, 5))
    assert shape_of(tmp_path, rows).kinds == ["serial", "figure"]
    assert find_shapes([Row("", at, [f"{45_658 + at}", "1"]) for at in range(5)]) == []


def test_columns_that_are_named_by_times_of_day_make_a_row_a_day(tmp_path: Path) -> None:
    names = ";".join(clock(hour * 60) for hour in range(24))
    shape = shape_of(
        tmp_path, f"Tag;{names}\n" + "".join(f"{day:02d}.04.2025;{';'.join(['0,5'] * 24)}\n" for day in (1, 2))
    )
    assert shape.slots == list(range(1, 25))
    assert clean('="540"') == "540"
    assert clean("=A1") == "=A1"


def test_a_title_with_many_texts_names_no_columns(tmp_path: Path) -> None:
    title: list[object] = ["site", "Quay", "report", "daily", "made", "today"]
    rows: list[list[object]] = [title, [], ["Time", "From Grid (kWh)"], ["2025-03-28", 1.5], ["2025-03-29", 2]]
    shape = shape_of(tmp_path, rows)
    assert shape.names == ["Time", "From Grid (kWh)"]
    assert shape.before == [title]


def test_a_number_of_an_account_is_no_time_where_times_are_dates(tmp_path: Path) -> None:
    rows = "".join(f"use,2025-04-0{day},0.{day}\n" for day in range(1, 5))
    shape = shape_of(tmp_path, f"Name,J. DOE\nAccount Number,1234567890\n\nTYPE,DATE,kWh\n{rows}")
    assert (shape.names, shape.first) == (["TYPE", "DATE", "kWh"], 5)


def test_a_description_with_more_cells_than_the_rows_is_no_heading(tmp_path: Path) -> None:
    rows = "".join(f"2025-04-01T0{hour}:00:00Z;{hour}\n" for hour in range(1, 5))
    shape = shape_of(tmp_path, f"Point;From;To;Unit\n123;01/04/2025;02/04/2025;W\nTime;Value\n{rows}")
    assert (shape.names, shape.first) == (["Time", "Value"], 4)
