"""Figures as people and spreadsheets write them, and the proof of their decimal mark.

`1,234` may be 1.234 or 1234. So the mark of a column is never assumed: each figure that can be read in one way only is
a proof, such as `144,5`, `0,250`, `1.234,5` or `277698,799`.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from metertui.engine.errors import Refused

DecimalMark = Literal[".", ","]

_SPACES: Final = " \u00a0\u202f'’"
"""Thousands marks that are no decimal mark anywhere."""


def _pattern(mark: str, other: str) -> re.Pattern[str]:
    """Return what figures look like with this decimal mark: thousands without a mark, or with the same one each."""
    return re.compile(
        rf"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:(?:{re.escape(other)}[0-9]{{3}})+|(?:[{_SPACES}][0-9]{{3}})+))"
        rf"(?:{re.escape(mark)}[0-9]+)?"
    )


_PATTERNS: Final[dict[DecimalMark, re.Pattern[str]]] = {".": _pattern(".", ","), ",": _pattern(",", ".")}
_THOUSANDS: Final = {mark: str.maketrans("", "", f"{other}{_SPACES}") for mark, other in ((".", ","), (",", "."))}


def plain_figure(text: str, mark: DecimalMark) -> str:
    """Return a figure with a decimal point and without thousands marks.

    Raises Refused `bad-reading` for a text that is no figure with this decimal mark.
    """
    if _PATTERNS[mark].fullmatch(text) is None:
        word = "point" if mark == "." else "comma"
        raise Refused("bad-reading", f"a reading is digits with an optional decimal {word}, in kWh")
    return text.translate(_THOUSANDS[mark]).replace(",", ".")


class FigureEvidence:
    """What the figures of a column say of its decimal mark.

    `usual` is the mark of a figure such as `1.234` or `1,234` that proves none, where the file says so otherwise.
    """

    def __init__(self, usual: DecimalMark | None = None) -> None:
        self._usual = usual
        self._proofs: dict[DecimalMark, tuple[str, int]] = {}
        self._doubt: tuple[str, int] | None = None

    def note(self, figure: str, row: int) -> None:
        """Note a figure of the column; other texts prove nothing."""
        if figure.isdigit():
            return
        possible: list[DecimalMark] = [mark for mark, pattern in _PATTERNS.items() if pattern.fullmatch(figure)]
        if len(possible) == 1:
            self._proofs.setdefault(possible[0], (figure, row))
        elif possible and self._doubt is None and any(mark in figure for mark in _PATTERNS if mark != self._usual):
            self._doubt = figure, row

    def is_proven(self) -> bool:
        """Return whether a figure tells the decimal mark, or none needs one."""
        return bool(self._proofs) or self._doubt is None

    def decide(self) -> DecimalMark:
        """Return the decimal mark. Raises Refused, with a sentence, if the figures prove none, or both."""
        if len(self._proofs) > 1:
            (one, at), (other, there) = self._proofs.values()
            why = f"'{one}' in row {at} and '{other}' in row {there} have different decimal marks"
            raise Refused("bad-reading", f"{why}; write all figures with a decimal point and no thousands mark")
        for mark in self._proofs:
            return mark
        if self._doubt is None:
            return self._usual or "."
        figure, row = self._doubt
        digits = re.sub(r"[.,]", "", figure)
        part = re.sub(r"[.,]", ".", figure)
        why = f"'{figure}' in row {row} may be {part} or {digits} kWh, and no figure of the column tells which"
        raise Refused("bad-reading", f"{why}; save the file with decimal points, and commas between cells")
