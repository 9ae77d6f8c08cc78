"""The progress of work in a thread, told on the event loop, and the end of work that nobody wants any more."""

from __future__ import annotations

import asyncio
import threading

from metertui.engine.base import Progress, TellRows, no_progress, tell_no_rows
from metertui.engine.errors import MeterError


class ThreadProgress:
    """What a thread calls now and then, `share` and `rows`. Made on the event loop, where the newest are handed on."""

    def __init__(self, progress: Progress = no_progress, tell_rows: TellRows = tell_no_rows) -> None:
        self._loop = asyncio.get_running_loop()
        self._progress = progress
        self._tell_rows = tell_rows
        self._given_up = threading.Event()
        self._share: float | None = None
        self._rows: int | None = None
        self._told = True

    def give_up(self) -> None:
        """End the work, the next time that it calls."""
        self._given_up.set()

    @property
    def given_up(self) -> bool:
        """Return whether nobody wants the work any more."""
        return self._given_up.is_set()

    def share(self, done: float) -> None:
        """Tell the share done. Raises MeterError if the work is given up."""
        self._share = done
        self._wake()

    def rows(self, done: int) -> None:
        """Tell the number of rows done. Raises MeterError if the work is given up."""
        self._rows = done
        self._wake()

    def _wake(self) -> None:
        """Have the event loop tell, unless it is about to."""
        if self.given_up:
            raise MeterError("cancelled")
        if self._told:
            self._told = False
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._told = True
        (share, self._share), (rows, self._rows) = (self._share, None), (self._rows, None)
        if rows is not None:
            self._tell_rows(rows)
        if share is not None:
            self._progress(share)
