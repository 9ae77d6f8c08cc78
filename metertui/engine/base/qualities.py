"""The quality of a figure: how it is known that a register stood there, or that an interval had this energy."""

from __future__ import annotations

from typing import Final

ACTUAL: Final = 0
ESTIMATED: Final = 1
SUBSTITUTED: Final = 2
QUALITY_NAMES: Final = ("actual", "estimated", "substituted")
"""By quality, the word for it."""
QUALITY_MARKS: Final = ("", "E", "S")
"""By quality, what files say; nothing for what is actual."""


def parse_mark(text: str) -> int | None:
    """Return the quality that a file says; None if it is none."""
    return QUALITY_MARKS.index(text) if text in QUALITY_MARKS else None
