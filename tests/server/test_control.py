"""The socket in a data folder, and what its table does."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import socket
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import SiteZone
from metertui.engine.billing.tariffs import COLUMNS
from metertui.engine.core.engine import Engine
from metertui.engine.storage.audit_log import local_user_name
from metertui.headend.service import HeadEnd
from metertui.server import control, owner_commands, socket_file
from metertui.server.control import ControlSocket
from tests.clock import FakeClock

Say = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
async def owner(folder: Path) -> AsyncIterator[HeadEnd]:
    headend = HeadEnd(Engine.open(folder, Rules(zone=SiteZone("Asia/Singapore")), FakeClock("2025-03-12T10:40:00")))
    served = ControlSocket(headend)
    await headend.start()
    await served.start()
    yield headend
    await served.stop()
    await headend.stop()
    assert not (folder / ".control").exists()
    assert {task.get_name() for task in asyncio.all_tasks()} == {asyncio.current_task().get_name()}  # type: ignore[union-attr]


def raw(folder: Path, data: bytes, *, end: bool = True) -> list[dict[str, Any]]:
    with socket_file.connect(folder) as connection:
        connection.settimeout(10)
        with contextlib.suppress(BrokenPipeError):
            connection.sendall(data)
            if end:
                connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as replies:
            return [json.loads(line) for line in replies]


async def say(folder: Path, do: str, **given: object) -> Any:
    line = json.dumps({"do": do, "with": given}).encode() + b"\n"
    (*_, last) = await asyncio.to_thread(raw, folder, line)
    return last


async def test_accounts_are_changed_in_the_running_engine(folder: Path, owner: HeadEnd) -> None:
    made = await say(folder, "users register", meter="m-1", region="East")
    assert made["result"] == {
        "identifier": "m-1",
        "address": "",
        "region": "East",
        "sub_region": "",
        "postcode": "",
        "apartment_type": "",
        "status": "active",
        "registered": "2025-03-12T10:40:00+08:00",
    }
    assert (await owner.store_reading("m-1", "5", None, "test")).kind == "ok"
    assert (await say(folder, "users modify", meter="m-1", region="West"))["result"]["region"] == "West"
    assert (await say(folder, "users deactivate", meter="m-1"))["result"]["status"] == "deactivated"
    assert (await owner.store_reading("m-1", "6", None, "test")).code == "deactivated"
    assert (await say(folder, "users reactivate", meter="m-1"))["result"]["status"] == "active"
    assert (await say(folder, "users reactivate", meter="m-1")) == {"error": "m-1 is active already"}
    assert (await say(folder, "users register", meter="m-1")) == {"error": "m-1 is registered already"}
    assert (await say(folder, "close"))["result"]["readings"] == 1
    await asyncio.wrap_future(owner._jobs.append(bool))  # the notes are written
    audit = [line.split("\t")[1:4] for line in (folder / "audit.log").read_text().splitlines()]
    me = local_user_name(os.getuid())
    assert [entry for entry in audit if entry[0] != "test"] == [
        [me, verb, "m-1"] for verb in ("register", "modify", "deactivate", "reactivate")
    ] + [[me, "close", ""]]


async def test_staff_by_their_hash(folder: Path, owner: HeadEnd) -> None:
    member = owner.engine.staff.member("a@b.example", "operator", "secret")
    given = {"email": member.email, "role": member.role, "password_hash": member.password_hash}
    assert await say(folder, "admins add", **given) == {"result": None}
    assert await owner.staff.log_in("a@b.example", "secret") == "operator"
    for bad in ({"password_hash": "secret"}, {"role": "king"}, {"email": "nobody"}, {"role": 5}):
        assert "error" in await say(folder, "admins add", **{**given, **bad})
    last = "a@b.example is the last operator; make another one first"
    assert await say(folder, "admins remove", email="a@b.example") == {"error": last}
    assert await say(folder, "admins add", **{**given, "email": "b@b.example"}) == {"result": None}
    assert await say(folder, "admins remove", email="a@b.example") == {"result": None}
    assert await owner.staff.log_in("a@b.example", "secret") is None
    assert "error" in await say(folder, "admins remove", email="a@b.example")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"READ m-1 5\n", "one line of JSON"),
        (b'{"do":"rm"}\n', "does not know this command"),
        (b'{"do":"users register"}\n', "meter must be a string"),
        (b'{"do":"decide"}\n', "decisions must be a list"),
        (
            b'{"do":"decide","with":{"decisions":[{"what":"void","meter":"m","at":"now"}]}}\n',
            "a decision has the fields what",
        ),
        (b'{"do":"users register","with":{"meter":["m-1"]}}\n', "meter must be a string"),
        (b'{"do":"' + b"x" * control.MAX_LINE_BYTES + b'"}\n', "must not exceed"),
    ],
)
async def test_bad_input_is_answered_with_one_clear_error(folder: Path, owner: HeadEnd, line: bytes, why: str) -> None:
    (reply,) = await asyncio.to_thread(raw, folder, line)
    assert why in reply["error"]


async def test_a_client_that_leaves_before_its_line_ends_has_asked_for_nothing(folder: Path, owner: HeadEnd) -> None:
    assert await asyncio.to_thread(raw, folder, b'{"do":"users register","with":{"meter":"m-1"}}') == []
    assert "m-1" not in owner.engine.accounts


async def test_a_client_that_does_not_wait_has_what_it_asked_for_done(folder: Path, owner: HeadEnd) -> None:
    with socket_file.connect(folder) as connection:
        connection.sendall(b'{"do":"users register","with":{"meter":"m-1"}}\n')
    while "m-1" not in owner.engine.accounts:
        await asyncio.sleep(0.001)


async def test_a_defect_is_one_sentence_and_the_next_command_goes_on(
    folder: Path, owner: HeadEnd, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def defective(call: owner_commands.Call) -> object:
        call.progress(0.5)
        raise ZeroDivisionError

    monkeypatch.setitem(owner_commands.COMMANDS, "close", owner_commands.Command(defective))
    replies = await asyncio.to_thread(raw, folder, b'{"do":"close"}\n')
    assert replies == [
        {"progress": 0.5},
        {"error": "the command failed in the process that owns the folder; see its log"},
    ]
    assert "ZeroDivisionError" in caplog.text
    assert "result" in await say(folder, "users register", meter="m-1")


async def test_too_many_at_once_are_told(folder: Path, owner: HeadEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_CONNECTIONS", 0)
    assert "try again later" in (await say(folder, "close"))["error"]


async def test_who_says_nothing_is_not_waited_for(
    folder: Path, owner: HeadEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_TIMEOUT_SECONDS", 0.01)
    (reply,) = await asyncio.to_thread(raw, folder, b"{", end=False)
    assert reply == {"error": "no request came in time"}


async def test_the_end_waits_for_work_but_not_for_who_has_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(call: owner_commands.Call) -> object:
        begun.set()
        await go.wait()
        return "done"

    monkeypatch.setitem(owner_commands.COMMANDS, "close", owner_commands.Command(slow))
    headend = HeadEnd(Engine.open(tmp_path, Rules(), FakeClock("2025-03-12T10:40:00")))
    served = ControlSocket(headend)
    await headend.start()
    await served.start()
    with socket_file.connect(tmp_path) as idle, socket_file.connect(tmp_path) as asking:
        asking.sendall(b'{"do":"close"}\n')
        await begun.wait()
        ending = asyncio.create_task(served.stop())
        assert await asyncio.to_thread(idle.recv, 1000) == b""
        assert not ending.done()
        go.set()
        await ending
        assert asking.recv(1000) == b'{"result":"done"}\n'
    await headend.stop()


@pytest.mark.parametrize("turns", range(8))
async def test_who_asks_while_it_ends_has_the_whole_answer_or_none(tmp_path: Path, turns: int) -> None:
    headend = HeadEnd(Engine.open(tmp_path, Rules(), FakeClock("2025-03-12T10:40:00")))
    served = ControlSocket(headend)
    await headend.start()
    await served.start()
    with socket_file.connect(tmp_path) as asking, asking.makefile("rb") as answer:
        asking.settimeout(10)
        asking.sendall(b'{"do":"status"}\n')
        for _ in range(turns):  # of the loop: accepting takes it some
            await asyncio.sleep(0)
        await served.stop()
        await headend.stop()
        with contextlib.suppress(ConnectionResetError):
            line = await asyncio.to_thread(answer.read)
            assert line == b"" or "result" in json.loads(line)
    gc.collect()


@pytest.mark.parametrize("folder", [Path("short"), Path("deep") / ("x" * 100) / ("y" * 100)])
def test_only_the_owner_of_the_folder_may_connect_however_long_its_path(tmp_path: Path, folder: Path) -> None:
    where = tmp_path / folder
    where.mkdir(parents=True)
    (where / ".control").write_text("what a killed process left")
    with socket_file.bind(where) as bound:
        assert stat.S_IMODE((where / ".control").stat().st_mode) == 0o600
        with pytest.raises(ConnectionRefusedError):
            socket_file.connect(where)
        bound.listen()
        with socket_file.connect(where):
            bound.accept()[0].close()
    socket_file.bind(where).close()  # what is left is replaced
    socket_file.remove(where)
    with pytest.raises(FileNotFoundError):
        socket_file.connect(where)


async def test_a_folder_that_takes_no_socket_is_served_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(folder: Path) -> socket.socket:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket_file, "bind", refuse)
    headend = HeadEnd(Engine.open(tmp_path, Rules(), FakeClock("2025-03-12T10:40:00")))
    served = ControlSocket(headend)
    await served.start()
    await served.stop()
    await headend.stop()
    assert "commands cannot reach this process" in caplog.text


async def test_bills_are_issued_by_the_owner(folder: Path, owner: HeadEnd) -> None:
    await say(folder, "users register", meter="m-1")
    assert await say(folder, "bill issue", month="2025-02") == {
        "error": "there is no tariffs.csv: what has no price is not issued"
    }
    (folder / "tariffs.csv").write_text(",".join(COLUMNS) + "\n2025-01-01,,,,,20,9\n")
    done = await say(folder, "bill issue", month="2025-02")
    assert done["result"] == {"new": 1, "changes": 0, "bills": 1, "sums": "0 kWh, net 0.00, tax 0.00, total 0.00 SGD"}
    assert (await say(folder, "bill issue", month="2025-02"))["result"]["new"] == 0
    assert "is not over" in (await say(folder, "bill issue", month="2025-03"))["error"]
    assert owner.engine.bills.issued_months() == ["2025-02"]
    await owner.stop()
    assert f"\t{local_user_name(os.getuid())}\tissue\t2025-02\t1 bills" in (folder / "audit.log").read_text()
