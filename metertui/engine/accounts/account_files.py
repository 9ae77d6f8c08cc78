"""The two files of the accounts, `users.csv` and `accounts_history.csv`: reading, appending and replacing.

A registration appends a row, so that a thousand of them share one write and one sync; a change rewrites the file as
one step. Columns beyond the six that other programs know are ours; what others have added is kept as it is. Those about
the meters themselves are there once an account has one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Final

from metertui.engine.accounts import account_history
from metertui.engine.accounts.account import Account, check_row, with_device_fields
from metertui.engine.accounts.account_history import Courses, Devices, Moves
from metertui.engine.attributes import ATTRIBUTES, DEVICE_FIELDS, FIELDS, FIRST_FIELDS, NO_DEVICE
from metertui.engine.base import SiteZone
from metertui.engine.errors import DataError, Refused, StorageError
from metertui.engine.storage import CsvTable, Damage, durable, encode_rows, private_files

KNOWN: Final = ("identifier", *FIRST_FIELDS)
_ALWAYS: Final = (*FIELDS[len(FIRST_FIELDS) :], "status", "registered")
OURS: Final = (*_ALWAYS, *DEVICE_FIELDS)
_HEADER: Final = (*KNOWN, *_ALWAYS)
_UNSYNCED: Final = 1 << 21
"""Bytes at the end of `users.csv` that may not have been synced: more than the registrations of one batch."""
_PIECE: Final = 4096
"""Rows written at a time, so that other threads get their turn."""
_text_of = attrgetter("meter", *FIELDS)


@dataclass(frozen=True, slots=True)
class Stand:
    """Size and identity of `users.csv` at a moment."""

    size: int
    inode: tuple[int, int] | None


class AccountFiles:
    """The account files of a data folder. Changes are on disk on return. Any thread, one writer at a time."""

    def __init__(self, folder: Path, zone: SiteZone) -> None:
        self.history_path, self.path = paths(folder)
        self._paths = (self.history_path, self.path)
        self._zone = zone
        self._other_names: list[str] = []
        self._others: dict[str, list[str]] = {}
        self._well_formed = False
        self._more: tuple[str, ...] = ()
        """Which columns about the meters themselves the file has: all or, while no account has any, none."""
        self.appendable = False
        """Whether a row can be appended; if not, the file must be rewritten."""
        self.damage: Damage | None = None
        """What a crash left at the end of `users.csv`."""
        self.doubtful = False
        """Whether a failed write may have left unknown content in a file."""
        self.pending = False
        """Whether a committed change still has to be moved into place by `finish_change`. Reading sees it already."""

    # -- reading -----------------------------------------------------------------------------------------------

    def read_accounts(self) -> dict[str, Account]:
        """Return the accounts of `users.csv` by meter, without what a crash left in part. Raises DataError, OSError."""
        waiting = durable.read_present(durable.pending_path(self.path))
        self.pending = waiting is not None
        table = CsvTable(self.path, KNOWN, OURS, unsynced=_UNSYNCED, data=waiting)
        names = table.names
        others = [place for place, name in enumerate(names) if name not in _HEADER and name not in DEVICE_FIELDS]
        self._other_names = [names[place] for place in others]
        found: dict[str, Account] = {}
        for line, account, cells in _accounts_of(table, self._zone):
            if account.meter in found:
                raise DataError(self.path, line, f"{account.meter} is listed twice")
            found[account.meter] = account
            if others:
                self._others[account.meter] = [cells[place] for place in others]
        self.damage = table.damage
        self._more = DEVICE_FIELDS if set(DEVICE_FIELDS) & set(names) else ()
        header = (*_HEADER, *self._more, *self._other_names)
        self._well_formed = table.terminated and tuple(names) == header
        self.appendable = self._well_formed and self.damage is None
        return found

    def mend(self) -> None:
        """Take what a crash left in part out of `users.csv`. Raises StorageError."""
        if self.damage is not None:
            self.damage.mend()
            self.damage = None
            self.appendable = self._well_formed

    def read_courses(self) -> Courses:
        """Return what `accounts_history.csv` says.

        Call after `read_accounts`. Raises DataError, OSError.
        """
        waiting = durable.read_present(durable.pending_path(self.history_path)) if self.pending else None
        return account_history.read_courses(self.history_path, self._zone, waiting)

    def finish_change(self) -> None:
        """Move a committed change into place, and remove an uncommitted one. Raises StorageError."""
        durable.finish_pending(self._paths)
        self.pending = False

    def stand(self) -> Stand:
        """Return the size and identity of `users.csv` now."""
        try:
            stat = os.stat(self.path)
        except OSError:
            return Stand(0, None)
        return Stand(stat.st_size, (stat.st_dev, stat.st_ino))

    def can_append(self, accounts: Iterable[Account]) -> bool:
        """Return whether rows can be appended; if not, the file must be rewritten."""
        return self.appendable and (bool(self._more) or all(account.device == NO_DEVICE for account in accounts))

    # -- adding ------------------------------------------------------------------------------------------------

    def append_rows(self, accounts: Sequence[Account], *, sync: bool = True) -> int:
        """Append rows. Return the size before, with which `cut_rows` undoes it. Raises StorageError."""
        self._clear()
        self.appendable = False  # unless all goes well, or only the write fails and can be undone
        with durable.writing(self.path):
            fd = private_files.open_file(self.path, os.O_WRONLY | os.O_APPEND)
            try:
                size = os.fstat(fd).st_size
                self.appendable = True
                try:
                    durable.write_all(fd, self._csv(accounts))
                    self.appendable = not sync  # after a failed sync the content on disk is unknown
                    if sync:
                        durable.sync_file(fd)
                except OSError:
                    self.cut_rows(size)
                    raise
            finally:
                os.close(fd)
        self.appendable = True
        return size

    def cut_rows(self, size: int) -> None:
        """Undo an append, on disk on return. If the disk refuses, the next append or day close rewrites the file."""
        try:
            durable.cut_off(self.path, size)
        except OSError:
            self.appendable = False
            self.doubtful = True

    # -- rewriting ---------------------------------------------------------------------------------------------

    def rewrite_accounts(self, accounts: Iterable[Account]) -> None:
        """Rewrite `users.csv`. Raises StorageError; then the next append rewrites it."""
        self.appendable = False
        everyone = list(accounts)
        self._widen(everyone)
        self._replace(self.path, self._header() + self._csv(everyone))
        self.appendable = True

    def rewrite_courses(self, moves: Moves, devices: Devices) -> None:
        """Rewrite `accounts_history.csv`. Raises StorageError."""
        self._replace(self.history_path, account_history.courses_as_csv(moves, devices, self._zone))

    def _widen(self, accounts: Iterable[Account]) -> None:
        """Have the columns about the meters themselves from now on, if an account needs them."""
        if any(account.device != NO_DEVICE for account in accounts):
            self._more = DEVICE_FIELDS

    def _replace(self, path: Path, data: bytes) -> None:
        self._clear()
        try:
            durable.replace_file(path, data)
        except StorageError:
            self.doubtful = True
            raise

    # -- drafts: written beside the files, then put in their place -------------------------------------------------

    def draft_courses(self, moves: Moves, devices: Devices) -> durable.Replacement:
        """Write a draft of `accounts_history.csv`. Raises StorageError."""
        draft = durable.Replacement(self.history_path)
        draft.write(account_history.courses_as_csv(moves, devices, self._zone))
        draft.sync()
        return draft

    def draft_accounts(
        self, stand: Stand, row: tuple[Account, Account] | None, accounts: Callable[[], Sequence[Account]]
    ) -> durable.Replacement:
        """Write a draft of `users.csv`: its bytes up to `stand`, with one `row` replaced by another.

        Or, where that does not go, all `accounts`. Raises StorageError.
        """
        draft = durable.Replacement(self.path)
        # Copying all other rows takes a fiftieth of the time of encoding them.
        if row is not None and stand.inode is not None and self.can_append(row):
            if self._copy(draft, stand.size, *(self._csv([account]) for account in row)):
                draft.sync()
                return draft
            draft.restart()
        wanted = accounts()
        self._widen(wanted)
        draft.write(self._header())
        for start in range(0, len(wanted), _PIECE):
            draft.write(self._csv(wanted[start : start + _PIECE]))
        draft.sync()
        return draft

    def _copy(self, draft: durable.Replacement, size: int, old: bytes, new: bytes) -> bool:
        """Copy the first `size` bytes with one row replaced. Return whether the row was there exactly once."""
        with durable.writing(self.path), self.path.open("rb") as file:
            return durable.copy_replacing(file, size, b"\n" + old, b"\n" + new, draft.write)

    def add_registrations(self, draft: durable.Replacement, size: int, end: int) -> None:
        """Append the registrations made since to a draft. Raises StorageError."""
        if end > size:
            with durable.writing(self.path), self.path.open("rb") as file:
                file.seek(size)
                draft.write(file.read(end - size))

    def switch_drafts(self, users: durable.Replacement, history: durable.Replacement | None) -> None:
        """Move drafts into place: both, after a crash both at the next start, or none. Raises StorageError."""
        self._clear()
        try:
            if history is None:
                users.commit()
            else:
                durable.commit_together([(self.history_path, history), (self.path, users)])
        except StorageError:
            self.doubtful = True
            raise

    def _clear(self) -> None:
        """Finish or cancel a pending replacement, which would overwrite the next write. Raises StorageError."""
        if self.pending:
            self.finish_change()
        if self.doubtful:
            durable.cancel_pending(self._paths)

    # -- rows --------------------------------------------------------------------------------------------------

    def _header(self) -> bytes:
        return encode_rows([(*_HEADER, *self._more, *self._other_names)])

    def _csv(self, accounts: Iterable[Account]) -> bytes:
        return encode_rows(map(self._row, accounts))

    def _row(self, account: Account) -> tuple[str, ...]:
        status = "active" if account.active else "deactivated"
        registered = "" if account.registered is None else self._zone.iso(account.registered)
        others = self._others.get(account.meter) or [""] * len(self._other_names)
        return *_text_of(account), status, registered, *account.device[: len(self._more)], *others


def paths(folder: Path) -> tuple[Path, Path]:
    """Return the paths of `accounts_history.csv` and `users.csv`. The draft of the second commits a change of both."""
    return folder / "accounts_history.csv", folder / "users.csv"


def _accounts_of(table: CsvTable, zone: SiteZone) -> Iterator[tuple[int, Account, list[str]]]:
    """Yield the accounts of a table, each with the line that it begins on and all its cells. Raises DataError."""
    names = table.names
    pick = itemgetter(*(names.index(name) if name in names else -1 for name in (*_HEADER, *DEVICE_FIELDS)))
    plain = not set(DEVICE_FIELDS) & set(names)
    end = len(_HEADER) - 3
    for line, cells in table.rows():
        cells.append("")  # what a column that is not there says
        meter, *texts = pick(cells)
        try:
            active, since = check_row(meter, texts[end], texts[end + 1], zone)
            more = {} if plain else dict(zip(DEVICE_FIELDS, texts[end + 2 :], strict=True))
            said = with_device_fields(NO_DEVICE, more)
        except Refused as error:
            table.reject_row(line, error.why)
            continue
        fields = dict(zip(FIELDS, texts[:end], strict=True))
        for name in ATTRIBUTES:
            fields[name] = sys.intern(fields[name])
        yield line, Account(meter, **fields, active=active, registered=since, device=said), cells


def parse_accounts(data: bytes, path: Path, zone: SiteZone) -> list[Account]:
    """Return the accounts in `data`: a header and whole lines of `path`. Raises DataError."""
    table = CsvTable(path, KNOWN, OURS, data=data)
    return [account for _, account, _ in _accounts_of(table, zone)]
