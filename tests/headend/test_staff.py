"""Staff on a running head-end: roles, passwords, and the audit of both."""

from __future__ import annotations

import pytest

from metertui.engine.errors import MeterError
from metertui.headend.service import HeadEnd


async def test_the_first_member_is_an_operator_and_there_is_one_first(desk: HeadEnd) -> None:
    await desk.staff.create_first("ada@example.com", "secret")
    assert await desk.staff.log_in("ada@example.com", "secret") == "operator"
    with pytest.raises(MeterError, match="there is a staff account already"):
        await desk.staff.create_first("eve@example.com", "secret")


async def test_a_role_changes_without_the_password(desk: HeadEnd) -> None:
    await desk.staff.create_first("ada@example.com", "secret")
    await desk.staff.add("bob@example.com", "government", "word", "ada@example.com")
    await desk.staff.change_role("bob@example.com", "operator", "ada@example.com")
    assert await desk.staff.log_in("bob@example.com", "word") == "operator"
    with pytest.raises(MeterError, match=r"there is no staff account eve@example\.com"):
        await desk.staff.change_role("eve@example.com", "operator", "ada@example.com")


async def test_one_operator_remains(desk: HeadEnd) -> None:
    await desk.staff.create_first("ada@example.com", "secret")
    await desk.staff.add("bob@example.com", "government", "word", "ada@example.com")
    with pytest.raises(MeterError):
        await desk.staff.remove("ada@example.com", "ada@example.com")
    with pytest.raises(MeterError):
        await desk.staff.change_role("ada@example.com", "government", "ada@example.com")
    await desk.staff.remove("bob@example.com", "ada@example.com")
    assert await desk.staff.log_in("bob@example.com", "word") is None


async def test_changes_and_logins_are_audited(desk: HeadEnd) -> None:
    await desk.staff.create_first("ada@example.com", "secret")
    await desk.staff.log_in("ada@example.com", "wrong")
    await desk.staff.log_in("ada@example.com", "secret")
    await desk.stop()
    lines = [line.split("\t")[1:] for line in (desk.engine.folder / "audit.log").read_text().splitlines()]
    assert lines[1:] == [
        ["ada@example.com", "staff add", "ada@example.com", "operator"],
        ["ada@example.com", "login refused", "", ""],
        ["ada@example.com", "login", "", "operator"],
    ]
