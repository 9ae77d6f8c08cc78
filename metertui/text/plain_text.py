"""Text from outside for widgets: it is data, never markup and never a command to the terminal."""

from __future__ import annotations

from rich.text import Text

from metertui.engine.base import visible


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
