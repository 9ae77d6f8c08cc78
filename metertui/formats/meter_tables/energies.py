"""Figures of energy as whole numbers of µWh, whatever unit, sign and decimal mark they are written with."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from metertui.engine.errors import Refused
from metertui.formats.tables import DecimalMark, FigureEvidence, Typed, plain_figure

POWERS: Final = {"Wh": 6, "kWh": 9, "MWh": 12, "W": 6, "kW": 9, "MW": 12}
"""The power of ten that makes a figure in this unit one in µWh; for a power, of the energy of an hour."""
_MOST: Final = 10**17
"""µWh; 100,000,000 kWh."""
_UNIT: Final = re.compile(r"\s*([kM]?Wh)$", re.IGNORECASE)
_EXPONENT: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]{1,3}")
_CACHED: Final = 100_000
_SHOWN: Final = 40
"""Characters of a figure that an error shows."""


def bare(text: str) -> tuple[str, bool]:
    """Return a figure without its sign, and whether it is negative."""
    text = text.replace("\u2212", "-")
    if text.endswith("-"):
        return text[:-1].strip(), True
    return text.lstrip("+-").strip(), text.startswith("-")


def note_figure(evidence: FigureEvidence, text: str, row: int) -> None:
    """Note a figure of a column, with its unit or without, as evidence of the decimal mark."""
    if not isinstance(text, Typed):
        figure = bare(_UNIT.sub("", text))[0]
        if _EXPONENT.fullmatch(figure) is None:
            evidence.note(figure, row)


def energy_reader(mark: DecimalMark, unit: str) -> Callable[[str], int]:
    """Return a function from a figure in a unit to µWh, rounded half-even; negative ones are negative.

    It raises Refused `bad-reading`.
    """
    known: dict[str, int] = {}

    def read(text: str) -> int:
        found = known.get(text)
        if found is None:
            found = _energy(text, mark, unit)
            if len(known) < _CACHED and not isinstance(text, Typed):
                known[text] = found
        return found

    return read


def _energy(text: str, mark: DecimalMark, unit: str) -> int:
    figure, negative = bare(text)
    own = _UNIT.search(figure)
    if own is not None:
        unit = {"wh": "Wh", "kwh": "kWh", "mwh": "MWh"}[own[1].lower()]
        figure = figure[: own.start()]
    if isinstance(text, Typed):
        mark = "."
    if _EXPONENT.fullmatch(figure):
        figure = f"{Decimal(figure.replace(',', '.')):f}"
    else:
        figure = plain_figure(f"0{figure}" if figure[:1] == mark else figure, mark)
    energy = int(Decimal(figure).scaleb(POWERS[unit]).to_integral_value(ROUND_HALF_EVEN))
    if energy >= _MOST:
        raise Refused("bad-reading", f"{text[:_SHOWN]} is too large: an energy is less than 100000000 kWh")
    return -energy if negative else energy
