"""What a head-end measures once a second: rate, latency, memory."""

from __future__ import annotations

from collections import deque
from typing import Final

from metertui.engine.core import Engine
from metertui.headend.latency import Latency
from metertui.headend.memory import resident_bytes
from metertui.headend.trends import Slot, Trends

_RATE_SECONDS: Final = 2


class Metrics:
    """Measurements of the last seconds, for the live screen."""

    def __init__(self, engine: Engine, latency: Latency) -> None:
        self._engine = engine
        self._latency = latency
        self._started = engine.clock.monotonic()
        self._samples: deque[tuple[float, int]] = deque([(self._started, 0)], maxlen=_RATE_SECONDS + 1)
        self.p50: float | None = None
        """Seconds from arrival to reply of half of the last minute's requests; None where there was no reply."""
        self.p99: float | None = None
        self.memory = resident_bytes()
        """Bytes of the process in memory."""
        self.trends = Trends()
        self._suspects = self._refused = 0

    def measure(self) -> None:
        """Measure; called once a second."""
        counters = self._engine.ingest.counters
        accepted, suspects, refused = counters.accepted, counters.suspects, counters.refused.total()
        new = accepted - self._samples[-1][1]
        self._samples.append((self._engine.clock.monotonic(), accepted))
        self._latency.end_second()
        self.p50, self.p99 = self._latency.recent_percentiles((0.5, 0.99))
        self.memory = resident_bytes()
        (slowest,) = self._latency.recent_percentiles((0.99,), 1)
        self.trends.add_second(Slot(1, new, suspects - self._suspects, refused - self._refused, slowest))
        self._suspects, self._refused = suspects, refused

    @property
    def uptime(self) -> float:
        """Return seconds since the start."""
        return self._engine.clock.monotonic() - self._started

    @property
    def rate(self) -> float:
        """Return the number of readings accepted per second, over the last two seconds."""
        (since, before), (until, after) = self._samples[0], self._samples[-1]
        return (after - before) / (until - since) if until > since else 0.0
