"""The write-ahead log: readings accepted since the last day close, on disk before they are answered with OK."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Final

from metertui.engine.base import SiteZone
from metertui.engine.errors import BusyError, StorageError
from metertui.engine.storage import durable, reading_lines
from metertui.engine.storage.reading_lines import Rows

LOG: Final = "log.txt"
SEALED: Final = "log.sealed.txt"
_UNSYNCED: Final = 1 << 17
"""Bytes at the end of a log that may not have been synced: more than the largest batch."""
_SECTOR = 512
"""Bytes that a disk writes atomically."""
_ZEROS: Final = re.compile(rb"\0+")


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
    def open(cls, folder: Path, zone: SiteZone) -> tuple[WriteAheadLog, Rows, str]:
        """Open the log of a data folder; return it, its readings, and a sentence about what a crash left behind.

        An incomplete batch at the end is set aside. Raises DataError for a log that is invalid otherwise, which is left
        unchanged; StorageError, OSError.
        """
        path = folder / LOG
        data = path.read_bytes() if path.exists() else b""
        rows, whole = recover_log(data, path, zone)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        warning = ""
        if len(whole) < len(data):
            lost = len(data) - len(whole)
            warning = f"{path.name}: a torn last line of {lost} bytes was dropped; it had not been answered"
            same = len(whole)
            if not data.startswith(whole):
                same = data.rfind(b"\n", 0, data.index(b"\0")) + 1
                warning = f"{path.name}: of a last batch that was not answered {lost} bytes had not come to the disk"
                durable.set_aside(path, data[same:])
            os.ftruncate(fd, same)
            os.lseek(fd, same, os.SEEK_SET)
            durable.write_all(fd, whole[same:])
            durable.sync_metadata_too(fd)
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
                self._broken = f"{LOG} could not be synced ({error.strerror or error}): close the day or start again"
                self._take_back()
                raise StorageError(self._broken) from error
        self.size += len(data)

    def _take_back(self) -> None:
        """Cut off a failed append."""
        try:
            os.ftruncate(self._fd, self.size)
            os.lseek(self._fd, self.size, os.SEEK_SET)
        except OSError as error:
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
            else:
                durable.sync_file(self._fd)
            os.rename(path, sealed)
            try:
                durable.sync_folder(self._folder)  # before the new log exists, or a crash could lose the old name
                fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
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


def recover_log(data: bytes, path: Path, zone: SiteZone) -> tuple[Rows, bytes]:
    """Parse the content of a log; return its readings and the complete lines that they are in.

    A last line without a newline was never answered, and is left out. So are the lines with zeros of a last batch of
    which a power cut left only some pages. Raises DataError for any other invalid line.
    """
    whole = data[: data.rfind(b"\n") + 1] if not data.endswith(b"\n") else data
    hole = whole.find(b"\0")
    if hole >= 0:
        begin = whole.rfind(b"\n", 0, hole) + 1
        if len(whole) - begin <= _UNSYNCED and all(_is_hole(whole, *run.span()) for run in _ZEROS.finditer(whole)):
            lines = whole[begin:].splitlines(keepends=True)
            whole = whole[:begin] + b"".join(line for line in lines if b"\0" not in line)
    return reading_lines.parse_readings(whole, path, zone, header=False), whole


def _is_hole(data: bytes, start: int, end: int) -> bool:
    """Return whether a run of zeros is of sectors that were never written: from a sector or a line to a sector."""
    return end % _SECTOR == 0 and (start % _SECTOR == 0 or data[start - 1 : start] == b"\n")


def read_logs(folder: Path, zone: SiteZone) -> list[Rows]:
    """Return the readings of the log and of the sealed log. Another process may write to them meanwhile."""
    found = []
    for name in (LOG, SEALED):
        path = folder / name
        with contextlib.suppress(FileNotFoundError):
            found.append(recover_log(path.read_bytes(), path, zone)[0])
    return found


def read_sealed_log(folder: Path, zone: SiteZone) -> Rows | None:
    """Return the readings of the sealed log; None if there is none. Raises DataError, OSError."""
    path = folder / SEALED
    return recover_log(path.read_bytes(), path, zone)[0] if path.exists() else None
