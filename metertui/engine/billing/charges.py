"""A line of a bill, and the kinds of lines that there are."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of charge: the unit that it is priced by, and its keys in a line of the bill's JSON."""

    unit: str
    decimals: int
    """Of the quantity, on screens: at most 3."""
    quantity_key: str
    price_key: str


ENERGY: Final = Kind("kWh", 3, "usage_kwh", "cents_per_kwh")
KINDS: Final = (ENERGY,)


@dataclass(frozen=True, slots=True)
class Charge:
    """A quantity under one price in (start, end], µs UTC."""

    kind: Kind
    start: int
    end: int
    band: str
    """The time of use; empty for the whole day."""
    quantity: int
    """In thousandths of the kind's unit: Wh for energy."""
    price: Decimal
    """Cents a unit, before tax."""
    tax_percent: Decimal
    amount: int
    """Cents, before tax."""
    note: str = ""
    """What is estimated, missing or not counted in it; empty if nothing is."""

    @property
    def unit(self) -> str:
        """The unit of the quantity."""
        return self.kind.unit
