"""The way out to the terminal, which may be slow, or take nothing in for hours, as at the end of a broken ssh line.

Textual's own has room for thirty writes; who wants to write one more waits: the event loop, and with it all meters.
Here nobody waits. What is painted while the terminal is behind is not written at all, and made up for once it follows:
it then shows how things are, and not what there was to see in the meantime.
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

from metertui.screens.terminal.escape_key import Inlet

linux_driver.XTermParser = Inlet  # type: ignore[attr-defined] # it reads the keys

_FEW: Final = 2_000
"""Bytes that may wait before a terminal is behind: less than a second of a slow line."""
_LEAVING_SECONDS: Final = 5.0
"""How long the end of the app waits for a terminal to take in that it is its own again."""


class Outlet(threading.Thread):
    """Writes to a file in a thread of its own; `followed` is called there whenever all is written."""

    def __init__(self, fileno: int, encoding: str, followed: Callable[[], None]) -> None:
        super().__init__(daemon=True, name="terminal")
        self._fileno = fileno
        self._encoding = encoding
        self._followed = followed
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Bytes that the terminal has not taken in."""
        return self._waiting

    def write(self, text: str) -> None:
        """Have it written, some time."""
        data = text.encode(self._encoding, "replace")  # a letter that the terminal has not is one cell all the same
        with self._lock:
            self._waiting += len(data)
        self._queue.put(data)

    def run(self) -> None:
        # Straight to the file: whoever is in the middle of a buffered write cannot be left behind at the end.
        while (data := self._queue.get()) is not None:
            left = memoryview(data)
            try:
                while left:
                    left = left[os.write(self._fileno, left) :]
            except OSError:
                return  # the terminal is gone; the signal that says so ends the app
            with self._lock:
                self._waiting -= len(data)
                done = not self._waiting
            if done:
                self._followed()

    def stop(self) -> None:
        """Write what waits, unless that takes too long, and end."""
        self._queue.put(None)
        self.join(_LEAVING_SECONDS)


class PatientDriver(LinuxDriver):
    """Textual's own, but for the way out. The app's `catch_up` is called when a terminal that was behind follows."""

    _outlet: Outlet | None = None

    @property
    def behind(self) -> bool:
        """Whether the terminal has not taken in what it was sent."""
        return self._outlet is not None and self._outlet.waiting > _FEW

    def start_application_mode(self) -> None:
        loop = asyncio.get_running_loop()
        catch_up: Callable[[], Any] = self._app.catch_up  # type: ignore[attr-defined]

        def followed() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(catch_up)

        assert self._file is not None
        self._outlet = Outlet(self._file.fileno(), self._file.encoding, followed)
        self._outlet.start()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def write(self, data: str) -> None:
        assert self._outlet is not None
        self._outlet.write(data)

    def close(self) -> None:
        if self._outlet is not None:
            self._outlet.stop()
        super().close()
