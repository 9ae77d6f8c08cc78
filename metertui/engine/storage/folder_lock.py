"""The lock on a data folder: one process owns it, and the lock ends with the process, however that ends."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from metertui.engine.errors import OwnedError
from metertui.engine.storage import private_files
from metertui.engine.storage.private_files import LOCK

_RUNNING, _ENDED = "running", "ended"
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
    """The lock on a data folder. The file remains after a release, with a word on how its last owner ended.

    With `recovers` False the next owner still finds what this one found: it does not recover what was left behind.
    """

    def __init__(self, folder: Path, *, recovers: bool = True) -> None:
        self._folder = folder
        self._recovers = recovers
        self._fd: int | None = None
        self._found = b""
        self.unclean = ""
        """The process id of the last owner if it ended without a release: it was killed, or the power was cut."""

    def acquire(self) -> None:
        """Take the lock. Raises OwnedError, which names the owner, if another process has it; OSError."""
        path = self._folder / LOCK
        fd = private_files.open_file(path, os.O_RDWR | os.O_CREAT)
        try:
            _lock(fd)
            if not os.path.samestat(os.fstat(fd), path.stat()):
                raise FileNotFoundError(errno.ENOENT, "another process has just removed it", str(path))
        except BlockingIOError as error:
            owner = _owner(fd)
            os.close(fd)
            raise OwnedError(f"the data folder {self._folder} is in use by another metertui ({owner})") from error
        except OSError:
            os.close(fd)
            raise
        self._fd = fd
        self._found = os.pread(fd, 64, 0)
        pid, *words = _words(self._found)
        self.unclean = pid if words == [_RUNNING] else ""
        self._write(f"{os.getpid()} {_RUNNING}\n".encode("ascii"))

    def release(self) -> None:
        """Release the lock."""
        if self._fd is not None:
            fd, kept = self._fd, self.unclean and not self._recovers
            self._write(self._found if kept else f"{os.getpid()} {_ENDED}\n".encode("ascii"))
            os.close(fd)
            self._fd = None

    def _write(self, text: bytes) -> None:
        """Replace the text of the file; on a full disk it is missing."""
        assert self._fd is not None
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, 0)
            os.lseek(self._fd, 0, os.SEEK_SET)
            os.write(self._fd, text)


def owner_of_folder(folder: Path) -> Owner | None:
    """Return the owner of a folder, or None. Raises OSError."""
    try:
        fd = private_files.open_file(folder / LOCK, os.O_RDONLY)
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
    return Owner(_words(os.pread(fd, 64, 0))[0], os.fstat(fd).st_mtime_ns // 1000)


def _words(text: bytes) -> list[str]:
    """Return the process id in the text of a lock file, or `unknown`, and what follows it."""
    return text.decode("ascii", "replace").split() or ["unknown"]
