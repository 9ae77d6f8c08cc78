"""Register reads, parsed from text and formatted.

A register is a whole number of watt-hours inside, so that sums are exact. As text it is in kWh.
"""

from __future__ import annotations

import re
from typing import Final

from metertui.engine.errors import Refused

MAX_WH: Final = 99_999_999_999
"""The highest register reading, in Wh: 99,999,999.999 kWh."""

_READING: Final = re.compile(r"([0-9]+)(?:\.([0-9]+))?")
_WH_PER_LAST_DIGIT: Final = (1000, 100, 10, 1)
_TOO_HIGH: Final = "a reading is at most 99999999.999 kWh"


def parse_kwh(text: str) -> int:
    """Return the register (Wh) of a text in kWh, `digits[.digits]`, rounded half-even. Raises Refused `bad-reading`."""
    whole, point, fraction = text.partition(".")
    if whole.isdigit() and len(whole) <= 8 and text.isascii():
        if not point:
            return int(whole) * 1000
        if fraction.isdigit() and len(fraction) <= 3:
            return int(whole + fraction) * _WH_PER_LAST_DIGIT[len(fraction)]
    return _parse_odd_kwh(text)


def _parse_odd_kwh(text: str) -> int:
    """Do the same for rare texts: leading zeros, more than three decimals, and everything that is invalid."""
    match = _READING.fullmatch(text)
    if match is None:
        raise Refused("bad-reading", "a reading is digits with an optional decimal part, in kWh, like 144.5")
    whole, fraction = match[1].lstrip("0"), match[2] or ""
    if len(whole) > 8:
        raise Refused("bad-reading", _TOO_HIGH)
    wh = int(whole or "0") * 1000 + int((fraction + "000")[:3])
    rest = fraction[3:]
    if rest:
        half = "5".ljust(len(rest), "0")
        if rest > half or (rest == half and wh % 2):
            wh += 1
    if wh > MAX_WH:
        raise Refused("bad-reading", _TOO_HIGH)
    return wh


def format_kwh(wh: int) -> str:
    """Return watt-hours as text in kWh without trailing zeros: 144500 is `144.5`. They may be negative."""
    sign, wh = ("-", -wh) if wh < 0 else ("", wh)
    whole, rest = divmod(wh, 1000)
    if not rest:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{rest:03d}".rstrip("0")


def kwh_number(wh: int | None) -> float | int | None:
    """Return Wh as a number of kWh with up to three decimals: an int if it is whole."""
    if wh is None:
        return None
    return wh // 1000 if wh % 1000 == 0 else wh / 1000


def disarm_formula(text: str) -> str:
    """Return `text` for a CSV cell, with an apostrophe in front if a spreadsheet would take it for a formula.

    A carriage return is shown as a sign: Python's csv does not quote it, and readers would begin a row behind it.
    """
    armed = text.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    return ("'" + text if armed else text).replace("\r", "␍")
