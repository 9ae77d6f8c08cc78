"""The only door for text that came from outside: data, never markup and never a terminal's command."""

from __future__ import annotations

from rich.text import Text

from metertui.engine.base import visible


def plain(text: str, style: str = "", limit: int = 200) -> Text:
    """`text` to be shown as it is: control characters as pictures, nothing in it interpreted, cut at `limit`."""
    shown = visible(text[:limit])
    return Text(f"{shown}…" if len(text) > limit else shown, style=style, no_wrap=True, overflow="ellipsis")


def message(text: str, limit: int = 400) -> Text:
    """A sentence with such text in it: as `plain`, but on as many lines as it needs."""
    said = plain(text, limit=limit)
    said.no_wrap, said.overflow = False, "fold"
    return said


def messages(*texts: str, limit: int = 400) -> Text:
    """Some of them, each on lines of its own."""
    return Text("\n").join(message(text, limit) for text in texts)
