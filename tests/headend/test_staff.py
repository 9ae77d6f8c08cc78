"""Staff on a running head-end: roles, passwords, and the audit of both."""

from __future__ import annotations

from typing import cast

import pytest

from metertui.engine.errors import MeterError
from metertui.headend.service import HeadEnd
from tests.clock import FakeClock


async def test_the_first_member_is_an_operator_and_there_is_one_first(desk: HeadEnd) -> None:
    await desk.staff.create_first("ada@example.com", "secret horse")
    assert await desk.staff.log_in("ada@example.com", "secret horse") == "operator"
    with pytest.raises(MeterError, match="there is a staff account already"):
        await desk.staff.create_first("eve@example.com", "secret horse")


async def test_a_role_changes_without_the_password(desk: HeadEnd) -> None:
    await desk.staff.create_first("ada@example.com", "secret horse")
    await desk.staff.add("bob@example.com", "government", "word horse", "ada@example.com")
    await desk.staff.change_role("bob@example.com", "operator", "ada@example.com")
    assert await desk.staff.log_in("bob@example.com", "word horse") == "operator"
    with pytest.raises(MeterError, match=r"there is no staff account eve@example\.com"):
        await desk.staff.change_role("eve@example.com", "operator", "ada@example.com")


async def test_one_operator_remains(desk: HeadEnd) -> None:
    await desk.staff.create_first("ada@example.com", "secret horse")
    await desk.staff.add("bob@example.com", "government", "word horse", "ada@example.com")
    with pytest.raises(MeterError):
        await desk.staff.remove("ada@example.com", "ada@example.com")
    with pytest.raises(MeterError):
        await desk.staff.change_role("ada@example.com", "government", "ada@example.com")
    await desk.staff.remove("bob@example.com", "ada@example.com")
    assert await desk.staff.log_in("bob@example.com", "word horse") is None


async def test_changes_and_logins_are_audited(desk: HeadEnd) -> None:
    await desk.staff.create_first("ada@example.com", "secret horse")
    await desk.staff.log_in("ada@example.com", "wrong")
    await desk.staff.log_in("ada@example.com", "secret horse")
    await desk.stop()
    lines = [line.split("\t")[1:] for line in (desk.engine.folder / "audit.log").read_text().splitlines()]
    assert lines[1:] == [
        ["ada@example.com", "staff add", "ada@example.com", "operator"],
        ["ada@example.com", "login refused", "", ""],
        ["ada@example.com", "login", "", "operator"],
    ]


async def test_guessing_is_slow_and_stands_in_the_audit_trail(desk: HeadEnd) -> None:
    clock = cast("FakeClock", desk.engine.clock)
    await desk.staff.create_first("ada@example.com", "secret horse")
    for _ in range(3):
        assert await desk.staff.log_in("ADA@example.com", "wrong") is None
    with pytest.raises(MeterError, match=r"Too many failed attempts. Try again in 2 s."):
        await desk.staff.log_in("ada@example.com", "secret horse")
    assert await desk.staff.log_in("bob@example.com", "wrong") is None
    clock.advance(2)
    assert await desk.staff.log_in("ada@example.com", "secret horse") == "operator"
    assert await desk.staff.log_in("ada@example.com", "wrong") is None
    assert await desk.staff.log_in("ada@example.com", "secret horse") == "operator"
    await desk.stop()
    actions = [line.split("\t")[1:5] for line in (desk.engine.folder / "audit.log").read_text().splitlines()]
    of_ada = [(action, detail) for who, action, _, detail in actions if who.casefold() == "ada@example.com"]
    assert of_ada == [
        ("staff add", "operator"),
        *[("login refused", "")] * 3,
        ("login refused", "not tried, 2 s to wait after failed attempts"),
        ("login", "operator"),
        ("login refused", ""),
        ("login", "operator"),
    ]


async def test_the_first_account_keeps_to_the_rule_for_passwords_and_a_stored_one_need_not(desk: HeadEnd) -> None:
    with pytest.raises(MeterError, match="at least 10 characters"):
        await desk.staff.create_first("ada@example.com", "secret")
    (desk.engine.folder / "admins.csv").write_text("email,password\nada@example.com,secret\n")
    desk.engine.staff.load()
    assert await desk.staff.log_in("ada@example.com", "secret") == "operator"
