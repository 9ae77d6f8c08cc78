"""A lost port is noticed by the next check, reported and opened again; connections are not affected."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from metertui.server.listener import Listener
from tests.patience import until
from tests.server.loopback import connect, say, serving


def sockets(listener: Listener) -> list[socket.socket]:
    server = listener._port._server
    assert server is not None
    return list(server.sockets)


def closed(listener: Listener) -> None:
    os.close(sockets(listener)[0].fileno())


def shut(listener: Listener) -> None:
    with socket.socket(fileno=os.dup(sockets(listener)[0].fileno())) as twin:
        twin.shutdown(socket.SHUT_RDWR)


def given_up(listener: Listener) -> None:
    server = listener._port._server
    assert server is not None
    server.close()


@pytest.mark.parametrize("lose", [closed, shut, given_up])
async def test_a_lost_port_is_opened_again_by_the_next_check(lose: Callable[[Listener], None]) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # of accepting what is shut
    async with serving() as (headend, listener):
        reader, writer = await connect(listener)
        await until(lambda: headend.connections == 1)
        before = listener.port
        lose(listener)
        assert listener._port.lost
        await listener.check_port()
        assert (headend.port_error, listener.port) == ("", before)
        assert await say(listener, b"PING\n") == b"OK\n"
        writer.write(b"PING\n")
        assert await reader.readline() == b"OK\n"
        writer.close()


async def test_a_port_taken_by_another_program_is_reported_until_it_is_free() -> None:
    async with serving() as (headend, listener):
        reader, writer = await connect(listener)
        await until(lambda: headend.connections == 1)
        with socket.socket() as other:
            closed(listener)
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", listener.port))
            other.listen()
            for _ in range(2):
                await listener.check_port()
                why = "the port is in use by another program; trying again every second"
                assert headend.port_error == f"cannot listen on 127.0.0.1:{listener.port}: {why}"
            writer.write(b"PING\n")
            assert await reader.readline() == b"OK\n"
        await listener.check_port()
        assert headend.port_error == ""
        assert await say(listener, b"PING\n") == b"OK\n"
        writer.close()


@pytest.mark.parametrize("turns", range(6))
async def test_a_client_accepted_while_the_port_closes_is_connected_or_refused(turns: int) -> None:
    async with serving() as (headend, listener):
        with socket.create_connection(("127.0.0.1", listener.port)) as client:
            for _ in range(turns):  # of the loop: accepting takes it some
                await asyncio.sleep(0)
            await listener._port.close()
            for _ in range(6):
                await asyncio.sleep(0)
            assert headend.connections == headend.connections_total == (turns >= 2)
            await listener.check_port()
            client.setblocking(False)
            if headend.connections:
                await asyncio.get_running_loop().sock_sendall(client, b"PING\n")
                assert await asyncio.get_running_loop().sock_recv(client, 10) == b"OK\n"
        gc.collect()


async def test_a_reused_descriptor_is_not_closed(tmp_path: Path) -> None:
    async with serving() as (headend, listener):
        number = sockets(listener)[0].fileno()
        with (tmp_path / "file").open("wb") as file:
            os.dup2(file.fileno(), number)
        try:
            await listener.check_port()
            gc.collect()
            os.write(number, b"mine")
            assert headend.port_error == ""
            assert await say(listener, b"PING\n") == b"OK\n"
        finally:
            os.close(number)


async def test_accept_errors_are_reported_while_they_last() -> None:
    async with serving() as (headend, listener):
        listener.report_accept_error(OSError(24, "Too many open files"))
        for seconds in (0.0, 2.0):
            headend.clock.seconds = seconds
            await listener.check_port()
            told = f"no more connections can be accepted on 127.0.0.1:{listener.port}: Too many open files"
            assert headend.port_error == told
        headend.clock.seconds = 3.0
        await listener.check_port()
        assert headend.port_error == ""


async def test_the_port_is_checked_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metertui.server.listener._CHECK_SECONDS", 0.0)
    async with serving() as (headend, listener):
        closed(listener)
        before = listener._port._server
        await until(lambda: listener._port._server not in (before, None))
        assert await say(listener, b"PING\n") == b"OK\n"
        assert headend.port_error == ""
