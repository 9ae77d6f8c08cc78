"""The settings of the engine, and the clock that it uses."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal, Protocol

from metertui.engine.base.limits import FitRule
from metertui.engine.base.zone import DAY, HOUR, MINUTE, SiteZone


class Clock(Protocol):
    """A source of time. The program uses SystemClock, tests a clock that they set."""

    def now(self) -> int:
        """Return µs since 1970-01-01 UTC."""

    def monotonic(self) -> float:
        """Return seconds that never go backward, for measuring durations."""

    def thread_time(self) -> float:
        """Return the seconds of processor time that the calling thread has used, for measuring what work costs."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> int:
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        return time.monotonic()

    def thread_time(self) -> float:
        return time.thread_time()


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of one data folder."""

    zone: SiteZone = field(default_factory=lambda: SiteZone("UTC"))
    fit: FitRule = field(default_factory=FitRule)
    """What the readings of a meter are judged by."""
    future_us: int = 10 * MINUTE
    """The time by which a timestamp may be ahead of the clock, in µs."""
    past_us: int = 3650 * DAY
    """The time by which a timestamp on the wire may be behind the clock, in µs."""
    durability: Literal["disk", "os"] = "disk"
    """`disk`: OK after fdatasync. `os`: OK once the operating system has it."""
    silent_us: int = 24 * HOUR
    """An active meter without a reading for longer than this, in µs, is an exception."""
    drift_us: int = MINUTE
    """A meter whose readings are stamped further ahead of the clock than this, in µs, is an exception."""
    rejects_bytes: int = 10_000_000
    """The size in bytes at which `rejects.log` is rotated."""
    currency: str = "SGD"
    """The currency of tariffs and bills. `cents_per_kwh` is in hundredths of it."""
    most_channels: int = 64
    """The most registers that a meter may have by what is sent; a file may bring more."""
    gap_us: int = 25 * HOUR
    """A time without a reading that is longer than this, in µs, is reported on bills and as an exception."""
