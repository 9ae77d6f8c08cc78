"""Which rows of a table are shown, and in which order: those that contain a text, sorted by the value of a column.

Everything here may run in any thread. Sorting is left to numpy, which lets other threads run meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from metertui.engine.base import Int64Array
from metertui.text import fmt

Cells = Sequence[str]
Provider = Callable[[int, int], Sequence[Cells]]
"""Returns the cells of the rows from the first number up to, not including, the second.

It is called for a few dozen rows at a time on the event loop, and in a thread for all rows of a long table that is
filtered or sorted; so it depends on nothing that changes.
"""
NATURAL: Final = -1
"""The column of a table that is in the order in which it was given."""
_PIECE: Final = 256
"""Rows between two looks at whether the result is still wanted."""
_TEXT_BYTES: Final = 96
_NOTHING: Final = frozenset({"", "–", "-", fmt.NOTHING})
_UNITS: Final = {
    **{"d": 86_400.0, "h": 3_600.0, "min": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6},
    **{"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12},
}
_TIME: Final = re.compile(r"\d{4}-[\dQW]|\d{1,2}:\d\d")
_TODAY: Final = re.compile(r"\d{1,2}:\d\d")
"""The beginning of a time without its date, which is that of today."""
_LATEST: Final = "9999-"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY: Final = re.compile(rf"(\d{{1,2}}) ({'|'.join(_MONTHS)}) (\d{{4}})\b")
"""The beginning of a time as people write it: `1 Nov 2026 00:30`."""
_PART: Final = re.compile(r"([-+−]?)(\d{1,3}(?:[ \u202f]\d{3})+(?!\d)|\d+)(\.\d+)?(?: ?([A-Za-zµ]+))?\s*")
_GAPS: Final = re.compile(r"(?<=\d)[ \u202f](?=\d{3}(?!\d))")


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A filter and an order."""

    wanted: str = ""
    """The text that the rows contain, as typed; empty for all rows."""
    column: int = NATURAL
    """The index of the column that they are sorted by."""
    descending: bool = False
    """Whether the order is reversed."""

    @property
    def is_natural(self) -> bool:
        """Return whether all rows are shown in the order in which they were given."""
        return not self.wanted.strip() and self.column == NATURAL and not self.descending


class Arranged(NamedTuple):
    """The rows to show."""

    rows: Int64Array
    """By their numbers in the table as it was given."""
    matched: frozenset[int]
    """The columns that the text was found in, by index; of each row the first one."""


def matcher(wanted: str) -> Callable[[str], bool]:
    """Return a test whether a cell contains a text in any case, with or without the gaps between thousands."""
    folded = wanted.strip().casefold()
    close = _GAPS.sub("", folded)
    if not any(character.isdigit() for character in folded):
        return lambda text: folded in text.casefold()
    return lambda text: folded in text.casefold() or close in _GAPS.sub("", text.casefold())


def figure(text: str, *, leading: bool = False) -> float | None:
    """Return the value of a figure in its smallest unit; None for any other text.

    `leading`: whether a figure may be followed by anything, as in `3 of 40`. A time is no figure: its text is in order.
    """
    shown = text.strip().lstrip("▲▼=≈~*! ")
    if _TIME.match(shown) or _DAY.match(shown):
        return None
    at, value, sign = 0, 0.0, 1.0
    while found := _PART.match(shown, at):
        minus, whole, decimals, unit = found.groups()
        if at and (minus or unit not in _UNITS):
            break
        sign = -1.0 if minus in ("-", "−") else sign
        value += float(whole.replace(" ", "").replace("\u202f", "") + (decimals or "")) * _UNITS.get(unit or "", 1.0)
        at = found.end()
        if unit not in _UNITS:
            break
    if not at or (not leading and shown[at:] not in ("", "%", "¢")):
        return None
    return sign * value


def ordered(texts: Sequence[str], *, descending: bool, leading: bool) -> Int64Array:
    """Return the order of cells by value: figures before texts, equal ones as they were, empty ones last.

    Times without a date come after those with one.
    """
    empty = np.array([text.strip() in _NOTHING for text in texts], dtype=bool)
    figures = np.full(len(texts), np.nan)
    names = np.zeros(len(texts), dtype=f"S{_TEXT_BYTES}")
    for place, text in enumerate(texts):
        value = None if empty[place] else figure(text, leading=leading)
        if value is None:
            names[place] = _in_order(text.strip()).casefold().encode("utf-8", "replace")[:_TEXT_BYTES]
        else:
            figures[place] = value
    return with_empty_last((names, figures), empty, descending=descending)


def _in_order(text: str) -> str:
    """Return a text, with the day that it begins with in a form whose order is that of days."""
    if _TODAY.match(text):
        return f"{_LATEST}{text}"
    if found := _DAY.match(text):
        day, month, year = found.groups()
        return f"{year}-{_MONTHS.index(month) + 1:02}-{int(day):02}{text[found.end() :]}"
    return text


def with_empty_last(keys: tuple[np.ndarray, ...], empty: np.ndarray, *, descending: bool) -> Int64Array:
    """Return the order by the last of some keys, then the ones before; empty rows come last in either direction."""
    filled = np.flatnonzero(~empty)
    kept = [key[filled] for key in keys]
    if descending:  # equal ones stay in their order
        kept = [key[::-1] for key in kept]
    order = np.lexsort(kept)
    if descending:
        order = len(filled) - 1 - order[::-1]
    return np.concatenate((filled[order], np.flatnonzero(empty))).astype(np.int64)


def arrange(
    count: int,
    provider: Provider,
    wanted: Arrangement,
    leading: bool = False,
    values: Int64Array | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Arranged | None:
    """Return the rows of a table that are shown, in their order; None if it was stopped.

    `leading`: whether the column of the order has figures that may be followed by a text. `values`: the values of that
    column by row, -1 for none, where they are known; else they are those of its texts.
    """
    contains, column = matcher(wanted.wanted), wanted.column
    text = bool(wanted.wanted.strip())
    reads = column != NATURAL and values is None
    rows = np.arange(count, dtype=np.int64)
    matched: set[int] = set()
    if text or reads:
        found: list[int] = []
        texts: list[str] = []
        for start in range(0, count, _PIECE):
            if stop():
                return None
            for row, cells in enumerate(provider(start, min(start + _PIECE, count)), start):
                if text:
                    at = next((place for place, cell in enumerate(cells) if contains(cell)), None)
                    if at is None:
                        continue
                    matched.add(at)
                found.append(row)
                if reads:
                    texts.append(cells[column])
        rows = np.array(found, dtype=np.int64)
        if reads:
            rows = rows[ordered(texts, descending=wanted.descending, leading=leading)]
    if values is not None and column != NATURAL:
        chosen = values[rows]
        rows = rows[with_empty_last((chosen,), chosen == -1, descending=wanted.descending)]
    elif column == NATURAL and wanted.descending:
        rows = rows[::-1]
    return None if stop() else Arranged(rows, frozenset(matched))
