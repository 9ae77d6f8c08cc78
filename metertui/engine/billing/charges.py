"""Charges: the lines of a bill, and their kinds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of charge: the unit of its quantity, and its keys in the JSON of a bill."""

    unit: str
    decimals: int
    """Decimals of the quantity on screens, at most 3."""
    quantity_key: str
    price_key: str


ENERGY: Final = Kind("kWh", 3, "usage_kwh", "cents_per_kwh")
KINDS: Final = (ENERGY,)


@dataclass(frozen=True, slots=True)
class Charge:
    """A quantity at one price in (start, end], µs UTC."""

    kind: Kind
    start: int
    end: int
    band: str
    """The time of use; empty for the whole day."""
    quantity: int
    """Thousandths of the kind's unit: Wh for energy."""
    price: Decimal
    """Cents per unit, before tax."""
    tax_percent: Decimal
    amount: int
    """Cents, before tax."""
    note: str = ""
    """Text on what is estimated, missing or not counted; empty if there is nothing to say."""
    channel: str = ""
    """The channel whose energy it is; empty for the use."""

    @property
    def name(self) -> str:
        """Return channel and band; empty for all of the use on the whole day."""
        return " ".join(filter(None, (self.channel, self.band)))

    @property
    def unit(self) -> str:
        """Return the unit of the quantity."""
        return self.kind.unit
