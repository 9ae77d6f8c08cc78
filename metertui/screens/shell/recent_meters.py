"""The meters that were looked at in this session, for every screen that asks for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.text import Text

from metertui.text import plain

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


def recent_line(recent: Sequence[str]) -> Text:
    """Return the meters that were looked at last, for a screen that waits for one."""
    return Text("looked at last  ", style="dim").append_text(plain(", ".join(recent), style="not dim"))
