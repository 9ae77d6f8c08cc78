"""Work in a thread that a screen waits for: its progress in the line for messages, and its cancellation."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from textual.timer import Timer

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
        self._stop = stop
        self.share = 0.0
        """The share of the work that is done, 0 to 1."""
        self._ended = threading.Event()

    @property
    def cancelled(self) -> bool:
        """Return whether the work should stop."""
        return self._ended.is_set()

    def cancel(self) -> None:
        """Stop the work, at its next report of progress if nothing else stops it."""
        if self.can_cancel and not self.cancelled:
            self._ended.set()
            if self._stop is not None:
                self._stop()

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
    """All work of the screens that is under way, also of those that are not in view."""

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

    def end(self, work: Work) -> None:
        """Take work off the list, and stop its thread if that goes on."""
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
        """Return the work of screens other than `place` that has been under way for longer than PATIENCE."""
        return [work for work in self._lasting() if work.place != place]

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
