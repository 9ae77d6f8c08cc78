"""A data folder in memory: what both the ingest of readings and the questions about them work on."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from metertui.engine.accounts import AccountBook, StaffBook
from metertui.engine.base import Clock, Progress, Rules, no_progress
from metertui.engine.core import loading
from metertui.engine.errors import MeterError, StorageError, UnwritableError
from metertui.engine.index import MeterCodes, ReadingStore
from metertui.engine.storage import Archive, AuditLog, RejectsLog, WriteAheadLog
from metertui.engine.vee import Edit, EditLog

_UNWRITABLE: Final = (errno.EROFS, errno.EACCES, errno.EPERM)


class DataFolder:
    """A data folder in memory, and its write-ahead log if this process owns it.

    Open one with `open` or `open_readonly`. A replica replaces accounts, events and readings by others between two
    batches, so nobody may keep a reference to them.
    """

    def __init__(self, folder: Path, rules: Rules, clock: Clock, loaded: loading.Loaded) -> None:
        self.folder = folder
        self.rules = rules
        self.clock = clock
        self.zone = rules.zone
        self.accounts: AccountBook = loaded.accounts
        self.staff: StaffBook = loaded.staff
        self.archive: Archive = loaded.archive
        self.directory: MeterCodes = loaded.directory
        self.events: EditLog = loaded.events
        self.readings = ReadingStore(
            loaded.history, self.directory, self.zone, self.events, loaded.sharing, loaded.estimated
        )
        self.readings.append_unknown(loaded.waiting)
        self.sealed_at_start = self.readings.mark()
        """The tail's first readings, which the start found in a sealed log and could not put into day files."""
        self.readings.append_unknown(loaded.tail)
        self.readings.set_intervals(loaded.intervals, loaded.former)
        self.audit = AuditLog(folder / "audit.log")
        self.rejects = RejectsLog(folder / "rejects.log", rules.rejects_bytes)
        self.warnings = loaded.warnings
        """What loading found and repaired, a sentence each."""
        self.storage_error = loaded.storage_error
        """Why the disk refused what the start was to write; empty if it refused nothing."""
        self.unclosed = loaded.unclosed
        """The past local day that the log was of at the start, if a midnight had passed since; else None."""
        self._owned = loaded.owned
        self._complete_corrections()

    def _complete_corrections(self) -> None:
        """Store the value of each correction: after a crash it may be in `events.csv` and not in the log."""
        missing = self.store_corrected(list(self.events))
        if missing and self._owned is not None and self._owned.log is not None:
            try:
                self._owned.log.append(
                    loading.corrected_lines(missing, self.zone), sync=self.rules.durability == "disk"
                )
            except StorageError as error:  # it counts all the same, and goes into its day file
                self.storage_error = self.storage_error or str(error)
        found = loading.find_contradictions(self.readings, self.events, self.directory)
        if found:
            first = f"first for {found[0].meter} at {self.zone.iso(found[0].time)}, {len(found)} in all"
            many = f"two values are left for the same meter and time ({first})"
            self.warnings.append(f"{many}: the first of each counts; metertui check names them")

    def store_corrected(self, edits: Sequence[Edit]) -> list[Edit]:
        """Store the values of corrections in memory; return those of which the value was not stored."""
        return loading.store_corrected(self.readings, edits, self.directory)

    @classmethod
    def open(cls, folder: Path, rules: Rules, clock: Clock, progress: Progress = no_progress) -> Self:
        """Open a data folder as its owner, create it if it is missing, and finish an interrupted day close.

        Raises OwnedError, DataError, MeterError.
        """
        with _explained("use", folder):
            return cls(folder, rules, clock, loading.load(folder, rules, clock, progress))

    @classmethod
    def open_books(cls, folder: Path, rules: Rules, clock: Clock) -> Self:
        """Open a data folder as its owner without its readings, to change accounts and staff only.

        Raises OwnedError, DataError, MeterError.
        """
        with _explained("use", folder):
            return cls(folder, rules, clock, loading.load_books(folder, rules))

    @classmethod
    def open_readonly(
        cls,
        folder: Path,
        rules: Rules,
        clock: Clock,
        progress: Progress = no_progress,
        read_logs: loading.ReadLogs | None = None,
    ) -> Self:
        """Open a data folder that another process may own, without writing to it.

        `read_logs` replaces the reading of the logs, see `loading.load_readonly`. Raises DataError, MeterError.
        """
        with _explained("read", folder):
            return cls(folder, rules, clock, loading.load_readonly(folder, rules, progress, read_logs))

    def close(self) -> None:
        """Give the folder back. Nothing is lost without it: whatever was answered is on disk."""
        if self._owned is not None:
            self._owned.release()
            self._owned = None

    @property
    def log(self) -> WriteAheadLog:
        """Return the log. Raises MeterError if the folder is open for reading only, or without its readings."""
        if self._owned is None or self._owned.log is None:
            raise MeterError(f"{self.folder} is open for reading only")
        return self._owned.log


@contextmanager
def _explained(verb: str, folder: Path) -> Iterator[None]:
    """Turn an OSError into a MeterError that names the folder."""
    try:
        yield
    except OSError as error:
        where = f"the data folder {folder}" if error.filename in (None, str(folder)) else error.filename
        kind = UnwritableError if verb == "use" and error.errno in _UNWRITABLE else MeterError
        raise kind(f"cannot {verb} {where}: {error.strerror or error}") from error
