"""Progress callbacks of long work."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float], None]
"""Called now and then with the share done, from 0 to 1. An exception that it raises cancels the work."""


TellRows = Callable[[int], object]
"""Called now and then with the number of rows done. An exception that it raises cancels the work."""


def no_progress(share: float) -> None:
    """Ignore the share done."""


def part_of_progress(progress: Progress, nth: int, parts: int) -> Progress:
    """Return the callback of the nth (from 0) of several equally long parts of some work."""
    return lambda share: progress((nth + share) / parts)


def tell_no_rows(rows: int) -> None:
    """Ignore the number of rows done."""
