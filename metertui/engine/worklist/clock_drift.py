"""Meters whose clocks run ahead: their readings are taken, and stamped with a time that is not there yet."""

from __future__ import annotations

from typing import Final, NamedTuple

_MOST: Final = 10_000
"""Meters that are kept; of more the one that was noted longest ago is forgotten."""


class AheadReading(NamedTuple):
    """The last such reading of a meter since start: code, its time in µs UTC, register in Wh, how far ahead in µs."""

    code: int
    time: int
    wh: int
    ahead: int
    times: int
    """How many there were."""


class DriftLog:
    """Noted on the owner's thread, in O(1) and a bounded memory; `seen` in any thread."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._last: dict[int, AheadReading] = {}

    def note_reading(self, code: int, time: int, wh: int, ahead: int) -> None:
        """A reading was taken that is stamped `ahead` µs later than it came."""
        before = self._last.pop(code, None)
        if before is None and len(self._last) >= self._most:
            del self._last[next(iter(self._last))]
        self._last[code] = AheadReading(code, time, wh, ahead, 1 if before is None else before.times + 1)

    def last_readings(self) -> list[AheadReading]:
        """The last of each meter, those noted last at the end."""
        return list(self._last.values())
