"""When a part of a screen is due to be shown again, as what it rests on has changed elsewhere."""

from __future__ import annotations

import math
from typing import Final

AGAIN_SECONDS: Final = 2.0
"""How long what is shown stands at least, so that a flood of readings does not draw it four times a second."""


class Following:
    """Compares what a view rests on now with what it rested on when it was shown last."""

    def __init__(self) -> None:
        self._seen: object = None
        self._at = -math.inf

    def note(self, basis: object) -> None:
        """Note what a view that is shown now rests on."""
        self._seen = basis

    def is_due(self, basis: object, uptime: float) -> bool:
        """Return whether the view rests on something else by now, and is to be shown again; `uptime` is in seconds."""
        if basis == self._seen or uptime < self._at + AGAIN_SECONDS:
            return False
        self._seen, self._at = basis, uptime
        return True
