"""The write-ahead log: what has been accepted since the last day close, on disk before anyone is told OK."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from metertui.engine import files, readings_file
from metertui.engine.errors import BusyError, StorageError
from metertui.engine.readings_file import Rows
from metertui.engine.zone import SiteZone

LOG: Final = "log.txt"
SEALED: Final = "log.sealed.txt"


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
        """The log of a data folder, the readings in it, and a sentence about a torn last line, which is cut off.

        Raises DataError for a log that is broken elsewhere (then it is left as it is), OSError.
        """
        path = folder / LOG
        data = path.read_bytes() if path.exists() else b""
        rows, good = recover(data, path, zone)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        told = ""
        if good < len(data):
            told = f"{path.name}: a torn last line of {len(data) - good} bytes was dropped; it had not been answered"
            os.ftruncate(fd, good)
            os.fsync(fd)
        os.lseek(fd, good, os.SEEK_SET)
        files.sync_folder(folder)
        return cls(folder, fd, good), rows, told

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
            files.write_all(self._fd, data)
        except OSError as error:
            self._take_back()
            raise files.refusal(self._folder / LOG, error) from error
        if sync:
            try:
                files.sync_file(self._fd)
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
                files.sync_file(self._fd)
            os.rename(path, sealed)
            try:
                fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
                files.sync_folder(self._folder)
            except OSError:
                self._unseal(path, sealed, fd)
                raise
        except OSError as error:
            raise files.refusal(path, error) from error
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
            files.sync_folder(self._folder)
        except OSError as error:
            raise files.refusal(self._folder / SEALED, error) from error

    def close(self) -> None:
        """Close the file; nothing is left to write."""
        with contextlib.suppress(OSError):
            os.close(self._fd)


def recover(data: bytes, path: Path, zone: SiteZone) -> tuple[Rows, int]:
    """The readings of a log's bytes, and how many of those bytes are whole lines.

    A last line without its newline is torn: it was never answered. Raises DataError for any other broken line.
    """
    good = data.rfind(b"\n") + 1
    return readings_file.parse(data[:good], path, zone, header=False), good


def read_beside(folder: Path, zone: SiteZone) -> list[Rows]:
    """The readings of the log and of the sealed log, without touching either, while an owner may write to them."""
    found = []
    for name in (LOG, SEALED):
        path = folder / name
        with contextlib.suppress(FileNotFoundError):
            found.append(recover(path.read_bytes(), path, zone)[0])
    return found


def read_sealed(folder: Path, zone: SiteZone) -> Rows | None:
    """The readings of a sealed log, None if there is none. Raises DataError, OSError."""
    path = folder / SEALED
    return recover(path.read_bytes(), path, zone)[0] if path.exists() else None
