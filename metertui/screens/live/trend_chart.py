"""A chart of what ingest did over the last minutes, hour or day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from metertui.engine.base import SECOND
from metertui.headend import SLOTS, SPANS, Slot
from metertui.screens.charts import Picture, PictureView, Series
from metertui.text import fmt

_LINES: Final[dict[str, tuple[str, str, Callable[[Slot], float | None]]]] = {
    "rate": ("Readings a second", "readings/s", lambda slot: slot.accepted / max(1, slot.seconds)),
    "p99": ("Time to OK in ms, 99%", "ms", lambda slot: None if slot.p99 is None else slot.p99 * 1000),
    "suspects": ("Suspect readings {each}", "suspect", lambda slot: float(slot.suspects)),
    "refused": ("Refused lines {each}", "refused", lambda slot: float(slot.refused)),
}
"""The lines of the chart by name: title, in which {each} stands for the length of a slot, unit, value of a slot."""

_OWNERS: Final = "known only to the process that owns the folder"


class TrendChart(PictureView):
    """Shows one of the lines over one of the spans; its title names both."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.span = next(iter(SPANS))
        """One of headend.SPANS."""
        self.line = next(iter(_LINES))
        """One of rate, p99, suspects, refused."""

    def next_span(self) -> None:
        """Show the next longer span, after the longest the shortest."""
        self.span = _after(list(SPANS), self.span)

    def next_line(self) -> None:
        """Show the next line."""
        self.line = _after(list(_LINES), self.line)

    def show_trend(self, slots: Sequence[Slot], *, follows: bool = False) -> None:
        """Draw the slots of the span, the newest last, or say that there is nothing to draw.

        `follows`: whether another process owns the folder, which alone knows how long its answers take.
        """
        title, unit, value = _LINES[self.line]
        seconds = SPANS[self.span]
        each = "a second" if seconds == 1 else f"in each {fmt.duration(seconds * SECOND, units=1)}"
        self.border_title = f"{title.format(each=each)}, last {self.span}"
        missing = SLOTS - len(slots)
        values = ((None,) * missing + tuple(map(value, slots)))[-SLOTS:]
        note = ""
        if not any(values):
            values = (None,) * SLOTS
            note = _OWNERS if follows and self.line == "p99" else f"nothing in the last {self.span}"
        labels = (*(_ago((SLOTS - place) * seconds) for place in range(SLOTS - 1)), "now")
        cursor = self.cursor
        self.show(Picture("area", labels, (Series("", values),), unit, note))
        if cursor >= 0:
            self.move_cursor(cursor)


def _after(names: list[str], name: str) -> str:
    return names[(names.index(name) + 1) % len(names)]


def _ago(seconds: int) -> str:
    """Return how long ago a slot began."""
    return f"{fmt.duration(seconds * SECOND, units=2)} ago"
