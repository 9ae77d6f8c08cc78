"""What is done again and again while the program runs: the clock, a look at the port, a look at a folder."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from metertui.engine.errors import MeterError

_logger = logging.getLogger(__name__)


class Recurring:
    """Does something, waits, and does it again until it is stopped. A time that fails is told, and the next comes."""

    def __init__(self, do: Callable[[], Awaitable[None]], what: str, failed: Callable[[], None] = lambda: None) -> None:
        """`what` it is in the log; `failed` hears of what no MeterError explains."""
        self._do = do
        self._what = what
        self._failed = failed
        self._task: asyncio.Task[None] | None = None

    def start(self, seconds: float) -> None:
        """Begin, with a wait of so many seconds before each time."""
        self._task = asyncio.create_task(self._go_on(seconds), name=self._what)

    async def stop(self) -> None:
        """End, whether it waits or is at it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _go_on(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await self._do()
            except MeterError as error:
                _logger.error("%s: %s", self._what, error)
            except Exception:
                _logger.exception("%s failed", self._what)
                self._failed()
