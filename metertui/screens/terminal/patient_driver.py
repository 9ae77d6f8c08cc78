"""A driver that never blocks the event loop on a terminal that is slow, or stalled as over a broken ssh connection.

The queue of Textual's own writer holds thirty writes; the next one blocks the event loop, and with it all meters. Here
no write blocks. While the terminal is behind, updates are skipped; once it has caught up, the present state is drawn.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final

from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver

from metertui.screens.terminal.key_input import KeyParser, lenient_decoder

linux_driver.XTermParser = KeyParser  # type: ignore[attr-defined] # the parser that reads the keys
linux_driver.getincrementaldecoder = lenient_decoder  # type: ignore[assignment, attr-defined] # and what it is fed

_FEW: Final = 2_000
"""Bytes that may be pending before a terminal counts as behind: less than two seconds of a slow line."""
_LEAVING_SECONDS: Final = 5.0
"""How long the app waits at its end for the terminal to take in the sequences that restore it."""


class TerminalWriter(threading.Thread):
    """Writes to a file descriptor in a thread, which calls `drained` whenever all is written."""

    def __init__(self, fileno: int, encoding: str, drained: Callable[[], None]) -> None:
        super().__init__(daemon=True, name="terminal")
        self._fileno = fileno
        self._encoding = encoding
        self._drained = drained
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._lock = threading.Lock()
        self.waiting = 0
        """The bytes that the terminal has not taken in yet."""

    def write(self, text: str) -> None:
        """Queue a text for writing."""
        data = text.encode(self._encoding, "replace")  # a missing character takes one cell all the same
        with self._lock:
            self.waiting += len(data)
        self._queue.put(data)

    def run(self) -> None:
        # Unbuffered: a thread in the middle of a buffered write could not be abandoned at the end.
        while (data := self._queue.get()) is not None:
            left = memoryview(data)
            try:
                while left:
                    left = left[os.write(self._fileno, left) :]
            except OSError:
                return  # the terminal is gone, and SIGHUP ends the app
            with self._lock:
                self.waiting -= len(data)
                done = not self.waiting
            if done:
                self._drained()

    def stop(self) -> None:
        """Write what is pending, unless that takes too long, and end the thread."""
        self._queue.put(None)
        self.join(_LEAVING_SECONDS)


class PatientDriver(LinuxDriver):
    """Textual's driver with a writer that does not block; calls `catch_up` of the app when all has been written."""

    _writer: TerminalWriter | None = None

    @property
    def behind(self) -> bool:
        """Return whether the terminal has much pending."""
        return self._writer is not None and self._writer.waiting > _FEW

    def start_application_mode(self) -> None:
        loop = asyncio.get_running_loop()
        catch_up: Callable[[], Any] = self._app.catch_up  # type: ignore[attr-defined]

        def drained() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(catch_up)

        assert self._file is not None
        self._writer = TerminalWriter(self._file.fileno(), self._file.encoding, drained)
        self._writer.start()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def write(self, data: str) -> None:
        assert self._writer is not None
        self._writer.write(data)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.stop()
        super().close()
