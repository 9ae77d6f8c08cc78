"""Accounts in time, and staff."""

from __future__ import annotations

from metertui.engine.accounts import account, account_files, account_history
from metertui.engine.accounts.account import Account, check_field, parse_effective
from metertui.engine.accounts.book import AccountBook, Change, Entry
from metertui.engine.accounts.passwords import check_new_password
from metertui.engine.accounts.search import Rows
from metertui.engine.accounts.staff import Member, StaffBook, check_email, check_role

__all__ = [
    "Account",
    "AccountBook",
    "Change",
    "Entry",
    "Member",
    "Rows",
    "StaffBook",
    "account",
    "account_files",
    "account_history",
    "check_email",
    "check_field",
    "check_new_password",
    "check_role",
    "parse_effective",
]
