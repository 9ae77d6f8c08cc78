"""Loading: from the files of a data folder to what the engine works on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from metertui.engine.accounts import AccountBook, StaffBook
from metertui.engine.base import Clock, Progress, Rules, SiteZone
from metertui.engine.columns import Arrivals, Columns, tail_columns
from metertui.engine.errors import MeterError, Refused
from metertui.engine.index import MeterCodes
from metertui.engine.storage import (
    Archive,
    AuditLog,
    FolderLock,
    Rows,
    WriteAheadLog,
    day_close,
    durable,
    reading_lines,
    wal,
)
from metertui.engine.vee import OF_AN_ACCOUNT, Edit, EditLog

ReadLogs = Callable[[], list[Rows]]
"""Reads the readings of the sealed log and of the log, the older first. Raises DataError, OSError."""


@dataclass(frozen=True)
class Owned:
    """What only the owner of a folder has: its lock, and its write-ahead log unless it needs no readings."""

    lock: FolderLock
    log: WriteAheadLog | None = None

    def release(self) -> None:
        """Close the log and let another process own the folder."""
        if self.log is not None:
            self.log.close()
        self.lock.release()


@dataclass
class Loaded:
    """The contents of a data folder."""

    accounts: AccountBook
    staff: StaffBook
    events: EditLog
    archive: Archive
    directory: MeterCodes
    history: Columns
    tail: Arrivals
    """The readings of the log in order of arrival, without those that are in the archive."""
    warnings: list[str] = field(default_factory=list)
    owned: Owned | None = None
    """None if the folder is open for reading only."""


def load_books(folder: Path, rules: Rules) -> Loaded:
    """Own a folder, create it if it is missing, and read accounts, staff and edits, but no readings.

    Raises OwnedError, DataError, StorageError, OSError.
    """
    with _owning(folder) as lock:
        accounts, staff, events, archive = _books(folder, rules)
        warnings = _mend_books(folder, accounts, staff, events, rules.zone)
        directory = _directory(accounts)
        nothing = recode_rows(directory, reading_lines.NO_ROWS)
        return Loaded(accounts, staff, events, archive, directory, Columns.empty(), nothing, warnings, Owned(lock))


def load(folder: Path, rules: Rules, clock: Clock, progress: Progress) -> Loaded:
    """Own a folder, create it if it is missing, finish an interrupted day close, and read everything.

    Raises OwnedError, DataError, StorageError, OSError.
    """
    with _owning(folder) as lock:
        # Everything is read before anything is written: a start that fails changes no file.
        accounts, staff, events, archive = _books(folder, rules)
        days = list(archive.read_all_days(progress))
        archive.manifest.read_entries()
        sealed = wal.read_sealed_log(folder, rules.zone)
        write_ahead, rows, torn = WriteAheadLog.open(folder, rules.zone)
        mended = _mend_books(folder, accounts, staff, events, rules.zone)
        weak = durable.durability_warning(folder)
        if rules.durability == "os":
            weak = 'durability is "os": OK is said before the disk has it, and a power cut loses the last seconds'
        warnings = list(filter(None, (weak, *mended, torn)))
        if sealed is not None:
            days.append(sealed)
            count = len(day_close.write_day_files(archive, sealed, rules.zone))
            write_ahead.drop_sealed()
            warnings.append(f"an interrupted day close was finished: {len(sealed)} readings into {count} day files")
        archive.ensure_day(rules.zone.day(clock.now()))
        directory = _directory(accounts)
        history = _history(days, directory)
        warnings += [
            f"archive/{name} is missing; run metertui check for details" for name in archive.complete_manifest()
        ]
        tail = drop_known(history, recode_rows(directory, rows))
        warnings += _contradicted([*days, rows], len(history) + len(tail), directory, rules.zone)
        owned = Owned(lock, write_ahead)
        return Loaded(accounts, staff, events, archive, directory, history, tail, warnings, owned)


@contextlib.contextmanager
def _owning(folder: Path) -> Iterator[FolderLock]:
    """Own a folder, create it if it is missing, and give it back if an exception is raised inside."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(folder)
    lock.acquire()
    try:
        yield lock
    except BaseException:
        lock.release()
        raise


def _mend_books(folder: Path, accounts: AccountBook, staff: StaffBook, events: EditLog, zone: SiteZone) -> list[str]:
    """Write what loading repaired and finish an interrupted decision; return sentences on that. StorageError."""
    accounts.mend()
    staff.mend()
    events.mend()
    finished = _finish_decision(accounts, events, AuditLog(folder / "audit.log"), zone)
    return list(filter(None, (*accounts.warnings, *events.warnings, finished)))


def _finish_decision(accounts: AccountBook, events: EditLog, audit: AuditLog, zone: SiteZone) -> str:
    """Put a decision about an account into effect that a crash interrupted; return a sentence on that, or "".

    It is written to `events.csv`, then to `users.csv`, and last to the audit log. One that is in the audit log has
    taken effect: if the account differs now, somebody has edited the file by hand. Raises StorageError.
    """
    event = events.newest
    account = None if event is None else accounts.get(event.meter)
    if event is None or event.kind not in OF_AN_ACCOUNT or account is None:
        return ""
    active = event.kind == "reactivate"
    if account.active == active or _audited(event, audit, zone):
        return ""
    accounts.put_accounts([replace(account, active=active)], {})
    audit.write_entry(zone.iso(event.decided), event.who, event.kind, event.meter, event.reason)
    return f"{event.meter} is {event.kind}d: {event.who} decided that before an interruption, and it is complete now"


def _audited(event: Edit, audit: AuditLog, zone: SiteZone) -> bool:
    """Return whether the audit log has a decision about an account. Searches it from its end."""
    end: int | None = None
    while end != 0:
        found, end = audit.entries_before(end, f"{event.kind}\t{event.meter}", 1) or ([], 0)
        for at, _, what, meter, _ in found:
            with contextlib.suppress(Refused):  # the file was edited by hand
                if (what, meter) == (event.kind, event.meter) and zone.parse(at) >= event.decided:
                    return True
    return False


def load_readonly(folder: Path, rules: Rules, progress: Progress, read_logs: ReadLogs | None = None) -> Loaded:
    """Read a folder that another process may own: log, sealed log and archive in this order, which misses nothing.

    `read_logs` is for a caller that goes on reading the logs. Raises MeterError if there is no such folder, DataError,
    OSError.
    """
    if not folder.is_dir():
        raise MeterError(f"there is no data folder {folder}")
    accounts, staff, events, archive = _books(folder, rules)
    logs = wal.read_logs(folder, rules.zone)[::-1] if read_logs is None else read_logs()
    directory = _directory(accounts)
    history = _history(list(archive.read_all_days(progress)), directory)
    tail = drop_known(history, recode_rows(directory, reading_lines.concat_rows(logs)))
    return Loaded(accounts, staff, events, archive, directory, history, tail)


def recode_rows(directory: MeterCodes, rows: Rows) -> Arrivals:
    """Return rows with the codes of the directory instead of their own; new meters get a code."""
    codes = np.array([directory.code_of(meter) for meter in rows.ids], dtype=np.int32)
    return Arrivals(codes[rows.code] if len(rows) else rows.code, rows.time, rows.wh)


def to_rows(directory: MeterCodes, readings: Arrivals) -> Rows:
    """Return readings with a list of just the ids that occur in them."""
    codes, place = np.unique(readings.meter, return_inverse=True)
    ids = [directory.ids[code] for code in codes.tolist()]
    return Rows(ids, place.astype(np.int32), readings.time, readings.wh)


def _books(folder: Path, rules: Rules) -> tuple[AccountBook, StaffBook, EditLog, Archive]:
    accounts = AccountBook(folder, rules.zone)
    accounts.load()
    staff = StaffBook(folder)
    staff.load()
    events = EditLog(folder, rules.zone)
    events.load()
    return accounts, staff, events, Archive(folder, rules.zone)


def _directory(accounts: AccountBook) -> MeterCodes:
    directory = MeterCodes()
    for account in accounts:
        directory.place_meter(account.meter, account.group, accounts.moves_of(account.meter))
    return directory


def _history(all_rows: list[Rows], directory: MeterCodes) -> Columns:
    """Return the readings of some files in order of (meter, time), each once: the first file that has it wins."""
    everything = tail_columns.concat_arrivals([recode_rows(directory, rows) for rows in all_rows])
    return tail_columns.merge_arrivals(Columns.empty(), everything)


def _contradicted(read: list[Rows], kept: int, directory: MeterCodes, zone: SiteZone) -> list[str]:
    """Return warnings about different values for the same reading; `kept` is how many of those read were new."""
    if sum(map(len, read)) == kept:
        return []
    everything = tail_columns.concat_arrivals([recode_rows(directory, rows) for rows in read])
    found = tail_columns.conflicting_arrivals(everything)
    if not len(found):
        return []
    first = found[0, 0]
    example = f"{directory.ids[everything.meter[first]]} at {zone.iso(int(everything.time[first]))}"
    many = f"{len(found)} times two values are stored for one reading, first for {example}"
    return [f"{many}: the first of each counts; metertui check names them"]


def drop_known(history: Columns, tail: Arrivals) -> Arrivals:
    """Return the readings that are not in the history, each meter and time once."""
    fresh: NDArray[np.bool_] = tail_columns.new_arrivals(history, tail)
    return Arrivals(tail.meter[fresh], tail.time[fresh], tail.wh[fresh])
