"""What of a file is not taken and is no fault either: rows without a value, totals, other goods than electricity."""

from __future__ import annotations

from collections import Counter
from typing import Final

_SHOWN: Final = 3


class LeftOut:
    """Counts rows with something that is left out, by reason, with the first lines of each."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._lines: dict[str, list[int]] = {}
        self._last: dict[str, int] = {}
        self.has_missing = False
        """Whether a figure is missing in a row."""

    def note_missing(self, reason: str, line: int) -> None:
        """Note that a figure of a line is missing."""
        self.has_missing = True
        self.note(reason, line)

    def note(self, reason: str, line: int) -> None:
        """Note that something of a line is left out."""
        lines = self._lines.setdefault(reason, [])
        if line == self._last.get(reason):
            return
        self._last[reason] = line
        self.counts[reason] += 1
        if len(lines) < _SHOWN:
            lines.append(line)

    def sentences(self) -> list[str]:
        """Return a sentence a reason."""
        found = []
        for reason, count in self.counts.items():
            lines = ", ".join(map(str, self._lines[reason])) + ("" if count <= _SHOWN else ", …")
            found.append(f"{reason}: {count} (line{'s' if count > 1 else ''} {lines})")
        return found
