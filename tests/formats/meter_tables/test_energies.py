"""Figures of energy as whole numbers of µWh."""

from __future__ import annotations

import pytest

from metertui.engine.errors import Refused
from metertui.formats.meter_tables.energies import bare, energy_reader, note_figure, plain_energies
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


@pytest.mark.parametrize("mark", [".", ","])
@pytest.mark.parametrize("unit", ["Wh", "kWh", "MWh", "kW"])
def test_plain_figures_are_exact_all_at_once(mark: str, unit: str) -> None:
    plain = ["0", "0.1", "-0.25", "999.999999", "123.456789", "-0", "007.5"]
    others = ["", "1.", ".5", "1234567890", "0.1234567890123", "1,234.5", "1.234,5", "5 kWh", "x", "+1", "1e3"]
    texts = [text.translate(str.maketrans(".,", f"{mark}{'.' if mark == ',' else ','}")) for text in plain + others]
    read = energy_reader(mark, unit)  # type: ignore[arg-type]
    for given in (texts, texts[: len(plain)], [Typed(text) for text in texts], []):
        energies, are_plain = plain_energies(given, mark, unit)  # type: ignore[arg-type]
        assert are_plain.tolist() == [type(text) is str and text in texts[: len(plain)] for text in given]
        assert energies.tolist() == [read(text) if plain else 0 for text, plain in zip(given, are_plain, strict=True)]
