"""The write-ahead log: readings accepted since the last day close, on disk before they are answered with OK."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from metertui.engine.base import SiteZone
from metertui.engine.errors import BusyError, StorageError
from metertui.engine.storage import durable, private_files, reading_lines
from metertui.engine.storage.appended import Damage, without_holes
from metertui.engine.storage.reading_lines import Rows

LOG: Final = "log.txt"
SEALED: Final = "log.sealed.txt"
_UNSYNCED: Final = 1 << 17
"""Bytes at the end of a log that may not have been synced: more than the largest batch."""
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


class WriteAheadLog:
    """`log.txt`, open for appending. Methods may run in any thread, one at a time."""

    def __init__(self, folder: Path, fd: int, size: int) -> None:
        """Use the class method `open` instead."""
        self._folder = folder
        self._fd = fd
        self._broken = ""
        self._stranded = False  # whether the log in use has the name of the sealed log
        self.size = size
        """The size of the log in bytes, as far as it is written whole."""

    @classmethod
    def open(cls, folder: Path, zone: SiteZone, *, synced: bool = True) -> tuple[WriteAheadLog, Rows, str]:
        """Open the log of a data folder; return it, its readings, and a sentence about what a crash left behind.

        An incomplete batch at the end is set aside; where batches were not `synced`, holes may be anywhere. Raises
        DataError for a log that is invalid otherwise, which is left unchanged; StorageError, OSError.
        """
        path = folder / LOG
        data = private_files.read_file(path) if path.exists() else b""
        rows, whole = recover_log(data, path, zone, _UNSYNCED if synced else len(data))
        warning = ""
        if len(whole) < len(data):
            damage = Damage(path, data, whole)
            damage.mend()
            warning = damage.warning
        fd = _open_or_nothing(path)
        if fd >= 0:
            os.lseek(fd, len(whole), os.SEEK_SET)
            durable.sync_folder(folder)
        return cls(folder, fd, len(whole)), rows, warning

    @property
    def broken(self) -> bool:
        """Return whether it refuses further appends."""
        return bool(self._broken)

    @property
    def sealed(self) -> bool:
        """Return whether there is a sealed log, whose readings are not in day files yet."""
        return not self._stranded and (self._folder / SEALED).exists()

    def append(self, data: bytes, *, sync: bool = True) -> None:
        """Append complete lines; they are on disk on return (without `sync`: in the cache of the operating system).

        Raises StorageError; then none of them is in the log. After a failed sync the log refuses further appends: what
        is on disk is unknown, and another sync would not find out (see LWN, "PostgreSQL's fsync() surprise", 2018).
        `seal` or a restart begins a new log, which accepts readings again.
        """
        if self._broken:
            raise StorageError(self._broken)
        self._make_if_missing()
        try:
            with durable.writing(self._folder / LOG):
                durable.write_all(self._fd, data)
        except StorageError:
            self._take_back()
            raise
        if sync:
            try:
                durable.sync_file(self._fd)
            except OSError as error:
                self._broken = (
                    f"{LOG} could not be synced ({error.strerror or error}): close the day or restart metertui"
                )
                self._take_back()
                raise StorageError(self._broken) from error
        self.size += len(data)

    def _make_if_missing(self) -> None:
        """Make the log that a full disk had no room for at the start. Raises StorageError."""
        if self._fd < 0:
            with durable.writing(self._folder / LOG):
                self._fd = private_files.open_file(self._folder / LOG, os.O_RDWR | os.O_CREAT)
                durable.sync_folder(self._folder)

    def _take_back(self) -> None:
        """Cut off a failed append, so that a power cut does not bring it back."""
        try:
            os.lseek(self._fd, self.size, os.SEEK_SET)
            os.ftruncate(self._fd, self.size)
            durable.sync_metadata_too(self._fd)
        except OSError as error:
            if error.errno in _FULL and os.fstat(self._fd).st_size == self.size:
                return  # some full disks take no sync either: the next batch's makes up for it
            self._broken = f"{LOG} holds a half-written batch that cannot be cut off ({error.strerror or error})"

    def seal(self) -> None:
        """Rename the log and open a new one. Raises BusyError while there is a sealed log, StorageError.

        This also replaces a log that a failed sync broke: the batches before were synced one by one.
        """
        if self.sealed:
            raise BusyError(f"{SEALED} is there already")
        path, sealed = self._folder / LOG, self._folder / SEALED
        fd = -1
        with durable.writing(path):
            if self._stranded:
                os.rename(sealed, path)
                self._stranded = False
            if self._broken:
                os.ftruncate(self._fd, self.size)  # a refused batch must not come back
                durable.sync_metadata_too(self._fd)
            else:
                durable.sync_file(self._fd)
            os.rename(path, sealed)
            try:
                durable.sync_folder(self._folder)  # before the new log exists, or a crash could lose the old name
                fd = private_files.open_file(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
                durable.sync_folder(self._folder)
            except OSError:
                self._unseal(path, sealed, fd)
                raise
        os.close(self._fd)
        self._fd = fd
        self.size = 0
        self._broken = ""

    def _unseal(self, path: Path, sealed: Path, fd: int) -> None:
        """Continue with the log that could not be sealed."""
        if fd >= 0:
            os.close(fd)
        try:
            os.rename(sealed, path)
        except OSError as error:
            self._stranded = True
            self._broken = f"{LOG} could be neither sealed nor continued ({error.strerror or error}): close the day"

    def drop_sealed(self) -> None:
        """Remove the sealed log, once its readings are in day files. Raises StorageError."""
        with durable.writing(self._folder / SEALED):
            (self._folder / SEALED).unlink(missing_ok=True)
            durable.sync_folder(self._folder)

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(OSError):
            os.close(self._fd)


def _open_or_nothing(path: Path) -> int:
    """Open a log; return -1 if there is none and the disk has no room for its name. Raises OSError."""
    try:
        return private_files.open_file(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        if error.errno not in _FULL or path.exists():
            raise
        return -1


def recover_log(data: bytes, path: Path, zone: SiteZone, unsynced: int = _UNSYNCED) -> tuple[Rows, bytes]:
    """Parse the content of a log; return its readings and the complete lines that they are in.

    A last line without a newline was never answered, and is left out. So are the lines with zeros of a last batch of
    which a power cut left only some pages. Raises DataError for any other invalid line.
    """
    whole = without_holes(data[: data.rfind(b"\n") + 1], unsynced)
    return reading_lines.parse_readings(whole, path, zone, header=False), whole


def read_logs(folder: Path, zone: SiteZone, note: Callable[[str], None] = lambda _: None) -> list[Rows]:
    """Return the readings of the log and of the sealed log. Another process may write to them meanwhile.

    `note` is called with a sentence on each file in which zeros stand where lines were to be.
    """
    found = []
    for name in (LOG, SEALED):
        path = folder / name
        with contextlib.suppress(FileNotFoundError):
            data = private_files.read_file(path)
            rows, whole = recover_log(data, path, zone)
            found.append(rows)
            if b"\0" in data:
                note(Damage(path, data, whole).warning)
    return found


def read_sealed_log(folder: Path, zone: SiteZone) -> Rows | None:
    """Return the readings of the sealed log; None if there is none. Raises DataError, OSError."""
    path = folder / SEALED
    return recover_log(private_files.read_file(path), path, zone)[0] if path.exists() else None
