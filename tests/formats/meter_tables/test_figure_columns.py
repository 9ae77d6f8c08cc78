"""Which columns hold energy, of which register, and which are left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.errors import DataError
from metertui.formats.meter_tables.figure_columns import choose_figures, figures_as_said, figures_of_slots, is_energy
from tests.formats.meter_tables.made_up import clock, shape_of


def chosen(tmp_path: Path, *names: str, unit: str = "") -> tuple[dict[str, str], dict[str, str]]:
    """Return the channels of the columns that are taken, and why others are not, by their names."""
    rows = "".join(f"01.04.2025 0{hour}:00{';0,5' * len(names)}\n" for hour in range(3))
    shape = shape_of(tmp_path, f"Zeit;{';'.join(names)}\n{rows}")
    places = range(1, len(shape.names))
    figures, left_out = choose_figures(tmp_path / "june.csv", shape, places, False, False, unit)
    taken = {shape.names[each.place]: each.channel for each in figures}
    return taken, {shape.names[at]: why for at, why in left_out.items()}


def test_use_feed_in_and_production_are_registers_of_their_own(tmp_path: Path) -> None:
    taken, left_out = chosen(tmp_path, "Bezug kWh", "Einspeisung kWh", "PV kWh", "Verbrauch kWh", "Gas kWh", "Preis")
    assert taken == {
        "Bezug kWh": "use",
        "Einspeisung kWh": "export",
        "PV kWh": "production",
        "Verbrauch kWh": "consumed",
    }
    assert left_out == {"Gas kWh": "gas", "Preis": "money"}


def test_tariffs_are_parts_of_use_and_of_feed_in(tmp_path: Path) -> None:
    taken, left_out = chosen(tmp_path, "Verbruik laag", "Verbruik hoog", "Terug laag", "Terug hoog", "Totaal", "Saldo")
    assert list(taken.values()) == ["t1", "t2", "e1", "e2"]
    assert left_out == {"Totaal": "a total of others", "Saldo": "net of the others"}


def test_a_total_of_feed_in_beside_its_tariffs_is_left_out(tmp_path: Path) -> None:
    taken, left_out = chosen(
        tmp_path, "Total use kWh", "Use T1 kWh", "Total export kWh", "Export T1 kWh", "Export T2 kWh"
    )
    assert taken == {"Total use kWh": "use", "Use T1 kWh": "t1", "Export T1 kWh": "e1", "Export T2 kWh": "e2"}
    assert left_out == {"Total export kWh": "the total of its tariffs"}


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["Foo", "Bar"], "does not say which columns hold the times and the energy .*give --columns"),
        (["Leistung (kW)"], "'Leistung .kW.' is power, not energy; give --unit kW"),
        (["Lieferung kWh"], "'Lieferung kWh' may be use or feed-in; give --columns use=Lieferung kWh or export="),
        (["Saldo kWh"], "is use less feed-in, not either"),
        (
            ["Bezug L1 kWh", "Bezug L2 kWh"],
            "has 2 columns that could be use: 'Bezug L1 kWh', 'Bezug L2 kWh'; give --columns use",
        ),
    ],
)
def test_what_names_do_not_tell_is_asked_for(tmp_path: Path, names: list[str], why: str) -> None:
    with pytest.raises(DataError, match=why):
        chosen(tmp_path, *names)


def test_power_is_taken_where_a_person_says_so(tmp_path: Path) -> None:
    assert chosen(tmp_path, "Leistung (kW)", unit="kW") == ({"Leistung (kW)": "use"}, {})


def test_a_column_may_be_a_meter(tmp_path: Path) -> None:
    shape = shape_of(
        tmp_path, "Zeit;10000001;10000002\n[x];[kWh];[kWh]\n01.04.2025 00:00;0,5;0,25\n01.04.2025 01:00;0,5;0,25\n"
    )
    figures, _ = choose_figures(tmp_path, shape, [1, 2], False, False, "")
    assert [(each.meter, each.unit) for each in figures] == [("10000001", "kWh"), ("10000002", "kWh")]


def test_a_person_says_what_a_column_is(tmp_path: Path) -> None:
    shape = shape_of(tmp_path, "Zeit;A;Einspeisung Wh\n01.04.2025 00:00;5;2\n01.04.2025 01:00;6;3\n")
    assert [each.channel for each in figures_as_said(shape, {"kwh": 1})] == ["use"]
    assert [each.channel for each in figures_as_said(shape, {"kwh": 2})] == ["export"]
    assert [each.channel for each in figures_as_said(shape, {"use": 2})] == ["use"]
    assert [each.sign for each in figures_as_said(shape, {"kwh": 1, "export": 1})] == [1, -1]
    assert [is_energy(shape, at) for at in (1, 2)] == [False, True]


def test_rows_above_a_table_say_the_direction_of_all_of_it(tmp_path: Path) -> None:
    body = "Datum;kWh\n01.04.2025 00:00;5\n01.04.2025 01:00;6\n"
    shape = shape_of(tmp_path, f"Energierichtung;Netzeinspeisung\nKunde;1\n\n{body}")
    figures, _ = choose_figures(tmp_path, shape, [1], False, False, "")
    assert figures[0].channel == "export"
    with pytest.raises(DataError, match="may be use or feed-in"):
        choose_figures(tmp_path, shape_of(tmp_path, f"Einspeisung 2025\n\n{body}"), [1], False, False, "")


def test_the_parts_of_a_day_are_use(tmp_path: Path) -> None:
    names = ";".join(clock(hour * 60) for hour in range(24))
    shape = shape_of(
        tmp_path, f"Tag;{names}\n01.04.2025;{';'.join(['0,5'] * 24)}\n02.04.2025;{';'.join(['0,5'] * 24)}\n"
    )
    assert figures_of_slots(shape, 1).channel == "use"


def test_the_same_energy_in_two_units_is_taken_once(tmp_path: Path) -> None:
    taken, left_out = chosen(tmp_path, "usage_kwh", "usage_wh", "export kWh")
    assert taken == {"usage_kwh": "use", "export kWh": "export"}
    assert left_out == {"usage_wh": "the same energy in another unit"}
