"""Paths as people type them."""

from __future__ import annotations

import contextlib
from pathlib import Path


def typed_path(text: str) -> Path:
    """Return the path that is typed, from the root, with a home in place of `~`; one of nobody stays as it is."""
    path = Path(text.strip())
    with contextlib.suppress(RuntimeError):
        path = path.expanduser()
    return path.absolute()
