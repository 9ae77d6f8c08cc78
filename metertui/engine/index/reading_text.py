"""Which readings contain a text: in their meter, time, register or attributes, as people read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import SECOND, Int64Array, SiteZone
from metertui.engine.columns import Group

_OF_TIMES: Final = frozenset("0123456789-: ")
_OF_REGISTERS: Final = frozenset("0123456789.")


class TextFinder:
    """Finds one text, in any case. What it has seen once it remembers, so it may be given many pieces of a list."""

    def __init__(self, text: str, ids: Sequence[str], groups: Sequence[Group], zone: SiteZone) -> None:
        """`ids` are the meter ids and `groups` the attributes by code."""
        self._text = text.strip().casefold()
        self._zone = zone
        self._meters = _Memory(lambda code: self._text in ids[code].casefold())
        self._groups = _Memory(lambda code: any(self._text in value.casefold() for value in groups[code]))
        self._times = _Memory(lambda second: self._text in f"{zone.local(second * SECOND):%Y-%m-%d %H:%M:%S}")
        self._register = self._text.replace(" ", "")

    def found_in(
        self, meter: NDArray[np.int32], time: Int64Array, wh: Int64Array, group: NDArray[np.int32]
    ) -> NDArray[np.bool_]:
        """Return which readings contain the text: meter codes, times (µs UTC), registers (Wh), group codes."""
        found = self._meters.look_up(meter) | self._groups.look_up(group)
        if _OF_TIMES.issuperset(self._text):
            found |= self._times.look_up(time // SECOND)
        if self._register and _OF_REGISTERS.issuperset(self._register):
            rest = np.flatnonzero(~found)
            texts = (f"{each // 1000}.{each % 1000:03d}" for each in wh[rest].tolist())
            found[rest] = np.fromiter((self._register in text for text in texts), dtype=bool, count=len(rest))
        return found


class _Memory:
    """Answers a question about whole numbers, each once."""

    def __init__(self, holds: Callable[[int], bool]) -> None:
        self._holds = holds
        self._known: dict[int, bool] = {}

    def look_up(self, numbers: NDArray[np.integer]) -> NDArray[np.bool_]:
        distinct, places = np.unique(numbers, return_inverse=True)
        answers = np.zeros(len(distinct), dtype=bool)
        for place, number in enumerate(distinct.tolist()):
            if number not in self._known:
                self._known[number] = self._holds(number)
            answers[place] = self._known[number]
        return answers[places]
