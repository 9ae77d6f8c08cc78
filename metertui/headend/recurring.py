"""A task that runs a function at intervals: the clock, the look at the port, the look at the files of a folder."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from metertui.engine.errors import MeterError

_logger = logging.getLogger(__name__)


class Recurring:
    """Runs a function at intervals until it is stopped. A run that fails is logged, and the next one comes."""

    def __init__(
        self, function: Callable[[], Awaitable[None]], name: str, on_defect: Callable[[], None] = lambda: None
    ) -> None:
        """`name` is used in the log; `on_defect` is called after an exception that is no MeterError."""
        self._function = function
        self._name = name
        self._on_defect = on_defect
        self._task: asyncio.Task[None] | None = None

    def start(self, seconds: float) -> None:
        """Start, with a wait of `seconds` before each run."""
        self._task = asyncio.create_task(self._run(seconds), name=self._name)

    async def stop(self) -> None:
        """Cancel the wait or the run."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await self._function()
            except MeterError as error:
                _logger.error("%s: %s", self._name, error)
            except Exception:
                _logger.exception("%s failed", self._name)
                self._on_defect()
