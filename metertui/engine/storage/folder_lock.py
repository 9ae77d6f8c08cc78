"""The lock on a data folder: one process owns it, and the lock ends with the process, however that ends."""

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
"""`owner_of_folder` takes a shared lock for some µs. It must not make another process fail to start."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that owns a folder."""

    pid: str
    """Its process id; `unknown` if it could not be written to a full disk."""
    since: int
    """When it took the lock, µs UTC."""

    def __str__(self) -> str:
        return f"process {self.pid}"


class FolderLock:
    """The lock on a data folder. The file remains after a release: only the lock on it has a meaning."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fd: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises OwnedError, which names the owner, if another process has it; OSError."""
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
        with contextlib.suppress(OSError):  # on a full disk only the process id is missing
            os.ftruncate(fd, 0)
            os.write(fd, f"{os.getpid()}\n".encode("ascii"))

    def release(self) -> None:
        """Release the lock."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def owner_of_folder(folder: Path) -> Owner | None:
    """Return the owner of a folder, or None. Raises OSError."""
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
    """Take an exclusive lock. Raises BlockingIOError if another process has one."""
    for tries_left in reversed(range(_TRIES)):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not tries_left:
                raise
        time.sleep(_AGAIN_SECONDS)


def _owner(fd: int) -> Owner:
    """Return the owner that is written in the lock file."""
    pid = os.pread(fd, 64, 0).decode("ascii", "replace").strip()
    return Owner(pid or "unknown", os.fstat(fd).st_mtime_ns // 1000)
