"""The write-ahead log: what has been accepted since the last day close, on disk before anyone is told OK."""

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
"""Bytes at the end of a log that may be of one batch, and so may not have been synced: more than a batch ever has."""
_SECTOR = 512
"""Bytes that a disk writes at least, and as one."""
_ZEROS: Final = re.compile(rb"\0+")


class WriteAheadLog:
    """`log.txt`, open for appending. Methods may run in any one thread at a time."""

    def __init__(self, folder: Path, fd: int, size: int) -> None:
        """Use `open`."""
        self._folder = folder
        self._fd = fd
        self._broken = ""
        self._stranded = False  # whether the log in use has the sealed one's name
        self.size = size
        """Bytes that are in the log for certain."""

    @classmethod
    def open(cls, folder: Path, zone: SiteZone) -> tuple[WriteAheadLog, Rows, str]:
        """The log of a data folder, the readings in it, and a sentence about what a crash left, which is set aside.

        Raises DataError for a log that is broken otherwise (then it is left as it is), StorageError, OSError.
        """
        path = folder / LOG
        data = path.read_bytes() if path.exists() else b""
        rows, whole = recover_log(data, path, zone)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        told = ""
        if len(whole) < len(data):
            lost = len(data) - len(whole)
            told = f"{path.name}: a torn last line of {lost} bytes was dropped; it had not been answered"
            same = len(whole)
            if not data.startswith(whole):
                same = data.rfind(b"\n", 0, data.index(b"\0")) + 1
                told = f"{path.name}: of a last batch that was not answered {lost} bytes had not come to the disk"
                durable.set_aside(path, data[same:])
            os.ftruncate(fd, same)
            os.lseek(fd, same, os.SEEK_SET)
            durable.write_all(fd, whole[same:])
            durable.sync_metadata_too(fd)
        os.lseek(fd, len(whole), os.SEEK_SET)
        durable.sync_folder(folder)
        return cls(folder, fd, len(whole)), rows, told

    @property
    def broken(self) -> bool:
        """Whether it takes no more."""
        return bool(self._broken)

    @property
    def sealed(self) -> bool:
        """Whether a sealed log waits for its day files."""
        return not self._stranded and (self._folder / SEALED).exists()

    def append(self, data: bytes, *, sync: bool = True) -> None:
        """Add whole lines; on disk when it returns (in the operating system's cache, without `sync`).

        Raises StorageError; then none of it is in the log. After a failed sync the log takes no more: what the
        disk then holds is unknown, and trying again would not tell (see LWN, "PostgreSQL's fsync() surprise", 2018).
        A new log takes readings again, after `seal` or a restart.
        """
        if self._broken:
            raise StorageError(self._broken)
        try:
            durable.write_all(self._fd, data)
        except OSError as error:
            self._take_back()
            raise durable.storage_error(self._folder / LOG, error) from error
        if sync:
            try:
                durable.sync_file(self._fd)
            except OSError as error:
                self._broken = f"{LOG} could not be synced ({error.strerror or error}): close the day or start again"
                self._take_back()
                raise StorageError(self._broken) from error
        self.size += len(data)

    def _take_back(self) -> None:
        """Cut off what a failed append may have left."""
        try:
            os.ftruncate(self._fd, self.size)
            os.lseek(self._fd, self.size, os.SEEK_SET)
        except OSError as error:
            self._broken = f"{LOG} holds a half-written batch that cannot be cut off ({error.strerror or error})"

    def seal(self) -> None:
        """Rename the log and open a new one. Raises BusyError while a sealed log is there, StorageError.

        A log that was broken by a failed sync is left behind with it: what it holds was synced before, batch by batch.
        """
        if self.sealed:
            raise BusyError(f"{SEALED} is there already")
        path, sealed = self._folder / LOG, self._folder / SEALED
        fd = -1
        try:
            if self._stranded:
                os.rename(sealed, path)
                self._stranded = False
            if self._broken:
                os.ftruncate(self._fd, self.size)  # what was refused must not come back with it
            else:
                durable.sync_file(self._fd)
            os.rename(path, sealed)
            try:
                durable.sync_folder(self._folder)  # or the new log could be on disk, and the old one without a name
                fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
                durable.sync_folder(self._folder)
            except OSError:
                self._unseal(path, sealed, fd)
                raise
        except OSError as error:
            raise durable.storage_error(path, error) from error
        os.close(self._fd)
        self._fd = fd
        self.size = 0
        self._broken = ""

    def _unseal(self, path: Path, sealed: Path, fd: int) -> None:
        """Go on with the log that could not be sealed."""
        if fd >= 0:
            os.close(fd)
        try:
            os.rename(sealed, path)
        except OSError as error:
            self._stranded = True
            self._broken = f"{LOG} could be neither sealed nor gone on with ({error.strerror or error}): close the day"

    def drop_sealed(self) -> None:
        """Remove the sealed log, whose readings are in their day files. Raises StorageError."""
        try:
            (self._folder / SEALED).unlink(missing_ok=True)
            durable.sync_folder(self._folder)
        except OSError as error:
            raise durable.storage_error(self._folder / SEALED, error) from error

    def close(self) -> None:
        """Close the file; nothing is left to write."""
        with contextlib.suppress(OSError):
            os.close(self._fd)


def recover_log(data: bytes, path: Path, zone: SiteZone) -> tuple[Rows, bytes]:
    """The readings of a log's bytes, and the whole lines that they stand in.

    A last line without its newline is torn: it was never answered. Nor was a last batch of which a power cut left some
    pages and zeros for the others: its lines with zeros are left out. Raises DataError for any other broken line.
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
    """Whether zeros stand where sectors are that were never written: from one, or a batch's begin, to the next one."""
    return end % _SECTOR == 0 and (start % _SECTOR == 0 or data[start - 1 : start] == b"\n")


def read_logs(folder: Path, zone: SiteZone) -> list[Rows]:
    """The readings of the log and of the sealed log, without touching either, while an owner may write to them."""
    found = []
    for name in (LOG, SEALED):
        path = folder / name
        with contextlib.suppress(FileNotFoundError):
            found.append(recover_log(path.read_bytes(), path, zone)[0])
    return found


def read_sealed_log(folder: Path, zone: SiteZone) -> Rows | None:
    """The readings of a sealed log, None if there is none. Raises DataError, OSError."""
    path = folder / SEALED
    return recover_log(path.read_bytes(), path, zone)[0] if path.exists() else None
