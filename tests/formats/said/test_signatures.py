"""The names of columns without what differs from file to file."""

from __future__ import annotations

import pytest

from metertui.formats.said.signatures import signature


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Consumption November 2026 (kWh)", "Consumption December 2026 (kWh)"),
        ("Consumption Nov 2026 (kWh)", "Consumption Dec. 2026 (kWh)"),
        ("Verbrauch Jänner (kWh)", "Verbrauch März (kWh)"),
        ("kWh Nov-26", "kWh Jan-27"),
        ("2026 nov kWh", "2027 jan kWh"),
        ("1-30 November 2026", "1-31 December 2026"),
        ("Total to 30. November 2026", "Total to 31. December 2026"),
        ("usage_2026-11", "usage_2026-12"),
        ("kWh 11/2026", "kWh 1/2027"),
        ("Last (30,9 kWh)", "Last (1.234,567 kWh)"),
        ("kWh Q4 2026", "kWh Q1 2027"),
        ("Woche 48", "Woche 1"),
        ("AT999000123 von 01.02.2025 bis 02.02.2025", "DE888000777 von 3.4.25 bis 5.4.25"),
    ],
)
def test_what_changes_from_month_to_month_is_no_part_of_a_name(one: str, other: str) -> None:
    assert signature(one) == signature(other) != one


@pytest.mark.parametrize(
    "name", ["Import T1 kWh", "Zeit 2", "Marker", "Set point", "Mar", "Decimal", "Maintenance", "Energy now"]
)
def test_other_names_stay(name: str) -> None:
    assert signature(name) == name


def test_tariffs_of_a_month_stay_apart() -> None:
    assert signature("Tarif 1 November 2026") != signature("Tarif 2 November 2026")
