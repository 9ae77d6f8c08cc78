"""What the columns of a table are taken for."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.errors import DataError
from metertui.formats.meter_tables.roles import Roles, find_roles, values
from metertui.formats.said import Said
from tests.formats.meter_tables.made_up import shape_of


def roles_of(tmp_path: Path, text: str, **columns: str) -> list[Roles]:
    return find_roles(tmp_path / "june.csv", shape_of(tmp_path, text), Said(columns=columns))


ROW = "{id};AT999{id};04-{day}-2025 00:00;0,{day};KWH;{status}\n"
TABLE = "Kunde;Zählpunkt;Zeit;Wert;Einheit;Status\n" + "".join(
    ROW.format(id=1234567, day=day, status="EST" if day == 11 else "VAL") for day in range(10, 16)
)


def test_a_meter_of_our_own_files_may_be_a_word_of_energy(tmp_path: Path) -> None:
    content = "identifier,time,kwh\npv,2026-09-01T00:00:00Z,0.5\npv,2026-09-01T00:30:00Z,0.25\n"
    assert [roles.meter for roles in roles_of(tmp_path, content)] == [0]
    assert [roles.meter for roles in roles_of(tmp_path, content.replace("identifier", "source"))] == [None]


def test_meter_unit_and_quality_have_columns(tmp_path: Path) -> None:
    (roles,) = roles_of(tmp_path, TABLE)
    assert (roles.meter, roles.unit, roles.channel) == (1, 4, None)
    assert [(each.place, each.status) for each in roles.figures] == [(3, 5)]


def test_columns_are_known_by_what_they_hold_where_their_names_say_nothing(tmp_path: Path) -> None:
    renamed = TABLE.replace("Zählpunkt;Zeit;Wert;Einheit;Status", "A;B;kWh;C;D")
    (roles,) = roles_of(tmp_path, renamed)
    assert (roles.meter, roles.unit, roles.figures[0].status) == (1, 4, 5)


def test_a_row_may_say_which_series_it_is_of(tmp_path: Path) -> None:
    rows = "".join(f"2025-04-0{day};{kind};0,{day}\n" for day in range(1, 4) for kind in ("Afname", "Injectie", "Gas"))
    (roles,) = roles_of(tmp_path, f"Datum;Register;Volume\n{rows}")
    assert roles.channel == 1
    (roles,) = roles_of(tmp_path, f"Datum;X;Volume\n{rows}")
    assert roles.channel == 1
    (roles,) = roles_of(
        tmp_path,
        f"Datum;Type;Volume\n{rows}".replace("Injectie", "Digitaal")
        .replace("Afname", "Digitaal")
        .replace("Gas", "Digitaal"),
    )
    assert roles.channel is None


def test_series_stand_side_by_side(tmp_path: Path) -> None:
    text = "Von;Bis;kWh;Von;Bis;kWh\n" + "".join(
        f"01.04.2025 0{hour}:00;01.04.2025 0{hour + 1}:00;0,{hour};0{hour + 1}.04.2025;0{hour + 2}.04.2025;9\n"
        for hour in range(3)
    )
    assert [each.figures[0].place for each in roles_of(tmp_path, text)] == [2, 5]
    moved = "kWh;Von;Bis;kWh;Von;Bis\n" + "".join(
        f"0,{hour};01.04.2025 0{hour}:00;01.04.2025 0{hour + 1}:00;9;0{hour + 1}.04.2025;0{hour + 2}.04.2025\n"
        for hour in range(3)
    )
    assert [each.figures[0].place for each in roles_of(tmp_path, moved)] == [0, 3]
    apart = "Von;kWh;Bis;Zählerstand\n" + "".join(
        f"01.04.2025 0{hour}:00;0,{hour};01.04.2025 0{hour + 1}:00;5{hour}\n" for hour in range(3)
    )
    assert [roles.times.places for roles in roles_of(tmp_path, apart)] == [(0, 2)]
    others = "Stunde;kWh;Tag;kWh Tag\n" + "".join(
        f"01.04.2025 0{hour}:00;0,{hour};0{hour + 1}.04.2025;9\n" for hour in range(3)
    )
    assert [each.figures[0].place for each in roles_of(tmp_path, others)] == [1, 3]


def test_a_person_names_columns_by_name_or_number(tmp_path: Path) -> None:
    (roles,) = roles_of(tmp_path, TABLE, time="3", kwh="wert", meter="Kunde")
    assert (roles.times.start, roles.figures[0].place, roles.meter) == ((2,), 3, 0)
    (roles,) = roles_of(tmp_path, "A;1;2\n01.04.2025 00:00;5;6\n01.04.2025 00:15;5;7\n", meter="header")
    assert [each.meter for each in roles.figures] == ["1", "2"]
    with pytest.raises(DataError, match="--columns: no column is 'Energie'; there are 6: Kunde, Zählpunkt"):
        roles_of(tmp_path, TABLE, kwh="Energie")
    with pytest.raises(DataError, match="--columns: 'Feed-In' is neither time"):
        roles_of(tmp_path, TABLE, **{"Feed-In": "4"})


def test_a_table_without_energy_is_refused(tmp_path: Path) -> None:
    rows = "\n".join(";".join(line.split(";")[:3] + line.split(";")[4:]) for line in TABLE.splitlines())
    [roles] = find_roles(tmp_path, shape_of(tmp_path, rows), Said())
    assert not roles.are_decided
    assert [need.question() for need in roles.needs] == [
        "which columns hold the times and the energy (none of 'Kunde', 'Zählpunkt', 'Zeit', 'Einheit', 'Status' is "
        "known to be energy)"
    ]
    assert values(shape_of(tmp_path, TABLE), 5) == ["VAL", "EST"]
