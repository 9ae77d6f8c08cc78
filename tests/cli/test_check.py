"""`metertui check --repair`: what every command refuses is set aside, said, and then all goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.storage.folder_lock import FolderLock
from tests.cli.conftest import Command

DAY = "archive/2025/03_01.csv"
NO_READING = "a reading is digits with an optional decimal part, in kWh, like 144.5"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.fixture
def broken(steady: Command, data: Path) -> Path:
    """The folder of the steady meter, which anything opens, and then nothing any more."""
    assert steady("users", "register", "m-2").code == 0
    edit(data / DAY, "T01:00:00+08:00,1721", "T01:00:00+08:00,17e2")
    edit(data / "users.csv", "m-2,", "m-1,")
    return data


def test_a_broken_folder_is_refused_repaired_and_goes_on(steady: Command, broken: Path) -> None:
    refused = steady("users", "register", "m-3")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == f"metertui: {broken}/users.csv:3: m-1 is listed twice\n"
    assert steady("check").code == 1

    mended = steady("check", "--repair")
    assert mended.out.splitlines()[:4] == [
        "users.csv: 1 line set aside in users.csv.rejected, 1 kept",
        "users.csv:3: m-1 is listed twice",
        f"{DAY}: 1 line set aside in {DAY}.rejected, 47 kept",
        f"{DAY}:4: {NO_READING}",
    ]
    assert mended.out.splitlines()[4].split() == ["check", "count", "problems"]
    assert (mended.code, mended.err) == (0, "")
    assert (broken / f"{DAY}.rejected").read_text() == "m-1,2025-03-01T01:00:00+08:00,17e2\n"
    assert (broken / "users.csv.rejected").read_text().startswith("m-1,")

    assert steady("users", "register", "m-3").code == 0
    month = steady("usage", "m-1", "last_month", "--at", "2025-04-01T00:00", "--format", "json").json
    assert (month["usage_kwh"], month["readings"]) == (274.5, 11 * 48 + 21 - 1)
    again = steady("check", "--repair")
    assert again.out.startswith("nothing to repair\n")
    assert again.code == 0


@pytest.mark.parametrize("form", ["json", "csv"])
def test_what_programs_read_is_as_without_a_repair(steady: Command, broken: Path, form: str) -> None:
    mended = steady("check", "--repair", "--format", form)
    assert mended.code == 0
    assert f"{DAY}:4: {NO_READING}\n" in mended.err
    assert mended.out == steady("check", "--format", form).out


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        (
            "users.csv",
            "identifier,address,region,sub_region,apartment_type\nm-1,,,,\n",
            "users.csv:1: the header",
        ),
        ("settings.toml", "port = \n", "settings.toml: Invalid value (at line 1, column 8)"),
    ],
)
def test_what_leaving_lines_out_cannot_mend_is_one_line(
    steady: Command, broken: Path, name: str, text: str, why: str
) -> None:
    (broken / name).write_text(text)
    before = (broken / DAY).read_bytes()
    result = steady("check", "--repair")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"metertui: {broken}/{why}")
    assert result.err.count("\n") == 1
    assert (broken / name).read_text() == text
    assert (broken / DAY).read_bytes() == before


def test_staff_accounts_are_reported_and_not_repaired(steady: Command, data: Path) -> None:
    (data / "admins.csv").write_text("email,role,password_hash\na@b,nobody,h\n")
    result = steady("check", "--repair")
    assert result.code == 1
    assert result.out.startswith("nothing to repair\n")
    assert result.err == f"{data}/admins.csv:2: a role is one of operator, government\n"


def test_a_folder_in_use_is_not_repaired(steady: Command, broken: Path) -> None:
    before = (broken / "users.csv").read_bytes()
    owner = FolderLock(broken)
    owner.acquire()
    result = steady("check", "--repair")
    owner.release()
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"metertui: the data folder {broken} is in use by another metertui")
    assert result.err.count("\n") == 1
    assert (broken / "users.csv").read_bytes() == before
