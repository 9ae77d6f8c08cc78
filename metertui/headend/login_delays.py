"""Delays after failed logins, so that guessing passwords is slow: twice as long after each further one."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

_FREE: Final = 2
"""Failed attempts without a delay: everyone mistypes."""
_LONGEST: Final = 60
"""Seconds. Longer would let anybody keep a member of staff out."""
_MOST: Final = 1000
"""Names in memory. Beyond that, the one that failed longest ago is forgotten."""


class _Failures(NamedTuple):
    attempts: int
    until: float
    """When the next attempt may be made, seconds of the monotonic clock."""


class LoginDelays:
    """The failed logins of each name since its last good one. O(1), in bounded memory."""

    def __init__(self) -> None:
        self._failures: dict[str, _Failures] = {}

    def seconds_left(self, name: str, now: float) -> int:
        """Return how long a name has to wait before the next attempt; 0 if it need not."""
        failures = self._failures.get(name.casefold())
        return 0 if failures is None else max(0, math.ceil(failures.until - now))

    def note_attempt(self, name: str, now: float, *, failed: bool) -> None:
        """Note an attempt at `now`, seconds of the monotonic clock."""
        before = self._failures.pop(name.casefold(), None)
        if not failed:
            return
        if len(self._failures) >= _MOST:
            del self._failures[next(iter(self._failures))]
        attempts = 1 if before is None else before.attempts + 1
        delay = min(_LONGEST, 2 ** min(attempts - _FREE, 10)) if attempts > _FREE else 0
        self._failures[name.casefold()] = _Failures(attempts, now + delay)
