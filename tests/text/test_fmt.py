"""Figures have one form on the screens, whoever says them."""

from __future__ import annotations

import pytest

from metertui.text import fmt


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "72005.596 kWh is lower than the 1072010 kWh counted at 2025-03-12T10:30:00.25+08:00",
            "72 005.596 kWh is lower than the 1 072 010.000 kWh counted at 2025-03-12 10:30:00",
        ),
        ("0.5 kWh", "0.500 kWh"),
        (
            "more than 100 kW, 2025-03-12T10:30:00 without a zone",
            "more than 100 kW, 2025-03-12T10:30:00 without a zone",
        ),
        ("meter-7.5 kWh", "meter-7.500 kWh"),
        ("a meter x7.5 kWh and 123456789012 kWh", "a meter x7.5 kWh and 123456789012 kWh"),
    ],
)
def test_reasons_have_figures_and_times_as_the_tables_do(said: str, shown: str) -> None:
    assert fmt.reason(said) == shown


@pytest.mark.parametrize(
    ("shown", "copied"),
    [
        ("76 746.839", "76746.839"),
        ("1 234 567", "1234567"),
        ("12", "12"),
        ("2025-03-12 00:00:00", "2025-03-12 00:00:00"),
        ("READ 100 200", "READ 100 200"),
        ("1 12", "1 12"),
    ],
)
def test_other_programs_get_figures_without_gaps(shown: str, copied: str) -> None:
    assert fmt.ungrouped(shown) == copied
