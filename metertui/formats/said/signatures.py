"""The names of columns without what differs from one file of a kind to the next: months, days, totals, ids."""

from __future__ import annotations

import re
from typing import Final

_LONG: Final = (
    "january february march april may june july august september october november december "
    "januar jänner februar märz mai juni juli oktober dezember januari februari maart mei augustus "
    "janvier février mars avril juin juillet août septembre octobre novembre décembre "
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre dicembre "
    "enero febrero abril mayo junio julio septiembre octubre noviembre diciembre augusti marts"
)
_SHORT: Final = (
    "jan feb mar mär mrz mrt apr jun jul aug sep sept oct okt nov dec dez gen mag giu lug ago set ott dic ene"
)
_DAYS: Final = r"(?:\b[0-9]{1,2}\s?[-–]\s?[0-9]{1,2}\s|\b[0-9]{1,2}(?:\.|st|nd|rd|th)\s?)"
_YEAR_BEFORE: Final = r"(?:\b[0-9]{4}[\s./-]?)"
_YEAR_AFTER: Final = r"(?:\.?,?[\s./'’-]{0,2}(?:[0-9]{4}|[0-9]{2})\b)"


def _one_of(names: str) -> str:
    return rf"(?<![^\W_])(?:{'|'.join(sorted(names.split(), key=len, reverse=True))})(?![^\W\d_])"


_MONTH: Final = re.compile(
    rf"{_DAYS}?{_YEAR_BEFORE}?{_one_of(_LONG)}{_YEAR_AFTER}?"
    rf"|{_DAYS}?(?:{_YEAR_BEFORE}{_one_of(_SHORT)}|{_one_of(_SHORT)}{_YEAR_AFTER})"
    r"|\bq[1-4][\s/-]?(?:[0-9]{4}|[0-9]{2})\b|\b(?:kw|week|woche)[\s.]{0,2}[0-9]{1,2}\b",
    re.IGNORECASE,
)
_CHANGING: Final = re.compile(
    r"(?<![^\W_])(?:[0-9]{4}[./-][0-9]{1,2}(?:[./-][0-9]{1,2})?|[0-9]{1,2}[./-][0-9]{4})(?![^\W_])"
    r"|\b[A-Z]{0,4}[0-9]{4,}[0-9A-Z]*\b|\b[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}\b|\b[0-9]+(?:[.,][0-9]+)+\b"
)


def signature(name: str) -> str:
    """Return the name of a column without the months, days, totals and ids in it, which differ from file to file."""
    return _CHANGING.sub("#", _MONTH.sub("#", name))
