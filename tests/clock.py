"""A clock that tests set."""

from __future__ import annotations

from typing import Final

from metertui.engine.base.zone import SiteZone

_ZONE: Final = SiteZone("Asia/Singapore")
"""Shared, since a zone remembers the timestamps that it has read and written."""


class FakeClock:
    """Says what it is told to; goes on only when it is told."""

    def __init__(self, text: str = "2025-03-12T10:40:00", zone: SiteZone | None = None) -> None:
        self.zone = zone or _ZONE
        self.instant = self.zone.parse(text)
        self.seconds = 0.0
        self.used = 0.0
        """The processor time of every thread."""

    def now(self) -> int:
        return self.instant

    def monotonic(self) -> float:
        return self.seconds

    def thread_time(self) -> float:
        return self.used

    def advance(self, seconds: float) -> None:
        """Let time go on."""
        self.instant += round(seconds * 1_000_000)
        self.seconds += seconds

    def set(self, text: str) -> None:
        """Let the wall clock jump."""
        self.instant = self.zone.parse(text)
