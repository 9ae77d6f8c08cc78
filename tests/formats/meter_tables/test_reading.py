"""Tables of other people, read whole: what careless reading would get wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from metertui.engine.base import HOUR, SiteZone
from metertui.engine.errors import DataError
from metertui.engine.intervals import IntervalPiece
from metertui.formats.meter_tables import evidence
from metertui.formats.meter_tables.reading import open_meter_table
from metertui.formats.said import NOTHING_SAID, NotSaid, Said
from metertui.formats.tables import opening
from tests.formats.meter_tables.made_up import Content, clock, read, write

VALUES = (0.5, 0.25, 1, 0.125)
DAY = datetime(2025, 4, 28)  # as a spreadsheet has it
QUOTED = '"28.04.2025 {clock}","{value}"\n'


def hours(values: str, form: str = "28.04.2025 {clock};{value}\n") -> str:
    return "".join(form.format(clock=clock(60 * at), value=value) for at, value in enumerate(values.split()))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"Zeit;Verbrauch (Wh)\n{hours('500 250 1000 125')}", {}),
        (f"Zeit;Verbrauch\n{hours('500 250 1000 125')}", {"unit": "Wh"}),
        (f"Zeit;Verbrauch (kWh)\n{hours('0,5 0,25 1,0 0,125')}", {}),
        (f"Zeit;Verbrauch\n{hours('0,5kWh 250Wh 1kWh 0,125kWh')}", {"unit": "kWh"}),
        (f"Zeit;Verbrauch (MWh)\n{hours('0,0005 0,00025 0,001 0,000125')}", {}),
        (f"sep=;\nZeit;Verbrauch (kWh)\n{hours('0,5 0,25 1,0 0,125')}".encode("utf-8-sig"), {}),
        (f"Zeit;Verbrauch (kWh);Qualität\n{hours('0,5;g 0,25;g 1,0;g 0,125;g')}".encode("latin-1"), {}),
        (f"Zeit\tVerbrauch (kWh)\n{hours('0,5 0,25 1,0 0,125')}".replace(";", "\t").encode("utf-16"), {}),
        (f'Zeit,"Verbrauch (kWh)"\n{hours("0,5 0,25 1,0 0,125", QUOTED)}', {}),
        (f"Zeit|kWh\n{hours('0.5 0.25 1.0 0.125')}".replace(";", "|"), {}),
        ([["Zeit", "kWh"], *([DAY + timedelta(hours=at), value] for at, value in enumerate(VALUES))], {}),
        ([["Zeit", "kWh"], *([45_775 + at / 24, value] for at, value in enumerate(VALUES))], {}),
        ("time,kWh\n" + "".join(f"{1745791200 + 3600 * at},{value}\n" for at, value in enumerate(VALUES)), {}),
    ],
)  # fmt: skip
def test_the_same_hours_in_any_dress(tmp_path: Path, content: Content, said: dict[str, str]) -> None:
    found = read(tmp_path, content, stamps="start", **said)
    assert found.refused == []
    assert found.intervals == [
        "m1 2025-04-28T00:00:00+02:00 2025-04-28T01:00:00+02:00 0.5",
        "m1 2025-04-28T01:00:00+02:00 2025-04-28T02:00:00+02:00 0.25",
        "m1 2025-04-28T02:00:00+02:00 2025-04-28T03:00:00+02:00 1",
        "m1 2025-04-28T03:00:00+02:00 2025-04-28T04:00:00+02:00 0.125",
    ]


def test_days_are_in_the_months_that_a_person_says(tmp_path: Path) -> None:
    rows = "Date,Usage (kWh)\n02/03/2025,1.5\n02/04/2025,2.5\n02/05/2025,1.25\n"
    assert read(tmp_path, rows, date_order="mdy").intervals[0].split()[1][:10] == "2025-02-03"
    assert read(tmp_path, rows, date_order="dmy").intervals[0].split()[1][:10] == "2025-03-02"


def test_days_beside_hours_are_not_counted_twice(tmp_path: Path) -> None:
    rows = "".join(
        f"01.04.2025 {clock(60 * at)};01.04.2025 {clock(60 * at + 59)}:59;0,{at + 10};"
        + (f"0{at + 1}.04.2025 00:00:00;0{at + 1}.04.2025 23:59:59;7,2\n" if at < 2 else ";;\n")
        for at in range(6)
    )
    found = read(tmp_path, f"Strom kWh;;;Strom kWh;;\nVON;BIS;WERT;VON;BIS;WERT\n{rows}")
    assert found.total("m1") == 0.75
    taken = found.table.taken()
    assert [(each.number, each.why) for each in taken.series if each.why] == [
        (6, "the same energy, in longer intervals")
    ]
    assert found.intervals[0].endswith("T00:00:00+02:00 2025-04-01T01:00:00+02:00 0.1")


def test_feed_in_is_no_use_and_may_be_written_negative(tmp_path: Path) -> None:
    rows = "".join(f"0{day}.04.2025;{day},5;-0,{day};{day - 1},0\n" for day in (1, 2, 3))
    found = read(tmp_path, f"Tag;Bezug kWh;Einspeisung kWh;Netto kWh\n{rows}")
    assert (found.total("m1"), found.total("m1:export")) == (7.5, 0.6)
    assert found.refused == []


def test_registers_come_with_their_channels(tmp_path: Path) -> None:
    rows = "".join(f"2025-04-28 {clock(15 * at)},{1234.5 + at / 10:.1f},{2000 + at / 4:.2f},500\n" for at in range(6))
    found = read(tmp_path, f"time,Import T1 kWh,Import T2 kWh,Export T1 kWh\n{rows}")
    assert found.registers[:3] == [
        "m1:t1 2025-04-28T00:00:00+02:00 1234.500",
        "m1:t2 2025-04-28T00:00:00+02:00 2000.000",
        "m1:e1 2025-04-28T00:00:00+02:00 500.000",
    ]
    assert len(found.registers) == 18
    assert found.intervals == []


def test_a_row_may_be_a_day(tmp_path: Path) -> None:
    names = ";".join(f"{clock(60 * at)}-{clock(60 * at + 60)}" for at in range(24))
    rows = "".join(f'"{day}/03/2025";' + ";".join(f'"0,{at + 10}"' for at in range(24)) + ";\n" for day in (29, 30))
    found = read(tmp_path, f"Giorno;{names}\n{rows}", unit="kWh")
    assert len(found.intervals) == 47
    assert found.lines() == [(3, "bad-timestamp")]
    numbers = ";".join(str(at) for at in range(1, 25))
    counted = rows.replace('"0,33";\n', ";\n", 2).replace(";;\n", ';"";\n')
    found = read(tmp_path, f"Giorno;{numbers}\n{counted}", unit="kWh")
    assert len(found.intervals) == 46
    assert found.refused == []


def test_a_day_of_a_row_has_the_quality_of_its_row(tmp_path: Path) -> None:
    names = ",".join(clock(60 * at) for at in range(24))
    rows = "".join(
        f"{day}/04/2025,{','.join(['0.5'] * 24)},{mark}\n" for day, mark in ((28, "A"), (29, "E"), (30, "A"))
    )
    found = read(tmp_path, f"Day,{names},Quality\n{rows}", unit="kWh")
    assert [row.split()[-1] for row in found.intervals] == ["0.5"] * 24 + ["E"] * 24 + ["0.5"] * 24


@pytest.mark.parametrize("name", ["Suffix", "Data stream"])
def test_a_row_may_be_a_day_of_one_of_several_streams_with_a_quality(tmp_path: Path, name: str) -> None:
    names = ",".join(clock(60 * at) for at in range(24))
    days = [("E1", 1, 28, "A"), ("B1", 2, 28, "A"), ("K1", 9, 28, "A"), ("E1", 3, 29, "E"), ("B1", 4, 29, "S")]
    rows = "".join(f"m1,{of},2025-04-{day}," + f"0.{kwh}," * 24 + f"{mark}\n" for of, kwh, day, mark in days)
    found = read(tmp_path, f"NMI,{name},Date,{names},Quality\n{rows}", meter="", unit="kWh")
    assert found.refused == []
    assert (found.total("m1"), found.total("m1:export")) == (9.6, 14.4)
    assert [row.split()[4:] for row in found.intervals[::24]] == [[], [], ["E"], ["S"]]
    assert "figures of K1, as reactive energy" in str(found.table.left_out.sentences())
    with pytest.raises(DataError, match=r"many rows have the time of another one, and other figures; give --columns"):
        read(tmp_path, f"NMI,Of,Date,{names},Quality\n{rows}", meter="", unit="kWh")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_streams_are_those_of_each_meter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setattr(evidence, "MOST_SERIES", 2)
    streams = [("m1", "E1"), ("m2", "E1"), ("m2", "E2"), ("m3", "B2")]
    rows = [[meter, of, f"2025-04-28 {clock(60 * at)}", "0.5"] for meter, of in streams for at in range(24)]
    table = [["NMI", "Suffix", "Time", "kWh"], *rows]
    content: Content = table if ending == "xlsx" else "\n".join(map(",".join, table))
    found = read(tmp_path, content, meter="", stamps="start", kind="interval")
    assert {each.split()[0] for each in found.intervals} == {"m1", "m2:t1", "m2:t2", "m3:export"}
    assert len(found.intervals) == 4 * 24


@pytest.mark.parametrize(("later", "use", "channel"), [("B1", "m1", "m1:export"), ("E2", "m1:t1", "m1:t2")])
def test_a_stream_behind_the_first_rows_is_read_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: str, use: str, channel: str
) -> None:
    monkeypatch.setattr(opening, "ROWS_PER_BLOCK", 24)
    rows = [
        f"m1,{of},2025-04-28 {clock(60 * at)},{kwh}" for of, kwh in (("E1", 0.5), (later, 0.25)) for at in range(24)
    ]
    found = read(tmp_path, "\n".join(["NMI,Suffix,Time,kWh", *rows]), meter="", stamps="start", kind="interval")
    assert len(found.table.shape.rows) < 25
    assert (found.total(use), found.total(channel), found.refused) == (12, 6, [])
    reactive = ["NMI,Suffix,Time,kWh", *(row.replace("E1", "Q1").replace(later, "E1") for row in rows)]
    found = read(tmp_path, "\n".join(reactive), meter="", stamps="start", kind="interval")
    assert (found.total("m1"), len(found.intervals)) == (6, 24)
    assert "as reactive energy" in str(found.table.left_out.sentences())


@pytest.mark.parametrize(("first", "later"), [("E1", "B1"), ("CON", "GEN"), ("1", "2")])
def test_a_column_that_may_tell_series_apart_is_asked_about(tmp_path: Path, first: str, later: str) -> None:
    rows = [f"m1,{first},2025-04-28 {clock(60 * at)},0.5" for at in range(24)]
    rows += [f"m1,{later},2025-04-29 {clock(60 * at)},0.25" for at in range(24)]
    content = "\n".join(["NMI,Register,Time,Usage (kWh)", *rows])
    with pytest.raises(NotSaid, match=rf"column 'Register' may tell series apart, and .*'{later}'.* give --columns"):
        read(tmp_path, content, meter="", stamps="start")
    one = "\n".join(content.split("\n")[:25])
    assert len(read(tmp_path, one, meter="", stamps="start", unit="kWh", kind="interval").intervals) == 24
    named = read(tmp_path, content, meter="", stamps="start", columns={"time": "Time", "kwh": "Usage (kWh)"})
    assert len(named.intervals) == 48
    if later == "B1":
        told = read(tmp_path, content, meter="", stamps="start", columns={"channel": "Register"})
        assert (told.total("m1"), told.total("m1:export")) == (12, 6)


def test_our_own_load_curves_name_registers(tmp_path: Path) -> None:
    rows = "".join(
        f"m{at}:export,2025-04-28T{clock(60 * at)}:00+02:00,2025-04-28T{clock(60 * at + 60)}:00+02:00,0.5,actual\n"
        for at in (1, 1, 2, 3)
    )
    content = (
        f"identifier,start,end,usage_kwh,quality\n{rows}m4,2025-04-28T04:00:00+02:00,2025-04-28T05:00:00+02:00,2,\n"
    )
    found = read(tmp_path, content, meter="")
    totals = {each: found.total(each) for each in ("m1:export", "m2:export", "m3:export", "m4")}
    assert totals == {"m1:export": 1, "m2:export": 0.5, "m3:export": 0.5, "m4": 2}
    with pytest.raises(DataError, match="the file says m1:export"):
        read(tmp_path, content.split("m2", maxsplit=1)[0], meter="m9")


def test_registers_that_stand_still_do_not_go_before_energy_that_changes(tmp_path: Path) -> None:
    rows = "".join(f"2025-04-28 {clock(60 * at)},{value},0\n" for at, value in enumerate(VALUES))
    found = read(tmp_path, f"Time,Profile read value,Register read value\n{rows}", stamps="start", unit="kWh")
    assert (found.registers, found.total("m1")) == ([], 1.875)


def test_energy_in_a_time_is_that_of_intervals_as_long_alone(tmp_path: Path) -> None:
    assert read(tmp_path, f"Zeit;Verbrauch (kWh/h)\n{hours('0,5 0,25')}", stamps="start").total("m1") == 0.75
    quarters = "".join(f"28.04.2025 {clock(15 * at)};0,5\n" for at in range(4))
    with pytest.raises(NotSaid, match=r"column 'Verbrauch \(kWh/h\)' is energy by something else than the intervals"):
        read(tmp_path, f"Zeit;Verbrauch (kWh/h)\n{quarters}", stamps="start")
    assert read(tmp_path, f"Zeit;Verbrauch (kWh/h)\n{quarters}", stamps="start", unit="kW").total("m1") == 0.5


def test_hours_of_a_day_may_be_numbered_by_the_clock(tmp_path: Path) -> None:
    names = ";".join(f"H{hour}" for hour in range(1, 25))
    spring = ";".join("" if hour == 3 else f"0,{hour + 10}" for hour in range(1, 25))
    autumn = ";".join(f"0,{hour + 10}" for hour in range(1, 25))
    found = read(tmp_path, f"Tag;{names}\n30.03.2025;{spring}\n26.10.2025;{autumn}\n", unit="kWh")
    assert found.refused == []
    assert {
        "m1 2025-03-30T01:00:00+01:00 2025-03-30T03:00:00+02:00 0.12",
        "m1 2025-03-30T03:00:00+02:00 2025-03-30T04:00:00+02:00 0.14",
        "m1 2025-10-26T02:00:00+02:00 2025-10-26T03:00:00+01:00 0.13",
    } <= set(found.intervals)
    assert len(found.intervals) == 47


def test_a_column_may_be_a_meter(tmp_path: Path) -> None:
    found = read(
        tmp_path, f"Zeit;10000001;10000002\n{hours('0,5;5 0,25;6 1,5;5')}", meter="", unit="kWh", stamps="start"
    )
    assert (found.total("10000001"), found.total("10000002")) == (2.25, 16)


@pytest.mark.parametrize("content", ["Hallo Welt\n", "A;B\n1;2\n"])
def test_what_has_no_times_is_no_table_of_readings(tmp_path: Path, content: str) -> None:
    assert open_meter_table(write(tmp_path, content), NOTHING_SAID, SiteZone("UTC")) is None


def test_hours_may_be_counted_in_a_column_beside_the_day(tmp_path: Path) -> None:
    def rows(day: str, count: int) -> str:
        return "".join(f"{day};{hour};0,{hour:02d}\n" for hour in range(1, count + 1))

    days = rows("29.03.2025", 24) + rows("30.03.2025", 23) + rows("26.10.2025", 25)
    found = read(tmp_path, f"Data;Godzina;Pobór [kWh]\n{days}", kind="interval")
    assert found.refused == []
    assert len(found.intervals) == 72
    assert found.intervals[0] == "m1 2025-03-29T00:00:00+01:00 2025-03-29T01:00:00+01:00 0.01"
    assert found.intervals[26] == "m1 2025-03-30T03:00:00+02:00 2025-03-30T04:00:00+02:00 0.03"
    assert found.intervals[49] == "m1 2025-10-26T02:00:00+02:00 2025-10-26T02:00:00+01:00 0.03"
    assert found.intervals[71] == "m1 2025-10-26T23:00:00+01:00 2025-10-27T00:00:00+01:00 0.25"


@pytest.mark.parametrize(("unit", "kwh"), [("W", 0.00025), ("kW", 0.25), ("MW", 250)])
def test_power_is_energy_where_a_person_says_so_in_the_unit_of_the_file(tmp_path: Path, unit: str, kwh: float) -> None:
    rows = "".join(f"M-00017;Active Import ({unit});01-04-2025 {clock(30 * at)};0,5\n" for at in range(1, 5))
    text = f"Meter;Read Type;Time;Read Value\n{rows}"
    found = read(tmp_path, text, meter="", unit=unit, stamps="end", date_order="dmy")
    assert found.total("M-00017") == kwh * 4
    other = "kW" if unit != "kW" else "W"
    with pytest.raises(DataError, match=f"says {unit}, which --unit {other} contradicts"):
        read(tmp_path, text, meter="", unit=other, stamps="end", date_order="dmy")


@pytest.mark.parametrize("months", ["2024-02 2024-03 2024-04", "02/2024 03/2024 04/2024", "Februar März April"])
def test_a_row_may_be_a_month(tmp_path: Path, months: str) -> None:
    names = [month if month[-1].isdigit() else f"{month} 2024" for month in months.split()]
    rows = "".join(f"{name};{kwh}\n" for name, kwh in zip(names, (100, 250, 175), strict=True))
    found = read(tmp_path, f"Monat;Verbrauch (kWh)\n{rows}")
    assert found.intervals[1] == "m1 2024-03-01T00:00:00+01:00 2024-04-01T00:00:00+02:00 250"
    assert found.total("m1") == 525


@pytest.mark.parametrize("above", [["Month", "April 2025"], ["Report of", "J. DOE"]])
def test_the_first_sheet_of_a_workbook_may_be_a_cover(tmp_path: Path, above: list[str]) -> None:
    book = openpyxl.Workbook()
    cover, sheet = book.worksheets[0], book.create_sheet("Hours")
    for cells in (above[:1], [*above[1:], 1.875]):
        cover.append(cells)
    for row in (["Zeit", "kWh"], *([DAY + timedelta(hours=at), value] for at, value in enumerate(VALUES))):
        sheet.append(row)
    book.save(path := tmp_path / "year.xlsx")
    found = read(tmp_path, path.read_bytes(), stamps="start")
    assert (found.total("m1"), len(found.intervals)) == (1.875, 4)


def test_a_total_of_a_month_among_days_is_no_day(tmp_path: Path) -> None:
    rows = "".join(f"{day:02d}.03.2024;1,5\n" for day in range(1, 5))
    found = read(tmp_path, f"Tag;Verbrauch (kWh)\n{rows}März 2024;6,0\n")
    assert (found.total("m1"), len(found.intervals)) == (6, 4)


def test_a_parquet_table_of_others_is_read(tmp_path: Path) -> None:
    path = tmp_path / "some.parquet"
    pd.DataFrame({"time": [DAY + timedelta(hours=at) for at in range(4)], "kWh": VALUES}).to_parquet(path)
    assert read(tmp_path, path.read_bytes(), stamps="start").total("m1") == 1.875


def test_a_time_beyond_all_calendars_costs_its_row_alone(tmp_path: Path) -> None:
    found = read(tmp_path, f"Zeit;kWh\n{hours('0.5 0.25 1.0')}31.12.9999 23:00;1\n", stamps="start")
    assert found.total("m1") == 1.75
    assert found.lines() == [(5, "bad-timestamp")]


def test_a_workbook_of_formulas_without_values_is_no_table(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Zeit", "kWh"]]
    rows += [[DAY + timedelta(hours=at), f"=A{at + 2}*2"] for at in range(4)]
    with pytest.raises(DataError, match="no row has a time and a figure"):
        read(tmp_path, rows)


SENSORS = "".join(
    f"{sensor},2025-04-0{day}T12:00:00+02:00,{first + day * 10}\n"
    for sensor, first in (("Bezug Haus", 1000), ("Bezug Garage", 50), ("Einspeisung", 7))
    for day in range(1, 6)
)


def test_of_several_series_that_could_be_one_register_a_person_picks_one(tmp_path: Path) -> None:
    """Whether they are registers, or energy for the same times; the pick is kept in a mapping."""
    for table, kind in (
        (f"Sensor,Zeit,Zählerstand kWh\n{SENSORS}", "register"),
        (f"Art,Zeit,kWh\n{SENSORS}", "interval"),
    ):
        said: dict[str, Any] = {"kind": kind, "stamps": "end", "columns": {}}
        if kind == "register":
            said = {"kind": kind, "columns": {"channel": "Sensor"}}
        with pytest.raises(
            NotSaid, match="2 series that could be use: 'Bezug Garage', 'Bezug Haus'; give --columns"
        ) as no:
            read(tmp_path, table, **said)
        assert no.value.taken is not None
        assert [(each.name, each.register) for each in no.value.taken.series[3:]] == [
            ("Bezug Garage", ""), ("Bezug Haus", ""), ("Einspeisung", "m1:export"),
        ]  # fmt: skip
        said["columns"] = {**said["columns"], "use": "Bezug Haus"}
        found = read(tmp_path, table, **said)
        rows = found.registers if kind == "register" else found.intervals
        assert [row.split()[0] for row in rows] == ["m1"] * 5 + ["m1:export"] * 5
        assert rows[0].split()[-1] == ("1010.000" if kind == "register" else "1010")
        assert found.table.left_out.sentences() == [
            "figures of Bezug Garage, as 'Bezug Haus' is use: 5 (lines 7, 8, 9, …)"
        ]
        assert [(each.name, each.register, each.why) for each in found.table.taken().series[3:]] == [
            ("Bezug Garage", "", "'Bezug Haus' is use"), ("Bezug Haus", "m1", ""), ("Einspeisung", "m1:export", ""),
        ]  # fmt: skip
        kept = found.table.mapping("haus")
        again = open_meter_table(tmp_path / "june.csv", Said(meter="m1"), SiteZone("UTC"), mappings=[kept])
        assert again is not None
        assert again.taken().series == found.table.taken().series
        other = open_meter_table(
            tmp_path / "june.csv", Said(meter="m1", columns={"use": "Bezug Garage"}), SiteZone("UTC"), mappings=[kept]
        )
        assert other is not None
        assert [each.register for each in other.taken().series[3:]] == ["m1", "", "m1:export"]
    with pytest.raises(DataError, match="no column is 'Bezug Haus'"):
        read(tmp_path, f"Zeit;Verbrauch (kWh)\n{hours('0,5 0,25')}", stamps="start", columns={"use": "Bezug Haus"})


def test_days_may_be_counted_since_1904(tmp_path: Path) -> None:
    path, book = tmp_path / "mac.xlsx", openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    for row in (("Zeit", "kWh"), *((44_196 + hour / 24, 0.25) for hour in range(7))):
        book.worksheets[0].append(row)
    book.save(path)
    said = Said(zone="UTC", meter="m1", kind="interval", unit="kWh", stamps="start")
    table = open_meter_table(path, said, SiteZone("UTC"))
    assert table is not None
    starts = [int(start) for piece in table.pieces() if isinstance(piece, IntervalPiece) for start in piece.rows.start]
    assert starts == [SiteZone("UTC").parse("2025-01-01T00:00:00") + hour * HOUR for hour in range(7)]
