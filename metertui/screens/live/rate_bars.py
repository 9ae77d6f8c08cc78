"""The rate of the last minutes as bars.

They have one colour and are redrawn only where they look different, because they change every second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.text import Text
from textual.app import RenderResult
from textual.geometry import Size
from textual.widget import Widget

_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"


class RateBars(Widget):
    """Bars side by side, the newest at the right, the highest as high as the widget."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._values: tuple[int, ...] = ()
        self._drawn: tuple[str, Size] | None = None

    def show_rates(self, values: Sequence[int]) -> None:
        """Draw rates, oldest first, if they look different from what is drawn."""
        self._values = tuple(values)
        if self._drawn != (self._lines(self.size), self.size):
            self.refresh()

    def render(self) -> RenderResult:
        self._drawn = (self._lines(self.size), self.size)
        return Text(self._drawn[0], no_wrap=True, end="")

    def _lines(self, size: Size) -> str:
        values = bar_heights(self._values, size.width)
        height = max(1, size.height)
        highest = max(values, default=0) or 1
        # A second with a single reading must not look like an idle one.
        eighths = [max(1, round(value / highest * height * 8)) if value else 0 for value in values]
        rows = range(height - 1, -1, -1)
        return "\n".join("".join(_EIGHTHS[min(8, max(0, each - 8 * row))] for each in eighths) for row in rows)


def bar_heights(values: Sequence[int], width: int) -> list[int]:
    """Return the newest values that fit in `width` cells, each repeated where the width allows."""
    if not values or width < 1:
        return []
    return [value for value in values[-width:] for _ in range(max(1, width // len(values)))]
