"""What the promise "on disk" rests on: syncing files and folders, and replacing a file as one step."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

from metertui.engine.errors import StorageError


def sync_file(fd: int) -> None:
    """Return once what was written to `fd` is on the disk itself. Raises OSError."""
    if sys.platform == "darwin":
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)  # fsync there stops at the drive's cache
    else:
        os.fdatasync(fd)


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
    old file is untouched.
    """
    pieces = (data,) if isinstance(data, bytes) else data
    spare = path.with_name(f".{path.name}.new")
    try:
        fd = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.fchmod(fd, _mode(path) if mode is None else mode)
            for piece in pieces:
                write_all(fd, piece)
            os.fsync(fd)
        finally:
            os.close(fd)
        os.replace(spare, path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            spare.unlink()
        raise refusal(path, error) from error


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
