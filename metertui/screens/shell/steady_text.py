"""A text that is drawn again only when it has changed: over a slow line each needless drawing is felt."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from textual.widgets import Static


class Steady(Static):
    """`show` the same twice, and the terminal hears of it once."""

    def __init__(self, *, fixed: bool = False, **kwargs: Any) -> None:
        """`fixed`: its size does not depend on what it says, so that nothing has to be laid out anew for it."""
        super().__init__(**kwargs)
        self._fixed = fixed
        self._last: Text | None = None

    def show(self, text: Text | str) -> bool:
        """What it says from now on; whether that is news."""
        wanted = Text(text) if isinstance(text, str) else text
        if wanted == self._last:
            return False
        before, self._last = self._last, wanted
        self.update(wanted, layout=not self._fixed and self._resizes(before, wanted))
        return True

    def _resizes(self, before: Text | None, wanted: Text) -> bool:
        """Whether all has to be laid out anew, which draws every scrollbar in view."""
        width, height = self.styles.width, self.styles.height
        if width is not None and height is not None and not width.is_auto and not height.is_auto:
            return False
        one_line = "\n" not in wanted.plain and wanted.cell_len <= self.size.width
        return before is None or not one_line or before.cell_len != wanted.cell_len
