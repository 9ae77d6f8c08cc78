"""Figures of energy as whole numbers of µWh."""

from __future__ import annotations

import pytest

from metertui.engine.errors import Refused
from metertui.formats.meter_tables.energies import bare, energy_reader, note_figure
from metertui.formats.tables import FigureEvidence, Typed


@pytest.mark.parametrize(
    ("text", "mark", "unit", "energy"),
    [
        ("0,159", ",", "kWh", 159_000_000),
        ("1.012,35000", ",", "kWh", 1_012_350_000_000),
        ("1,012.5", ".", "Wh", 1_012_500_000),
        ("35480120", ",", "Wh", 35_480_120_000_000),
        ("0.5", ".", "MWh", 500_000_000_000),
        ("0,121000000000385", ",", "kWh", 121_000_000),
        ("0.0000000005", ".", "kWh", 0),
        ("0.0000000015", ".", "kWh", 2),
        (".25", ".", "kWh", 250_000_000),
        ("1.5e-05", ".", "kWh", 15_000),
        ("12 Wh", ",", "kWh", 12_000_000),
        ("-0,25", ",", "kWh", -250_000_000),
        ("0,25-", ",", "kWh", -250_000_000),
        ("−0,25", ",", "kWh", -250_000_000),
    ],
)  # fmt: skip
def test_figures(text: str, mark: str, unit: str, energy: int) -> None:
    read = energy_reader(mark, unit)  # type: ignore[arg-type]
    assert [read(text), read(text)] == [energy, energy]


def test_a_figure_of_a_typed_cell_has_a_point_whatever_the_column_has() -> None:
    assert energy_reader(",", "kWh")(Typed("0.25")) == 250_000_000


@pytest.mark.parametrize("text", ["0,", "abc", "0,1,2", "1 2", "100000000", "5 kW"])
def test_what_is_no_figure_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        energy_reader(",", "kWh")(text)


def test_signs_and_units_prove_no_decimal_mark() -> None:
    evidence = FigureEvidence()
    for row, text in enumerate(["-0,25 kWh", "1.5e-05", Typed("1.5")]):
        note_figure(evidence, text, row)
    assert evidence.decide() == ","
    assert bare("- 5") == ("5", True)
