"""The rows of a table, cell by cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.errors import MeterError
from tests.formats.meter_tables.made_up import clock, read

HEAD = "Zählpunkt;Von;Bis;Wert;Einheit;Status\n"


def row(hour: int, value: str, *, meter: str = "m7", unit: str = "KWH", status: str = "VAL") -> str:
    return f"{meter};28.04.2025 {clock(60 * hour)};28.04.2025 {clock(60 * hour + 60)};{value};{unit};{status}\n"


def file(*rows: str) -> str:
    return HEAD + "".join(rows)


def test_a_row_that_is_cut_is_refused_though_its_figure_reads_like_one(tmp_path: Path) -> None:
    found = read(tmp_path, file(row(0, "0,5"), row(1, "0,25"), row(2, "0,125"))[:-10], meter="")
    assert [each.split()[3] for each in found.intervals] == ["0.5", "0.25"]
    assert found.lines() == [(4, "syntax")]


def test_lines_of_another_delimiter_are_refused(tmp_path: Path) -> None:
    other = row(3, "0.5").replace(";", ",")
    found = read(tmp_path, file(row(0, "0,5"), row(1, "0,25"), row(2, "0,5"), other), meter="")
    assert found.lines() == [(5, "syntax")]


def test_negative_use_is_refused_and_its_hour_is_missing(tmp_path: Path) -> None:
    found = read(tmp_path, file(row(0, "0,5"), row(1, "-0,25"), row(2, "0,5")), meter="")
    assert found.total("m7") == 1.0
    assert found.lines() == [(3, "bad-reading")]


def test_empty_cells_and_half_rows_are_gaps(tmp_path: Path) -> None:
    found = read(
        tmp_path, file(row(0, "0,5"), row(1, ""), "m7;28.04.2025 02:00;28.04.2025 03:00;\n", row(3, "NaN")), meter=""
    )
    assert len(found.intervals) == 1
    assert found.refused == []
    assert found.table.left_out.sentences() == [
        "rows with an empty cell: 1 (line 3)",
        "rows without a value: 1 (line 4)",
        "rows with 'NaN' instead of a figure: 1 (line 5)",
    ]


def test_units_may_differ_by_row_and_gas_is_left_out(tmp_path: Path) -> None:
    rows = file(row(0, "0,5"), row(1, "250", unit="Wh"), row(2, "7,5", unit="m3"))
    found = read(tmp_path, rows, meter="")
    assert found.total("m7") == 0.75
    assert found.table.left_out.sentences() == ["figures in m3: 1 (line 4)"]


def test_qualities_and_doubtful_statuses(tmp_path: Path) -> None:
    rows = [
        row(0, "0,5"),
        row(1, "0,25", status="EST"),
        row(2, "0,5", status="Ersatzwert"),
        row(3, "0,5", status="fraglich"),
    ]
    found = read(tmp_path, file(*rows), meter="")
    assert [each.split()[4:] for each in found.intervals] == [[], ["E"], ["S"], []]
    assert found.table.left_out.sentences() == ["figures with the status 'fraglich', which count: 1 (line 5)"]


def test_a_heading_may_come_again_but_no_other_one(tmp_path: Path) -> None:
    rows = "28.04.2025 00:00;0,5;9\n28.04.2025 01:00;0,25;9\n"
    head = "Zeit;Bezug kWh;Einspeisung kWh\n"
    assert read(tmp_path, head + rows + head + rows.replace("28.", "29."), stamps="start").total("m1") == 1.5
    with pytest.raises(MeterError, match=r"june\.csv:4: another table begins with 'Zeit Einspeisung kWh Bezug kWh'"):
        read(tmp_path, f"{head}{rows}Zeit;Einspeisung kWh;Bezug kWh\n{rows}", stamps="start")


@pytest.mark.parametrize("head", ["Zeit;kWh\n", "Zeit;kWh;Status\n"])
def test_the_rows_of_another_meter_are_not_those_of_the_first(tmp_path: Path, head: str) -> None:
    rows = head + "28.04.2025 00:00;0,5;g\n28.04.2025 01:00;0,25;g\n"
    rows = rows if "Status" in head else rows.replace(";g", "")
    first, later = f"Zähler;AT01\n{rows}", rows.replace("28.", "29.")
    assert read(tmp_path, f"{first}Zähler;AT01\n{later}", meter="", stamps="start").total("AT01") == 1.5
    with pytest.raises(MeterError, match="another table begins with 'Zähler AT02': import each as a file of its own"):
        read(tmp_path, f"{first}Zähler;AT02\n{later}", meter="", stamps="start")
    words = f"Zähler: A 1\n{rows}"
    assert read(tmp_path, f"{words}Zähler: A 1\n{later}", stamps="start").total("m1") == 1.5
    with pytest.raises(MeterError, match="another table begins with 'Zähler: B 2'"):
        read(tmp_path, f"{words}Zähler: B 2\n{later}", stamps="start")


def test_two_meters_stand_in_one_file(tmp_path: Path) -> None:
    rows = file(row(0, "0,5"), row(0, "0,25", meter="m8"), row(1, "0,5"), row(1, "0,5", meter="b d"))
    found = read(tmp_path, rows, meter="")
    assert (found.total("m7"), found.total("m8")) == (1.0, 0.25)
    assert found.lines() == [(5, "bad-meter-id")]


def test_footers_are_left_out_and_broken_times_refused(tmp_path: Path) -> None:
    rows = file(
        row(0, "0,5"),
        row(1, "0,25"),
        ";;;0,75;KWH;\n",
        "Summe;2025;;0,75;KWH;\n",
        row(2, "0,5").replace("28.04", "31.04", 1),
    )
    found = read(tmp_path, rows, meter="")
    assert found.total("m7") == 0.75
    assert found.table.left_out.sentences() == ["rows without a time, such as totals: 2 (lines 4, 5)"]
    assert found.lines() == [(6, "bad-timestamp")]


def test_a_row_may_name_its_series(tmp_path: Path) -> None:
    rows = "".join(
        f"2025-04-28T{clock(60 * hour)}:00Z,{kind},{hour}.5\n"
        for hour in range(3)
        for kind in ("Afname Dag", "Injectie", "Gas")
    )
    found = read(tmp_path, f"Datum,Type,Verbruik\n{rows}", unit="kWh", stamps="start")
    assert (found.total("m1:t2"), found.total("m1:export")) == (4.5, 4.5)
    assert len(found.intervals) == 6


def test_one_column_may_hold_use_and_feed_in(tmp_path: Path) -> None:
    rows = "".join(
        f"2025-04-28T{clock(60 * hour)}:00Z,{value}\n" for hour, value in enumerate(("0.5", "-0.25", "0.125"))
    )
    columns = {"time": "1", "kwh": "Saldo kWh", "export": "Saldo kWh"}
    found = read(tmp_path, f"Datum,Saldo kWh\n{rows}", columns=columns, stamps="start")
    assert (found.total("m1"), found.total("m1:export")) == (0.625, 0.25)
    assert found.refused == []
