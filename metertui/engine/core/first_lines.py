"""The first lines of a kind, of lines that come in another order than that of their files."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import BadLine, Int64Array

MOST_KEPT: Final = 10_000
"""Lines of a kind that are kept for the report; all are counted."""


class FirstLines:
    """The first lines of all that are added, in order of file and line. At most twice as many are kept meanwhile."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._found: list[tuple[tuple[int, int], BadLine]] = []
        self.count = 0
        """How many were added."""

    def add(self, source: NDArray[np.int32], line: Int64Array, make: Callable[[int], BadLine]) -> None:
        """Add lines by the numbers of their files and their own; `make` returns one by its place among them."""
        self.count += len(line)
        places = np.lexsort((line, source))[: self._most].tolist()
        keys = zip(source[places].tolist(), line[places].tolist(), strict=True)
        self._found += [(key, make(place)) for key, place in zip(keys, places, strict=True)]
        if len(self._found) > 2 * self._most:
            self._cut()

    def lines(self) -> list[BadLine]:
        """Return the first lines in order."""
        self._cut()
        return [line for _, line in self._found]

    def _cut(self) -> None:
        self._found = sorted(self._found, key=itemgetter(0))[: self._most]
