"""Paths as they are typed, and how they go on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

_MOST: Final = 200_000
"""Entries of a folder that are looked at; in one that has more, no path goes on, as any could be missing."""


class Completion(NamedTuple):
    """How a path that is being typed can go on."""

    text: str
    """The path as far as there is one way."""
    names: Sequence[str]
    """The files and folders that begin as its last part does, those with a slash at the end, in order."""


def complete(typed: str) -> Completion:
    """Return how a path can go on. Reads a folder: not for the event loop."""
    if typed == "~":
        return Completion("~/", [])
    around, slash, part = typed.rpartition("/")
    names = []
    try:
        folder = Path(f"{around}/" if slash else ".").expanduser()
        with os.scandir(folder) as entries:
            for number, entry in enumerate(entries):
                if number == _MOST:
                    return Completion(typed, [])
                if entry.name.startswith(part) and (part.startswith(".") or not entry.name.startswith(".")):
                    names.append(f"{entry.name}/" if entry.is_dir() else entry.name)
    except (OSError, RuntimeError, ValueError):  # RuntimeError: `~name` of nobody
        return Completion(typed, [])
    names.sort()
    if not names:
        return Completion(typed, [])
    first, last = names[0], names[-1]
    same = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return Completion(f"{around}{slash}{first[:same]}", names)


def no_file(text: str) -> str:
    """Return why a path leads to no file; "" if it does."""
    try:
        path = Path(text).expanduser()
        if path.is_file():
            return ""
        return f"{path} is not a file" if path.exists() else f"There is no file {path}"
    except (OSError, RuntimeError, ValueError) as error:
        return f"{text} is no path: {error}"
