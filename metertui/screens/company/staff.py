"""The staff tab: who may log in, and in which role."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Input, Static

from metertui.engine.accounts import Member, check_email, check_new_password, check_role
from metertui.engine.errors import MeterError
from metertui.screens.company.tab import Tab
from metertui.screens.fields import Field, labelled, refused_by
from metertui.screens.tables import Column, Table
from metertui.text import message

_COLUMNS: Final = (Column("email", 36), Column("role", 12), Column("logged in here", 14))
_FIELDS: Final = {
    "email": ("email", ""),
    "role": ("role", "operator or government"),
    "password": ("password", "to add an account or change its password; else leave empty"),
    "again": ("repeat", ""),
}


class StaffTab(Tab):
    """A table of staff, and a form that the selected row fills."""

    name_of = "staff"
    key = "6"
    heading = "Staff"
    first = "#staff-table"

    def __init__(self) -> None:
        super().__init__()
        self._members: list[Member] = []

    def compose(self) -> ComposeResult:
        yield Table(_COLUMNS, enter="Edit", id="staff-table")
        with VerticalScroll(id="staff-form", can_focus=False):
            for name, (label, hint) in _FIELDS.items():
                secret, check = name in ("password", "again"), getattr(self, f"_check_{name}")
                field = Field(id=f"staff-{name}", placeholder=hint, password=secret, compact=True, check=check)
                yield labelled(label, field)
            yield Static(id="staff-check", classes="check")
            with Horizontal(classes="buttons"):
                yield Button("Add", id="staff-add", variant="primary", compact=True)
                yield Button("Change role", id="staff-change", compact=True)
                yield Button("Remove", id="staff-remove", compact=True)

    def entered(self) -> None:
        self._list()

    def _list(self) -> None:
        self._members = self.headend.engine.staff.members()
        rows = [(member.email, member.role, "you" if member.email == self.who else "") for member in self._members]
        table = self.query_one("#staff-table", Table)
        table.show_rows(len(rows), lambda start, stop: rows[start:stop], table.cursor_row)
        table.styles.height = 1 + len(rows)  # with the form just below; the stylesheet says how high at most

    @on(Table.RowSelected, "#staff-table")
    def _fill_form(self, event: Table.RowSelected) -> None:
        event.stop()
        if event.row < 0:
            return
        member = self._members[event.row]
        self._field("email").value, self._field("role").value = member.email, member.role
        self._field("role").focus()

    def _field(self, name: str) -> Input:
        return self.query_one(f"#staff-{name}", Input)

    def _form(self) -> tuple[str, str, str, str]:
        email, role = (self._field(name).value.strip() for name in ("email", "role"))
        return email, role.lower(), self._field("password").value, self._field("again").value

    _check_email = staticmethod(refused_by(check_email))
    _check_role = staticmethod(refused_by(lambda text: check_role(text.lower())))

    def _check_password(self, password: str) -> str:
        return refused_by(partial(check_new_password, email=self._form()[0]))(password)

    def _check_again(self, again: str) -> str:
        return "" if again == self._field("password").value else "The passwords differ."

    @on(Input.Changed)
    def _check(self) -> None:
        """Say so where the account exists, also on the button, which then changes it."""
        email = self._form()[0]
        member = self.headend.engine.staff.member_of(email) if email else None
        said = f"{email} exists already, with the role {member.role}" if member is not None else ""
        self.query_one("#staff-check", Static).update(message(said))
        self.query_one("#staff-add", Button).label = "Add" if member is None else "Change role and password"

    @on(Button.Pressed, "#staff-add")
    def _add(self) -> None:
        email, role, password, again = self._form()
        if password != again:
            self.say("! The passwords differ.")
        elif not password:
            self.say("! Enter the password twice.")
        else:
            add, known = self.headend.staff.add, self.headend.engine.staff.member_of(email) is not None
            done = f"{email} now has the role {role} and another password" if known else f"{email} may log in as {role}"
            self._do(lambda: add(email, role, password, self.who), done)

    @on(Button.Pressed, "#staff-change")
    def _change(self) -> None:
        email, role, *_ = self._form()
        self._do(lambda: self.headend.staff.change_role(email, role, self.who), f"{email} now has the role {role}")

    @on(Button.Pressed, "#staff-remove")
    def _remove(self) -> None:
        email = self._form()[0]
        self._do(lambda: self.headend.staff.remove(email, self.who), f"{email} is removed")

    @work(exclusive=True, group="staff")
    async def _do(self, change: Callable[[], Coroutine[Any, Any, None]], done: str) -> None:
        try:
            await change()
        except MeterError as error:
            self.say(f"! {error}")
            return
        finally:
            for name in ("password", "again"):
                self._field(name).value = ""
        self.say(done)
        self._list()
        member = self.headend.engine.staff.member_of(self.who)
        if member is None or member.role != self.desk.sessions.role:
            self.desk.sessions.end()  # they removed their own role
