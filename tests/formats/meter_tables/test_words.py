"""What the names of columns mean."""

from __future__ import annotations

import pytest

from metertui.engine.base import DAY, HOUR
from metertui.formats.meter_tables.words import (
    Meaning,
    ids_in,
    is_named,
    is_total,
    meaning_of,
    meter_rank,
    plain,
    rate_of,
    unit_of,
)


@pytest.mark.parametrize(
    ("name", "direction", "tariff", "unit"),
    [
        ("Verbrauch (kWh)", "consumed", 0, "kWh"),
        ("Bezug HT [kWh]", "use", 2, "kWh"),
        ("Einspeisung (kWh)", "export", 0, "kWh"),
        ("Rücklieferung", "export", 0, ""),
        ("Afname Nacht", "use", 1, ""),
        ("Teruglevering hoog", "export", 2, ""),
        ("levering_normaal", "use", 2, ""),
        ("Import T1 kWh", "use", 1, "kWh"),
        ("gridExport_wh", "export", 0, "Wh"),
        ("Energy from grid (Wh)", "use", 0, "Wh"),
        ("Energy to the grid (Wh)", "export", 0, "Wh"),
        ("Prelievo F2 (kWh)", "use", 2, "kWh"),
        ("Energia immessa", "export", 0, ""),
        ("Consumo_kWh", "consumed", 0, "kWh"),
        ("Énergie soutirée (Wh)", "use", 0, "Wh"),
        ("Heures creuses kWh", "", 1, "kWh"),
        ("1-0:1.8.2", "use", 2, ""),
        ("1-0:2.8.0 kWh", "export", 0, "kWh"),
        ("A+ [MWh]", "use", 0, "MWh"),
        ("A- [MWh]", "export", 0, "MWh"),
        ("PV production kWh", "production", 0, "kWh"),
        ("Saldo kWh", "net", 0, "kWh"),
        ("Lieferung (kWh)", "doubtful", 0, "kWh"),
        ("Bezug abzüglich Einspeisung kWh", "doubtful", 0, "kWh"),
        ("Import/Export kWh", "doubtful", 0, "kWh"),
        ("kWh received from utility", "use", 0, "kWh"),
        ("Energy received from grid (kWh)", "use", 0, "kWh"),
        ("Energy delivered to the grid (kWh)", "export", 0, "kWh"),
        ("kWh delivered to the utility", "export", 0, "kWh"),
        ("kWh received", "export", 0, "kWh"),
        ("kWh delivered", "use", 0, "kWh"),
        ("kWh delivered less received", "doubtful", 0, "kWh"),
        ("Usage mWh", "consumed", 0, ""),
        ("Usage (MWH)", "consumed", 0, "MWh"),
        ("Consumption (10 Wh)", "consumed", 0, ""),
        ("Consumption (kWh x 1000)", "consumed", 0, ""),
        ("1.8.0 [0,1 kWh]", "use", 0, ""),
        ("Zähler 10 kWh", "", 0, "kWh"),
        ("kWh", "", 0, "kWh"),
    ],
)
def test_names_of_energy(name: str, direction: str, tariff: int, unit: str) -> None:
    meaning = meaning_of(name)
    assert (meaning.direction, meaning.tariff, meaning.unit, meaning.not_energy) == (direction, tariff, unit, "")
    assert meaning.energy


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Gas (kWh)", "gas"),
        ("Gasverbruik m3", "gas"),
        ("Water", "water"),
        ("Price per kWh", "money"),
        ("Kosten in €", "money"),
        ("buitentemperatuur", "temperature"),
        ("kvarh", "reactive energy"),
        ("Blindarbeit", "reactive energy"),
        ("1-0:3.8.0", "reactive energy"),
        ("Battery charge (kWh)", "battery"),
        ("Eigenverbrauch (kWh)", "own use of what is produced"),
        ("Leistung (kW)", "power"),
        ("Power", "power"),
        ("Duration", "no energy"),
        ("Usage (therms)", "another unit"),
        ("Usage (CCF)", "another unit"),
        ("Consumption GJ", "another unit"),
        ("Energy (GWh)", "another unit"),
        ("Apparent Energy kVAh", "another unit"),
    ],
)
def test_names_of_what_is_no_energy_of_electricity(name: str, what: str) -> None:
    assert meaning_of(name).not_energy == what


def test_registers_and_totals() -> None:
    assert meaning_of("Zählerstand (kWh)").register
    assert meaning_of("Meterstand laag").register
    assert not meaning_of("Verbrauch").register
    assert meaning_of("Totaal").total
    assert meaning_of("Zaehlerstand Gesamt - 1.8.0").total
    assert is_total("Summe:")
    assert not is_total("01.04.2025")


def test_a_text_above_adds_what_a_name_does_not_say() -> None:
    assert meaning_of("VALUE").filled(meaning_of("Einspeisung [kWh]")) == Meaning("export", unit="kWh", energy=True)
    assert meaning_of("laag").filled(meaning_of("Gas [m3]")).not_energy == "gas"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("status", "Qualität"), ("status", "Validatiestatus"), ("status", "Geschat?"), ("unit", "Einheit"),
        ("unit", "Eenheid"), ("channel", "Register"), ("channel", "Energierichtung"), ("start", "Vanaf"),
        ("start", "DATE_FROM"), ("end", "Ende"), ("end", "Tot"), ("time", "Datum und Uhrzeit"),
        ("direction", "Lieferrichtung: Bezug"),
    ],
)  # fmt: skip
def test_names_of_other_columns(kind: str, name: str) -> None:
    assert is_named(kind, name)


def test_ids_of_metering_points_go_before_those_of_meters() -> None:
    assert [meter_rank(name) for name in ("Zählpunkt", "EAN", "Meter", "Metertype", "Kundennummer")] == [2, 2, 1, 0, 0]
    assert ids_in("Haus - AT9990000000000000000000000000001 - 12345678 kWh") == ["AT9990000000000000000000000000001"]
    assert ids_in("Verbrauch (26.10.2025 - 27.10.2025)") == []


def test_units() -> None:
    units = {"KWH": "kWh", "[Wh]": "Wh", "Mwh": "MWh", "kW": "kW", "m3": "", "kvarh": "", "kWh/Tag": "kWh"}
    assert {text: unit_of(text) for text in units} == units
    rates = {
        "kWh/h": HOUR,
        "kWh per hour": HOUR,
        "kWh/Tag": DAY,
        "kWh/100 km": 0,
        "kWh/30 min": HOUR // 2,
        "kWh/Einspeisung": None,
        "kWh": None,
    }
    assert {text: rate_of(text) for text in rates} == rates
    assert plain("Metering.TotWhOut") == "metering.tot wh out"


@pytest.mark.parametrize("name", ["Product Type", "Produkt", "ACORN-A", "Zone B-a"])
def test_words_that_look_like_a_direction_say_none(name: str) -> None:
    assert meaning_of(name).direction == ""


@pytest.mark.parametrize(("name", "unit"), [("Leistung (W)", "W"), ("P [MW]", "MW"), ("Read Type (kW)", "kW")])
def test_units_of_power_are_told_apart(name: str, unit: str) -> None:
    assert (unit_of(name), meaning_of(name).not_energy) == (unit, "power")
