"""Energy as exact whole numbers of µWh."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from metertui.engine.errors import Refused
from metertui.formats.exact_energy import energies, energy_of, power_of


@settings(max_examples=60, deadline=None, phases=[Phase.generate])
@given(whole=st.integers(0, 99_999), places=st.integers(0, 14), part=st.integers(0, 10**14), power=st.integers(-3, 12))
def test_energy_is_exact_to_the_last_digit_and_rounded_half_even(
    whole: int, places: int, part: int, power: int
) -> None:
    text = f"{whole}.{part:0>14}"[: len(str(whole)) + 1 + places].rstrip(".")
    exact = (Decimal(text) * 10 ** Decimal(power)).to_integral_value(ROUND_HALF_EVEN)
    if exact < 10**17:
        assert energy_of(text, power) == exact
        assert energy_of(f"000{text}", power) == exact
    at_once = energies([text, "0"], power)
    if at_once is not None:
        assert at_once.tolist() == [exact, 0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("-0.25", "negative"),
        ("", "no figure"),
        ("1e3", "no figure"),
        ("NaN", "no figure"),
        ("1,5", "no figure"),
        ("٣", "no figure"),
        ("100000000", "too large"),
        ("9" * 30, "too large"),
        ("9" * 31, "no figure"),
        ("99999999.9999999999", "less than 100000000 kWh"),
    ],
)
def test_what_is_no_energy_is_refused(text: str, why: str) -> None:
    with pytest.raises(Refused, match=why) as caught:
        energy_of(text, power_of("kWh"))
    assert caught.value.code == "bad-reading"


def test_only_plain_figures_are_taken_at_once() -> None:
    assert energies(["1.111", "2"], power_of("kWh")) is not None
    for odd in ("", "1e3", "-1", " 1", "1.0000000001", "1000000"):
        assert energies(["1", odd], power_of("kWh")) is None
    assert energies(["1"], 15) is None
