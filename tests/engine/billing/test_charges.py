"""The kinds of charges."""

from __future__ import annotations

from decimal import Decimal

from metertui.engine.billing.charges import ENERGY, KINDS, Charge


def test_each_kind_has_its_own_keys_in_a_line() -> None:
    taken = {"from", "to", "band", "amount", "tax_percent", "note"}
    keys = [key for kind in KINDS for key in (kind.quantity_key, kind.price_key)]
    assert len(taken | set(keys)) == len(taken) + len(keys)


def test_energy_keeps_the_keys_of_issued_bills() -> None:
    assert (ENERGY.quantity_key, ENERGY.price_key, KINDS[0]) == ("usage_kwh", "cents_per_kwh", ENERGY)


def test_a_charge_has_the_unit_of_its_kind() -> None:
    assert Charge(ENERGY, 0, 1, "", 1000, Decimal(20), Decimal(9), 20).unit == "kWh"
