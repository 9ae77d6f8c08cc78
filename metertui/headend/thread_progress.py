"""The progress of work in a thread, told on the event loop, and the end of work that nobody wants any more."""

from __future__ import annotations

import asyncio
import threading

from metertui.engine.base import Progress, TellRows, no_progress, tell_no_rows
from metertui.engine.errors import MeterError


class ThreadProgress:
    """What a thread calls now and then, `share` and `rows`. Made on the event loop, where both are told."""

    def __init__(self, progress: Progress = no_progress, tell_rows: TellRows = tell_no_rows) -> None:
        self._loop = asyncio.get_running_loop()
        self._progress = progress
        self._tell_rows = tell_rows
        self._given_up = threading.Event()

    def give_up(self) -> None:
        """End the work, the next time that it calls."""
        self._given_up.set()

    @property
    def given_up(self) -> bool:
        """Return whether nobody wants the work any more."""
        return self._given_up.is_set()

    def share(self, done: float) -> None:
        """Tell the share done. Raises MeterError if the work is given up."""
        self._check()
        self._loop.call_soon_threadsafe(self._progress, done)

    def rows(self, done: int) -> None:
        """Tell the number of rows done. Raises MeterError if the work is given up."""
        self._check()
        self._loop.call_soon_threadsafe(self._tell_rows, done)

    def _check(self) -> None:
        if self.given_up:
            raise MeterError("cancelled")
