"""Decimal marks: what proves them, and what does not."""

from __future__ import annotations

import pytest

from metertui.engine.base.registers import parse_kwh
from metertui.engine.errors import Refused
from metertui.formats.tables.figures import DecimalMark, FigureEvidence, plain_figure


def decided(figures: str, usual: DecimalMark | None = None) -> DecimalMark:
    evidence = FigureEvidence(usual)
    for row, figure in enumerate(figures.split(), 1):
        evidence.note(figure, row)
    return evidence.decide()


@pytest.mark.parametrize(
    ("figures", "mark"),
    [
        ("1,234 144,5", ","),
        ("1,234 0,250", ","),  # no thousands begin with 0
        ("1,234 277698,799", ","),  # nor do four digits stand before their mark
        ("1.234,5 1.234", ","),
        ("1.234.567 1,234", ","),
        ("1.234 144.5", "."),
        ("1,234.5 1,234", "."),
        ("1,234,567 1.234", "."),
        ("1.234 0.250", "."),
        ("5 77 1000", "."),  # nothing to tell
        ("n/a -1,5 1,23,4 1..2 5", "."),  # no figures
    ],
)
def test_a_figure_with_one_reading_proves_the_mark_of_its_column(figures: str, mark: str) -> None:
    assert decided(figures) == mark


@pytest.mark.parametrize("figures", ["1,234", "1.234", "5 12,345 1,000", "1.234 1,234"])
def test_without_a_proof_there_is_no_mark(figures: str) -> None:
    with pytest.raises(Refused, match=r"^'\d+.\d{3}' in row \d may be \d+\.\d{3} or \d+ kWh, and no figure of the"):
        decided(figures)


def test_figures_that_prove_both_marks_prove_none() -> None:
    with pytest.raises(Refused, match=r"^'144,5' in row 1 and '144\.5' in row 3 have different decimal marks"):
        decided("144,5 1.234 144.5")


def test_a_usual_mark_holds_where_figures_have_no_other() -> None:
    assert decided("1.234", usual=".") == "."
    assert decided("1.234 0,5", usual=".") == ","
    with pytest.raises(Refused, match="'1,234' in row 2 may be"):
        decided("1.234 1,234", usual=".")


@pytest.mark.parametrize(
    ("text", "mark", "wh"),
    [
        ("1,234", ",", 1234),
        ("1,234", ".", 1_234_000),
        ("1.234", ",", 1_234_000),
        ("1.234,5", ",", 1_234_500),
        ("1 234,5", ",", 1_234_500),
        ("1\u202f234.5", ".", 1_234_500),
        ("277698,799", ",", 277_698_799),
        ("0007", ",", 7000),
    ],
)
def test_a_figure_is_read_by_the_mark_of_its_column(text: str, mark: DecimalMark, wh: int) -> None:
    assert parse_kwh(plain_figure(text, mark)) == wh


@pytest.mark.parametrize("text", ["144.5", "1,2,3", "-1,5", "1.23,5", "1,5 kWh", "", "1.234 567,0", "٣,٥"])
def test_a_text_that_is_no_figure_with_that_mark_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        plain_figure(text, ",")
