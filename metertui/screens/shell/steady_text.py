"""A text that is drawn only when it changes, as each needless drawing is felt over a slow line."""

from __future__ import annotations

from typing import Any, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text
from textual.strip import Strip
from textual.widgets import Static

_MORE: Final = "…"


class Steady(Static):
    """A text that is drawn once however often the same is shown."""

    def __init__(self, *, fixed: bool = False, **kwargs: Any) -> None:
        """`fixed`: the size does not depend on the text, so that another text needs no layout."""
        super().__init__(**kwargs)
        self._fixed = fixed
        self._last: Text | None = None

    def show(self, text: Text | str) -> bool:
        """Show a text, and return whether it differs from the one before."""
        wanted = Text(text) if isinstance(text, str) else text
        if wanted == self._last:
            return False
        before, self._last = self._last, wanted
        self.update(wanted, layout=not self._fixed and self._resizes(before, wanted))
        return True

    def render_line(self, y: int) -> Strip:
        """Return a line; the last one in view ends in an ellipsis where there is no room for the lines below it."""
        line, (width, height) = super().render_line(y), self.size
        if y < height - 1 or self.get_content_height(self.size, self.app.size, width) <= height:
            return line
        end = min(width - 1, cell_len(line.text.rstrip()))
        kept = list(line.crop(0, end))
        cut = Segment(_MORE, kept[-1].style if kept else self.rich_style)
        return Strip([*kept, cut]).adjust_cell_length(width, self.rich_style)

    def _resizes(self, before: Text | None, wanted: Text) -> bool:
        """Return whether a layout is needed, which draws every scrollbar in view."""
        width, height = self.styles.width, self.styles.height
        if width is not None and height is not None and not width.is_auto and not height.is_auto:
            return False
        one_line = "\n" not in wanted.plain and wanted.cell_len <= self.size.width
        return before is None or not one_line or before.cell_len != wanted.cell_len
