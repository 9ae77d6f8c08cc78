"""Clock drift: meters whose readings are stored with a time ahead of the server's clock."""

from __future__ import annotations

from typing import Final, NamedTuple

_MOST: Final = 10_000
"""The most meters in memory. Beyond that, the least recently noted one is dropped."""


class AheadReading(NamedTuple):
    """A meter's last reading ahead of the clock since start: code, time (µs UTC), register (Wh), `ahead` by µs."""

    code: int
    time: int
    wh: int
    ahead: int
    times: int
    """How many such readings there were."""


class DriftLog:
    """The meters with clock drift, in bounded memory; O(1) a reading."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._last: dict[int, AheadReading] = {}

    def note_reading(self, code: int, time: int, wh: int, ahead: int) -> None:
        """Note that a reading was stored whose time is `ahead` µs after its arrival."""
        before = self._last.pop(code, None)
        if before is None and len(self._last) >= self._most:
            del self._last[next(iter(self._last))]
        self._last[code] = AheadReading(code, time, wh, ahead, 1 if before is None else before.times + 1)

    def last_readings(self) -> list[AheadReading]:
        """Return the last such reading of each meter, the most recently noted ones at the end. For any thread."""
        return list(self._last.values())
