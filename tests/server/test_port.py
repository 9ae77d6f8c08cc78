"""A port has one number at all addresses of its host. If it is lost, the next check reports and opens it again."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metertui.engine.errors import MeterError
from metertui.server import port
from metertui.server.listener import Listener
from metertui.settings import Settings
from tests.patience import until
from tests.server.loopback import connect, say, serving


def sockets(listener: Listener) -> list[socket.socket]:
    return [bound for server in listener._port._servers for bound in server.sockets]


def closed(listener: Listener) -> None:
    os.close(sockets(listener)[0].fileno())


def shut(listener: Listener) -> None:
    with socket.socket(fileno=os.dup(sockets(listener)[0].fileno())) as twin:
        twin.shutdown(socket.SHUT_RDWR)


def given_up(listener: Listener) -> None:
    listener._port._servers[0].close()


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
                why = "the port is in use by another program"
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
            why = f"no more connections can be accepted on 127.0.0.1:{listener.port}: Too many open files"
            assert headend.port_error == why
        headend.clock.seconds = 3.0
        await listener.check_port()
        assert headend.port_error == ""


async def test_the_port_is_checked_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metertui.server.listener._CHECK_SECONDS", 0.0)
    async with serving() as (headend, listener):
        closed(listener)
        before = listener._port._servers
        await until(lambda: listener._port._servers not in (before, []))
        assert await say(listener, b"PING\n") == b"OK\n"
        assert headend.port_error == ""


def at_two_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the name of a host mean two addresses of this machine, as localhost is 127.0.0.1 and ::1 on most."""

    async def getaddrinfo(host: str, port: None, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        assert host == "both.test"
        both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, 0)) for place in ("127.0.0.1", "127.0.0.2")]
        return [*both, both[0]]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)


async def test_a_host_with_several_addresses_has_one_port(monkeypatch: pytest.MonkeyPatch) -> None:
    at_two_addresses(monkeypatch)
    async with serving(Settings(host="both.test")) as (_, listener):
        places = [bound.getsockname() for bound in sockets(listener)]
        assert places == [("127.0.0.1", listener.port), ("127.0.0.2", listener.port)]
        os.close(sockets(listener)[1].fileno())
        assert listener._port.lost
        await listener.check_port()
        assert not listener._port.lost
        assert [bound.getsockname() for bound in sockets(listener)] == places


async def test_a_free_port_that_is_taken_at_another_address_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    at_two_addresses(monkeypatch)
    real = port._bind
    taken: list[int] = []

    def bind(family: int, place: tuple[Any, ...]) -> socket.socket:
        if place[0] == "127.0.0.2" and len(taken) < 3:
            taken.append(place[1])
            raise OSError(errno.EADDRINUSE, "taken")
        return real(family, place)

    monkeypatch.setattr(port, "_bind", bind)
    async with serving(Settings(host="both.test")) as (_, listener):
        assert len(sockets(listener)) == 2
        assert len(taken) == 3


async def test_an_address_that_this_machine_lacks_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    at_two_addresses(monkeypatch)
    real, absent = port._bind, {"127.0.0.1"}

    def bind(family: int, place: tuple[Any, ...]) -> socket.socket:
        if place[0] in absent:
            raise OSError(errno.EADDRNOTAVAIL, "no such address")
        return real(family, place)

    monkeypatch.setattr(port, "_bind", bind)
    async with serving(Settings(host="both.test")) as (_, listener):
        assert [bound.getsockname()[0] for bound in sockets(listener)] == ["127.0.0.2"]
    absent.add("127.0.0.2")
    with pytest.raises(MeterError, match=r"cannot listen on both\.test:0: Cannot assign requested address"):
        await port.Port("both.test", 0, asyncio.Protocol).open()


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
async def test_the_address_of_all_takes_ipv4_and_ipv6() -> None:
    async with serving(Settings(host="::")) as (headend, listener):
        for host, shown in (("127.0.0.1", "127.0.0.1:"), ("::1", "[::1]:")):
            reader, writer = await asyncio.open_connection(host, listener.port)
            writer.write(b"READ m1 5\nFROB\n")  # what loopback peers may send
            assert await reader.readline() == b"OK\n"
            await reader.readline()
            assert headend.batch.refused_lines[-1][0].startswith(shown)
            writer.close()


@pytest.mark.parametrize(("seconds", "on"), [(90, True), (0, False)])
async def test_connections_are_probed_as_the_setting_says(seconds: int, on: bool) -> None:
    async with serving(Settings(keepalive_seconds=seconds)) as (headend, listener):
        _, writer = await connect(listener)
        await until(lambda: headend.connections == 1)
        (connection,) = listener._connections
        accepted = connection._transport.get_extra_info("socket")
        assert bool(accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)) == on
        if on and hasattr(socket, "TCP_KEEPIDLE"):
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 90
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 22
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 4
        writer.close()
