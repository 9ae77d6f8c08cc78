"""The meters that were looked at in this session, for every screen that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_MOST: Final = 8


class RecentMeters:
    """The last few, newest first, each once."""

    def __init__(self) -> None:
        self._meters: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return iter(self._meters)

    def add(self, meter: str) -> None:
        """Put a meter first."""
        self._meters = [meter, *(other for other in self._meters if other != meter)][:_MOST]
