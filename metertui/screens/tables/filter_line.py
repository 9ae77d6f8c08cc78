"""The line below the rows of a table that is filtered: what is typed, and how many rows contain it."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from metertui.text import fmt, plain

_ERASING: Final = {"backspace": -1, "ctrl+h": -1, "ctrl+u": None, "ctrl+w": None}
_CURSOR: Final = "▏"


def edited(text: str, key: str, character: str | None) -> str | None:
    """Return the text after a key; None for a key that does not change it."""
    if key == "ctrl+w":
        return text.rstrip().rpartition(" ")[0]
    if key in _ERASING:
        return text[: _ERASING[key] or 0]
    return f"{text}{character}" if character is not None and character.isprintable() else None


def sentence(found: int, total: int, wanted: str, where: str) -> str:
    """Return how many rows contain a text, and in which column if it is one: `2 of 1 038 · meter contains 12`."""
    return f"{fmt.count(found)} of {fmt.count(total)} · {where or 'a cell'} contains {wanted.strip()}"


def drawn(text: str, said: str, *, typing: bool) -> Text:
    """Return the line: the text with a cursor while it is typed, what it found, and the keys."""
    line = Text("/", style="bold", no_wrap=True, end="")
    line.append_text(plain(f"{text}{_CURSOR if typing else ''}", style="bold"))
    line.append(f"  {said}" if said else "", style="not bold")
    line.append("  ⏎ keep  esc clear" if typing else "  / change  esc clear", style="dim not bold")
    return line
