"""Accounts: what is registered for a meter, in `users.csv`, and its attributes in time, in `accounts_history.csv`.

A registration appends a row, so that a thousand of them share one write and one sync; a change rewrites the file as
one step. Columns beyond the six that other programs know are ours; what others have added is kept as it is.
"""

from __future__ import annotations

import contextlib
import csv
import gc
import io
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Final

from metertui.engine import files
from metertui.engine.columns import Group
from metertui.engine.errors import DataError, MeterError, Refused, StorageError
from metertui.engine.records import check_meter_id
from metertui.engine.roster import Roster
from metertui.engine.tables import Table
from metertui.engine.zone import SiteZone

FIELDS: Final = ("address", "region", "sub_region", "postcode", "apartment_type")
KNOWN: Final = ("identifier", *FIELDS)
OURS: Final = ("status", "registered")
_HEADER: Final = (*KNOWN, *OURS)
HISTORY_HEADER: Final = ("identifier", "effective_from", "region", "sub_region", "apartment_type")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FORMULA: Final = ("=", "+", "-", "@")
_JOINERS: Final = "\u200c\u200d"
"""Characters without a shape that some scripts need between letters."""
_PIECE: Final = 4096
"""Rows written at a time, for other threads' sake."""
_STATUS: Final = {"": True, "active": True, "deactivated": False}
_text_of = attrgetter("meter", *FIELDS)


@dataclass(frozen=True, slots=True)
class Account:
    """What is registered for a meter. `registered` is µs UTC, None where a file does not say."""

    meter: str
    address: str = ""
    region: str = ""
    sub_region: str = ""
    postcode: str = ""
    apartment_type: str = ""
    active: bool = True
    registered: int | None = None

    @property
    def group(self) -> Group:
        """The attributes that figures are broken down by."""
        return Group(self.region, self.sub_region, self.apartment_type)

    def row(self, zone: SiteZone) -> dict[str, str | None]:
        """As commands show it; `registered` as a timestamp."""
        return {
            "identifier": self.meter,
            **{name: getattr(self, name) for name in FIELDS},
            "status": "active" if self.active else "deactivated",
            "registered": zone.iso(self.registered) if self.registered is not None else None,
        }


Moves = Mapping[str, Sequence[tuple[int, Group]]]
"""Attributes in time by meter: (effective from µs UTC, group) in order."""


@dataclass(frozen=True, slots=True)
class Change:
    """Accounts as they are to be, and the attributes in time of those that moved."""

    accounts: Sequence[Account]
    moves: Moves


@dataclass(frozen=True, slots=True)
class Standing:
    """How many accounts there are between two batches, and size and identity of the file that holds just these."""

    count: int
    size: int
    inode: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A change on disk beside the files that it is to replace."""

    change: Change
    standing: Standing
    users: files.Replacement
    history: files.Replacement | None

    def drop(self) -> None:
        """Give it up."""
        self.users.drop()
        if self.history is not None:
            self.history.drop()


class AccountBook:
    """The accounts of a data folder. O(1) by meter; by text see roster.py. Changes are on disk when they return."""

    def __init__(self, folder: Path, zone: SiteZone) -> None:
        self._path = folder / "users.csv"
        self._history_path = folder / "accounts_history.csv"
        self._zone = zone
        self._accounts: dict[str, Account] = {}
        self.roster = Roster(self.get)
        """The same accounts by number, in order of their ids, and by part of their texts."""
        self._moves: dict[str, list[tuple[int, Group]]] = {}
        self._appendable = False
        self._torn = self._unfinished = False
        self._doubtful = False  # whether a refusing disk may have left in a file what is not known here
        self._other_names: list[str] = []
        self._others: dict[str, list[str]] = {}
        self.warnings: list[str] = []

    # -- reading -----------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Read both files. A torn last line, or half a change, is dropped and told in `warnings`.

        The files stay as they are, see `mend`. Raises DataError, OSError.
        """
        collecting = gc.isenabled()
        gc.disable()  # a million accounts make no garbage, and looking for it takes longer than reading them
        try:
            self._load_accounts()
            self.roster.extend(self._accounts)
            self._unfinished = self._load_moves()
        finally:
            if collecting:
                gc.enable()

    def mend(self) -> None:
        """Take out of the files what `load` dropped. Raises StorageError."""
        if self._unfinished:
            self._set_moves({})
        if self._torn:
            self._rewrite(self._accounts.values())

    def _load_accounts(self) -> None:
        table = Table(self._path, KNOWN, OURS, torn_ok=True)
        names = table.names
        others = [place for place, name in enumerate(names) if name not in _HEADER]
        self._other_names = [names[place] for place in others]
        for line, account, cells in _accounts_of(table, self._zone):
            if account.meter in self._accounts:
                raise DataError(self._path, line, f"{account.meter} stands here a second time")
            self._accounts[account.meter] = account
            if others:
                self._others[account.meter] = [cells[place] for place in others]
        self._torn = bool(table.torn)
        if self._torn:
            self.warnings.append(table.torn)
        self._appendable = table.terminated and tuple(names[: len(_HEADER)]) == _HEADER

    def _load_moves(self) -> bool:
        """Read the attributes in time; whether any of them was half a change."""
        self._moves = stated_moves(self._history_path, self._zone)
        return any([self._drop_unfinished(meter, moves) for meter, moves in self._moves.items()])

    def _drop_unfinished(self, meter: str, moves: list[tuple[int, Group]]) -> bool:
        """Undo the first half of a change whose second half, in `users.csv`, never came; whether there was one."""
        if not is_unfinished(moves, self._accounts.get(meter)):
            return False
        moves.pop()
        name = self._history_path.name
        self.warnings.append(f"{name}: the last change of {meter} was dropped, as users.csv does not have it")
        return True

    def learn(self, account: Account, moves: Sequence[tuple[int, Group]]) -> None:
        """Know what another process has put into the files about one meter."""
        if account.meter in self._accounts:
            self._accounts[account.meter] = account
            self.roster.changed(account.meter)
        else:
            self.add(account)
        if moves:
            self._moves[account.meter] = list(moves)
        else:
            self._moves.pop(account.meter, None)

    def __contains__(self, meter: object) -> bool:
        return meter in self._accounts

    def __len__(self) -> int:
        return len(self._accounts)

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    def get(self, meter: str) -> Account | None:
        """The account of a meter."""
        return self._accounts.get(meter)

    def moves(self, meter: str) -> Sequence[tuple[int, Group]]:
        """A meter's attributes in time: (effective from µs UTC, group) in order; empty if they never changed.

        The first one holds for all earlier time too.
        """
        return self._moves.get(meter, ())

    def search(self, text: str, limit: int = 20) -> list[Account]:
        """Accounts whose id, address or postcode contains `text`, in any case.

        The id that is `text` comes first, then ids that begin with it, then the rest.
        """
        found = self.roster.search(text, limit)
        assert found is not None
        return found

    # -- registering: checked at once, written together ------------------------------------------------------------

    def prepare(self, meter: str, fields: Mapping[str, str], now: int) -> Account:
        """A new account, checked but neither stored nor known yet. Raises Refused."""
        check_meter_id(meter)
        if meter in self._accounts:
            raise Refused("already-registered", f"{meter} is registered already")
        return _with(Account(meter, registered=now), fields)

    def append(self, accounts: Sequence[Account], *, sync: bool = True) -> int:
        """Put new accounts on disk; what `retract` takes to undo it. Any thread. Raises StorageError."""
        if not self._appendable:
            self._rewrite([*self._accounts.values(), *accounts])
            return -1
        try:
            fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        except OSError as error:
            self._appendable = False
            raise files.refusal(self._path, error) from error
        try:
            size = os.fstat(fd).st_size
            try:
                files.write_all(fd, self._csv(accounts))
            except OSError as error:
                self._cut(size)
                raise files.refusal(self._path, error) from error
            try:
                if sync:
                    files.sync_file(fd)
            except OSError as error:
                self._cut(size)
                self._appendable = False  # a failed sync leaves unknown what the disk holds: it is written anew
                raise files.refusal(self._path, error) from error
        finally:
            os.close(fd)
        return size

    def retract(self, mark: int) -> None:
        """Undo the last append, as what belongs with it could not be stored. Any thread. Raises StorageError."""
        if mark < 0:
            self._rewrite(self._accounts.values())
            return
        self._cut(mark)

    def _cut(self, size: int) -> None:
        """Take back what was appended. Where the disk refuses even that, the next append writes the file anew."""
        try:
            os.truncate(self._path, size)
        except OSError:
            self._appendable = False

    def add(self, account: Account) -> None:
        """Know an account that is on disk."""
        self._accounts[account.meter] = account
        self.roster.add(account.meter)

    # -- changing: planned, drafted beside ingest, then put in place between two batches ---------------------------

    def modified(self, meter: str, fields: Mapping[str, str], now: int, since: int | None = None) -> Change:
        """What changes some fields from `since` on (µs UTC; `now` if None). Raises Refused, MeterError."""
        before = self._known(meter)
        account = _with(before, fields)
        moves = list(self.moves(meter)) or [(before.registered or 0, before.group)]
        if since is not None:
            self._check_since(meter, since, moves, now)
        if account.group == moves[-1][1]:
            return Change([account], {})
        if since is None:
            since = max(now, moves[-1][0] + 1)  # the clock may have jumped back, what was before stays before
        return Change([account], {meter: [*moves, (since, account.group)]})

    def _check_since(self, meter: str, since: int, moves: Sequence[tuple[int, Group]], now: int) -> None:
        """That a change may take effect at `since`. Raises Refused."""
        if since > now:
            raise Refused("future-timestamp", f"{self._zone.iso(since)} is in the future: a change is entered when due")
        if since <= moves[-1][0]:
            last = self._zone.iso(moves[-1][0])
            what = "has its attributes since" if len(moves) > 1 else "was registered at"
            raise Refused("bad-timestamp", f"{meter} {what} {last}; a change takes effect after that")

    def deactivated(self, meter: str) -> Change:
        """What has a meter's readings refused. Raises MeterError."""
        account = self._known(meter)
        if not account.active:
            raise MeterError(f"{meter} is deactivated already")
        return Change([replace(account, active=False)], {})

    def reactivated(self, meter: str) -> Change:
        """What has a meter's readings taken again. Raises MeterError."""
        account = self._known(meter)
        if account.active:
            raise MeterError(f"{meter} is active already")
        return Change([replace(account, active=True)], {})

    def modify(self, meter: str, fields: Mapping[str, str], now: int, since: int | None = None) -> Account:
        """Change some fields from `since` on (µs UTC; `now` if None). Raises Refused, MeterError, StorageError."""
        return self._make(self.modified(meter, fields, now, since))

    def deactivate(self, meter: str, now: int) -> Account:
        """Take no more readings of a meter. Raises MeterError, StorageError."""
        return self._make(self.deactivated(meter))

    def reactivate(self, meter: str, now: int) -> Account:
        """Take a meter's readings again. Raises MeterError, StorageError."""
        return self._make(self.reactivated(meter))

    def put(self, accounts: Iterable[Account], moves: Moves) -> None:
        """Add or replace many accounts, and state the attributes in time of some, with one rewrite of each file.

        Raises StorageError.
        """
        self.commit(self.draft(self.standing(), Change(list(accounts), moves)))

    def _known(self, meter: str) -> Account:
        account = self._accounts.get(meter)
        if account is None:
            raise MeterError(f"{meter} is not registered")
        return account

    def _make(self, change: Change) -> Account:
        self.commit(self.draft(self.standing(), change))
        return change.accounts[0]

    def standing(self) -> Standing:
        """How the accounts stand. Between two batches, when file and memory say the same."""
        size, inode = self._file()
        return Standing(len(self._accounts), size, inode)

    def draft(self, standing: Standing, change: Change) -> Draft:
        """Write beside the files what they are to be after a change; nothing takes effect. Any thread.

        Registrations may go on meanwhile, other changes not. Raises StorageError.
        """
        history = None
        if change.moves:
            history = files.Replacement(self._history_path, suffix="change")
            history.write(self._history({**self._moves, **change.moves}))
            history.sync()
        try:
            users = files.Replacement(self._path, suffix="change")
            self._write_users(users, standing, change)
            users.sync()
        except BaseException:
            if history is not None:
                history.drop()
            raise
        return Draft(change, standing, users, history)

    def _write_users(self, users: files.Replacement, standing: Standing, change: Change) -> None:
        stated = {account.meter: account for account in change.accounts}
        if self._appendable and len(stated) == 1 and standing.inode is not None:
            # All but one row stay as they are: copying them takes a fiftieth of the time of writing them anew.
            (account,) = stated.values()
            before = self._accounts.get(account.meter)
            if before is not None and self._copy(users, standing.size, self._csv([before]), self._csv([account])):
                return
            users.restart()
        users.write(self._header())
        known = [self.roster.meter(row) for row in range(standing.count)]  # of which there may be more meanwhile
        accounts = [stated.pop(meter) if meter in stated else self._accounts[meter] for meter in known]
        accounts += stated.values()
        for start in range(0, len(accounts), _PIECE):
            users.write(self._csv(accounts[start : start + _PIECE]))

    def _copy(self, users: files.Replacement, size: int, old: bytes, new: bytes) -> bool:
        """Copy the first `size` bytes with another row in the place of one; whether that row was there, once."""
        try:
            with self._path.open("rb") as file:
                return files.copy(file, size, b"\n" + old, b"\n" + new, users.write)
        except OSError as error:
            raise files.refusal(self._path, error) from error

    def commit(self, draft: Draft) -> None:
        """Put a draft in place: a change takes effect. Any thread, between two batches. Raises StorageError."""
        change, standing = draft.change, draft.standing
        size, inode = self._file()
        known = self._moves
        since = {self.roster.meter(row) for row in range(standing.count, len(self.roster))}
        stated = {account.meter: account for account in change.accounts if account.meter not in since}
        moves = {meter: list(each) for meter, each in change.moves.items() if meter not in since}
        try:
            if len(stated) == len(change.accounts) and inode == standing.inode and size >= standing.size:
                if draft.history is not None:
                    # In this order: a move that the account does not confirm is dropped at the next start.
                    self._switch(draft.history)
                    self._moves = {**known, **moves}
                self._catch_up(draft.users, standing.size, size)
                self._switch(draft.users)
            else:  # the file was written anew since, or one that is to be added was registered, which stands
                draft.drop()
                if moves:
                    self._set_moves(moves)
                self._rewrite({**self._accounts, **stated}.values())
        except StorageError:
            draft.drop()
            self._moves = known
            with contextlib.suppress(StorageError):
                self.settle()
            raise
        self._appendable = True
        for meter, account in stated.items():
            if meter in self._accounts:
                self._accounts[meter] = account
                self.roster.changed(meter)
            else:
                self.add(account)

    def _file(self) -> tuple[int, tuple[int, int] | None]:
        """Size and identity of the file as it is now."""
        try:
            stat = os.stat(self._path)
        except OSError:
            return 0, None
        return stat.st_size, (stat.st_dev, stat.st_ino)

    def _catch_up(self, users: files.Replacement, size: int, end: int) -> None:
        """Add to a draft what was registered since."""
        if end > size:
            try:
                with self._path.open("rb") as file:
                    file.seek(size)
                    users.write(file.read(end - size))
            except OSError as error:
                raise files.refusal(self._path, error) from error

    def _switch(self, replacement: files.Replacement) -> None:
        try:
            replacement.switch()
        except StorageError:
            self._doubtful = True
            raise

    def _set_moves(self, moves: Moves) -> None:
        merged = {**self._moves, **{meter: list(of_meter) for meter, of_meter in moves.items()}}
        self._replace(self._history_path, self._history(merged))
        self._moves = merged

    def _history(self, moves: Moves) -> bytes:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HISTORY_HEADER)
        for meter, of_meter in moves.items():
            writer.writerows((meter, self._zone.iso(since), *group) for since, group in of_meter)
        return out.getvalue().encode()

    def _rewrite(self, accounts: Iterable[Account]) -> None:
        self._replace(self._path, self._header() + self._csv(accounts))
        self._appendable = True

    def _header(self) -> bytes:
        header = io.StringIO()
        csv.writer(header, lineterminator="\n").writerow((*_HEADER, *self._other_names))
        return header.getvalue().encode()

    def _replace(self, path: Path, data: bytes) -> None:
        try:
            files.replace(path, data)
        except StorageError:
            self._doubtful = True
            raise

    def settle(self) -> None:
        """Write anew what a disk that refused may have left otherwise. Raises StorageError."""
        if self._doubtful:
            self._set_moves({})
            self._rewrite(self._accounts.values())
            self._doubtful = False

    def _csv(self, accounts: Iterable[Account]) -> bytes:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        nothing = [""] * len(self._other_names)
        for account in accounts:
            status = "active" if account.active else "deactivated"
            registered = "" if account.registered is None else self._zone.iso(account.registered)
            writer.writerow((*_text_of(account), status, registered, *self._others.get(account.meter, nothing)))
        return out.getvalue().encode()


def stated_moves(path: Path, zone: SiteZone) -> dict[str, list[tuple[int, Group]]]:
    """The attributes in time as a file states them, by meter and in order of time. Raises DataError, OSError."""
    stated: dict[str, list[tuple[int, Group]]] = {}
    table = Table(path, HISTORY_HEADER)
    pick = itemgetter(*map(table.names.index, HISTORY_HEADER))
    for line, cells in table.rows():
        meter, effective_from, *group = pick(cells)
        try:
            check_meter_id(meter)
            since = zone.parse(effective_from)
        except Refused as error:
            raise DataError(path, line, error.why) from error
        stated.setdefault(meter, []).append((since, Group(*map(sys.intern, group))))
    for moves in stated.values():
        moves.sort(key=itemgetter(0))
    return stated


def is_unfinished(moves: Sequence[tuple[int, Group]], account: Account | None) -> bool:
    """Whether the last of some moves is half a change, which the account in `users.csv` does not confirm."""
    return account is not None and len(moves) > 1 and moves[-1][1] != account.group == moves[-2][1]


def _accounts_of(table: Table, zone: SiteZone) -> Iterator[tuple[int, Account, list[str]]]:
    """The accounts of a table, each with the line that it begins on and all its cells. Raises DataError."""
    names = table.names
    pick = itemgetter(*(names.index(name) if name in names else -1 for name in _HEADER))
    for line, cells in table.rows():
        cells.append("")  # what a column that is not there says
        meter, address, region, sub_region, postcode, apartment_type, status, registered = pick(cells)
        try:
            active, since = check_row(meter, status, registered, zone)
        except Refused as error:
            table.refuse(line, error.why)
            continue
        region, sub_region, apartment_type = map(sys.intern, (region, sub_region, apartment_type))
        yield line, Account(meter, address, region, sub_region, postcode, apartment_type, active, since), cells


def parse_rows(data: bytes, path: Path, zone: SiteZone) -> list[Account]:
    """The accounts in `data`, which begins with a header and ends with a line, as lines of `path`. Raises DataError."""
    table = Table(path, KNOWN, OURS, data=data)
    return [account for _, account, _ in _accounts_of(table, zone)]


def effective(text: str, zone: SiteZone) -> int:
    """When a change takes effect, µs UTC: a timestamp, or the beginning of a local day. Raises Refused."""
    text = text.strip()
    if not _DAY.fullmatch(text):
        return zone.parse(text)
    try:
        return zone.midnight(date.fromisoformat(text))
    except ValueError as error:
        raise Refused("bad-timestamp", f"{text} is no day of the calendar") from error


def check_field(name: str, value: str) -> None:
    """Raises Refused `bad-field` for what cannot be stored in a field of an account."""
    if name not in FIELDS:
        raise Refused("bad-field", f"{name} is no field; they are {', '.join(FIELDS)}")
    if not value.isprintable() and not all(map(_is_text, value)):
        raise Refused("bad-field", f"{name} has control characters")
    if value.startswith(_FORMULA):
        raise Refused("bad-field", f"{name} begins with {value[0]}, which a spreadsheet takes for a formula")


def check_row(meter: str, status: str, registered: str, zone: SiteZone) -> tuple[bool, int | None]:
    """Whether the account of a row is active, and since when it is registered. Raises Refused for what it is not."""
    check_meter_id(meter)
    return _is_active(status), zone.parse(registered) if registered else None


def _is_text(char: str) -> bool:
    """Whether a character stands for something that is written: a space of any kind does, a command does not."""
    return char.isprintable() or unicodedata.category(char) == "Zs" or char in _JOINERS


def _is_active(status: str) -> bool:
    active = _STATUS.get(status.strip().lower())
    if active is None:
        raise Refused("bad-field", f"a status is active or deactivated, not {status!r}")
    return active


def _with(account: Account, fields: Mapping[str, str]) -> Account:
    """An account with some fields changed. Raises Refused `bad-field`."""
    for name, value in fields.items():
        check_field(name, value)
    text = {name: fields.get(name, getattr(account, name)) for name in FIELDS}
    text |= {name: sys.intern(text[name]) for name in Group._fields}
    return Account(account.meter, **text, active=account.active, registered=account.registered)
