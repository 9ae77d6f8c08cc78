"""The control socket: malformed requests, clients that disconnect, limits, and its stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import socket
from pathlib import Path

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.core.engine import Engine
from metertui.headend.service import HeadEnd
from metertui.server import control, owner_commands, socket_file
from metertui.server.control import ControlSocket
from metertui.server.control_protocol import MAX_LINE_BYTES, Request
from tests.clock import FakeClock
from tests.patience import PATIENCE, until
from tests.server.control_client import exchange, send_command


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
        (b'{"do":"' + b"x" * MAX_LINE_BYTES + b'"}\n', "must not exceed"),
    ],
)
async def test_bad_input_is_answered_with_one_clear_error(folder: Path, owner: HeadEnd, line: bytes, why: str) -> None:
    (reply,) = await asyncio.to_thread(exchange, folder, line)
    assert why in reply["error"]


async def test_an_incomplete_request_is_not_run(folder: Path, owner: HeadEnd) -> None:
    assert await asyncio.to_thread(exchange, folder, b'{"do":"users register","with":{"meter":"m-1"}}') == []
    assert "m-1" not in owner.engine.accounts


async def test_a_command_runs_though_its_client_has_disconnected(folder: Path, owner: HeadEnd) -> None:
    with socket_file.connect(folder) as connection:
        await asyncio.to_thread(connection.recv, 100)
        connection.sendall(b'{"do":"users register","with":{"meter":"m-1"}}\n')
    await until(lambda: "m-1" in owner.engine.accounts)


async def test_a_defect_is_one_sentence_and_the_next_command_goes_on(
    folder: Path, owner: HeadEnd, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def defective(call: owner_commands.Call) -> object:
        call.progress(0.5)
        raise ZeroDivisionError

    monkeypatch.setitem(owner_commands.COMMANDS, "close", owner_commands.Command(defective))
    replies = await asyncio.to_thread(exchange, folder, b'{"do":"close"}\n')
    assert replies == [
        {"progress": 0.5},
        {"error": "the command failed in the process that owns the folder; see its log"},
    ]
    assert "ZeroDivisionError" in caplog.text
    assert "result" in await send_command(folder, "users register", meter="m-1")


async def test_too_many_commands_are_refused(folder: Path, owner: HeadEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_COMMANDS", 0)
    assert "try again later" in (await send_command(folder, "close"))["error"]


async def test_connections_without_a_request_do_not_block_commands(folder: Path, owner: HeadEnd) -> None:
    with contextlib.ExitStack() as idle:
        clients = [idle.enter_context(socket_file.connect(folder)) for _ in range(control._WAITING)]
        for client in clients:
            client.settimeout(PATIENCE)
            assert await asyncio.to_thread(client.recv, 100) == b'{"accepted":true}\n'
        assert "result" in await send_command(folder, "status")
        said = await asyncio.to_thread(clients[0].recv, 1000)
        assert json.loads(said) == {"error": "too many other commands wait; try again later"}
        clients[1].sendall(b'{"do":"status"}\n')
        assert b'"result"' in await asyncio.to_thread(clients[1].recv, 100_000)


async def test_a_request_is_sent_only_to_an_owner_that_has_accepted(tmp_path: Path) -> None:
    with socket_file.bind(tmp_path) as bound:
        bound.listen()  # as a process that is stopped still does
        bound.settimeout(PATIENCE)
        asking = asyncio.create_task(control.send_request(tmp_path, Request("status", {})))
        queued, _ = await asyncio.to_thread(bound.accept)
        with queued:
            await asyncio.wait([asking], timeout=0)
            asking.cancel()
            await asyncio.wait([asking])
            assert queued.recv(100) == b""


async def test_a_silent_client_times_out(folder: Path, owner: HeadEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_TIMEOUT_SECONDS", 0.01)
    (reply,) = await asyncio.to_thread(exchange, folder, b"{", end=False)
    assert reply == {"error": "no request came in time"}


async def test_stopping_waits_for_commands_but_not_for_silent_clients(
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
        accepted = b'{"accepted":true}\n'
        assert await asyncio.to_thread(idle.recv, 1000) == await asyncio.to_thread(asking.recv, 1000) == accepted
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
async def test_a_request_during_the_stop_gets_a_whole_reply_or_none(tmp_path: Path, turns: int) -> None:
    headend = HeadEnd(Engine.open(tmp_path, Rules(), FakeClock("2025-03-12T10:40:00")))
    served = ControlSocket(headend)
    await headend.start()
    await served.start()
    with socket_file.connect(tmp_path) as asking, asking.makefile("rb") as answer:
        asking.settimeout(PATIENCE)
        asking.sendall(b'{"do":"status"}\n')
        for _ in range(turns):  # of the loop: accepting takes it some
            await asyncio.sleep(0)
        await served.stop()
        await headend.stop()
        with contextlib.suppress(ConnectionResetError):
            said = (await asyncio.to_thread(answer.read)).splitlines()
            assert said[1:] == [] or "result" in json.loads(said[1])
    gc.collect()


async def test_a_file_system_without_sockets_is_served_without_one(
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
