"""The instants of meters at which more than one value is stored."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Final

_VERSIONS: Final = count(1)
_NONE: Final[Mapping[int, tuple[int, ...]]] = {}


class SharedInstants:
    """All values (Wh) of an instant that has more than one, in order of arrival. They are few: a void comes before."""

    def __init__(self) -> None:
        self.by_meter: dict[int, dict[int, tuple[int, ...]]] = {}
        """By meter code and instant (µs UTC)."""
        self.added: list[int] = []
        """The meter code of each value that was added, in order."""
        self.version = 0
        """Changes with every value that is added."""

    def add(self, code: int, time: int, first: int, wh: int) -> bool:
        """Add a value at an instant (µs UTC) whose first value is `first`, both in Wh; False if it is stored there."""
        values = self.by_meter.get(code, _NONE).get(time, (first,))
        if wh in values:
            return False
        self.by_meter.setdefault(code, {})[time] = (*values, wh)
        self.added.append(code)
        self.version = next(_VERSIONS)
        return True

    def of_meter(self, code: int) -> Mapping[int, tuple[int, ...]]:
        """Return the shared instants of a meter with their values."""
        return self.by_meter.get(code, _NONE)
