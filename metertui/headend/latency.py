"""Latency: a histogram of how long replies take, and its percentiles.

Adding to it costs a fraction of a microsecond. Buckets are a quarter of a power of two wide, so that a percentile,
rounded up to the end of its bucket, is at most 19 % too high (the idea of HdrHistogram, with fewer bits).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

_LEAST: Final = 10e-6
"""Seconds; a shorter time counts as this."""
_STEPS: Final = 4
"""Buckets to a power of two."""
_COUNT: Final = 96
"""From 10 µs to 168 s; a longer time counts as that."""
_SECONDS: Final = 60
"""The longest time that `recent_percentiles` looks back."""
_SCALE: Final = _STEPS / math.log(2)


class Latency:
    """Counts since the start, and those of the last minute. Used by one thread."""

    def __init__(self) -> None:
        self._counts = [0] * _COUNT
        self._before: deque[list[int]] = deque([[0] * _COUNT], maxlen=_SECONDS)

    def add(self, now: float, arrived: Iterable[float]) -> None:
        """Count replies that are sent now to requests of these times, all in seconds of the same clock."""
        counts = self._counts
        for since in arrived:
            taken = now - since
            place = 0 if taken <= _LEAST else math.ceil(math.log(taken / _LEAST) * _SCALE - 1e-9)
            counts[place if place < _COUNT else _COUNT - 1] += 1

    def end_second(self) -> None:
        """Mark the end of a second."""
        self._before.append(self._counts.copy())

    def recent_percentiles(self, shares: Sequence[float], seconds: int = _SECONDS) -> tuple[float | None, ...]:
        """Return the seconds within which these shares (0 to 1) of the replies of the last seconds were sent.

        Seconds that have ended count, at most a minute of them, and the one that has not. None where there was no
        reply.
        """
        since = self._before[max(0, len(self._before) - 1 - seconds)]
        counts = [now - before for now, before in zip(self._counts, since, strict=True)]
        total = sum(counts)
        return tuple(_percentile(counts, share * total) if total else None for share in shares)


def _percentile(counts: Sequence[int], wanted: float) -> float:
    seen = 0
    for place, count in enumerate(counts):
        seen += count
        if count and seen >= wanted:
            return _LEAST * math.pow(2.0, place / _STEPS)
    raise AssertionError("more was wanted than was counted")
