"""Text from outside made visible: it is data, never a command to a terminal."""

from __future__ import annotations

import unicodedata


def visible(text: str) -> str:
    """Return text with control characters, and others that have no shape of their own, made visible."""
    return text if text.isprintable() else "".join(map(_visible_char, text))


def _visible_char(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return "\u2423" if unicodedata.category(char) == "Zs" else f"\\u{code:04x}"
