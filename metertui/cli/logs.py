"""The program's own log: lines go through a bounded queue to a thread that writes them.

Who takes them slowly or not at all (a terminal that is paused, a pipe that nobody reads, a full disk) holds up nothing:
lines that find no room are dropped, and their number is written when there is room again.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from metertui.engine.base import visible
from metertui.engine.storage import durable, private_files

_FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"
_MOST_LINES: Final = 1000
_MOST_BYTES: Final = 10_000_000
"""The size at which `metertui.log` is rotated: a defect that recurs four times a second must not fill the disk."""
_CLOSE_SECONDS: Final = 1.0
"""How long the end of the program waits for the last lines to be taken."""


class QueuedLog(logging.Handler):
    """Hands log lines to a thread that calls `write`, which may block or raise OSError."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter(_FORMAT))
        self._write = write
        self._lines: queue.Queue[str | None] = queue.Queue(_MOST_LINES)
        self._dropped = 0
        self._counting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="metertui-own-log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record."""
        try:
            text = self.format(record)
        except (TypeError, ValueError):  # a defect of the caller, which must not end in a traceback on the screen
            self._drop()
        else:
            self.put(text)

    def put(self, text: str) -> None:
        """Queue a line, or some, as they are; drop them if there is no room."""
        try:
            self._lines.put_nowait(text)
        except queue.Full:
            self._drop()

    def close(self) -> None:
        """Write what is queued, for a second at most, and end the thread."""
        until = time.monotonic() + _CLOSE_SECONDS
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=_CLOSE_SECONDS)
            self._thread.join(max(0.0, until - time.monotonic()))
        super().close()

    def _drop(self, count: int = 1) -> None:
        with self._counting:
            self._dropped += count

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            with self._counting:
                dropped, self._dropped = self._dropped, 0
            try:
                if dropped:
                    self._write(f"{dropped} log lines were dropped, as they were not taken\n".encode())
            except OSError:
                self._drop(dropped + 1)
                continue
            try:
                self._write(f"{_shown(line)}\n".encode("utf-8", "backslashreplace"))
            except OSError:
                self._drop()


def log_to_stderr() -> Callable[[str], None]:
    """Log to standard error; return the function that writes a line there as it is."""
    try:
        fd = sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):  # it is closed
        logging.basicConfig(handlers=[logging.NullHandler()])
        return lambda _: None
    log = QueuedLog(lambda data: durable.write_all(fd, data))
    logging.basicConfig(level=logging.INFO, handlers=[log])
    return log.put


class _LogFile:
    """`metertui.log`. At a size it is renamed to `metertui.log.1`, and a new one is begun.

    Several processes may append to it. The file is kept open, so that a lack of file descriptors can be reported.
    """

    def __init__(self, path: Path) -> None:
        """Open it. Raises OSError."""
        self._path = path
        self._fd = self._open()

    def write(self, data: bytes) -> None:
        """Append lines. Raises OSError."""
        with contextlib.suppress(OSError):  # else it goes on with the file that it has
            self._follow()
        durable.write_all(self._fd, data)

    def _follow(self) -> None:
        """Rotate the file if it is large, and go on with the one of that name, also if another process rotated it."""
        if os.fstat(self._fd).st_size >= _MOST_BYTES and self._is_ours():
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        if not self._is_ours():
            before, self._fd = self._fd, self._open()
            os.close(before)

    def _is_ours(self) -> bool:
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(self._fd))
        except FileNotFoundError:
            return False

    def _open(self) -> int:
        return private_files.open_file(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def log_to_folder(data: Path) -> Path | None:
    """Log into the data folder, as the screens own the terminal; return the file.

    Say in one line if that is not possible, and return None.
    """
    path = data / "metertui.log"
    try:
        file = _LogFile(path)
    except OSError as error:
        _say_no_log(path, error)
        logging.basicConfig(handlers=[logging.NullHandler()])
        return None
    log = QueuedLog(file.write)
    logging.basicConfig(level=logging.INFO, handlers=[log])
    try:
        file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} process {os.getpid()} starts\n".encode())
    except OSError as error:
        _say_no_log(path, error)
    return path


def _say_no_log(path: Path, error: OSError) -> None:
    with contextlib.suppress(OSError):
        print(f"metertui: cannot write {path}: {error.strerror or error}; its messages are lost", file=sys.stderr)


def _shown(line: str) -> str:
    """Return a record with control characters visible; its lines, such as those of a traceback, stay lines."""
    return "\n".join(visible(part) for part in line.split("\n"))
