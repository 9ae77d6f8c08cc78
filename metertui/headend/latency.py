"""How long answers take: a histogram that costs a fraction of a microsecond to add to, and its percentiles.

Buckets are a quarter of a power of two wide, so a percentile is known to within 19 %, which is said by rounding it up
to the bucket's end (the idea of HdrHistogram, with fewer bits).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

_LEAST: Final = 10e-6
"""Seconds; what is faster counts as this."""
_STEPS: Final = 4
"""Buckets to a power of two."""
_COUNT: Final = 96
"""From 10 µs to 168 s; what is slower counts as that."""
_SECONDS: Final = 60
"""What `recent` looks back on."""
_SCALE: Final = _STEPS / math.log(2)


class Latency:
    """Counts since the start, and of the last minute. Written on one thread."""

    def __init__(self) -> None:
        self._counts = [0] * _COUNT
        self._before: deque[list[int]] = deque([[0] * _COUNT], maxlen=_SECONDS)

    def note(self, now: float, arrived: Iterable[float]) -> None:
        """Something that arrived then has been answered now, each; seconds on the same clock."""
        counts = self._counts
        for since in arrived:
            taken = now - since
            place = 0 if taken <= _LEAST else math.ceil(math.log(taken / _LEAST) * _SCALE - 1e-9)
            counts[place if place < _COUNT else _COUNT - 1] += 1

    def second(self) -> None:
        """A second has gone by."""
        self._before.append(self._counts.copy())

    def recent(self, shares: Sequence[float]) -> tuple[float | None, ...]:
        """Seconds within which these shares of the last minute's answers came; None where there was none."""
        counts = [now - before for now, before in zip(self._counts, self._before[0], strict=True)]
        total = sum(counts)
        return tuple(_within(counts, share * total) if total else None for share in shares)


def _within(counts: Sequence[int], wanted: float) -> float:
    seen = 0
    for place, count in enumerate(counts):
        seen += count
        if count and seen >= wanted:
            return _LEAST * math.pow(2.0, place / _STEPS)
    raise AssertionError("more was wanted than was counted")
