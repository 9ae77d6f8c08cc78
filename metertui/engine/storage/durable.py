"""What the promise "on disk" rests on: syncing files and folders, and replacing a file as one step."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from metertui.engine.errors import StorageError

ASIDE: Final = ".rejected"
_COPIED: Final = 1 << 20
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


def sync_metadata_too(fd: int) -> None:
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


def durability_warning(folder: Path) -> str:
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


class Replacement:
    """A file that is to take another's place: written and synced beside it, then put there as one step.

    Whoever looks, at any instant, finds the old file or the new one, whole. Methods may run in any one thread at a
    time, and raise StorageError; then the old file is in its place, and this one is gone.
    """

    def __init__(self, path: Path, mode: int | None = None, *, suffix: str = "new") -> None:
        """Begin. `mode`: who may read it; as before, or everyone, if None. No other at work may have the `suffix`."""
        self._path = path
        self._spare, self._old = path.with_name(f".{path.name}.{suffix}"), path.with_name(f".{path.name}.old")
        self._due = pending_path(path)
        self._fd = -1
        with self._careful():
            self._fd = os.open(self._spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.fchmod(self._fd, _mode(path) if mode is None else mode)

    def write(self, data: bytes) -> None:
        """Add to it."""
        with self._careful():
            write_all(self._fd, data)

    def restart(self) -> None:
        """Forget what was written."""
        with self._careful():
            os.ftruncate(self._fd, 0)
            os.lseek(self._fd, 0, os.SEEK_SET)

    def sync(self) -> None:
        """Have on disk what was written so far, so that less is left for `switch`."""
        with self._careful():
            sync_metadata_too(self._fd)

    def commit(self) -> None:
        """Put it in its place, on disk when it returns."""
        with self._careful():
            self._seal()
            self._place(self._spare)
        self._forget()

    def discard(self) -> None:
        """Give it up. Not after `switch`."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        for left in (self._spare, self._old):
            with contextlib.suppress(OSError):
                os.unlink(left)

    def _seal(self) -> None:
        sync_metadata_too(self._fd)
        os.close(self._fd)
        self._fd = -1

    def _place(self, source: Path) -> Callable[[], None]:
        """Put it in its place, on disk; what takes that back."""
        undo = _undo(self._path, self._old)
        os.replace(source, self._path)
        try:
            sync_folder(self._path.parent)
        except OSError:
            undo()  # it is told that it failed, so it must not be found at the next start
            raise
        return undo

    def _forget(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._old)

    # What `switch_all` is made of: raises StorageError, and leaves to it what is left behind then.

    def make_pending(self) -> None:
        """Give it, on disk, the name under which a start takes it for decided."""
        with self._told():
            self._seal()
            os.replace(self._spare, self._due)
            sync_folder(self._due.parent)

    def commit_pending(self) -> Callable[[], None]:
        """Put it in its place from there; what takes that back."""
        with self._told():
            return self._place(self._due)

    def forget_old(self) -> None:
        """All are in their places."""
        self._forget()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise storage_error(self._path, error) from error

    @contextlib.contextmanager
    def _careful(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.discard()
            raise storage_error(self._path, error) from error


def pending_path(path: Path) -> Path:
    """Where a file waits that is to take the place of `path` together with others."""
    return path.with_name(f".{path.name}.due")


def commit_together(replacements: Sequence[tuple[Path, Replacement]]) -> None:
    """Put files in their places as one step: a crash at any point leaves all to `finish`, or nothing.

    It is decided once the last of them is due. On disk when it returns. Raises StorageError; then the old files are in
    their places, and `retract` says whether nothing is due any more.
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
        for _, each in replacements:
            each.discard()
        raise
    for _, each in replacements:
        each.forget_old()


def cancel_pending(paths: Sequence[Path]) -> None:
    """Have nothing be due of `paths`, the last one's first, as that decides. Raises StorageError."""
    for path in reversed(paths):
        try:
            os.unlink(pending_path(path))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise storage_error(path, error) from error


def finish_pending(paths: Sequence[Path]) -> bool:
    """Finish a `switch_all` of `paths` that was interrupted, or take it back if it was not decided; whether it was.

    On disk when it returns. Raises StorageError; then it can be called again.
    """
    decided = pending_path(paths[-1]).exists()
    if not decided:
        cancel_pending(paths)
        return False
    for path in paths:
        try:
            os.replace(pending_path(path), path)
            sync_folder(path.parent)
        except FileNotFoundError:
            continue  # it is in its place already
        except OSError as error:
            raise storage_error(path, error) from error
    return True


def replace_file(path: Path, data: bytes | Iterable[bytes], mode: int | None = None) -> None:
    """Put `data` at `path` as one step: whoever looks, at any instant, finds the old file or the new one, whole.

    On disk when it returns. `mode`: who may read it; as before, or everyone, if None. Raises StorageError; then the
    old file is in its place.
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


def copy_replacing(file: BinaryIO, size: int, old: bytes, new: bytes, write: Callable[[bytes], None]) -> bool:
    """Give `write` the first `size` bytes of a file, `new` in the place of `old`; whether `old` was there, once.

    A MB at a time, so that other threads get their turn. Raises OSError.
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


def storage_error(path: Path, error: OSError) -> StorageError:
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
            sync_metadata_too(fd)
        finally:
            os.close(fd)
        sync_folder(target.parent)
    except OSError as error:
        raise storage_error(target, error) from error
