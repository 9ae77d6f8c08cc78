"""The settings that the engine itself obeys, and the clock that it is given."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal, Protocol

from metertui.engine.base.zone import HOUR, MINUTE, SiteZone


class Clock(Protocol):
    """The time, injected: tests set it, the program takes it from the system."""

    def now(self) -> int:
        """µs since 1970-01-01 UTC."""

    def monotonic(self) -> float:
        """Seconds that only ever go forward, for durations."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class Rules:
    """How readings are taken and kept."""

    zone: SiteZone = field(default_factory=lambda: SiteZone("UTC"))
    max_w: int = 100_000
    """The most that a meter can draw, in W: a faster rise is suspect."""
    future_us: int = 10 * MINUTE
    """How far ahead of the clock a timestamp may be, in µs."""
    durability: Literal["disk", "os"] = "disk"
    """`disk`: OK after fdatasync. `os`: OK once the operating system has it."""
    silent_us: int = 24 * HOUR
    """An active meter that has not been heard for longer, in µs, is an exception."""
    drift_us: int = MINUTE
    """So is one whose readings are stamped further ahead of the clock, in µs."""
    rejects_bytes: int = 10_000_000
    """`rejects.log` is rotated at this size."""
    currency: str = "SGD"
    """Of the tariffs and bills: its hundredth is what `cents_per_kwh` counts."""
    gap_us: int = 25 * HOUR
    """Bills and the list of exceptions tell of a time without a reading that is longer, in µs."""
