"""Text from outside made visible: it is data, never a command to a terminal."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_HARMLESS: Final = re.compile(
    "(?<=[^\\x00-\\xbf\u2000-\u206f\u3000\ufeff])[\u200c\u200d]"  # joiners, within scripts and emoji that need them
    "|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]"  # signs around a number
    "|(?<=\U0001f3f4)[\U000e0020-\U000e007e]+\U000e007f"  # which flag a flag is
)
"""Format characters that belong to a text. After anything else a joiner could make two words look like one."""


def visible(text: str) -> str:
    """Return text with control characters, and others that have no shape of their own, made visible.

    Format characters that names and emoji are written with stay as they are.
    """
    if text.isprintable():
        return text
    shown: list[str] = []
    at = 0
    for kept in _HARMLESS.finditer(text):
        shown += *map(_visible_char, text[at : kept.start()]), kept[0]
        at = kept.end()
    return "".join((*shown, *map(_visible_char, text[at:])))


def _visible_char(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return "\u2423" if unicodedata.category(char) == "Zs" else f"\\u{code:04x}"
