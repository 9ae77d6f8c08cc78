"""Text from outside for widgets: it is data, never markup and never a command to the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.text import Text

from metertui.engine.base import visible

_GAP: Final = "   "
"""Between two texts side by side."""


def plain(text: str, style: str = "", limit: int = 200) -> Text:
    """Return text as it is, on one line: control characters are made visible, no markup is read, cut at `limit`."""
    shown = visible(text[:limit])
    return Text(f"{shown}…" if len(text) > limit else shown, style=style, no_wrap=True, overflow="ellipsis")


def message(text: str, limit: int = 400) -> Text:
    """Return a sentence with such text in it: as `plain`, but on as many lines as it needs."""
    said = plain(text, limit=limit)
    said.no_wrap, said.overflow = False, "fold"
    return said


def messages(*texts: str, limit: int = 400) -> Text:
    """Return several sentences, each on lines of its own."""
    return Text("\n").join(message(text, limit) for text in texts)


def progress_bar(done: int, width: int) -> Text:
    """Return a bar of `width` cells, of which the first `done` are bold."""
    return Text.assemble(("━" * done, "bold"), ("─" * (width - done), "dim"))


def flowed(parts: Iterable[Text], width: int, begin: Text | None = None) -> Text:
    """Return texts side by side after `begin`, in lines of at most `width` cells that break between two of them."""
    text = Text() if begin is None else begin.copy()
    used = text.cell_len
    for number, part in enumerate(parts):
        gap = _GAP if number else ""
        if used and used + len(gap) + part.cell_len > width:
            text.append("\n")
            gap, used = "", 0
        text.append(gap).append_text(part)
        used += len(gap) + part.cell_len
    return text
