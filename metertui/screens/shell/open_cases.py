"""How many exceptions are open: the count on the tab of their screen, worked out in a thread and not too often."""

from __future__ import annotations

import math
from typing import Final

from metertui.headend import HeadEnd

_AGAIN_SECONDS: Final = 2.0
"""The shortest time between two counts after a change."""
_AGAIN_ANYWAY: Final = 60.0
"""The time between two counts without a change: meters fall silent by themselves."""
_SHARE: Final = 20
"""The shortest pause between two counts, in multiples of the time that one takes: it costs ingest 5 % at most."""


class OpenCases:
    """Counts the open cases of a head-end."""

    def __init__(self, headend: HeadEnd) -> None:
        self._headend = headend
        self._basis: object = None
        self._due = self._due_anyway = -math.inf

    @property
    def number(self) -> int:
        """Return how many cases were open when they were counted last, here or by the list of exceptions."""
        return self._headend.worklist.open_cases or 0

    def is_due(self) -> bool:
        """Return whether the cases should be counted again."""
        now = self._headend.engine.clock.monotonic()
        changed = self._basis != self._headend.worklist.basis()
        return now >= (self._due if changed else self._due_anyway)

    async def count(self) -> None:
        """Count the cases, in a thread. Until it is done, no other count is due."""
        clock = self._headend.engine.clock
        self._due = self._due_anyway = math.inf
        self._basis = self._headend.worklist.basis()
        began = clock.monotonic()
        try:
            await self._headend.worklist.count_open()
        finally:
            ended = clock.monotonic()
            pause = max(_AGAIN_SECONDS, _SHARE * (ended - began))
            self._due, self._due_anyway = ended + pause, ended + max(pause, _AGAIN_ANYWAY)
