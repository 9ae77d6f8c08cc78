"""Staff accounts on a running engine: passwords are hashed in a thread, the file is written between two batches."""

from __future__ import annotations

from collections.abc import Callable

from metertui.engine.accounts import Member, StaffBook
from metertui.engine.errors import MeterError
from metertui.headend.jobs import Hands


class Staffing:
    """Who adds, changes and removes members of staff, and lets them in."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    @property
    def _book(self) -> StaffBook:
        return self._hands.engine.staff  # a follower's is another one after each change

    async def put(self, member: Member, by: str) -> None:
        """See HeadEnd.put_member."""
        await self._change(lambda staff: staff.put(member))
        self._hands.note(by, "staff add", member.email, member.role)

    async def begin(self, email: str, password: str) -> None:
        """See HeadEnd.begin_staff."""
        if self._book.members():
            raise MeterError("there is a staff account already; who has it can make others on the company screen")
        member = await self._hands.work(self._book.member, email, "operator", password)
        await self.put(member, email)

    async def add(self, email: str, role: str, password: str, by: str) -> None:
        """See HeadEnd.add_member."""
        member = await self._hands.work(self._book.member, email, role, password)
        await self.put(member, by)

    async def change_role(self, email: str, role: str, by: str) -> None:
        """See HeadEnd.change_role."""
        member = self._book.get(email)
        if member is None:
            raise MeterError(f"{email} is not a member of staff")
        await self._change(lambda staff: staff.put(Member(member.email, role, member.password_hash)))
        self._hands.note(by, "staff role", member.email, f"{role}, before {member.role}")

    async def remove(self, email: str, by: str) -> None:
        """See HeadEnd.remove_member."""
        await self._change(lambda staff: staff.remove(email))
        self._hands.note(by, "staff remove", email, "")

    async def login(self, email: str, password: str) -> str | None:
        """See HeadEnd.login."""
        role = await self._hands.work(self._book.verify, email, password)
        self._hands.note(email, "login" if role else "login refused", "", role or "")
        return role

    async def _change(self, change: Callable[[StaffBook], object]) -> None:
        await self._hands.write_between(change, self._book)
