"""How far work is: what it is told to, now and then, and what can end it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float], None]
"""Is told the share done, from 0 to 1. What it raises ends the work, which leaves nothing half done behind."""


def untold(share: float) -> None:
    """Nobody asks how far it is."""


def part(progress: Progress, nth: int, of: int) -> Progress:
    """What the n-th of so many equal parts tells, counted from 0."""
    return lambda share: progress((nth + share) / of)
