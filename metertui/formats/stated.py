"""What a person says of a file that says most of it itself."""

from __future__ import annotations

from pathlib import Path

from metertui.engine.errors import DataError
from metertui.formats.said import Said, agreed


def check_said(path: Path, form: str, said: Said, **found: str) -> None:
    """Raise DataError if an option contradicts what the file says, by names of options, or has no use for it."""
    for option, value in found.items():
        if getattr(said, option):
            agreed(path, option, getattr(said, option), value)
    for option in ("columns", "mapping"):
        if getattr(said, option):
            raise DataError(path, None, f"{form} says itself where its figures are; leave out --{option}")
