"""What ingest did over the last two minutes, hour and day: readings, suspects, refusals and time to OK."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

SLOTS: Final = 120
"""The points of a trend, the newest of which may not be over."""
SPANS: Final = {"2 min": 1, "1 h": 30, "24 h": 720}
"""The spans of trends, with the seconds of one point."""


@dataclass(slots=True)
class Slot:
    """The sums of some seconds."""

    seconds: int = 0
    accepted: int = 0
    suspects: int = 0
    refused: int = 0
    p99: float | None = None
    """The longest p99 of these seconds; None if nothing was answered."""

    def add(self, other: Slot) -> None:
        """Add the sums of other seconds."""
        self.seconds += other.seconds
        self.accepted += other.accepted
        self.suspects += other.suspects
        self.refused += other.refused
        if other.p99 is not None:
            self.p99 = max(other.p99, self.p99 or 0.0)


class Trends:
    """Slots of each of the SPANS since the start, at most SLOTS of them. Used by one thread."""

    def __init__(self) -> None:
        self._slots: dict[str, deque[Slot]] = {span: deque(maxlen=SLOTS) for span in SPANS}

    def add_second(self, second: Slot) -> None:
        """Add what one second brought."""
        for span, slots in self._slots.items():
            if not slots or slots[-1].seconds >= SPANS[span]:
                slots.append(Slot())
            slots[-1].add(second)

    def of_span(self, span: str) -> tuple[Slot, ...]:
        """Return the slots of one of the SPANS, the newest last; none of the time before the start."""
        return tuple(self._slots[span])
