"""Accounts: what is registered for a meter, in `users.csv`, and its attributes in time, in `accounts_history.csv`.

A registration appends a row, so that a thousand of them share one write and one sync; a change rewrites the file as
one step. Columns beyond the six that other programs know are ours.
"""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from metertui.engine import files
from metertui.engine.columns import Group
from metertui.engine.errors import DataError, MeterError, Refused
from metertui.engine.records import check_meter_id
from metertui.engine.zone import SiteZone

FIELDS: Final = ("address", "region", "sub_region", "postcode", "apartment_type")
_KNOWN: Final = ("identifier", *FIELDS)
_HEADER: Final = (*_KNOWN, "status", "registered")
_HISTORY_HEADER: Final = ("identifier", "effective_from", "region", "sub_region", "apartment_type")
_FORMULA: Final = ("=", "+", "-", "@")


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


class AccountBook:
    """The accounts of a data folder. Queries are O(1) by meter, O(n) by text; changes are on disk when they return."""

    def __init__(self, folder: Path, zone: SiteZone) -> None:
        self._path = folder / "users.csv"
        self._history_path = folder / "accounts_history.csv"
        self._zone = zone
        self._accounts: dict[str, Account] = {}
        self._moves: dict[str, list[tuple[int, Group]]] = {}
        self._appendable = False
        self.warnings: list[str] = []

    # -- reading -----------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Read both files. A torn last line is dropped and told in `warnings`. Raises DataError, OSError."""
        for number, row in self._rows(self._path, _KNOWN):
            self._load_account(number, row)
        for number, row in self._rows(self._history_path, _HISTORY_HEADER):
            try:
                since = self._zone.parse(row["effective_from"])
            except Refused as error:
                raise DataError(self._history_path, number, error.why) from error
            group = Group(*(sys.intern(row[name]) for name in Group._fields))
            self._moves.setdefault(row["identifier"], []).append((since, group))
        for moves in self._moves.values():
            moves.sort(key=lambda move: move[0])

    def _load_account(self, number: int, row: Mapping[str, str]) -> None:
        try:
            meter = check_meter_id(row["identifier"])
            registered = self._zone.parse(row["registered"]) if row.get("registered") else None
        except Refused as error:
            raise DataError(self._path, number, error.why) from error
        if meter in self._accounts:
            raise DataError(self._path, number, f"{meter} stands here a second time")
        self._accounts[meter] = Account(
            meter,
            row["address"],
            sys.intern(row["region"]),
            sys.intern(row["sub_region"]),
            row["postcode"],
            sys.intern(row["apartment_type"]),
            row.get("status", "active") != "deactivated",
            registered,
        )

    def _rows(self, path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
        """A file's rows with their line numbers."""
        if not path.exists():
            return
        text = path.read_bytes().decode("utf-8-sig", "strict") if path.stat().st_size else ""
        reader = csv.reader(io.StringIO(text, newline=""))
        header: list[str] = []
        for fields in reader:
            if not header:
                header = [name.strip().lower() for name in fields]
                missing = [name for name in needed if name not in header]
                if missing:
                    raise DataError(path, reader.line_num, f"the header lacks {', '.join(missing)}")
            elif any(fields):
                if len(fields) != len(header):
                    if not text.endswith("\n") and reader.line_num > text.count("\n"):
                        self.warnings.append(f"{path.name}: a torn last line was dropped; it had not been answered")
                        return
                    reason = f"{len(fields)} fields where the header has {len(header)}"
                    raise DataError(path, reader.line_num, reason)
                yield reader.line_num, dict(zip(header, fields, strict=True))
        if path == self._path:
            self._appendable = tuple(header) == _HEADER and text.endswith("\n")

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
        """Accounts whose id, address or postcode contains `text`, in any case; ids that begin with it come first."""
        wanted = text.casefold().strip()
        first: list[Account] = []
        others: list[Account] = []
        for account in self._accounts.values():
            if account.meter.casefold().startswith(wanted):
                first.append(account)
            elif len(others) < limit and (
                wanted in account.meter.casefold()
                or wanted in account.address.casefold()
                or wanted in account.postcode.casefold()
            ):
                others.append(account)
            if len(first) >= limit and account.meter != text:
                break
        exact = self._accounts.get(text.strip())
        found = sorted(first, key=lambda account: (account is not exact, account.meter)) + others
        if exact is not None and exact not in found:
            found.insert(0, exact)
        return found[:limit]

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
        fd = -1
        size = 0
        try:
            fd = os.open(self._path, os.O_WRONLY | os.O_APPEND)
            size = os.fstat(fd).st_size
            files.write_all(fd, self._csv(accounts))
            if sync:
                files.sync_file(fd)
        except OSError as error:
            if fd >= 0:
                os.ftruncate(fd, size)
            raise files.refusal(self._path, error) from error
        finally:
            if fd >= 0:
                os.close(fd)
        return size

    def retract(self, mark: int) -> None:
        """Undo the last append, as what belongs with it could not be stored. Any thread. Raises StorageError."""
        if mark < 0:
            self._rewrite(self._accounts.values())
            return
        try:
            os.truncate(self._path, mark)
        except OSError as error:
            raise files.refusal(self._path, error) from error

    def add(self, account: Account) -> None:
        """Know an account that is on disk."""
        self._accounts[account.meter] = account

    # -- changing ----------------------------------------------------------------------------------------------

    def modify(self, meter: str, fields: Mapping[str, str], now: int) -> Account:
        """Change some fields from `now` (µs UTC) on. Raises Refused, MeterError, StorageError."""
        before = self._known(meter)
        account = _with(before, fields)
        if account.group != before.group:
            moves = list(self.moves(meter)) or [(before.registered or 0, before.group)]
            since = max(now, moves[-1][0] + 1)  # the clock may have jumped back, what was before stays before
            # In this order, so that a crash between the two leaves a move that the account's next change repeats.
            self._set_moves({meter: [*moves, (since, account.group)]})
        return self._change(account)

    def deactivate(self, meter: str, now: int) -> Account:
        """Take no more readings of a meter. Raises MeterError, StorageError."""
        account = self._known(meter)
        if not account.active:
            raise MeterError(f"{meter} is deactivated already")
        return self._change(replace(account, active=False))

    def reactivate(self, meter: str, now: int) -> Account:
        """Take a meter's readings again. Raises MeterError, StorageError."""
        account = self._known(meter)
        if account.active:
            raise MeterError(f"{meter} is active already")
        return self._change(replace(account, active=True))

    def put(self, accounts: Iterable[Account], moves: Mapping[str, Sequence[tuple[int, Group]]]) -> None:
        """Add or replace many accounts, and state the attributes in time of some, with one rewrite of each file.

        Raises StorageError.
        """
        if moves:
            self._set_moves(moves)
        changed = {**self._accounts, **{account.meter: account for account in accounts}}
        self._rewrite(changed.values())
        self._accounts = changed

    def _known(self, meter: str) -> Account:
        account = self._accounts.get(meter)
        if account is None:
            raise MeterError(f"{meter} is not registered")
        return account

    def _change(self, account: Account) -> Account:
        self._rewrite({**self._accounts, account.meter: account}.values())
        self._accounts[account.meter] = account
        return account

    def _set_moves(self, moves: Mapping[str, Sequence[tuple[int, Group]]]) -> None:
        merged = {**self._moves, **{meter: list(of_meter) for meter, of_meter in moves.items()}}
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(_HISTORY_HEADER)
        for meter, of_meter in merged.items():
            writer.writerows((meter, self._zone.iso(since), *group) for since, group in of_meter)
        files.replace(self._history_path, out.getvalue().encode())
        self._moves = merged

    def _rewrite(self, accounts: Iterable[Account]) -> None:
        header = ",".join(_HEADER).encode() + b"\n"
        files.replace(self._path, header + self._csv(accounts))
        self._appendable = True

    def _csv(self, accounts: Iterable[Account]) -> bytes:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        for account in accounts:
            status = "active" if account.active else "deactivated"
            registered = "" if account.registered is None else self._zone.iso(account.registered)
            writer.writerow((account.meter, *(getattr(account, name) for name in FIELDS), status, registered))
        return out.getvalue().encode()


def check_field(name: str, value: str) -> None:
    """Raises Refused `bad-field` for what cannot be stored in a field of an account."""
    if name not in FIELDS:
        raise Refused("bad-field", f"{name} is no field; they are {', '.join(FIELDS)}")
    if not value.isprintable():
        raise Refused("bad-field", f"{name} has control characters")
    if value.startswith(_FORMULA):
        raise Refused("bad-field", f"{name} begins with {value[0]}, which a spreadsheet takes for a formula")


def _with(account: Account, fields: Mapping[str, str]) -> Account:
    """An account with some fields changed. Raises Refused `bad-field`."""
    for name, value in fields.items():
        check_field(name, value)
    text = {name: sys.intern(fields.get(name, getattr(account, name))) for name in FIELDS}
    return Account(account.meter, **text, active=account.active, registered=account.registered)
