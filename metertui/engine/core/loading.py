"""Loading: from the files of a data folder to what the engine works on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import numpy as np

from metertui.engine.accounts import Account, AccountBook, StaffBook
from metertui.engine.base import (
    Clock,
    Progress,
    Rules,
    SiteZone,
    counted,
    meter_of,
    part_of_progress,
)
from metertui.engine.columns import (
    NO_STATED,
    Columns,
    FirstValues,
    IntervalColumns,
    Stated,
    add_to_history,
    concat_stated,
)
from metertui.engine.core import clock_check, closes
from metertui.engine.errors import MeterError, Refused, StorageError
from metertui.engine.index import MeterCodes, ReadingStore
from metertui.engine.intervals import IntervalRows, IntervalStore, standing_and_former
from metertui.engine.storage import (
    Archive,
    AuditLog,
    FolderLock,
    Rows,
    WriteAheadLog,
    day_close,
    durable,
    private_files,
    reading_lines,
    wal,
)
from metertui.engine.vee import OF_AN_ACCOUNT, Edit, EditLog, count_standing

T = TypeVar("T")
AUDIT: Final = "audit.log"
_WEAK: Final = 'durability is "os": OK is sent before the reading is on disk, so a power cut loses the last seconds'
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
    tail: Stated
    """The readings of the log in order of arrival; some may be in the history."""
    sharing: Stated = NO_STATED
    """Readings of the day files at instants of which the history has an earlier one, in order of arrival."""
    estimated: Stated = NO_STATED
    """Readings of the history that were not actual at first."""
    intervals: IntervalColumns = field(default_factory=IntervalColumns.empty)
    """The intervals that stand."""
    former: IntervalColumns = field(default_factory=IntervalColumns.empty)
    """Values of intervals that do not stand any longer."""
    warnings: list[str] = field(default_factory=list)
    owned: Owned | None = None
    """None if the folder is open for reading only."""
    storage_error: str = ""
    """Why the disk refused what a start writes; empty if it refused nothing."""
    waiting: Stated = NO_STATED
    """The readings of a sealed log, which the disk refused to make day files of."""
    unclosed: date | None = None
    """The past local day that the log is of, if a midnight has passed without a day close; else None."""


class _Writes:
    """Writes of a start that can wait: a disk that refuses them costs no start, as it costs no running server."""

    def __init__(self) -> None:
        self.refused = ""

    def attempt(self, function: Callable[..., T], *args: object) -> T | None:
        """Return what the function returns, or None if the disk refuses."""
        try:
            return function(*args)
        except StorageError as error:
            self.refused = self.refused or str(error)
            return None


def load_books(folder: Path, rules: Rules) -> Loaded:
    """Own a folder, create it if it is missing, and read accounts, staff and edits, but no readings.

    Raises OwnedError, DataError, StorageError, OSError.
    """
    with _owning(folder, recovers=False) as lock:
        accounts, staff, events, archive = _books(folder, rules)
        warnings = _mend_books(folder, accounts, staff, events, rules.zone, _Writes())
        directory = _directory(accounts, rules)
        history = Columns.empty()
        return Loaded(
            accounts, staff, events, archive, directory, history, NO_STATED, warnings=warnings, owned=Owned(lock)
        )


def load(folder: Path, rules: Rules, clock: Clock, progress: Progress) -> Loaded:
    """Own a folder, create it if it is missing, finish an interrupted day close, and read everything.

    Raises OwnedError, DataError, StorageError, OSError.
    """
    with _owning(folder) as lock:
        # Everything is read before anything is written: a start that fails changes no file.
        accounts, staff, events, archive = _books(folder, rules)
        store = IntervalStore(folder, rules.zone)
        days, intervals = _archived(archive, store, progress)
        for kept in (archive, store):
            kept.manifest.read_entries()
        sealed = wal.read_sealed_log(folder, rules.zone) or reading_lines.NO_ROWS
        written = _written(folder / wal.LOG)
        write_ahead, rows, torn = WriteAheadLog.open(folder, rules.zone, synced=rules.durability == "disk")
        writes = _Writes()
        mended = _mend_books(folder, accounts, staff, events, rules.zone, writes)
        weak = _WEAK if rules.durability == "os" else durable.durability_warning(folder)
        warnings = [*filter(None, (_recovered(lock, rows), weak, *mended, torn))]
        waiting = reading_lines.NO_ROWS
        if write_ahead.sealed:
            files = writes.attempt(day_close.write_day_files, archive, sealed, rules.zone)
            if files is None:
                waiting = sealed
            else:
                writes.attempt(write_ahead.drop_sealed)
                moved = f"{counted(len(sealed), 'reading')} into {counted(len(files), 'day file')}"
                warnings.append(f"an interrupted day close was finished: {moved}")
                days.append(sealed)
        audit, now = AuditLog(folder / AUDIT), clock.now()
        today = rules.zone.day(now)
        writes.attempt(archive.ensure_day, today)
        for kept in (archive, store):
            for name in writes.attempt(kept.complete_manifest) or ():
                warnings.append(f"{kept.folder.name}/{name} is missing; run metertui check for details")
        directory = _directory(accounts, rules)
        history, estimated, sharing = _history(days, directory)
        tail, left = recode_rows(directory, rows), recode_rows(directory, waiting)
        standing, former = _intervals(intervals, directory)
        warnings = [*filter(None, [_without_accounts(accounts, directory)]), *warnings]
        times = [history.time, left.time, tail.time]
        noted = [clock_check.last_noted(audit, rules.zone), events.newest.decided if events.newest else None]
        warnings += clock_check.warn_of_clock(times, noted, now, rules.future_us, rules.zone)
        if writes.refused:
            warnings.append(f"{writes.refused}: readings are refused until the disk can be written")
        return Loaded(
            *(accounts, staff, events, archive, directory, history),
            tail=tail,
            waiting=left,
            sharing=sharing,
            estimated=estimated,
            intervals=standing,
            former=former,
            warnings=warnings,
            owned=Owned(lock, write_ahead),
            storage_error=writes.refused,
            unclosed=_unclosed_day(rows, written, today, audit, rules.zone),
        )


@contextlib.contextmanager
def _owning(folder: Path, *, recovers: bool = True) -> Iterator[FolderLock]:
    """Own a folder, create it if it is missing, and give it back if an exception is raised inside."""
    private_files.make_folder(folder)
    lock = FolderLock(folder, recovers=recovers)
    lock.acquire()
    try:
        yield lock
    except BaseException:
        lock.release()
        raise


def _recovered(lock: FolderLock, rows: Rows) -> str:
    """Return a sentence about what was recovered if the last owner did not end by itself, or ""."""
    if not lock.unclean:
        return ""
    readings = counted(len(rows), "reading")
    return f"process {lock.unclean} ended without closing this folder; recovered {readings} from {wal.LOG}"


def _without_accounts(accounts: AccountBook, directory: MeterCodes) -> str:
    """Return a sentence about meters that have readings and no account, or "". All readings have their codes.

    Accounts got the first codes.
    """
    unknown = [meter for meter in directory.ids[len(accounts) :] if meter_of(meter) == meter]
    if not unknown:
        return ""
    return (
        f"users.csv has no account for {counted(len(unknown), 'meter')} with readings, such as {unknown[0]}: what is "
        "stored is kept, and what they send now is refused; restore users.csv from a backup, or register them"
    )


def _written(path: Path) -> int | None:
    """Return when a file was last written, µs UTC; None if there is none."""
    try:
        return path.stat().st_mtime_ns // 1000
    except FileNotFoundError:
        return None


def _unclosed_day(rows: Rows, written: int | None, today: date, audit: AuditLog, zone: SiteZone) -> date | None:
    """Return the past local day that a log is of; None if there was no midnight since, or it is empty.

    A log that was restored or copied is as old as its readings and the last close say.
    """
    if not len(rows) or written is None:
        return None
    if zone.day(written) < today:
        return zone.day(written)
    last, newest = closes.find_last_close(audit, zone), zone.day(int(rows.time.max()))
    return newest if last is not None and max(newest, zone.day(last.ended)) < today else None


def _mend_books(
    folder: Path, accounts: AccountBook, staff: StaffBook, events: EditLog, zone: SiteZone, writes: _Writes
) -> list[str]:
    """Write what loading repaired, finish an interrupted decision and narrow modes; return sentences on that.

    What a crash left of files that were being replaced is removed.
    """
    durable.remove_spares(folder)
    for book in (accounts, staff, events):
        writes.attempt(book.mend)
    finished = writes.attempt(_finish_decision, accounts, events, AuditLog(folder / AUDIT), zone)
    return list(filter(None, (private_files.narrow_folder(folder), *accounts.warnings, *events.warnings, finished)))


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
    directory = _directory(accounts, rules)
    days, rows = _archived(archive, IntervalStore(folder, rules.zone), progress)
    history, estimated, sharing = _history(days, directory)
    tail = recode_rows(directory, reading_lines.concat_rows(logs))
    intervals = _intervals(rows, directory)
    return Loaded(accounts, staff, events, archive, directory, history, tail, sharing, estimated, *intervals)


def _archived(archive: Archive, store: IntervalStore, progress: Progress) -> tuple[list[Rows], IntervalRows]:
    """Return the readings of each closed day, and all rows of intervals. Raises DataError, OSError."""
    parts = 2 if store.stored_days() else 1
    days = list(archive.read_all_days(part_of_progress(progress, 0, parts)))
    return days, store.read_all(part_of_progress(progress, 1, parts))


def _intervals(rows: IntervalRows, directory: MeterCodes) -> tuple[IntervalColumns, IntervalColumns]:
    """Return the intervals that stand, and the values that do not any longer; new meters get a code."""
    return standing_and_former(rows, np.array([directory.code_of(each) for each in rows.ids], dtype=np.int32))


def recode_rows(directory: MeterCodes, rows: Rows) -> Stated:
    """Return rows with the codes of the directory instead of their own; new meters get a code."""
    codes = np.array([directory.code_of(meter) for meter in rows.ids], dtype=np.int32)
    return Stated(codes[rows.code] if len(rows) else rows.code, rows.time, rows.wh, rows.qualities)


def to_rows(directory: MeterCodes, readings: Stated) -> Rows:
    """Return readings with a list of just the ids that occur in them."""
    codes, place = np.unique(readings.meter, return_inverse=True)
    ids = [directory.ids[code] for code in codes.tolist()]
    return Rows(ids, place.astype(np.int32), readings.time, readings.wh, readings.quality)


def _books(folder: Path, rules: Rules) -> tuple[AccountBook, StaffBook, EditLog, Archive]:
    accounts = AccountBook(folder, rules.zone)
    accounts.load()
    staff = StaffBook(folder)
    staff.load()
    events = EditLog(folder, rules.zone)
    events.load()
    return accounts, staff, events, Archive(folder, rules.zone)


def _directory(accounts: AccountBook, rules: Rules) -> MeterCodes:
    directory = MeterCodes(rules.fit, rules.zone)
    for account in accounts:
        place_account(directory, account, accounts)
    return directory


def place_account(directory: MeterCodes, account: Account, accounts: AccountBook) -> int:
    """Set what a meter's account says of it, now and in time. Return the code of the meter."""
    meter = account.meter
    moves, devices = accounts.moves_of(meter), accounts.devices_of(meter)
    return directory.place_meter(meter, account.group, moves, account.device, devices)


def _history(all_rows: list[Rows], directory: MeterCodes) -> FirstValues:
    """Return the readings of some files in order of (meter, time), the first of each instant, and the others."""
    return add_to_history(Columns.empty(), concat_stated([recode_rows(directory, rows) for rows in all_rows]))


# -- several values at one instant --------------------------------------------------------------------------------


def store_corrected(readings: ReadingStore, edits: Iterable[Edit], directory: MeterCodes) -> list[Edit]:
    """Add the values of corrections to readings; return those of which the value was not among them."""
    missing = []
    for edit in edits:
        code = directory.codes.get(edit.meter)
        if edit.kind != "correct" or edit.at is None or code is None:
            continue
        if readings.append_value(code, edit.at, edit.to):
            missing.append(edit)
    return missing


def corrected_lines(edits: Iterable[Edit], zone: SiteZone) -> bytes:
    """Return the lines of the log for the values that corrections store."""
    lines = (reading_lines.encode_line(edit.meter, zone.iso(edit.at or 0), edit.to) for edit in edits)
    return "".join(lines).encode("ascii")


class Contradiction(NamedTuple):
    """Several values (Wh) at an instant (µs UTC) of a meter, of which no edit says that they are void."""

    meter: str
    time: int
    values: tuple[int, ...]


def find_contradictions(readings: ReadingStore, events: EditLog, directory: MeterCodes) -> list[Contradiction]:
    """Return the instants at which more than one value stands, in order of meter code and time."""
    found = []
    for code, instants in sorted(readings.shared.by_meter.items()):
        meter = directory.ids[code]
        edits = events.edits_of_meter(meter)
        for time, values in sorted(instants.items()):
            verdicts = {} if edits is None else edits.verdicts_at(time)
            if count_standing(values, verdicts, readings.qualities.at(code, time)) > 1:
                found.append(Contradiction(meter, time, values))
    return found
