"""The staff tab: staff are added, changed and removed, and one operator always remains."""

from __future__ import annotations

from textual.widgets import Button

from metertui.screens.tables.table import Table
from tests.engine.book_changes import add_member
from tests.screens.company.helpers import TO_STAFF, WHO, field, leave, push, result
from tests.screens.town import Town, at_work, text_of


async def test_staff_come_and_go_but_an_operator_stays(office: Town) -> None:
    add_member(office.engine.staff, WHO, "operator", "old horse x")
    async with at_work(office, "f6", *TO_STAFF) as pilot:
        table = pilot.app.screen.query_one("#staff-table", Table)
        assert table.cells_of_row(0) == (WHO, "operator", "you")
        await pilot.press("enter")
        await push(pilot, "staff-remove")
        assert result(pilot) == f"! {WHO} is the last operator; make another one first"
        field(pilot, "staff-role").value = "government"
        await push(pilot, "staff-change")
        assert "is the last operator" in result(pilot)
        for name, value, said in (
            ("email", "ada", "! 'ada' is not an email address"),
            ("email", WHO, ""),
            ("email", "ada@example.com", ""),
            ("role", "boss", "! a role is one of operator, government"),
            ("role", "Operator", ""),
            ("password", "horse", "! a password has at least 10 characters"),
            ("password", "one horse town", ""),
            ("again", "two", "! The passwords differ."),
        ):
            assert await leave(pilot, f"staff-{name}", value) == said
            assert text_of(pilot, "#staff-check").startswith(f"{WHO} exists already" if value == WHO else "")
        await push(pilot, "staff-add")
        assert result(pilot) == "! The passwords differ."
        field(pilot, "staff-again").value = "one horse town"
        await push(pilot, "staff-add")
        assert result(pilot) == "ada@example.com may log in as operator"
        assert field(pilot, "staff-password").value == ""
        assert table.row_count == 2
        add = pilot.app.screen.query_one("#staff-add", Button)
        for email, label in (("ada@example.co", "Add"), ("ada@example.com", "Change role and password")):
            await leave(pilot, "staff-email", email)
            assert str(add.label) == label
        for name in ("password", "again"):
            field(pilot, f"staff-{name}").value = "two horses town"
        await push(pilot, "staff-add")
        assert result(pilot) == "ada@example.com now has the role operator and another password"
        assert str(add.label) == "Change role and password"
        field(pilot, "staff-email").value = WHO
        await push(pilot, "staff-remove")
        assert not office.app.sessions.role  # who has removed themselves is out
    assert [member.email for member in office.engine.staff.members()] == ["ada@example.com"]
    audit = [line.split("\t")[2:4] for line in (office.folder / "audit.log").read_text().splitlines()]
    assert audit == [*[["staff add", "ada@example.com"]] * 2, ["staff remove", WHO]]
