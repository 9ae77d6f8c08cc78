"""Accounts and staff: `metertui users …`, `metertui admins …`."""

from __future__ import annotations

import argparse
import getpass
import sys

from metertui.cli.common import opened, show
from metertui.engine.accounts import FIELDS, Account
from metertui.engine.core import Engine
from metertui.engine.errors import MeterError, Refused
from metertui.engine.staff import StaffBook
from metertui.engine.zone import SiteZone

_COLUMNS = ("identifier", *FIELDS, "status", "registered")
_BY = "command line"


def users(options: argparse.Namespace) -> None:
    """`metertui users VERB`."""
    reading = options.verb in ("list", "show")
    with opened(options, readonly=reading) as engine:
        book = engine.accounts
        if options.verb == "list":
            found = book.search(options.text, len(book)) if options.text else sorted(book, key=lambda a: a.meter)
            show(options, [_row(account, engine.zone) for account in found], _COLUMNS)
            return
        if options.verb == "show":
            _show(options, engine)
            return
        _change(options, engine)


def _show(options: argparse.Namespace, engine: Engine) -> None:
    account = engine.accounts.get(options.meter)
    if account is None:
        raise MeterError(f"{options.meter} is not registered")
    moves = [
        {"effective_from": engine.zone.iso(since), **group._asdict()}
        for since, group in engine.accounts.moves(account.meter)
    ]
    if getattr(options, "format", "table") == "json":
        show(options, [{**_row(account, engine.zone), "history": moves}], (*_COLUMNS, "history"), one=True)
        return
    show(options, [_row(account, engine.zone)], _COLUMNS, one=True)
    if moves and getattr(options, "format", "table") == "table":
        print()
        show(options, moves, ("effective_from", "region", "sub_region", "apartment_type"))


def _change(options: argparse.Namespace, engine: Engine) -> None:
    book, now, meter = engine.accounts, engine.clock.now(), options.meter
    fields = {name: value for name in FIELDS if (value := getattr(options, name, None)) is not None}
    try:
        match options.verb:
            case "register":
                account = book.prepare(meter, fields, now)
                book.append([account])
            case "modify":
                if not fields:
                    raise MeterError(f"nothing to change; the fields are {', '.join(FIELDS)}")
                account = book.modify(meter, fields, now)
            case "deactivate":
                account = book.deactivate(meter, now)
            case _:
                account = book.reactivate(meter, now)
    except Refused as error:
        raise MeterError(error.why) from error
    detail = ", ".join(f"{name}={value}" for name, value in fields.items())
    engine.audit.write(engine.zone.iso(now), _BY, options.verb, meter, detail)
    show(options, [_row(account, engine.zone)], _COLUMNS, one=True)


def admins(options: argparse.Namespace) -> None:
    """`metertui admins VERB`."""
    with opened(options, readonly=options.verb == "list") as engine:
        staff: StaffBook = engine.staff
        if options.verb == "list":
            show(options, [{"email": m.email, "role": m.role} for m in staff.members()], ("email", "role"))
            return
        if options.verb == "add":
            staff.add(options.email, options.role, _password())
        else:
            staff.remove(options.email)
        role = options.role if options.verb == "add" else ""
        engine.audit.write(engine.zone.iso(engine.clock.now()), _BY, f"staff {options.verb}", options.email, role)
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
