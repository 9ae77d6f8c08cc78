"""One process owns a data folder: an advisory lock that ends with its process, however that ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from metertui.engine.errors import OwnedError

_NAME: Final = ".lock"
_TRIES: Final = 5
_AGAIN_SECONDS: Final = 0.01
"""Who only looks whether a folder has an owner holds a shared lock for some µs, and is no reason to be refused."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns a folder."""

    pid: str
    """The number of its process; `unknown` where a full disk did not take it."""
    since: int
    """µs UTC."""

    def __str__(self) -> str:
        return f"process {self.pid}"


class FolderLock:
    """The lock on a data folder. The file stays when it is released; only the lock on it means anything."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fd: int | None = None

    def acquire(self) -> None:
        """Own the folder. Raises OwnedError, which names the process, if another one does; OSError."""
        fd = os.open(self._folder / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _lock(fd)
        except BlockingIOError as error:
            owner = _owner(fd)
            os.close(fd)
            raise OwnedError(f"the data folder {self._folder} is in use by another metertui ({owner})") from error
        except OSError:
            os.close(fd)
            raise
        self._fd = fd
        with contextlib.suppress(OSError):  # on a full disk the lock holds, and only its owner's number is missing
            os.ftruncate(fd, 0)
            os.write(fd, f"{os.getpid()}\n".encode("ascii"))

    def release(self) -> None:
        """Let others have it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def owner_of_folder(folder: Path) -> Owner | None:
    """Who owns a folder now; None if nobody does. Raises OSError."""
    try:
        fd = os.open(folder / _NAME, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _owner(fd)
    finally:
        os.close(fd)
    return None


def _lock(fd: int) -> None:
    """Raises BlockingIOError where another process has it, and is not just looking."""
    for tries_left in reversed(range(_TRIES)):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not tries_left:
                raise
        time.sleep(_AGAIN_SECONDS)


def _owner(fd: int) -> Owner:
    """Who wrote the file."""
    pid = os.pread(fd, 64, 0).decode("ascii", "replace").strip()
    return Owner(pid or "unknown", os.fstat(fd).st_mtime_ns // 1000)
