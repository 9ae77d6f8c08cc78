"""Figures of energy as whole numbers of µWh, whatever unit, sign and decimal mark they are written with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from itertools import compress
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
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
_EXACT_DIGITS: Final = 15
"""A float that is multiplied by a power of ten is exact, once rounded, in so many digits."""
_ARE_TEXT: Final = frozenset((str,))


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


def plain_energies(texts: Sequence[str], mark: DecimalMark, unit: str) -> tuple[Int64Array, NDArray[np.bool_]]:
    """Return the energies (µWh) of figures in a unit at once, and which of them are plain; of others it is 0.

    Plain are digits with a minus sign or without, and with a decimal mark or without, if a float holds them exactly.
    """
    power = POWERS[unit]
    figure = _plain(mark, power)
    text = "\n".join(texts)
    plain = np.ones(len(texts), dtype=bool)
    if not texts or _plain_lines(figure).fullmatch(text) is None or not _ARE_TEXT.issuperset(map(type, texts)):
        match = re.compile(figure, re.ASCII).fullmatch
        plain = np.array([match(each) is not None and type(each) is str for each in texts], dtype=bool)
        text = "\n".join(compress(texts, plain.tolist()))
    energy = np.zeros(len(texts), dtype=np.int64)
    if text:
        figures = np.array([*map(float, text.replace(",", ".").split("\n"))])
        energy[plain] = np.rint(figures * 10.0**power).astype(np.int64)
    return energy, plain


@cache
def _plain(mark: DecimalMark, power: int) -> str:
    """Return the pattern of figures of which no digit is lost: in µWh they have at most 15."""
    return rf"-?[0-9]{{1,{_EXACT_DIGITS - power}}}+(?:{re.escape(mark)}[0-9]{{1,{power}}}+)?+"


@cache
def _plain_lines(figure: str) -> re.Pattern[str]:
    return re.compile(rf"{figure}(?:\n{figure})*+", re.ASCII)


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
