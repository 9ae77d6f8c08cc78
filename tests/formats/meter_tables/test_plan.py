"""How a table is read: nothing is guessed, and what is missing is asked for by the name of an option."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from metertui.engine.errors import DataError
from metertui.formats.meter_tables.plan import Plan
from tests.formats.meter_tables.made_up import clock, read

NAMES = {"meter": "", "zone": ""}
SUMS = " ".join(f"0,{at:02d}" for at in range(15)) + " "


def table(header: str = "Zeit;Verbrauch (kWh)", day: str = "28/04/2025", values: str = "0,5 0,25 0,5 0,125") -> str:
    rows = "".join(f"{day} {clock(15 * at)};{value}\n" for at, value in enumerate(values.split()))
    return f"{header}\n{rows}"


def plan(tmp_path: Path, text: str, **said: Any) -> Plan:
    return read(tmp_path, text, **{"stamps": "start"} | said).table.plans[0]


@pytest.mark.parametrize(
    ("text", "said", "why"),
    [
        (table(), {"meter": ""}, "which meter it is of; give --meter ID"),
        (table(), {"zone": ""}, "in which zone its times are; give --zone"),
        (table(), {"stamps": ""}, "start or the end of its interval; give --stamps start or --stamps end"),
        (table("Zeit;Verbrauch"), {}, "the unit of its figures; give --unit Wh, --unit kWh or --unit MWh"),
        (table(day="02/04/2025"), {}, "day or month stands first in its dates .02/04/2025.; give --date-order"),
        (table("Zeit;kWh", values="1 2 3 4 5 6"), {}, "registers or the energy of intervals; give --kind"),
        (table("Zeit;Foo"), {}, "which columns hold the times and the energy"),
        (table("Zeit;Leistung (kW)"), {}, "give --unit kW"),
        (
            table("Zeit (UTC+1);kWh"),
            {"zone": ""},
            r"the times are UTC.01:00, all year or with summer time; give --zone",
        ),
        (table("Zeit (nicht UTC);kWh"), {"zone": ""}, "in which zone its times are; give --zone"),
        (table("Zeit;Verbrauch (kWh)", values=SUMS), {}, "registers or the energy of intervals; give --kind"),
        (table("Zeit;Verbrauch (kWh)", values=SUMS + SUMS), {}, "registers or the energy of intervals; give --kind"),
        (table(values="1,234 2,345 3,456 1,789"), {}, "may be 1.234 or 1234 kWh, and no figure of the column tells"),
    ],
)
def test_what_neither_the_file_nor_a_person_says_is_asked_for(
    tmp_path: Path, text: str, said: dict[str, str], why: str
) -> None:
    with pytest.raises(DataError, match=why):
        plan(tmp_path, text, **said)


@pytest.mark.parametrize(
    ("text", "said", "why"),
    [
        (table(), {"unit": "Wh"}, "the file says kWh, which --unit Wh contradicts"),
        (table(), {"date_order": "mdy"}, "contradicts --date-order mdy"),
        (table("Beginn;kWh"), {"stamps": "end"}, "the file says start, which --stamps end contradicts"),
        (table(), {"kind": "register"}, "the file says interval, which --kind register contradicts"),
        (table("Zeit UTC;kWh"), {}, "the file says UTC, which --zone Europe/Vienna contradicts"),
        (table("Zeit (GMT+03:30);kWh"), {}, r"the file says UTC.03:30, which --zone Europe/Vienna contradicts"),
        (
            table("Zeit;AT9990000000000000000000000000001 Verbrauch kWh"),
            {},
            "the file says AT9990000000000000000000000000001, which --meter m1 contradicts",
        ),
        (
            table("Zeit;Richtung;kWh", values="Bezug;0,5 Lieferung;0,25"),
            {},
            "the series 'Lieferung' may be use or feed",
        ),
        (table("Zeit;Richtung;kWh", values="Bezug;0,5 Saldo;0,25"), {}, "the series 'Saldo' is use less feed-in"),
        (table(), {"zone": "Europe/Wien"}, "--zone Europe/Wien: 'Europe/Wien' is not a time zone"),
    ],
)
def test_what_contradicts_the_file_is_refused(tmp_path: Path, text: str, said: dict[str, str], why: str) -> None:
    with pytest.raises(DataError, match=why):
        plan(tmp_path, text, **said)


def test_what_the_file_says_need_not_be_said(tmp_path: Path) -> None:
    text = "Zählpunktnummer;AT9990000000000000000000000000001\n\n" + table("Beginn UTC;Verbrauch (kWh)")
    found = plan(tmp_path, text, meter="", zone="", stamps="")
    assert (found.meter, found.zone.name, found.stamps) == ("AT9990000000000000000000000000001", "UTC", "start")
    assert (found.order, found.marks[1], found.kind, found.figures[0].unit) == ("dmy", ",", "interval", "kWh")


def test_the_name_of_a_column_may_show_the_order_of_its_dates(tmp_path: Path) -> None:
    assert plan(tmp_path, table("Zeit (DD/MM/YYYY hh:mm);kWh", day="02/04/2025")).order == "dmy"
    assert plan(tmp_path, table("Time (MM/DD/YYYY);kWh", day="02/04/2025")).order == "mdy"


def test_registers_are_known_by_their_name_or_their_course(tmp_path: Path) -> None:
    course = "1234,5 1234,6 1234,75 1235,1 1235,2"
    assert plan(tmp_path, table("Zeit;Import kWh", values=course)).kind == "register"
    assert plan(tmp_path, table("Zeit;Zählerstand kWh", values="5 6")).kind == "register"
    with pytest.raises(DataError, match="give --kind"):
        plan(tmp_path, table("Zeit;Verbrauch kWh", values=course))
    assert plan(tmp_path, table("Zeit;Verbrauch kWh", values=course), kind="interval").kind == "interval"
    assert plan(tmp_path, table("Zeit;kWh", values="1 2 3 4 5 6"), kind="interval").kind == "interval"


def test_of_registers_beside_intervals_those_that_know_more_are_taken(tmp_path: Path) -> None:
    head = "Zeit;Zählerstand kWh;Verbrauch kWh\n"
    rows = "".join(
        f"28/04/2025 {clock(15 * at)};{100 + at},5;{'' if at in (2, 3) else f'0,{5 + at % 2}'}\n" for at in range(8)
    )
    assert plan(tmp_path, head + rows).kind == "register"
    assert plan(tmp_path, head + rows, kind="interval").kind == "interval"
    few = "".join(f"28/04/2025 {clock(15 * at)};{100 if at == 7 else ''};0,{5 + at % 2}\n" for at in range(8))
    found = plan(tmp_path, head + few)
    assert (found.kind, found.roles.left_out) == ("interval", {1: "the same energy, as registers"})


def test_a_day_that_ends_at_24_hours_and_never_begins_shows_that_times_are_ends(tmp_path: Path) -> None:
    rows = "".join(f"2025-04-01;{hour:02d}:00;0,{hour % 5}{hour % 7}\n" for hour in range(1, 25))
    assert plan(tmp_path, f"Fecha;Hora;Consumo_kWh\n{rows}", stamps="").stamps == "end"
    with pytest.raises(DataError, match="start or the end"):
        plan(tmp_path, f"Fecha;Hora;Consumo_kWh\n{rows.replace('24:00', '00:00')}", stamps="")


def test_rows_that_contradict_one_another_lack_a_column(tmp_path: Path) -> None:
    rows = "".join(f"2025-04-0{day};{part};0,{day}{at}\n" for day in (1, 2) for at, part in enumerate("abcd"))
    with pytest.raises(DataError, match="many rows have the time of another one, and another 'Verbrauch"):
        plan(tmp_path, f"Tag;Teil;Verbrauch [kWh]\n{rows}")
    pairs = "".join(f"2025-04-{at // 2 + 1:02d};{at % 2};0,{at % 4}5\n" for at in range(20))
    with pytest.raises(DataError, match="many rows have the time of another one"):
        plan(tmp_path, f"Tag;Teil;Verbrauch [kWh]\n{pairs}")


def test_rows_of_gas_beside_those_of_electricity_tell_nothing_of_them(tmp_path: Path) -> None:
    values = [f"{at % 3}7;kWh" if at % 2 else f"{5000 + at};m³" for at in range(40)]
    rows = "".join(f"2025-04-01;{clock(15 * (at // 2))};{value}\n" for at, value in enumerate(values))
    assert plan(tmp_path, f"Tag;Uhrzeit;Wert;Einheit\n{rows}").kind == "interval"


def test_an_offset_that_the_column_names_fits_a_zone_that_has_it_in_winter(tmp_path: Path) -> None:
    assert plan(tmp_path, table("Zeit (UTC+1);kWh")).zone.name == "Europe/Vienna"
    assert plan(tmp_path, table("Zeit (UTC+1);kWh"), zone="+01:00").zone.name == "+01:00"
