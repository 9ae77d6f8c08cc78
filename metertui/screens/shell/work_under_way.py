"""Work in a thread that a screen waits for: how far it is, in the line for messages, and how it is ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from textual.timer import Timer

PATIENCE: Final = 1.0
"""Seconds that work may take before there is a bar: most is done sooner."""
_AGAIN: Final = 0.25
_BAR: Final = 24


class MessageLine(Protocol):
    """A screen with a line for messages."""

    def say(self, text: str) -> None:
        """Put a sentence there."""

    def clear_message(self) -> None:
        """Take it back."""

    def set_interval(self, interval: float, callback: Callable[[], None]) -> Timer:
        """Call something again and again, every so many seconds."""


class Cancelled(Exception):
    """Nobody wants the work any more."""


class Work:
    """A piece of work. Its thread calls `tell`, now and then; the event loop reads `share` and calls `end`."""

    def __init__(self, what: str) -> None:
        self._what = what
        self.share = 0.0
        """How much is done, from 0 to 1."""
        self._ended = threading.Event()

    @property
    def cancelled(self) -> bool:
        """Whether it is to stop."""
        return self._ended.is_set()

    def cancel(self) -> None:
        """Stop it where it next tells how far it is."""
        self._ended.set()

    def report_progress(self, share: float) -> None:
        """So much is done. Raises Cancelled once it is to stop."""
        if self.cancelled:
            raise Cancelled
        self.share = share

    def status_line(self) -> str:
        """How far it is, in a line."""
        if self.cancelled:
            return f"{self._what}: ending it …"
        done = int(_BAR * self.share)
        return f"{self._what} {'━' * done}{'─' * (_BAR - done)} {self.share:4.0%} · escape cancels"


@contextmanager
def show_progress(screen: MessageLine, what: str) -> Iterator[Work]:
    """Work that the screen shows a bar of while it lasts. However this is left, the work is ended."""
    work = Work(what)
    began = time.monotonic()
    drawn = False

    def draw() -> None:
        nonlocal drawn
        if time.monotonic() - began >= PATIENCE:
            drawn = True
            screen.say(work.status_line())

    timer = screen.set_interval(_AGAIN, draw)
    try:
        yield work
    finally:
        timer.stop()
        if drawn and not work.cancelled:  # who ended it has said so
            screen.clear_message()
        work.cancel()
