"""Staff accounts on a running engine: passwords are hashed in a thread, the file is written between two batches."""

from __future__ import annotations

from collections.abc import Callable

from metertui.engine.accounts import Member, StaffBook
from metertui.engine.errors import MeterError
from metertui.headend.jobs import Jobs
from metertui.headend.login_delays import LoginDelays


class Staff:
    """Adds, changes and removes members of staff, and checks their passwords."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._delays = LoginDelays()

    @property
    def _book(self) -> StaffBook:
        return self._jobs.engine.staff  # a read-only engine gets another one after each change

    async def put(self, member: Member, by: str) -> None:
        """Add a member of staff, or replace the one with the same email. Raises MeterError."""
        await self._change(lambda staff: staff.put_member(member))
        self._jobs.audit(by, "staff add", member.email, member.role)

    async def create_first(self, email: str, password: str) -> None:
        """Create the first member of staff, an operator. Raises MeterError, also if there is a member already."""
        if self._book.members():
            raise MeterError("there is a staff account already; its owner can create others on the company screen")
        member = await self._jobs.compute_at_once(self._book.make_member, email, "operator", password)
        await self.put(member, email)

    async def add(self, email: str, role: str, password: str, by: str) -> None:
        """Add a member of staff, or set the role and password of one. Raises MeterError if no operator would remain."""
        member = await self._jobs.compute_at_once(self._book.make_member, email, role, password)
        await self.put(member, by)

    async def change_role(self, email: str, role: str, by: str) -> None:
        """Set the role of a member of staff. Raises MeterError, also if no operator would remain."""
        member = self._book.member_of(email)
        if member is None:
            raise MeterError(f"there is no staff account {email}")
        await self._change(lambda staff: staff.put_member(Member(member.email, role, member.password_hash)))
        self._jobs.audit(by, "staff role", member.email, f"{role}, before {member.role}")

    async def remove(self, email: str, by: str) -> None:
        """Remove a member of staff. Raises MeterError, also if no operator would remain."""
        await self._change(lambda staff: staff.remove_member(email))
        self._jobs.audit(by, "staff remove", email, "")

    async def log_in(self, email: str, password: str) -> str | None:
        """Return the role of a member of staff, or None for a wrong name or password. Both are audited.

        Raises MeterError while the member has to wait because of failed attempts; nothing is tried then.
        """
        clock = self._jobs.engine.clock
        wait = self._delays.seconds_left(email, clock.monotonic())
        if wait:
            self._jobs.audit(email, "login refused", "", f"not tried, {wait} s to wait after failed attempts")
            raise MeterError(f"Too many failed attempts. Try again in {wait} s.")
        role = await self._jobs.compute_at_once(self._book.verify_password, email, password)
        self._delays.note_attempt(email, clock.monotonic(), failed=role is None)
        self._jobs.audit(email, "login" if role else "login refused", "", role or "")
        return role

    async def _change(self, change: Callable[[StaffBook], object]) -> None:
        await self._jobs.write_between_batches(change, self._book)
