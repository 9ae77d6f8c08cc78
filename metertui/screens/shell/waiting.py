"""A placeholder for an answer: what is being worked out, how far that is, and how to cancel it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from rich.text import Text

from metertui.screens.shell.steady_text import Steady
from metertui.text import plain, progress_bar

_INTERVAL_SECONDS: Final = 0.25
_BAR: Final = 32


class Waiting(Steady):
    """Lines of text above a progress bar."""

    def __init__(self, lines: Sequence[str], share: Callable[[], float], **kwargs: Any) -> None:
        """`share` returns the share of the work that is done, 0 to 1."""
        super().__init__(fixed=True, **kwargs)
        self._lines = lines
        self._share = share

    def on_mount(self) -> None:
        self.set_interval(_INTERVAL_SECONDS, self._draw)
        self._draw()

    def _draw(self) -> None:
        share = self._share()
        text = Text("\n", justify="center", overflow="ellipsis").join(plain(line) for line in self._lines)
        done = int(_BAR * share)
        text.append("\n\n").append_text(progress_bar(done, _BAR))
        text.append(f" {share:4.0%}\n\n")
        text.append("escape cancels", style="dim")
        self.show(text)
