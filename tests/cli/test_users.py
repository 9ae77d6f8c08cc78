"""Accounts and staff by command."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from metertui.cli import delegate
from metertui.engine.accounts.staff import StaffBook
from metertui.engine.storage.folder_lock import FolderLock
from tests.cli.conftest import Command


def test_an_account_from_its_beginning_to_its_end(metertui: Command, data: Path) -> None:
    made = metertui("users", "register", "m-1", "--region", "East", "--apartment-type", "4-room", "--format", "json")
    assert (made.code, made.json["region"], made.json["status"]) == (0, "East", "active")
    assert metertui("users", "modify", "m-1", "--region", "West").code == 0
    shown = metertui("users", "show", "m-1", "--format", "json").json
    assert (shown["region"], shown["apartment_type"]) == ("West", "4-room")
    assert [move["region"] for move in shown["history"]] == ["East", "West"]
    gone = metertui("users", "deactivate", "m-1", "--reason", "pulled down", "--format", "json")
    assert gone.json["status"] == "deactivated"
    assert metertui("users", "reactivate", "m-1", "--format", "json").json["status"] == "active"
    events = metertui("users", "show", "m-1", "--format", "json").json["events"]
    assert [(event["what"], event["reason"]) for event in events] == [("deactivate", "pulled down"), ("reactivate", "")]
    assert "pulled down" in metertui("users", "show", "m-1").out
    audit = [line.split("\t")[2:4] for line in (data / "audit.log").read_text().splitlines()]
    assert audit == [[verb, "m-1"] for verb in ("register", "modify", "deactivate", "reactivate")]


def test_a_move_can_be_entered_late(metertui: Command, data: Path) -> None:
    data.mkdir()
    header = "identifier,address,region,sub_region,postcode,apartment_type,status,registered\n"
    (data / "users.csv").write_text(f"{header}m-1,,East,,,,active,2025-01-01T00:00:00Z\n")
    assert metertui("users", "modify", "m-1", "--region", "West", "--from", "2025-03-01").code == 0
    assert metertui("users", "modify", "m-1", "--region", "North", "--from", "2025-03-02 12:30").code == 0
    shown = metertui("users", "show", "m-1", "--format", "json").json["history"]
    assert [(move["effective_from"][:19], move["region"]) for move in shown] == [
        (shown[0]["effective_from"][:19], "East"),
        ("2025-03-01T00:00:00", "West"),
        ("2025-03-02T12:30:00", "North"),
    ]
    for since, why in (
        ("2190-01-01", "is in the future"),
        ("2025-02-30", "is not a date of the calendar"),
        ("soon", "a timestamp is like"),
    ):
        result = metertui("users", "modify", "m-1", "--region", "South", "--from", since)
        assert result.code == 1
        assert why in result.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("register m-1", "registered already"),
        ("register _x", "a meter id is 1 to 32"),
        ("register m-2 --region =cmd()", "a spreadsheet would read as a formula"),
        ("modify m-9 --region East", "m-9 is not registered"),
        ("reactivate m-1", "active already"),
    ],
)
def test_an_error_names_what_cannot_be(metertui: Command, words: str, why: str) -> None:
    metertui("users", "register", "m-1")
    result = metertui("users", *words.split())
    assert result.code == 1
    assert why in result.err


def test_a_list_is_in_order_and_can_be_searched(metertui: Command) -> None:
    for meter in ("m-2", "m-1", "other"):
        metertui("users", "register", meter, "--address", f"{meter} Street")
    assert [row["identifier"] for row in metertui("users", "list", "--format", "json").json] == ["m-1", "m-2", "other"]
    assert [row["identifier"] for row in metertui("users", "list", "OTHER", "--format", "json").json] == ["other"]


def test_text_from_outside_cannot_steer_the_terminal(metertui: Command, data: Path) -> None:
    data.mkdir()
    header = "identifier,address,region,sub_region,postcode,apartment_type\n"
    (data / "users.csv").write_text(f"{header}m-1,a\x1b[2Jb,,,,\n")
    assert "a␛[2Jb" in metertui("users", "list").out


def test_text_from_outside_is_no_formula_in_a_spreadsheet(metertui: Command, data: Path) -> None:
    data.mkdir()
    header = "identifier,address,region,sub_region,postcode,apartment_type\n"
    (data / "users.csv").write_text(f"{header}m-1,=1+1,,,,\n")
    assert metertui("users", "list", "--format", "csv").out.splitlines()[1].startswith("m-1,'=1+1,")
    assert metertui("users", "list", "--format", "json").json[0]["address"] == "=1+1"


def test_an_owned_folder_is_read_but_not_written(
    metertui: Command, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delegate, "PATIENCE_SECONDS", 0.0)
    metertui("users", "register", "m-1")
    lock = FolderLock(data)
    lock.acquire()
    result = metertui("users", "register", "m-2")
    assert (result.code, result.out) == (1, "")
    assert "is in use by another metertui" in result.err
    assert result.err.count("\n") == 1
    assert metertui("users", "show", "m-1").code == 0
    lock.release()


def test_a_password_comes_from_a_pipe_never_from_the_words(
    metertui: Command, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hunter of horses\nsecret horse\nanother horse\nshort\n"))
    assert metertui("admins", "add", "a@b.example", "--role", "government").code == 0
    staff = StaffBook(data)
    staff.load()
    assert staff.verify_password("a@b.example", "hunter of horses") == "government"
    assert "hunter" not in (data / "audit.log").read_text()
    assert metertui("admins", "list", "--format", "json").json == [{"email": "a@b.example", "role": "government"}]
    assert metertui("admins", "remove", "a@b.example").code == 0
    assert metertui("admins", "list", "--format", "csv").out == "email,role\n"
    assert metertui("admins", "add", "b@b.example", "--role", "operator").code == 0
    for lose in (("remove", "b@b.example"), ("add", "b@b.example", "--role", "government")):
        refused = metertui("admins", *lose)
        assert (refused.code, refused.err) == (
            1,
            "metertui: b@b.example is the last operator; make another one first\n",
        )
    assert metertui("admins", "list", "--format", "csv").out == "email,role\nb@b.example,operator\n"


@pytest.mark.parametrize("password", ["", "short", "Password123\n"])
def test_a_password_that_is_easily_guessed_is_refused(
    metertui: Command, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(password))
    result = metertui("admins", "add", "a@b.example", "--role", "operator")
    assert result.code == 1
    assert "password" in result.err


@pytest.mark.parametrize(
    "words",
    [
        "users register m-2",
        "users list",
        "users show m-1",
        "users modify m-1 --region West",
        "users deactivate m-1",
        "admins list",
        "admins add a@b.example --role operator",
    ],
)
def test_commands_about_accounts_and_staff_open_no_readings(
    metertui: Command, data: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("secret horse\n"))
    metertui("users", "register", "m-1")
    (data / "archive" / "2025").mkdir(parents=True)
    (data / "archive" / "2025" / "01_01.csv").write_text("not a day file\n")
    (data / "log.txt").write_text("not a reading\nnor this\n")
    assert metertui("usage", "m-1").code == 1  # it reads them
    assert metertui(*words.split()).code == 0
    assert (data / "log.txt").read_text() == "not a reading\nnor this\n"
