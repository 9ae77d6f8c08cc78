"""Changes of accounts and staff in one step, for tests; the head-end takes the same steps apart, beside ingest."""

from __future__ import annotations

from collections.abc import Mapping

from metertui.engine.accounts.account import Account
from metertui.engine.accounts.book import AccountBook, Change
from metertui.engine.accounts.staff import StaffBook


def modify(book: AccountBook, meter: str, fields: Mapping[str, str], now: int, since: int | None = None) -> Account:
    """Change some fields of an account from `since` on (µs UTC; `now` if None)."""
    return _make(book, book.plan_change(meter, fields, now, since))


def deactivate(book: AccountBook, meter: str) -> Account:
    return _make(book, book.plan_activity(meter, active=False))


def reactivate(book: AccountBook, meter: str) -> Account:
    return _make(book, book.plan_activity(meter, active=True))


def add_member(staff: StaffBook, email: str, role: str, password: str) -> None:
    """Add a member of staff, or change role and password of one."""
    staff.put_member(staff.make_member(email, role, password))


def _make(book: AccountBook, change: Change) -> Account:
    book.commit_change(book.draft_change(book.standing(), change))
    return change.accounts[0]
