"""The rows of a block column by column, so that what many cells have in common is looked at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.formats.meter_tables.shape import clean
from metertui.formats.tables import cut_cells

ODD = -(1 << 62)
"""In place of a number: this row is to be read by itself."""
_MOST_KEPT = 100_000


class Columns:
    """The cells of rows of equal width, as rows have them; `places` are those of the rows in a block."""

    def __init__(self, places: Sequence[int], columns: Sequence[Sequence[str]]) -> None:
        self.places = np.array(places, dtype=np.int64)
        self._columns = columns
        self._stripped: dict[int, list[str]] = {}

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, place: int) -> list[str]:
        """Return a column; one beyond the last is empty."""
        if place >= len(self._columns):
            return [""] * len(self)
        found = self._stripped.get(place)
        if found is None:
            found = self._stripped[place] = cut_cells(list(map(str.strip, self._columns[place])))
        return found

    def has_more(self, count: int) -> NDArray[np.bool_]:
        """Return which rows hold something in a cell beyond a number of columns."""
        more = np.zeros(len(self), dtype=bool)
        for place in range(count, len(self._columns)):
            if any(self[place]):
                more |= np.fromiter(map(bool, self[place]), bool, len(self))
        return more


class Lookup:
    """Numbers of texts by a function, each worked out once as long as the different texts are not too many."""

    def __init__(self, number_of: Callable[[str], int]) -> None:
        self._number_of = number_of
        self._known: dict[str, int] = {}

    def __call__(self, texts: Sequence[str]) -> Int64Array:
        """Return the numbers of texts; int64[n]."""
        known = self._known
        if len(known) > _MOST_KEPT:
            known.clear()
        for text in set(texts).difference(known):
            known[text] = self._number_of(text)
        return np.fromiter(map(known.__getitem__, texts), np.int64, len(texts))


class Texts:
    """The texts of a column that `is_taken` takes, by numbers in the order in which they are met."""

    def __init__(self, is_taken: Callable[[str], bool]) -> None:
        self._is_taken = is_taken
        self._known: dict[str, int] = {}
        self._texts: list[str] = []
        self.numbers = Lookup(self._number)
        """Returns the numbers of texts; ODD for one that is not taken."""

    def _number(self, text: str) -> int:
        text = clean(text)
        if not self._is_taken(text):
            return ODD
        number = self._known.setdefault(text, len(self._texts))
        if number == len(self._texts):
            self._texts.append(text)
        return number

    def text(self, number: int) -> str:
        """Return the text of a number."""
        return self._texts[number]
