"""The word that someone may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word most like a wrong one, whatever its case; "" if none is like it."""
    by_folded = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[found[0]] if found else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the end of a sentence on a wrong word, `; did you mean …?`; "" if no known word is like it."""
    found = nearest(word, known)
    return f"; did you mean {found}?" if found else ""
