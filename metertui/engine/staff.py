"""Staff accounts: `admins.csv`, passwords as argon2id hashes."""

from __future__ import annotations

import csv
import io
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from metertui.engine import files
from metertui.engine.errors import DataError, MeterError

ROLES: Final = ("operator", "government")
_HEADER: Final = ["email", "role", "password_hash"]


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

    def load(self, *, readonly: bool = False) -> None:
        """Read the file. One with plain passwords is rewritten with hashes, its people as operators.

        Raises DataError that names the line, StorageError, OSError.
        """
        if not self._path.exists():
            return
        lines = list(csv.reader(io.StringIO(self._path.read_text(encoding="utf-8-sig"))))
        header = [name.strip().lower() for name in lines[0]] if lines else _HEADER
        plain = "password" in header and "password_hash" not in header
        if "email" not in header or ("password_hash" not in header and not plain):
            raise DataError(self._path, 1, f"the header is not {','.join(_HEADER)}")
        for number, fields in enumerate(lines[1:], 2):
            if not any(fields):
                continue
            if len(fields) != len(header):
                raise DataError(self._path, number, f"{len(fields)} fields where the header has {len(header)}")
            row = dict(zip(header, fields, strict=True))
            role = row.get("role") or "operator"
            if role not in ROLES:
                raise DataError(self._path, number, f"the role is not one of {', '.join(ROLES)}")
            stored = self._hasher.hash(row["password"]) if plain else row["password_hash"]
            self._members[row["email"].casefold()] = Member(row["email"], role, stored)
        if plain and not readonly:
            self._save()

    def members(self) -> list[Member]:
        """Everyone, by email."""
        return sorted(self._members.values(), key=lambda member: member.email.casefold())

    def add(self, email: str, role: str, password: str) -> None:
        """Add a member, or give one another role and password. Raises MeterError, StorageError."""
        if "@" not in email or not email.isprintable() or email[0] in "=+-@" or any(c.isspace() for c in email):
            raise MeterError(f"{email!r} is no email address")
        if role not in ROLES:
            raise MeterError(f"a role is one of {', '.join(ROLES)}")
        if not password:
            raise MeterError("a password cannot be empty")
        self._members[email.casefold()] = Member(email, role, self._hasher.hash(password))
        self._save()

    def remove(self, email: str) -> None:
        """Remove a member. Raises MeterError, StorageError."""
        if self._members.pop(email.casefold(), None) is None:
            raise MeterError(f"{email} is not a member of staff")
        self._save()

    def verify(self, email: str, password: str) -> str | None:
        """The role of a member with this password, else None. Slow by design, for unknown names too. Any thread."""
        member = self._members.get(email.casefold())
        decoy = self._decoy  # made for known names too, so that the time taken tells nothing
        try:
            self._hasher.verify(member.password_hash if member else decoy, password)
        except (VerificationError, InvalidHashError):
            return None
        return member.role if member else None

    @cached_property
    def _decoy(self) -> str:
        """What the password of an unknown name is compared with. A hash costs 50 ms, so not before it is needed."""
        return self._hasher.hash(secrets.token_hex(16))

    def _save(self) -> None:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(_HEADER)
        writer.writerows((member.email, member.role, member.password_hash) for member in self.members())
        files.replace(self._path, out.getvalue().encode(), mode=0o600)
