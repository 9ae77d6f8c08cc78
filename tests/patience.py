"""Wait for what must come: no test depends on how fast the machine is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 120.0
"""Seconds after which what has not come is taken to never come: far more than anything takes on a busy machine."""


async def until(condition: Callable[[], object], every: float = 0.001) -> None:
    """Wait until a condition holds, which is looked at every so many seconds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(every)
