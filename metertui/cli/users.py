"""Accounts and staff: `metertui users …`, `metertui admins …`."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from metertui import settings
from metertui.cli.common import folder, show
from metertui.cli.delegate import handed
from metertui.cli.errors import UsageError
from metertui.engine.accounts import Account, AccountBook, StaffBook, effective
from metertui.engine.attributes import ATTRIBUTES, FIELDS
from metertui.engine.base import SiteZone, SystemClock
from metertui.engine.errors import MeterError, Refused
from metertui.engine.storage import AuditLog, FolderLock, user_name
from metertui.engine.vee import Event, EventBook, checked_reason, values_of

_EVENT = ("time", "what", "values", "who", "reason")
_COLUMNS = ("identifier", *FIELDS, "status", "registered")


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

    def accounts(self, *, mend: bool = False) -> AccountBook:
        """The accounts, loaded, and `mend`ed where the folder is owned. Raises MeterError."""
        book = AccountBook(self.data, self.zone)
        book.load()
        if mend:
            book.mend()
        for warning in book.warnings:
            print(f"metertui: {warning}", file=sys.stderr)
        return book

    def note(self, action: str, subject: str, detail: str) -> None:
        """Into audit.log."""
        AuditLog(self.data / "audit.log").write(
            self.zone.iso(self.now), user_name(os.getuid()), action, subject, detail
        )


def users(options: argparse.Namespace) -> None:
    """`metertui users VERB`."""
    if options.verb not in ("list", "show"):
        _change(options)
        return
    with _Office.opened(options, readonly=True) as office:
        if options.verb == "list":
            book = office.accounts()
            found = book.search(options.text, len(book)) if options.text else sorted(book, key=lambda a: a.meter)
            show(options, [account.row(office.zone) for account in found], _COLUMNS)
        else:
            _show(options, office)


def _show(options: argparse.Namespace, office: _Office) -> None:
    book, zone = office.accounts(), office.zone
    account = book.get(options.meter)
    if account is None:
        raise MeterError(f"{options.meter} is not registered")
    moves = [{"effective_from": zone.iso(since), **group._asdict()} for since, group in book.moves(account.meter)]
    decided = EventBook(office.data, zone)
    decided.load()
    events = [
        {"time": zone.iso(event.decided), "what": event.what, "values": values_of(event, zone), "who": event.who}
        | {"reason": event.reason}
        for event in decided.all_of(account.meter)
    ]
    form = getattr(options, "format", "table")
    if form == "json":
        everything = {**account.row(zone), "history": moves, "events": events}
        show(options, [everything], (*_COLUMNS, "history", "events"), one=True)
        return
    show(options, [account.row(zone)], _COLUMNS, one=True)
    if form == "table":
        for rows, columns in ((moves, ("effective_from", *ATTRIBUTES)), (events, _EVENT)):
            if rows:
                print()
                show(options, rows, columns)


def _change(options: argparse.Namespace) -> None:
    fields = {name: value for name in FIELDS if (value := getattr(options, name, None)) is not None}
    if options.verb == "modify" and not fields:
        raise UsageError(f"nothing to change; the fields are {', '.join(FIELDS)}")
    more = {name: value for name in ("since", "reason") if (value := getattr(options, name, None)) is not None}

    def here() -> dict[str, str | None]:
        with _Office.opened(options, readonly=False) as office:
            account = _changed(options.verb, options.meter, fields, more, office)
            told = [", ".join(f"{name}={value}" for name, value in fields.items()), more.get("reason", "")]
            if "since" in more:
                told.append(f"from {office.zone.iso(effective(more['since'], office.zone))}")
            office.note(options.verb, options.meter, " ".join(filter(None, told)))
            return account.row(office.zone)

    row = handed(folder(options), f"users {options.verb}", {"meter": options.meter, **fields, **more}, here)
    show(options, [row], _COLUMNS, one=True)


def _changed(verb: str, meter: str, fields: dict[str, str], more: dict[str, str], office: _Office) -> Account:
    book, now = office.accounts(mend=True), office.now
    try:
        match verb:
            case "register":
                account = book.prepare(meter, fields, now)
                book.append([account])
            case "modify":
                since = effective(more["since"], office.zone) if "since" in more else None
                account = book.modify(meter, fields, now, since)
            case _:
                reason = checked_reason(more["reason"]) if "reason" in more else ""
                events = EventBook(office.data, office.zone)
                events.load()
                events.mend()
                change = (book.deactivated if verb == "deactivate" else book.reactivated)(meter)
                told = [Event(now, meter, verb, None, user_name(os.getuid()), reason)]
                book.commit_told(book.draft(book.standing(), change), events, told)
                account = change.accounts[0]
    except Refused as error:
        raise MeterError(error.why) from error
    return account


def admins(options: argparse.Namespace) -> None:
    """`metertui admins VERB`."""
    data = folder(options)
    if options.verb == "list":
        with _Office.opened(options, readonly=True):
            members = _staff(data).members()
        show(options, [{"email": m.email, "role": m.role} for m in members], ("email", "role"))
        return
    # Hashed before it goes anywhere.
    member = StaffBook(data).member(options.email, options.role, _password()) if options.verb == "add" else None

    def here() -> None:
        with _Office.opened(options, readonly=False) as office:
            staff = _staff(data)
            staff.mend()
            if member is not None:
                staff.put(member)
            else:
                staff.remove(options.email)
            office.note(f"staff {options.verb}", options.email, member.role if member else "")

    given = asdict(member) if member else {"email": options.email}
    handed(data, f"admins {options.verb}", given, here)
    print(f"{options.email} {'added as ' + member.role if member else 'removed'}")


def _staff(data: Path) -> StaffBook:
    staff = StaffBook(data)
    staff.load()
    return staff


def _password() -> str:
    """Asked for twice on a terminal; from a pipe, its first line. Never an argument, which others could see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("password: ")
    if getpass.getpass("once more: ") != password:
        raise MeterError("the two are not the same")
    return password
