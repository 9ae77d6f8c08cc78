"""Times of a column as dates and what follows them, so that each different half is looked at once.

A date that is plain and a rest that is plain are a time whose date is the one and whose time of day is in the other,
whichever they are: no rest changes what a date means.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from metertui.formats.tables.times import REST_OF_STAMP

_TRIED: Final = 20
"""In how many texts the mark between date and time of day is looked for."""
_MARK: Final = re.compile("[0-9./-]+([^0-9./-])", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{1,4}([./-])[0-9]{1,2}\1[0-9]{1,4}|(?:19|20)[0-9]{6}", re.ASCII)
_REST: Final = re.compile(REST_OF_STAMP, re.IGNORECASE)
_EPOCHS: Final = re.compile("1[0-9]{9}(?:\n1[0-9]{9})*+", re.ASCII)


def halves(texts: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the dates of texts and what follows them: joined again, they are the texts."""
    begun = next((found for text in texts[:_TRIED] if (found := _MARK.match(text)) is not None), None)
    if begun is None:
        return texts, [""] * len(texts)
    mark, cut = begun[1], begun.start(1)
    if len(set(map(len, texts))) == 1:  # the dates may have different lengths all the same, and are not plain then
        return [text[:cut] for text in texts], [text[cut:] for text in texts]
    cuts = [text.find(mark) for text in texts]
    if -1 in cuts:
        cuts = [len(text) if cut < 0 else cut for text, cut in zip(texts, cuts, strict=True)]
    dates = [text[:cut] for text, cut in zip(texts, cuts, strict=True)]
    return dates, [text[cut:] for text, cut in zip(texts, cuts, strict=True)]


def is_plain_date(text: str) -> bool:
    """Return whether a half is written as a date of numbers; whether the calendar has it, is not said."""
    return _DATE.fullmatch(text) is not None


def is_plain_rest(text: str) -> bool:
    """Return whether a half is nothing, or a time of day with the mark before it."""
    return not text or _REST.fullmatch(text) is not None


def are_seconds(texts: Sequence[str]) -> bool:
    """Return whether all texts are seconds since 1970."""
    return _EPOCHS.fullmatch("\n".join(texts)) is not None
