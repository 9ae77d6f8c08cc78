"""Usage and status of all readings of a list, judged once, so that a filter can look for them at each key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import QUALITY_NAMES, Int64Array, Progress, no_progress
from metertui.engine.columns import Frozen
from metertui.engine.index import ReadingList
from metertui.engine.usage.readings_table import ROW_STATUS, ListedUsage

_PIECE: Final = 200_000
_FIGURES: Final = frozenset("0123456789.")
_NONE: Final = -1


class JudgedList:
    """What follows from the readings of a list: 17 bytes for each. Any thread."""

    def __init__(self, found: ReadingList, frozen: Frozen, progress: Progress = no_progress) -> None:
        """Judge a list in whatever order. `frozen` has at least its readings.

        `progress` is called with the share done; what it raises ends the work.
        """
        listed = ListedUsage(found, frozen)
        rows, used = np.empty((2, len(found)), dtype=np.int64)
        kind = np.empty(len(found), dtype=np.uint8)
        for start in range(0, len(found), _PIECE):
            part = slice(start, min(start + _PIECE, len(found)))
            rows[part] = found.rows(part.start, part.stop)
            used[part], status = listed.part(part.start, part.stop)
            quality = found.stored.qualities_of(found.part(part.start, part.stop))
            kind[part] = status * len(QUALITY_NAMES) + quality
            progress(part.stop / len(found))
        order = np.argsort(rows)
        self._rows, self._used, self._kind = rows[order], used[order], kind[order]

    def finder(self, text: str, words: Callable[[str, str], str]) -> Callable[[Int64Array], NDArray[np.bool_]]:
        """Return a function that says which rows contain a text in their usage, kWh, or in their status.

        `words` returns how a status and a quality, both by name, are shown.
        """
        wanted, figure = text.strip().casefold(), text.replace(" ", "")
        told = np.zeros(len(ROW_STATUS) * len(QUALITY_NAMES), dtype=bool)
        for code, status in enumerate(ROW_STATUS):
            for quality, name in enumerate(QUALITY_NAMES):
                told[code * len(QUALITY_NAMES) + quality] = wanted in words(status, name).casefold()
        of_figures = bool(figure) and _FIGURES.issuperset(figure)

        def holds(wh: int) -> bool:
            return wh != _NONE and figure in f"{wh // 1000}.{wh % 1000:03d}"

        def found(rows: Int64Array) -> NDArray[np.bool_]:
            place = np.searchsorted(self._rows, rows)
            holding = told[self._kind[place]]
            if of_figures:
                rest = np.flatnonzero(~holding)
                used, at = np.unique(self._used[place[rest]], return_inverse=True)
                holding[rest] = np.fromiter(map(holds, used.tolist()), dtype=bool, count=len(used))[at]
            return holding

        return found
