"""Figures stay whole: a text that is too long is not cut inside one, and a line does not end inside one."""

from __future__ import annotations

import re
from typing import Final

from rich.cells import cell_len, set_cell_size

_MORE: Final = "…"
_FILL: Final = "x"
"""In place of a blank at which a line may not end; as wide as one."""
_DATE: Final = r"\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?: \d{4})?(?: \d\d:\d\d(?::\d\d)?)?"
_DIGITS: Final = r"\d{1,3}(?: \d{3}(?![\d-]))+(?:\.\d+)?|\d+(?:\.\d+)?"
_UNIT: Final = r" (?:kWh|kW|Wh|days?|d|h|min|s|ms|[A-Z]{3})\b"
_TOGETHER: Final = re.compile(rf"(?<![\w.-])(?:{_DATE}|line \d+|[+−-]?(?:{_DIGITS})(?:{_UNIT})?)(?:\S* ·)?")
"""A date with its time, a line of a file, or a figure with its unit, and the dot behind it."""
_NUMBER: Final = re.compile(rf"(?<![\w.-])[+−-]?(?:{_DIGITS})")


def unbroken(text: str) -> str:
    """Return a text as wide as this one, of which no figure, date or time has a blank inside."""
    return _TOGETHER.sub(lambda found: found[0].replace(" ", _FILL), text)


def cut_text(text: str, width: int) -> str:
    """Return a text in `width` terminal cells at most; an ellipsis stands for what is cut, and for all of a figure."""
    if cell_len(text) <= width:
        return text
    if width < 1:
        return ""
    kept = set_cell_size(text, width - 1)
    if not text.startswith(kept):  # half of a wide character became a blank
        kept = kept[:-1]
    for number in _NUMBER.finditer(text):
        if number.start() < len(kept) < number.end():
            kept = kept[: number.start()]
            break
        if number.start() >= len(kept):
            break
    return f"{kept}{_MORE}"


def fit_text(text: str, width: int) -> str:
    """Return a text in exactly `width` terminal cells: cut as by `cut_text`, or with blanks behind it."""
    return set_cell_size(cut_text(text, width), width)
