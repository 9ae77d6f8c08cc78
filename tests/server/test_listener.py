"""Many clients over real sockets: limits, idle connections, shares of memory, start and stop."""

from __future__ import annotations

import asyncio

import pytest

from metertui.engine.errors import MeterError
from metertui.server.file_limit import Room
from metertui.server.listener import Listener
from metertui.settings import Settings
from tests.patience import PATIENCE, until
from tests.server.fakes import FakeHeadEnd
from tests.server.loopback import SMALL, connect, flood_unread, say, serving


async def test_the_address_is_reported_and_the_port_0_is_replaced() -> None:
    async with serving() as (headend, listener):
        assert listener.port != 0
        assert headend.address == f"127.0.0.1:{listener.port}"


async def test_a_thousand_connections_at_once() -> None:
    async with serving() as (headend, listener):
        clients = await asyncio.gather(*(connect(listener) for _ in range(1000)))
        for number, (_, writer) in enumerate(clients):
            writer.write(b"READ m%d 5\n" % number)
        assert set(await asyncio.gather(*(reader.readline() for reader, _ in clients))) == {b"OK\n"}
        assert headend.connections == headend.connections_total == 1000
        assert len({meter for meter, _, _ in headend.batch.reads}) == 1000
        for _, writer in clients:
            writer.close()
        await until(lambda: headend.connections == 0)


# -- limits ----------------------------------------------------------------------------------------------------------


async def test_a_connection_beyond_the_limit_is_refused_closed_and_recorded() -> None:
    async with serving(Settings(max_connections=2)) as (headend, listener):
        kept = [await connect(listener) for _ in range(2)]
        reader, writer = await connect(listener)
        assert await reader.read() == b"ERR limit: 2 connections are open already; try again later\n"
        assert [code for _, code, _, _ in headend.batch.refused_lines] == ["limit"]
        writer.close()
        for _, kept_writer in kept:
            kept_writer.close()
        await until(lambda: headend.connections == 0)
        assert await say(listener, b"PING\n") == b"OK\n"


async def test_connections_that_the_system_has_no_files_for_are_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("metertui.server.listener.make_room", lambda wanted: Room(wanted - 7, 1, f"not {wanted}"))
    async with serving(Settings(max_connections=9)) as (headend, listener):
        assert (listener.shortfall, caplog.messages) == ("not 9", ["not 9"])
        kept = [await connect(listener) for _ in range(2)]
        third, fourth = await connect(listener), await connect(listener)
        assert await third[0].read() == b"ERR limit: 2 connections are open already; try again later\n"
        assert await fourth[0].read() == b""
        for _, writer in (third, fourth, *kept):
            writer.close()
        await until(lambda: headend.connections == 0)
        listener.adopt(Settings(max_connections=8))
        assert (listener.shortfall, caplog.messages[-1]) == ("not 8", "not 8")
        assert await say(listener, b"PING\n") == b"OK\n"


async def test_another_machine_has_a_limit_of_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = iter(["10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1"])
    monkeypatch.setattr("metertui.server.connection.peer_network", lambda host: next(networks))
    async with serving(Settings(max_connections_per_peer=2)) as (headend, listener):
        kept = [await connect(listener) for _ in range(2)]
        refusal = b"ERR limit: 2 connections from your address are open already; close some first\n"
        assert await say(listener, b"") == refusal
        assert await say(listener, b"PING\n") == b"OK\n"  # from the other address
        kept[0][1].close()
        await until(lambda: headend.connections == 1)
        assert await say(listener, b"PING\n") == b"OK\n"
        kept[1][1].close()
        await until(lambda: headend.connections == 0)
        assert not listener._by_network  # an address that is gone is forgotten, or strangers could fill the memory


async def test_loopback_has_no_limit_per_machine() -> None:
    async with serving(Settings(max_connections_per_peer=1)) as (_, listener):
        clients = [await connect(listener) for _ in range(5)]
        for reader, writer in clients:
            writer.write(b"PING\n")
            assert await reader.readline() == b"OK\n"
            writer.close()


async def test_a_flood_of_connections_is_dropped_without_a_word() -> None:
    async with serving(Settings(max_connections=0)) as (headend, listener):
        clients = await asyncio.gather(*(connect(listener) for _ in range(200)))
        answers = await asyncio.gather(*(reader.read() for reader, _ in clients), return_exceptions=True)
        told = [answer for answer in answers if isinstance(answer, bytes) and answer]
        assert 0 < len(told) < 200
        assert len(headend.batch.refused_lines) == len(told)
        for _, writer in clients:
            writer.close()


async def test_an_idle_connection_is_closed_and_an_active_one_is_not() -> None:
    async with serving(Settings(idle_seconds=7200)) as (headend, listener):
        idle_reader, idle_writer = await connect(listener)
        reader, writer = await connect(listener)
        await until(lambda: headend.connections == 2)
        headend.clock.seconds = 7000.0
        idle_writer.write(b"half a line")
        writer.write(b"PING\n")
        assert await reader.readline() == b"OK\n"
        await listener.close_idle()
        await until(lambda: headend.bytes_waiting > 0)
        assert headend.connections == 2
        headend.clock.seconds = 7201.0
        await listener.close_idle()
        assert await idle_reader.read() == b""
        await until(lambda: headend.connections == 1)
        headend.clock.seconds = 14_000.0
        await listener.close_idle()
        writer.write(b"PING\n")
        assert await reader.readline() == b"OK\n"
        idle_writer.close()
        writer.close()


async def test_a_client_that_waits_for_its_day_close_is_not_idle() -> None:
    async with serving(Settings(idle_seconds=10)) as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"STOPSERVER\n")
        await until(lambda: headend.day_close.running is not None)
        headend.clock.seconds = 100.0
        await listener.close_idle()
        headend.day_close.complete()
        assert (await reader.readline()).startswith(b"OK closed")
        writer.close()


async def test_a_client_that_does_not_read_is_closed_at_the_idle_limit_only() -> None:
    async with serving(SMALL) as (headend, listener):
        client, _ = await flood_unread(headend, listener)
        turns = headend.turns
        for _ in range(20):
            await asyncio.sleep(0)
        assert headend.turns == turns
        assert await say(listener, b"PING\n") == b"OK\n"
        await listener.close_idle()
        assert headend.connections == 1
        headend.clock.seconds = 7201.0
        await listener.close_idle()
        await until(lambda: headend.connections == 0)
        client.close()


async def test_input_of_all_clients_together_is_bounded() -> None:
    async with serving(Settings(input_buffers_bytes=20_000)) as (headend, listener):
        headend.held = True
        clients = [await connect(listener) for _ in range(8)]
        for _, writer in clients:
            writer.write(b"PING\n" * 20_000)
        await until(lambda: headend.bytes_waiting >= 20_000)
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert headend.bytes_waiting <= 20_000 + 8 * 1024
        headend.release()
        for _, writer in clients:
            writer.write_eof()
        answers = await asyncio.gather(*(reader.read() for reader, _ in clients))
        assert [answer.count(b"\n") for answer in answers] == [20_000] * 8
        for _, writer in clients:
            writer.close()


# -- trust -----------------------------------------------------------------------------------------------------------


async def test_loopback_needs_auth_if_all_do() -> None:
    async with serving(Settings(require_auth="always")) as (headend, listener):
        replies = (await say(listener, b"PING\nREAD m1 5\n")).splitlines()
        assert replies[0] == b"OK"
        assert replies[1].startswith(b"ERR denied: ")
        assert headend.batch.reads == []


# -- start and stop --------------------------------------------------------------------------------------------------


async def test_a_port_in_use_is_one_clear_line() -> None:
    async with serving() as (headend, listener):
        with pytest.raises(MeterError) as caught:
            await Listener(headend, Settings(port=listener.port)).start()
        assert str(caught.value) == (
            f"cannot listen on 127.0.0.1:{listener.port}: the port is in use by another program"
        )


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("192.0.2.1", 0), ("no such host", 0)])
async def test_an_invalid_address_is_one_clear_line(host: str, port: int) -> None:
    with pytest.raises(MeterError, match="cannot listen on") as caught:
        await Listener(FakeHeadEnd(), Settings(host=host, port=port)).start()
    assert "\n" not in str(caught.value)


async def test_stop_closes_idle_clients_and_comes_to_an_end() -> None:
    async with serving() as (headend, listener):
        clients = [await connect(listener) for _ in range(20)]
        await until(lambda: headend.connections == 20)
        await listener.stop(grace=PATIENCE)
        assert headend.connections == 0
        for reader, writer in clients:
            assert await reader.read() == b""
            writer.close()
        with pytest.raises(OSError):  # noqa: PT011 - which one is the system's choice
            await connect(listener)


async def test_stop_answers_what_was_performed() -> None:
    async with serving() as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"STOPSERVER\n")
        await until(lambda: headend.day_close.running is not None)
        stopping = asyncio.create_task(listener.stop(grace=PATIENCE))
        await asyncio.sleep(0)
        headend.day_close.complete()
        assert (await reader.read()).startswith(b"OK closed 3")
        await stopping
        writer.close()


async def test_stop_does_not_wait_for_clients_that_never_read() -> None:
    async with serving(SMALL) as (headend, listener):
        client, _ = await flood_unread(headend, listener)
        await listener.stop(grace=0.01)
        assert headend.connections == 0
        client.close()


async def test_a_listener_that_never_started_stops() -> None:
    await Listener(FakeHeadEnd(), Settings(port=0)).stop()
