"""The only door for text that came from outside: data, never markup and never a terminal's command."""

from __future__ import annotations

import unicodedata

from rich.text import Text


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


def visible(text: str) -> str:
    """`text` with control characters, and others that have no shape of their own, made visible."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return "\u2423" if unicodedata.category(char) == "Zs" else f"\\u{code:04x}"
