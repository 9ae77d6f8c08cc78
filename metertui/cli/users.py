"""`metertui users` and `metertui admins`: accounts and staff. No readings are opened for them."""

from __future__ import annotations

import argparse
import getpass
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from metertui import settings
from metertui.cli.data_folder import folder_of
from metertui.cli.delegate import perform
from metertui.cli.errors import UsageError
from metertui.cli.options import format_of
from metertui.cli.output import print_rows, print_warnings
from metertui.engine.accounts import AccountBook, StaffBook
from metertui.engine.attributes import ACCOUNT_FIELDS, ATTRIBUTES, DEVICE_FIELDS, FIELDS, NO_DEVICE
from metertui.engine.base import SiteZone
from metertui.engine.errors import MeterError
from metertui.engine.vee import EditLog, format_values, word_of

_FEW: Final = ("identifier", *FIELDS, "status", "registered")
_COLUMNS: Final = (*_FEW, *DEVICE_FIELDS)
_HISTORY_COLUMNS: Final = ("effective_from", *ATTRIBUTES, *DEVICE_FIELDS)
_EVENT_COLUMNS: Final = ("time", "what", "values", "who", "reason")


def list_accounts(options: argparse.Namespace) -> None:
    """Run `metertui users list`."""
    book, zone = _read_accounts(options)
    found = book.search(options.text, len(book)) if options.text else sorted(book, key=lambda account: account.meter)
    columns = _COLUMNS if any(account.device != NO_DEVICE for account in found) else _FEW
    print_rows(options, [account.as_row(zone) for account in found], columns)


def show_account(options: argparse.Namespace) -> None:
    """Run `metertui users show`."""
    book, zone = _read_accounts(options)
    account = book.get(options.meter)
    if account is None:
        raise MeterError(f"{options.meter} is not registered")
    history = [
        {"effective_from": zone.iso(since), **group._asdict(), **device._asdict()}
        for since, group, device in book.history_of(account.meter)
    ]
    edits = EditLog(folder_of(options), zone)
    edits.load()
    events = [
        {
            "time": zone.iso(event.decided),
            "what": word_of(event.kind),
            "values": format_values(event, zone),
            "who": event.who,
            "reason": event.reason,
        }
        for event in edits.history_of_meter(account.meter)
    ]
    form = format_of(options)
    if form == "json":
        everything = {**account.as_row(zone), "history": history, "events": events}
        print_rows(options, [everything], (*_COLUMNS, "history", "events"), one=True)
        return
    print_rows(options, [account.as_row(zone)], _COLUMNS, one=True)
    if form == "table":
        for rows, columns in ((history, _HISTORY_COLUMNS), (events, _EVENT_COLUMNS)):
            if rows:
                print()
                print_rows(options, rows, columns)


def change_account(options: argparse.Namespace) -> None:
    """Run `metertui users register`, `modify`, `deactivate` or `reactivate`."""
    given = {name: getattr(options, name, None) for name in ("meter", *ACCOUNT_FIELDS, "since", "reason")}
    arguments = {name: value for name, value in given.items() if value is not None}
    if options.verb == "modify" and not arguments.keys() & set(ACCOUNT_FIELDS):
        raise UsageError(f"nothing to change; the fields are {', '.join(ACCOUNT_FIELDS)}")
    row = perform(folder_of(options), f"users {options.verb}", arguments)
    print_rows(options, [row], _COLUMNS, one=True)


def _read_accounts(options: argparse.Namespace) -> tuple[AccountBook, SiteZone]:
    """Return the accounts of the data folder, read beside its owner, and the site zone. Raises MeterError."""
    data = _existing_folder(options)
    zone = settings.load(data).rules().zone
    book = AccountBook(data, zone)
    book.load()
    print_warnings(book.warnings)
    return book, zone


def _existing_folder(options: argparse.Namespace) -> Path:
    data = folder_of(options)
    if not data.is_dir():
        raise MeterError(f"there is no data folder {data}")
    return data


def list_staff(options: argparse.Namespace) -> None:
    """Run `metertui admins list`."""
    staff = StaffBook(_existing_folder(options))
    staff.load()
    rows = [{"email": member.email, "role": member.role} for member in staff.members()]
    print_rows(options, rows, ("email", "role"))


def add_member(options: argparse.Namespace) -> None:
    """Run `metertui admins add`. The password is hashed here: only its hash goes to the owner."""
    data = folder_of(options)
    member = StaffBook(data).make_member(options.email, options.role, _ask_password())
    perform(data, "admins add", asdict(member))
    _print_done(options, {"email": options.email, "role": options.role}, f"{options.email} added as {options.role}")


def remove_member(options: argparse.Namespace) -> None:
    """Run `metertui admins remove`."""
    perform(folder_of(options), "admins remove", {"email": options.email})
    _print_done(options, {"email": options.email}, f"{options.email} removed")


def _print_done(options: argparse.Namespace, row: dict[str, str], sentence: str) -> None:
    """Print what was done: as a sentence for people, else as a row."""
    if format_of(options) == "table":
        print(sentence)
    else:
        print_rows(options, [row], list(row), one=True)


def _ask_password() -> str:
    """Ask for a password twice on a terminal; read the first line of a pipe.

    It is never an argument, which other users of the machine could see. Raises MeterError.
    """
    if not sys.stdin.isatty():
        try:
            return sys.stdin.readline().rstrip("\r\n")
        except OSError as error:
            raise MeterError(f"cannot read standard input: {error.strerror or error}") from error
    password = getpass.getpass("password: ")
    if getpass.getpass("repeat the password: ") != password:
        raise MeterError("the passwords differ")
    return password
