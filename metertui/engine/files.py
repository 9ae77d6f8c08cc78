"""What the promise "on disk" rests on: syncing files and folders, and replacing a file as one step."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from metertui.engine.errors import StorageError

ASIDE: Final = ".rejected"
_NOT_THERE: Final = (errno.ENOTSUP, errno.EINVAL, errno.ENOTTY)
_FULLFSYNC: Final[int] = getattr(fcntl, "F_FULLFSYNC", 51)  # macOS alone has it


def sync_file(fd: int) -> None:
    """Return once what was written to `fd` can be read back from the disk itself after a power cut. Raises OSError."""
    if sys.platform == "darwin":
        _flush_drive(fd)
    elif hasattr(os, "fdatasync"):
        os.fdatasync(fd)
    else:
        os.fsync(fd)


def sync_all(fd: int) -> None:
    """`sync_file`, and who may use the file too. Raises OSError."""
    if sys.platform == "darwin":
        _flush_drive(fd)
    else:
        os.fsync(fd)


def _flush_drive(fd: int) -> None:
    """What fsync is elsewhere: on macOS it stops at the drive's cache. See fcntl(2) there, F_FULLFSYNC."""
    try:
        fcntl.fcntl(fd, _FULLFSYNC)
    except OSError as error:
        if error.errno not in _NOT_THERE:
            raise
        os.fsync(fd)


def weakness(folder: Path) -> str:
    """A sentence on what "on disk" does not mean for files in `folder`; empty where it means all. Raises OSError."""
    if sys.platform == "darwin":
        fd = os.open(folder, os.O_RDONLY)
        try:
            fcntl.fcntl(fd, _FULLFSYNC)
        except OSError as error:
            if error.errno in _NOT_THERE:
                return f"the drive of {folder} cannot be told to empty its cache: a power cut may lose what it has"
        finally:
            os.close(fd)
    return ""


def sync_folder(folder: Path) -> None:
    """Return once the names in `folder` (files made, renamed, removed) are on disk. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def replace(path: Path, data: bytes | Iterable[bytes], mode: int | None = None) -> None:
    """Put `data` at `path` as one step: whoever looks, at any instant, finds the old file or the new one, whole.

    On disk when it returns. `mode`: who may read it; as before, or everyone, if None. Raises StorageError; then the
    old file is in its place.
    """
    pieces = (data,) if isinstance(data, bytes) else data
    spare, old = path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")
    try:
        fd = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.fchmod(fd, _mode(path) if mode is None else mode)
            for piece in pieces:
                write_all(fd, piece)
            sync_all(fd)
        finally:
            os.close(fd)
        undo = _undo(path, old)
        os.replace(spare, path)
        try:
            sync_folder(path.parent)
        except OSError:
            undo()  # it is told that it failed, so it must not be found at the next start
            raise
    except OSError as error:
        raise refusal(path, error) from error
    finally:
        for left in (spare, old):
            with contextlib.suppress(OSError):
                os.unlink(left)


def _undo(path: Path, old: Path) -> Callable[[], None]:
    """What puts back the file that is at `path` now, kept under a second name; or none, if there is none. OSError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(old)
    try:
        os.link(path, old)
    except FileNotFoundError:
        return lambda: os.unlink(path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        return lambda: None  # a file system without second names
    return lambda: os.replace(old, path)


def _mode(path: Path) -> int:
    """Who may use a file, where it is to be replaced; for a new one, everyone may read."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return 0o644


def write_all(fd: int, data: bytes) -> None:
    """Write all of `data`, however little the system takes at a time. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def refusal(path: Path, error: OSError) -> StorageError:
    """One sentence for a disk that refused."""
    return StorageError(f"cannot write {path.name}: {error.strerror or error}")


def set_aside(path: Path, data: bytes) -> None:
    """Add lines to what was set aside of a file, in `NAME.rejected`; on disk when it returns. Raises StorageError."""
    target = path.with_name(path.name + ASIDE)
    try:
        fd = os.open(target, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, stat.S_IMODE(path.stat().st_mode))
        try:
            size = os.fstat(fd).st_size
            if size and os.pread(fd, 1, size - 1) not in b"\r\n":
                data = b"\n" + data  # a crash cut the last one short
            write_all(fd, data)
            sync_all(fd)
        finally:
            os.close(fd)
        sync_folder(target.parent)
    except OSError as error:
        raise refusal(target, error) from error
