"""Durable writes: syncing files and folders, and replacing files atomically."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from metertui.engine.errors import MeterError, StorageError
from metertui.engine.storage import private_files

ASIDE: Final = ".rejected"
_COPIED: Final = 1 << 20
_SPARE: Final = re.compile(r"\.(.+)\.(?:new|old|change)(?:-[0-9a-f]{16})?")
"""The name of a new or old version of a file; earlier versions of metertui gave it no token."""
_NOT_THERE: Final = (errno.ENOTSUP, errno.EINVAL, errno.ENOTTY)
_FULLFSYNC: Final[int] = getattr(fcntl, "F_FULLFSYNC", 51)  # macOS alone has it


def sync_file(fd: int) -> None:
    """Sync the data of a file: on return it survives a power cut. Raises OSError."""
    if sys.platform == "darwin":
        _flush_drive(fd)
    elif hasattr(os, "fdatasync"):
        os.fdatasync(fd)
    else:
        os.fsync(fd)


def sync_metadata_too(fd: int) -> None:
    """Sync the data and the permissions of a file. Raises OSError."""
    if sys.platform == "darwin":
        _flush_drive(fd)
    else:
        os.fsync(fd)


def _flush_drive(fd: int) -> None:
    """Sync a file on macOS, where fsync stops at the cache of the drive. See fcntl(2) there, F_FULLFSYNC."""
    try:
        fcntl.fcntl(fd, _FULLFSYNC)
    except OSError as error:
        if error.errno not in _NOT_THERE:
            raise
        os.fsync(fd)


def durability_warning(folder: Path) -> str:
    """Return a warning if synced files in `folder` may not survive a power cut, otherwise "". Raises OSError."""
    if sys.platform == "darwin":
        fd = os.open(folder, os.O_RDONLY)
        try:
            fcntl.fcntl(fd, _FULLFSYNC)
        except OSError as error:
            if error.errno in _NOT_THERE:
                return (
                    f"the drive of {folder} cannot flush its cache: a power cut may lose readings that were answered OK"
                )
        finally:
            os.close(fd)
    return ""


def sync_folder(folder: Path) -> None:
    """Sync the names in a folder (files created, renamed, removed). Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class Replacement:
    """A new version of a file, written and synced beside it, that then replaces it atomically.

    At any instant a reader finds the old file or the new one, complete. Methods may run in any thread, one at a time,
    and raise StorageError; then the old file is in place, and the new one is removed.
    """

    def __init__(self, path: Path, mode: int | None = None) -> None:
        """Begin a new version. `mode` None keeps the permissions. Several of a file may be in progress at once."""
        self._path = path
        token = secrets.token_hex(8)
        self.spare, self._old = (path.with_name(f".{path.name}.{kind}-{token}") for kind in ("new", "old"))
        self._due = pending_path(path)
        self._fd = -1
        with self._discarding_on_error():
            self._fd = private_files.open_file(self.spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            os.fchmod(self._fd, _mode(path) if mode is None else mode)

    def write(self, data: bytes) -> None:
        """Append to the new version."""
        with self._discarding_on_error():
            write_all(self._fd, data)

    def restart(self) -> None:
        """Empty the new version."""
        with self._discarding_on_error():
            os.ftruncate(self._fd, 0)
            os.lseek(self._fd, 0, os.SEEK_SET)

    def sync(self) -> None:
        """Sync what was written so far, so that less is left for `commit`."""
        with self._discarding_on_error():
            sync_metadata_too(self._fd)

    def close(self) -> None:
        """End writing, without a sync: for a group of files, which are synced together."""
        with self._discarding_on_error():
            os.close(self._fd)
            self._fd = -1

    def put_in_place(self) -> None:
        """Replace the old file, after `close` and a sync; on disk once its folder is synced. Raises OSError."""
        os.replace(self.spare, self._path)

    def commit(self) -> None:
        """Replace the old file; on disk on return."""
        with self._discarding_on_error():
            self._seal()
            self._place(self.spare)
        self.forget_old()

    def discard(self) -> None:
        """Discard the new version. Not after `commit`."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        for left in (self.spare, self._old):
            with contextlib.suppress(OSError):
                os.unlink(left)

    def _seal(self) -> None:
        sync_metadata_too(self._fd)
        os.close(self._fd)
        self._fd = -1

    def _place(self, source: Path) -> Callable[[], None]:
        """Replace the old file, on disk; return the function that undoes it."""
        undo = _undo(self._path, self._old)
        os.replace(source, self._path)
        try:
            sync_folder(self._path.parent)
        except OSError:
            undo()  # the caller gets an error, so the new file must not be there at the next start
            sync_folder(self._path.parent)
            raise
        return undo

    # The steps of `commit_together`, which cleans up after them. They raise StorageError.

    def make_pending(self) -> None:
        """Rename the new version, on disk, so that `finish_pending` finds it."""
        with writing(self._path):
            self._seal()
            os.replace(self.spare, self._due)
            sync_folder(self._due.parent)

    def commit_pending(self) -> Callable[[], None]:
        """Replace the old file with the pending one; return the function that undoes it."""
        with writing(self._path):
            return self._place(self._due)

    def forget_old(self) -> None:
        """Remove what an undo would need."""
        with contextlib.suppress(OSError):
            os.unlink(self._old)

    @contextlib.contextmanager
    def _discarding_on_error(self) -> Iterator[None]:
        try:
            with writing(self._path):
                yield
        except StorageError:
            self.discard()
            raise


def remove_spares(folder: Path) -> None:
    """Remove new and old versions that a crash left beside the files of a data folder. For its owner, at start."""
    for place in (folder, *private_files.known_folders(folder)):
        with contextlib.suppress(OSError):
            for path in place.iterdir():
                match = _SPARE.fullmatch(path.name)
                if match is not None and (match[1].endswith(".csv") or private_files.is_known(match[1])):
                    path.unlink()


def pending_path(path: Path) -> Path:
    """Return the path of a pending new version, which is to replace `path` together with others."""
    return path.with_name(f".{path.name}.due")


def commit_together(replacements: Sequence[tuple[Path, Replacement]]) -> None:
    """Replace several files as one transaction: after a crash at any point, `finish_pending` replaces all or none.

    It is decided once the last of them is pending. On disk on return. Raises StorageError; then the old files are in
    place, and `cancel_pending` says whether anything may still be pending.
    """
    placed = []
    try:
        for _, each in replacements:
            each.make_pending()
        for _, each in replacements:
            placed.append(each.commit_pending())
    except StorageError:
        with contextlib.suppress(StorageError):
            cancel_pending([path for path, _ in replacements])
        for undo in reversed(placed):
            with contextlib.suppress(OSError):
                undo()
        for path, _ in replacements:
            with contextlib.suppress(OSError):
                sync_folder(path.parent)
        for _, each in replacements:
            each.discard()
        raise
    for _, each in replacements:
        each.forget_old()


def cancel_pending(paths: Sequence[Path]) -> None:
    """Remove the pending versions of `paths`, that of the last first, as it decides; on disk on return.

    Raises StorageError.
    """
    for path in reversed(paths):
        with writing(path), contextlib.suppress(FileNotFoundError):
            pending_path(path).unlink()
            sync_folder(path.parent)


def finish_pending(paths: Sequence[Path]) -> bool:
    """Finish an interrupted `commit_together` of `paths`, or cancel it if it was not decided; return which, True first.

    On disk on return. Raises StorageError; then it can be called again.
    """
    decided = pending_path(paths[-1]).exists()
    if not decided:
        cancel_pending(paths)
        return False
    for path in paths:
        with writing(path), contextlib.suppress(FileNotFoundError):  # it may be in its place already
            os.replace(pending_path(path), path)
            sync_folder(path.parent)
    return True


def replace_file(path: Path, data: bytes | Iterable[bytes], mode: int | None = None) -> None:
    """Replace the content of a file atomically: at any instant a reader finds the old or the new one, complete.

    On disk on return. `mode` sets the permissions; None keeps them (0o600 for a new file). Raises StorageError; then
    the old file is in place.
    """
    replacement = Replacement(path, mode)
    try:
        for piece in (data,) if isinstance(data, bytes) else data:
            replacement.write(piece)
    except BaseException:
        replacement.discard()
        raise
    replacement.commit()


def _undo(path: Path, old: Path) -> Callable[[], None]:
    """Keep the present file under a second name; return the function that restores it. Raises OSError."""
    try:
        os.link(path, old)
    except FileNotFoundError:
        return lambda: os.unlink(path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        return lambda: None  # a file system without hard links
    return lambda: os.replace(old, path)


def _mode(path: Path) -> int:
    """Return the permissions of a file; a new one is its owner's alone."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return private_files.FILE_MODE


def write_all(fd: int, data: bytes | memoryview[Any]) -> None:
    """Write all of `data`, in several calls if need be. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def cut_off(path: Path, size: int) -> None:
    """Cut a file off after `size` bytes; on disk on return, as far as what was there was. Raises OSError.

    If only the sync fails, the file is cut all the same, for as long as the power stays on.
    """
    os.truncate(path, size)  # by its name: there may be no file descriptor left
    fd = private_files.open_file(path, os.O_WRONLY)
    try:
        sync_metadata_too(fd)
    finally:
        os.close(fd)


def copy_replacing(file: BinaryIO, size: int, old: bytes, new: bytes, write: Callable[[bytes], None]) -> bool:
    """Pass the first `size` bytes of a file to `write`, with `new` for `old`; return whether `old` occurs exactly once.

    Reads a MB at a time, so that other threads can run. Raises OSError.
    """
    found = 0
    kept = b""
    while size > 0:
        data = file.read(min(size, _COPIED))
        if not data:
            return False
        size -= len(data)
        kept += data
        at = kept.find(old)
        while at >= 0:
            found += 1
            write(kept[:at] + new)
            kept = kept[at + len(old) :]
            at = kept.find(old)
        if len(kept) >= len(old):
            write(kept[: 1 - len(old)])
            kept = kept[1 - len(old) :]
    write(kept)
    return found == 1


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise StorageError, which names the file, for an OSError inside."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"cannot write {path.name}: {error.strerror or error}") from error


def read_present(path: Path) -> bytes | None:
    """Return the content of a file; None if there is no file. Raises OSError."""
    try:
        return private_files.read_file(path)
    except FileNotFoundError:
        return None


def read_data_file(path: Path) -> bytes | None:
    """Do the same, and raise MeterError, which names the file, for an OSError."""
    try:
        return read_present(path)
    except OSError as error:
        raise MeterError(f"cannot read {path}: {error.strerror or error}") from error


def set_aside(path: Path, data: bytes) -> None:
    """Append lines that were taken out of a file to `NAME.rejected`; on disk on return. Raises StorageError."""
    target = path.with_name(path.name + ASIDE)
    with writing(target):
        fd = private_files.open_file(target, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        try:
            size = os.fstat(fd).st_size
            if size and os.pread(fd, 1, size - 1) not in b"\r\n":
                data = b"\n" + data  # a crash cut the last one short
            write_all(fd, data)
            sync_metadata_too(fd)
        finally:
            os.close(fd)
        sync_folder(target.parent)


def stamp_of(path: Path) -> tuple[int, int, int] | None:
    """Return a value that changes whenever a file is written or replaced; None without one. Raises OSError."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
