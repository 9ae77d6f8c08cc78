"""Accounts and staff: `metertui users …`, `metertui admins …`."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from metertui import settings
from metertui.cli.common import folder, show
from metertui.cli.errors import UsageError
from metertui.engine.accounts import FIELDS, Account, AccountBook
from metertui.engine.audit import AuditLog
from metertui.engine.errors import MeterError, Refused
from metertui.engine.lock import FolderLock
from metertui.engine.rules import SystemClock
from metertui.engine.staff import StaffBook
from metertui.engine.zone import SiteZone

_COLUMNS = ("identifier", *FIELDS, "status", "registered")
_BY = "command line"


@dataclass(frozen=True)
class _Office:
    """What these commands need of a data folder; its readings are not among it."""

    data: Path
    zone: SiteZone
    now: int

    @classmethod
    @contextmanager
    def opened(cls, options: argparse.Namespace, *, readonly: bool) -> Iterator[_Office]:
        """Own the folder, or read it beside its owner. Raises MeterError."""
        data = folder(options)
        office = cls(data, settings.load(data).rules().zone, SystemClock().now())
        if readonly:
            if not data.is_dir():
                raise MeterError(f"there is no data folder {data}")
            yield office
            return
        lock = FolderLock(data)
        try:
            data.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except OSError as error:
            raise MeterError(f"cannot use the data folder {data}: {error.strerror or error}") from error
        try:
            yield office
        finally:
            lock.release()

    def accounts(self) -> AccountBook:
        """The accounts, loaded. Raises MeterError."""
        book = AccountBook(self.data, self.zone)
        book.load()
        for warning in book.warnings:
            print(f"metertui: {warning}", file=sys.stderr)
        return book

    def note(self, action: str, subject: str, detail: str) -> None:
        """Into audit.log."""
        AuditLog(self.data / "audit.log").write(self.zone.iso(self.now), _BY, action, subject, detail)


def users(options: argparse.Namespace) -> None:
    """`metertui users VERB`."""
    with _Office.opened(options, readonly=options.verb in ("list", "show")) as office:
        book = office.accounts()
        if options.verb == "list":
            found = book.search(options.text, len(book)) if options.text else sorted(book, key=lambda a: a.meter)
            show(options, [_row(account, office.zone) for account in found], _COLUMNS)
        elif options.verb == "show":
            _show(options, book, office.zone)
        else:
            _change(options, book, office)


def _show(options: argparse.Namespace, book: AccountBook, zone: SiteZone) -> None:
    account = book.get(options.meter)
    if account is None:
        raise MeterError(f"{options.meter} is not registered")
    moves = [{"effective_from": zone.iso(since), **group._asdict()} for since, group in book.moves(account.meter)]
    if getattr(options, "format", "table") == "json":
        show(options, [{**_row(account, zone), "history": moves}], (*_COLUMNS, "history"), one=True)
        return
    show(options, [_row(account, zone)], _COLUMNS, one=True)
    if moves and getattr(options, "format", "table") == "table":
        print()
        show(options, moves, ("effective_from", "region", "sub_region", "apartment_type"))


def _change(options: argparse.Namespace, book: AccountBook, office: _Office) -> None:
    now, meter = office.now, options.meter
    fields = {name: value for name in FIELDS if (value := getattr(options, name, None)) is not None}
    try:
        match options.verb:
            case "register":
                account = book.prepare(meter, fields, now)
                book.append([account])
            case "modify":
                if not fields:
                    raise UsageError(f"nothing to change; the fields are {', '.join(FIELDS)}")
                account = book.modify(meter, fields, now)
            case "deactivate":
                account = book.deactivate(meter, now)
            case _:
                account = book.reactivate(meter, now)
    except Refused as error:
        raise MeterError(error.why) from error
    detail = ", ".join(f"{name}={value}" for name, value in fields.items())
    office.note(options.verb, meter, detail)
    show(options, [_row(account, office.zone)], _COLUMNS, one=True)


def admins(options: argparse.Namespace) -> None:
    """`metertui admins VERB`."""
    listing = options.verb == "list"
    password = _password() if options.verb == "add" else ""
    with _Office.opened(options, readonly=listing) as office:
        staff = StaffBook(office.data)
        staff.load()
        if listing:
            show(options, [{"email": m.email, "role": m.role} for m in staff.members()], ("email", "role"))
            return
        staff.mend()
        role = options.role if options.verb == "add" else ""
        if options.verb == "add":
            staff.add(options.email, role, password)
        else:
            staff.remove(options.email)
        office.note(f"staff {options.verb}", options.email, role)
        print(f"{options.email} {'added as ' + role if role else 'removed'}")


def _password() -> str:
    """Asked for twice on a terminal; from a pipe, its first line. Never an argument, which others could see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("password: ")
    if getpass.getpass("once more: ") != password:
        raise MeterError("the two are not the same")
    return password


def _row(account: Account, zone: SiteZone) -> dict[str, object]:
    return {
        "identifier": account.meter,
        **{name: getattr(account, name) for name in FIELDS},
        "status": "active" if account.active else "deactivated",
        "registered": zone.iso(account.registered) if account.registered is not None else None,
    }
