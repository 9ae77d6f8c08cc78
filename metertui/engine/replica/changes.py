"""Changes in the files of a data folder that another process owns, since they were read last.

Files are read in an order that misses nothing: readings before the edits and accounts that refer to them, the sealed
log before the archive that it goes into. The manifest says which day files changed, so that none is opened to find
out. What cannot be read is reported and tried again the next time; it holds nothing else up.

`apply` makes what is found part of an engine.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from metertui.engine.accounts import Account, AccountBook, Entry, StaffBook, account_files, account_history
from metertui.engine.base import Clock, Progress, Rules, SiteZone, meter_of, no_progress
from metertui.engine.core import Close, Engine, closes
from metertui.engine.errors import DataError, MeterError, Refused
from metertui.engine.intervals import IntervalRows, IntervalStore, concat_intervals
from metertui.engine.replica.changed_days import ChangedDays
from metertui.engine.storage import Archive, FileTail, RefusedLine, Rows, reading_lines, wal
from metertui.engine.vee import Edit, EditLog, edit_log

_logger = logging.getLogger(__name__)

_DOUBTFUL_READINGS: Final = 1 << 17
_DOUBTFUL_ACCOUNTS: Final = 1 << 20
"""The most bytes at the end of a file that the owner may still take back, if the disk refuses them."""
DEFECT: Final = "this screen failed to follow the folder; its log says why"
_USERS, _MOVES, _STAFF = "users.csv", "accounts_history.csv", "admins.csv"
Mark = tuple[int, int, int] | None


@dataclass
class NewBook:
    """All accounts, read again, and the meters whose accounts changed or are gone."""

    book: AccountBook
    changed: list[str]
    gone: list[str]


class ChangedIntervals(NamedTuple):
    """All intervals of some days."""

    days: frozenset[date]
    rows: IntervalRows


@dataclass
class Changes:
    """What has changed since the last time."""

    rows: Rows = reading_lines.NO_ROWS
    """New readings; if a new log was opened, the rest of the old one."""
    fresh: Rows | None = None
    """The readings of a new log, if one was opened."""
    accounts: list[Entry] = field(default_factory=list)
    """New and changed accounts."""
    book: NewBook | None = None
    events: list[Edit] = field(default_factory=list)
    event_book: EditLog | None = None
    """All edits, unless there are only new ones beside those before."""
    staff: StaffBook | None = None
    refusals: list[RefusedLine] = field(default_factory=list)
    closes: list[Close] = field(default_factory=list)
    days: frozenset[date] = frozenset()
    """Days whose files differ from what is in memory."""
    intervals: ChangedIntervals | None = None
    """The intervals of the days whose files have changed."""
    reread_log: bool = False
    """Whether the logs have to be read again: some readings were taken back, or are in the archive."""
    sealed: bool = False
    """Whether a sealed log is there: a day close is under way, or was interrupted."""
    error: str = ""
    """Why something could not be read."""


class ChangeReader:
    """The files of a folder as far as they have been read. Created by `open`; any thread, one at a time."""

    def __init__(self, folder: Path, rules: Rules) -> None:
        """Use `open`."""
        self._folder = folder
        self._zone = rules.zone
        self._archive = Archive(folder, rules.zone)
        self._log = FileTail(folder / wal.LOG, _DOUBTFUL_READINGS)
        self._users = FileTail(folder / _USERS, _DOUBTFUL_ACCOUNTS)
        self._rejects = FileTail(folder / "rejects.log", 0)
        self._audit = FileTail(folder / "audit.log", 0)
        self._switched = False  # whether readings in memory may be of a log that was sealed
        self._reread_logs = False  # whether the log has to be read again in any case
        self._reread_accounts = False  # whether all accounts have to be read again
        self._unapplied: set[str] = set()  # files of which something could not be applied, so that all of it counts
        self._courses = account_history.Courses({}, {})  # as in the file
        self._marks: dict[str, Mark] = {}
        self._intervals = IntervalStore(folder, rules.zone)
        self._changed_days, self._interval_days = (
            ChangedDays(files, lambda path: self._is_new(path.relative_to(folder).as_posix()))
            for files in (self._archive, self._intervals)
        )

    @classmethod
    def open(
        cls, folder: Path, rules: Rules, clock: Clock, progress: Progress = no_progress
    ) -> tuple[Engine, ChangeReader]:
        """Open an engine on a folder that another process may own, and the reader that finds its changes.

        Raises MeterError, DataError.
        """
        following = cls(folder, rules)
        try:
            for tail in (following._users, following._rejects, following._audit):
                tail.skip_to_end()  # before they are loaded: what comes meanwhile is read twice, which does no harm
            for name in (_MOVES, _STAFF, edit_log.NAME):
                following._is_new(name)
            following._read_moves()
        except OSError as error:
            raise MeterError(f"cannot read the data folder {folder}: {error.strerror or error}") from error
        return Engine.open_readonly(folder, rules, clock, progress, following._first_logs), following

    def _first_logs(self) -> list[Rows]:
        rows = self.read_logs()
        for days in (self._changed_days, self._interval_days):
            days.find(pending=True)
        return [rows]

    def close(self) -> None:
        """Close the files."""
        for tail in (self._log, self._users, self._rejects, self._audit):
            tail.close()

    @property
    def log_bytes(self) -> int:
        """Return the size of the log, as far as it has been read."""
        return self._log.size

    def read_changes(self, engine: Engine) -> Changes:
        """Return what has changed for an engine that has all earlier changes."""
        news = Changes()
        parts = (self._log_news, self._day_news, self._event_news, self._account_news, self._staff_news)
        for part in (*parts, self._interval_news):
            try:
                part(news, engine)
            except MeterError as error:
                news.error = str(error)
            except OSError as error:
                news.error = f"cannot read the data folder {self._folder}: {error.strerror or error}"
            except Exception:  # a defect, which must not cost what the others found
                _logger.exception("a change in %s could not be read", self._folder)
                news.error = DEFECT
        zone = self._zone
        news.refusals = list(filter(None, (_refusal(line, zone) for line in _lines(self._rejects))))
        news.closes = list(filter(None, (closes.parse_close(line, zone) for line in _lines(self._audit))))
        return news

    def read_logs(self) -> Rows:
        """Return all readings of the sealed log and the log, and go on behind them. Raises DataError, OSError."""
        self._reread_logs = True
        data = self._log.reread()
        rows = self._parsed(data)
        try:
            sealed = wal.read_sealed_log(self._folder, self._zone)
        except FileNotFoundError:  # between the look and the reading
            sealed = None
        self._switched = sealed is not None
        self._reread_logs = False
        return rows if sealed is None else reading_lines.concat_rows([sealed, rows])

    # -- one kind of file each -----------------------------------------------------------------------------------

    def _log_news(self, news: Changes, engine: Engine) -> None:
        del engine
        sight = self._log.poll()
        self._reread_logs |= sight.cut
        if self._reread_logs:
            return
        self._reread_logs = True  # should a line be broken
        news.rows = self._parsed(sight.rest)
        if sight.fresh is not None:
            self._switched = True
            news.fresh = self._parsed(sight.fresh)
        self._reread_logs = False

    def _parsed(self, data: bytes) -> Rows:
        return reading_lines.parse_readings(data, self._log.path, self._zone, header=False)

    def _day_news(self, news: Changes, engine: Engine) -> None:
        del engine
        news.sealed = (self._folder / wal.SEALED).exists()
        news.reread_log = self._reread_logs or (self._switched and not news.sealed)
        news.days = self._changed_days.find(pending=news.reread_log)

    def mark_unread(self, days: frozenset[date]) -> None:
        """Report the days and the logs as changed again: what was found could not be applied."""
        self._reread_logs = True
        self._changed_days.mark_unread(days)

    def mark_all_unread(self) -> None:
        """Report logs, edits, accounts, staff and intervals as changed, all of each: what was found was not applied.

        The days that were found stay found.
        """
        self._reread_logs = self._reread_accounts = True
        self._unapplied = {edit_log.NAME, _USERS}
        self._marks.clear()
        self._interval_days.mark_all_unread()

    def _event_news(self, news: Changes, engine: Engine) -> None:
        if self._is_new(edit_log.NAME):
            book = EditLog(self._folder, self._zone)
            self._load(edit_log.NAME, book.load)
            before, now = list(engine.events), list(book)
            if now[: len(before)] == before and edit_log.NAME not in self._unapplied:
                news.events = now[len(before) :]
            else:
                news.event_book = book
            self._unapplied.discard(edit_log.NAME)

    def _account_news(self, news: Changes, engine: Engine) -> None:
        book = engine.accounts
        again, self._reread_accounts = self._reread_accounts, True  # until all went well
        found = None if again else self._new_accounts()
        if found is None:
            self._users.skip_to_end()
            reloaded = AccountBook(self._folder, self._zone)
            reloaded.load()
            news.book = _whole(reloaded, engine) if _USERS in self._unapplied else _compared(reloaded, book)
        moved: set[str] = set()
        if self._is_new(_MOVES):
            before = self._courses.moves
            self._load(_MOVES, self._read_moves)
            moved = self._courses.moves.keys() | before.keys()
        if news.book is None:
            stated = {account.meter: account for account in found or ()}
            for meter in moved - stated.keys():
                account = book.get(meter)
                if account is not None:
                    stated[meter] = account
            for account in stated.values():
                changed = self._entry(account)
                if changed != book.entry_of(account.meter):
                    news.accounts.append(changed)
        self._reread_accounts = False
        self._unapplied.discard(_USERS)

    def _new_accounts(self) -> list[Account] | None:
        """Return the new rows of `users.csv`; None if all of it has to be read, if only to name a broken line."""
        found: list[Account] = []
        try:
            if self._users.is_replaced():
                header = self._users.first_line()
                middle = self._users.follow_replacement()
                if middle is None or self._users.first_line() != header:
                    return None
                old, found = (self._rows(header, part) for part in middle)
                if not {account.meter for account in old} <= {account.meter for account in found}:
                    return None
            else:
                sight = self._users.poll()
                if sight.cut or sight.fresh is not None:
                    return None
                if sight.rest:
                    found = self._rows(self._users.first_line(), sight.rest)
        except DataError:
            return None
        return found

    def _rows(self, header: bytes, lines: bytes) -> list[Account]:
        return account_files.parse_accounts(header + lines, self._users.path, self._zone) if lines else []

    def _read_moves(self) -> None:
        self._courses = account_history.read_courses(self._folder / _MOVES, self._zone)

    def _entry(self, account: Account) -> Entry:
        """Return an account with what changed in time, without an unfinished change at the end."""
        moves = self._courses.moves.get(account.meter, [])
        devices = self._courses.devices.get(account.meter, [])
        if account_history.is_unfinished(moves, account.group):
            moves = moves[:-1]
        if account_history.is_unfinished(devices, account.device):
            devices = devices[:-1]
        return Entry(account, moves, devices)

    def _staff_news(self, news: Changes, engine: Engine) -> None:
        del engine
        if self._is_new(_STAFF):
            staff = StaffBook(self._folder)
            self._load(_STAFF, staff.load)
            news.staff = staff

    def _interval_news(self, news: Changes, engine: Engine) -> None:
        del engine
        days = self._interval_days.find(pending=False)
        if not days:
            return
        try:
            rows = concat_intervals([self._intervals.read_day(day) for day in sorted(days)])
        except Exception:
            self._interval_days.mark_unread(days)
            raise
        news.intervals = ChangedIntervals(days, rows)

    def _load(self, name: str, load: Callable[[], None]) -> None:
        try:
            load()
        except Exception:
            self._marks.pop(name, None)  # so that it is read again
            raise

    def _is_new(self, name: str) -> bool:
        """Return whether a file was replaced or has changed since the last call."""
        mark = _mark(self._folder / name)
        new = name not in self._marks or mark != self._marks[name]
        self._marks[name] = mark
        return new


def _compared(book: AccountBook, before: AccountBook) -> NewBook:
    changed = [account.meter for account in book if before.entry_of(account.meter) != book.entry_of(account.meter)]
    return NewBook(book, changed, [account.meter for account in before if account.meter not in book])


def _whole(book: AccountBook, engine: Engine) -> NewBook:
    """Return all accounts as changed, whatever the engine has taken over of them."""
    gone = [meter for meter in list(engine.directory.codes) if meter_of(meter) == meter and meter not in book]
    return NewBook(book, [account.meter for account in book], gone)


def _mark(path: Path) -> Mark:
    """Return what changes if a file is replaced or appended to; None if there is no file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _lines(tail: FileTail) -> Iterator[list[str]]:
    """Yield the fields of new lines of a tab-separated file; nothing while it cannot be read."""
    try:
        sight = tail.poll()
    except OSError:
        return
    for line in sight.data.decode("utf-8", "replace").splitlines():
        yield line.split("\t")


def _refusal(fields: list[str], zone: SiteZone) -> RefusedLine | None:
    try:
        at, peer, code, line = fields
        return RefusedLine(zone.parse(at), peer, code, "", line)
    except (ValueError, Refused):
        return None
