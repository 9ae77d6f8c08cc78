"""Staff accounts: `admins.csv`, passwords as argon2id hashes."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from metertui.engine.accounts.passwords import check_new_password
from metertui.engine.errors import DataError, MeterError
from metertui.engine.storage import CsvTable, durable, encode_rows

ROLES: Final = ("operator", "government")
_HEADER: Final = ("email", "role", "password_hash")
_HASH: Final = re.compile(r"\$argon2id\$[-A-Za-z0-9+/=,$]{1,500}")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff. `role`: operator or government."""

    email: str
    role: str
    password_hash: str


class StaffBook:
    """`admins.csv` of a data folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "admins.csv"
        self._hasher = PasswordHasher()
        self._members: dict[str, Member] = {}
        self._plain = False

    def load(self) -> None:
        """Read the file. Plain passwords become hashes; members without a role become operators.

        The file stays as it is, see `mend`. Raises DataError that names the line, OSError.
        """
        table = CsvTable(self._path, ("email",), ("role", "password_hash", "password"))
        plain = "password" in table.names
        for line, cells in table.rows():
            if not plain and "password_hash" not in table.names:
                raise DataError(self._path, 1, f"the header is not {','.join(_HEADER)}")
            row = dict(zip(table.names, cells, strict=True))
            try:
                email, role = check_email(row["email"].strip()), row.get("role", "").strip().lower()
                role = check_role(role or ("operator" if plain else ""))
                password = row.get("password", "")
                if password.startswith("$argon2"):  # its column has lost its name; hashing it again would lose it
                    raise MeterError("the column password holds a hash; a hash belongs in password_hash")
                stored = row.get("password_hash") or self._hash(password)
            except MeterError as error:
                raise DataError(self._path, line, str(error)) from error
            if email.casefold() in self._members:
                raise DataError(self._path, line, f"{email} is listed twice")
            self._members[email.casefold()] = Member(email, role, stored)
        self._plain = plain

    def mend(self) -> None:
        """Replace plain passwords in the file by hashes. Raises StorageError."""
        if self._plain:
            self._save(self._members)
            self._plain = False

    def members(self) -> list[Member]:
        """Return all members, by email."""
        return sorted(self._members.values(), key=lambda member: member.email.casefold())

    def make_member(self, email: str, role: str, password: str) -> Member:
        """Return a new member with the password hashed, which is slow. Any thread.

        Raises MeterError, also for a password that is too easily guessed.
        """
        check_email(email), check_role(role)
        check_new_password(password, email)
        return Member(email, role, self._hash(password))

    def put_member(self, member: Member) -> None:
        """Add a member, or replace the one with the same email. The last operator must stay.

        Raises MeterError, StorageError.
        """
        check_email(member.email), check_role(member.role)
        if not _HASH.fullmatch(member.password_hash):
            raise MeterError("this is not an argon2id hash of a password")
        self._change({**self._members, member.email.casefold(): member}, member.email)

    def remove_member(self, email: str) -> None:
        """Remove a member. The last operator must stay. Raises MeterError, StorageError."""
        if email.casefold() not in self._members:
            raise MeterError(f"there is no staff account {email}")
        self._change({name: member for name, member in self._members.items() if name != email.casefold()}, email)

    def member_of(self, email: str) -> Member | None:
        """Return a member by the email, in any case."""
        return self._members.get(email.casefold())

    def verify_password(self, email: str, password: str) -> str | None:
        """Return the role of a member with this password, else None.

        Slow by design, for unknown names too. Any thread.
        """
        member = self._members.get(email.casefold())
        decoy = self._decoy  # made for known names too, so that the time taken tells nothing
        try:
            self._hasher.verify(member.password_hash if member else decoy, password)
        except (VerificationError, ValueError):  # ValueError: no hash, or no text
            return None
        return member.role if member else None

    @cached_property
    def _decoy(self) -> str:
        """Return the hash that passwords of unknown names are compared with.

        It costs 50 ms, so it is made when needed.
        """
        return self._hasher.hash(secrets.token_hex(16))

    def _hash(self, password: str) -> str:
        if not password:
            raise MeterError("a password cannot be empty")
        try:
            return self._hasher.hash(password)
        except UnicodeEncodeError as error:
            raise MeterError("a password is text; this one is not UTF-8") from error

    def _change(self, members: dict[str, Member], email: str) -> None:
        """Replace the staff after a change of `email`, unless that was the last operator."""
        before, after = (any(m.role == "operator" for m in each.values()) for each in (self._members, members))
        if before and not after:
            raise MeterError(f"{email} is the last operator; make another one first")
        self._save(members)

    def _save(self, members: dict[str, Member]) -> None:
        """Replace the staff on disk, then in memory."""
        rows = [(member.email, member.role, member.password_hash) for _, member in sorted(members.items())]
        durable.replace_file(self._path, encode_rows([_HEADER, *rows]), mode=0o600)
        self._members = members


def check_email(text: str) -> str:
    """Return an email address. Raises MeterError for what is none."""
    if "@" not in text or not text.isprintable() or text[0] in "=+-@" or " " in text:
        raise MeterError(f"{text!r} is not an email address")
    return text


def check_role(text: str) -> str:
    """Return a role. Raises MeterError for what is none."""
    if text not in ROLES:
        raise MeterError(f"a role is one of {', '.join(ROLES)}")
    return text
