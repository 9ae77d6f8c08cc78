"""Energy in Wh, kWh or MWh as exact whole numbers of µWh."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np

from metertui.engine.base import Int64Array, visible
from metertui.engine.errors import Refused
from metertui.engine.intervals import lines

_POWERS: Final = {"Wh": 6, "kWh": 9, "MWh": 12}
"""The power of ten by which a figure in this unit is multiplied to be in µWh."""
UNITS: Final = {unit.lower(): unit for unit in _POWERS}
"""Units of energy by their names in small letters."""
_FIGURE: Final = re.compile(r"(-?)([0-9]{1,30})(?:\.([0-9]{0,40}))?")
_MOST_DIGITS: Final = 8
"""Digits of whole kWh that an energy has at most."""
_EXACT_DIGITS: Final = 15
"""A float that is multiplied by a power of ten is exact, once rounded, in so many digits."""


def energy_of(text: str, power: int) -> int:
    """Return the energy (µWh) of a figure times 10 to the power, rounded half-even. Raises Refused `bad-reading`."""
    match = _FIGURE.fullmatch(text)
    if match is None:
        raise Refused(
            "bad-reading", f"'{visible(text[:40])}' is no figure: it is digits with an optional decimal point"
        )
    kwh = _in_kwh(match[2], match[3] or "", power - _POWERS["kWh"])
    if kwh.index(".") > _MOST_DIGITS:
        raise Refused("bad-reading", f"{text[:40]} is too large: the energy of an interval is less than 100000000 kWh")
    energy = lines.parse_energy(kwh)
    if match[1] and energy:
        raise Refused("bad-reading", f"{text} is negative: energy that is used or fed in is not")
    return energy


def _in_kwh(whole: str, fraction: str, places: int) -> str:
    """Return a figure with its decimal point moved to the right, by a negative number of places to the left."""
    point = len(whole) + places
    digits = "0" * -point + whole + fraction + "0" * (point - len(whole + fraction))
    point = max(point, 0)
    return f"{digits[:point].lstrip('0') or '0'}.{digits[point:] or '0'}"


def power_of(unit: str) -> int:
    """Return the power of ten for a figure in a unit of UNITS."""
    return _POWERS[unit]


def energies(texts: Sequence[str], power: int) -> Int64Array | None:
    """Return the energies (µWh) of figures times 10 to the power at once; None if any of them needs a closer look."""
    if not 0 < power < _EXACT_DIGITS or _plain(power).fullmatch(",".join(texts)) is None:
        return None
    return np.asarray(np.rint(np.array([*map(float, texts)]) * 10.0**power), dtype=np.int64)


@cache
def _plain(power: int) -> re.Pattern[str]:
    """Return the pattern of figures between commas that a float holds exactly."""
    figure = rf"[0-9]{{1,{_EXACT_DIGITS - power}}}(?:\.[0-9]{{1,{power}}})?"
    return re.compile(rf"(?:{figure},)*{figure}")
