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
        self._last = wanted
        self.update(wanted, layout=not self._fixed)
        return True
