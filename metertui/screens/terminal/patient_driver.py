"""A driver that never blocks the event loop on a terminal that is slow, or stalled as over a broken ssh connection.

The queue of Textual's own writer holds thirty writes; the next one blocks the event loop, and with it all meters. Here
no write blocks. While the terminal is behind, updates are skipped; once it has caught up, the present state is drawn.

A terminal that disappears can be read from at once, for ever, and gives nothing: Textual's own reader then takes a
third of a core, and nobody hears of it where SIGHUP is ignored. Here the app is told.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final

from textual.drivers.linux_driver import LinuxDriver

from metertui.screens.terminal.key_input import KeyParser, lenient_decoder

_FEW: Final = 2_000
"""Bytes that may be pending before a terminal counts as behind: less than two seconds of a slow line."""
_LEAVING_SECONDS: Final = 5.0
"""How long the app waits at its end for the terminal to take in the sequences that restore it."""
_TICK_SECONDS: Final = 0.1
"""How often the parser of keys hears that time passes, and the thread looks whether it should end."""
_AT_ONCE: Final = 4096
"""Bytes read at a time."""


class TerminalWriter(threading.Thread):
    """Writes to a file descriptor in a thread.

    It calls `drained` whenever all is written, and ends after a call of `gone` if nothing can be written any more.
    """

    def __init__(self, fileno: int, encoding: str, drained: Callable[[], None], gone: Callable[[], None]) -> None:
        super().__init__(daemon=True, name="terminal")
        self._fileno = fileno
        self._encoding = encoding
        self._drained = drained
        self._gone = gone
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
                self._gone()
                return
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
    """Textual's driver with a writer that does not block and a reader that notices the end of its terminal.

    It calls `catch_up` of the app when all has been written, `lose_terminal` when the terminal is gone, and `fail` if
    reading its keys fails otherwise.
    """

    _writer: TerminalWriter | None = None

    @property
    def behind(self) -> bool:
        """Return whether the terminal has much pending."""
        return self._writer is not None and self._writer.waiting > _FEW

    def start_application_mode(self) -> None:
        assert self._file is not None
        self._writer = TerminalWriter(
            self._file.fileno(), self._file.encoding, lambda: self._tell("catch_up"), self._tell_gone
        )
        self._writer.start()
        self._writer.write("\r\x1b[K")  # what a start has shown until now, and would be there again after the screens
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def _tell(self, what: str, *arguments: object) -> None:
        """Have the event loop call a method of the app."""
        method: Callable[..., Any] = getattr(self._app, what)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(method, *arguments)

    def _tell_gone(self) -> None:
        self._tell("lose_terminal")

    def write(self, data: str) -> None:
        assert self._writer is not None
        self._writer.write(data)

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:
            self._tell("fail", error)

    def run_input_thread(self) -> None:
        """Turn what the terminal sends into messages, until the driver stops it or the terminal is gone."""
        parser, decode = KeyParser(self._debug), lenient_decoder("utf-8")().decode
        with selectors.SelectSelector() as selector:  # others cannot wait for a terminal on macOS
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_TICK_SECONDS) and (data := _read(self.fileno)) is not None:
                    if not data:
                        self._tell_gone()
                        return
                    if text := decode(data):  # empty in the middle of a character, and the end of input to the parser
                        for message in parser.feed(text):
                            self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.stop()
        super().close()


def _read(fileno: int) -> bytes | None:
    """Return what a terminal has sent; empty if it is gone, None if another program has read it."""
    try:
        return os.read(fileno, _AT_ONCE)
    except BlockingIOError:
        return None
    except OSError:
        return b""
