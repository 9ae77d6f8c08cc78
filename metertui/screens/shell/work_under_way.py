"""Work in a thread that a screen waits for: its progress in the line for messages, and its cancellation."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol, TypeVar

from textual.timer import Timer

_logger = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE: Final = 1.0
"""Seconds before the progress is shown; most work is done sooner."""
_INTERVAL_SECONDS: Final = 0.25
_BAR: Final = 24


class MessageLine(Protocol):
    """A screen with a line for messages."""

    @property
    def place(self) -> str:
        """Return the name of the screen among the screens of the app."""

    @property
    def works(self) -> Works:
        """Return the work under way in the app."""

    def say(self, text: str) -> None:
        """Show a sentence."""

    def clear_message(self) -> None:
        """Clear the line."""

    def set_interval(self, interval: float, callback: Callable[[], None]) -> Timer:
        """Call a function every `interval` seconds."""


class Cancelled(Exception):
    """Raised in the thread of work that was cancelled."""


class Work:
    """A piece of work of a screen. Its thread calls `report_progress`, the event loop reads `share`."""

    def __init__(
        self, what: str, place: str = "", stop: Callable[[], object] | None = None, *, can_cancel: bool = True
    ) -> None:
        """`place`: the name of the screen among the screens of the app.

        `stop` is called when the work is cancelled, for work that does not report its progress in a thread.
        """
        self.what = what
        self.place = place
        self.can_cancel = can_cancel
        """Whether it can be cancelled; other work runs to completion."""
        self.stop = stop
        self.kept = ""
        """What a cancellation leaves as it is, as a sentence; "" if nothing is done before the end."""
        self.share = 0.0
        """The share of the work that is done, 0 to 1."""
        self._ended = threading.Event()
        self.task: asyncio.Task[Any] | None = None
        """What outlasts the screen if that fails; see `Works.outlast`."""
        self.alone = False
        """Whether its screen has failed, so that nobody waits for it."""

    @property
    def cancelled(self) -> bool:
        """Return whether the work should stop."""
        return self._ended.is_set()

    def cancel(self) -> None:
        """Stop the work, at its next report of progress if nothing else stops it."""
        if self.can_cancel and not self.cancelled:
            self._ended.set()
            if self.stop is not None:
                self.stop()

    @property
    def lasts(self) -> bool:
        """Return whether what outlasts its screen is not done."""
        return self.task is not None and not self.task.done()

    def drop(self) -> None:
        """Stop a thread that still works, as nobody waits for it any more."""
        self._ended.set()

    def report_progress(self, share: float) -> None:
        """Set the share that is done. Raise Cancelled if the work should stop."""
        if self.cancelled:
            raise Cancelled
        self.share = share

    def status_line(self) -> str:
        """Return the progress in one line."""
        if self.cancelled:
            return f"{self.what}: cancelling …"
        done = int(_BAR * self.share)
        escape = " · escape cancels" if self.can_cancel else ""
        return f"{self.what} {'━' * done}{'─' * (_BAR - done)} {self.share:4.0%}{escape}"


class Works:
    """All work of the screens that is under way, also of those that are not in view, and of those that have failed."""

    def __init__(self) -> None:
        self._under_way: list[tuple[Work, float]] = []
        self._ended: list[Work] = []

    def begin(
        self, what: str, place: str, stop: Callable[[], object] | None = None, *, can_cancel: bool = True
    ) -> Work:
        """Return new work of a screen, which is under way until `end`. The arguments are those of Work."""
        work = Work(what, place, stop, can_cancel=can_cancel)
        self._under_way.append((work, time.monotonic()))
        return work

    async def outlast(self, work: Work, doing: Coroutine[Any, Any, T]) -> T:
        """Do what goes on if the screen of the work fails meanwhile; such work is shown on every screen then.

        Cancelling the work cancels it, as `stop` does.
        """
        task = work.task = asyncio.create_task(doing)
        work.stop = task.cancel
        task.add_done_callback(lambda _: self._end_alone(work))
        return await asyncio.shield(task)

    def _end_alone(self, work: Work) -> None:
        if work.alone and work.task is not None:
            if not work.task.cancelled() and (error := work.task.exception()) is not None:
                _logger.error("%s, whose screen has failed, has failed", work.what, exc_info=error)
            self.end(work)

    async def stop(self) -> None:
        """Cancel all work, as the program ends, and wait for what outlasts its screen."""
        for work in self.all_under_way():
            work.cancel()
        await asyncio.gather(*(work.task for work in self.all_under_way() if work.task), return_exceptions=True)

    def end(self, work: Work) -> None:
        """Take work off the list, and stop its thread if that goes on; what outlasts its screen stays until done."""
        if work.lasts:
            work.alone = True
            return
        if not work.cancelled and work in self._lasting():
            self._ended.append(work)
        work.drop()
        self._under_way = [each for each in self._under_way if each[0] is not work]

    def take_ended(self) -> list[Work]:
        """Return, once, the work that took longer than PATIENCE and has ended without being cancelled."""
        ended, self._ended = self._ended, []
        return ended

    def all_under_way(self) -> list[Work]:
        """Return the work under way, in the order in which it began."""
        return [work for work, _ in self._under_way]

    def of_other_screens(self, place: str) -> list[Work]:
        """Return the work under way for longer than PATIENCE of screens other than `place`, or that have failed."""
        return [work for work in self._lasting() if work.alone or work.place != place]

    def _lasting(self) -> list[Work]:
        now = time.monotonic()
        return [work for work, began in self._under_way if now - began >= PATIENCE]


@contextmanager
def show_progress(screen: MessageLine, what: str) -> Iterator[Work]:
    """Show the progress of work while it lasts, and cancel it when the block is left in whatever way."""
    work = screen.works.begin(what, screen.place)
    began = time.monotonic()
    drawn = False

    def draw() -> None:
        nonlocal drawn
        if time.monotonic() - began >= PATIENCE:
            drawn = True
            screen.say(work.status_line())

    timer = screen.set_interval(_INTERVAL_SECONDS, draw)
    try:
        yield work
    finally:
        timer.stop()
        if drawn and not work.cancelled:  # the code that cancelled it has shown a message
            screen.clear_message()
        screen.works.end(work)
