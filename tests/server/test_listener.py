"""The asyncio shell over real loopback sockets, with a head-end that answers by itself: limits, ends and floods."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from metertui.cli.serve import limits_of
from metertui.engine.errors import BusyError, MeterError, StorageError
from metertui.server.limits import Limits
from metertui.server.listener import Listener
from metertui.settings import Settings
from tests.server.fakes import CLOSE, FakeHeadEnd

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def serving(limits: Limits | None = None, **options: str) -> AsyncIterator[tuple[FakeHeadEnd, Listener]]:
    headend = FakeHeadEnd()
    listener = Listener(headend, "127.0.0.1", 0, limits, **options)
    await listener.start()
    try:
        async with asyncio.timeout(20):
            yield headend, listener
    finally:
        await listener.stop(grace=0.1)
    assert headend.connections == 0
    async with asyncio.timeout(20):  # what a client that is gone had sent complete is worked off in turns
        await until(lambda: headend.waiting == 0)


async def connect(listener: Listener) -> Streams:
    return await asyncio.open_connection("127.0.0.1", listener.port)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the event loop is about to bring about."""
    while not condition():
        await asyncio.sleep(0.001)


async def say(listener: Listener, data: bytes) -> bytes:
    """Everything that is answered to `data` and an end, as `nc -N` would print it."""
    reader, writer = await connect(listener)
    writer.write(data)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


def reset(writer: asyncio.StreamWriter) -> None:
    """Cut the connection off with a TCP reset."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


# -- talking ----------------------------------------------------------------------------------------------------


async def test_a_client_that_closes_its_sending_side_is_answered_and_closed() -> None:
    async with serving() as (headend, listener):
        assert await say(listener, b"READ m1 5\nPING\nREAD m2 6") == b"OK\nOK\nOK\n"
        assert [meter for meter, _, _ in headend.batch.reads] == ["m1", "m2"]
        assert await say(listener, b"") == b""
        assert await say(listener, b"\n \r\n") == b""
        assert headend.connections_total == 3


async def test_the_address_is_told_and_the_port_0_is_replaced() -> None:
    async with serving() as (headend, listener):
        assert listener.port != 0
        assert headend.address == f"127.0.0.1:{listener.port}"


async def test_bytes_may_come_one_by_one() -> None:
    async with serving() as (_, listener):
        reader, writer = await connect(listener)
        for byte in b"READ m1 5\r\nPING\r\n":
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        assert await reader.readexactly(6) == b"OK\nOK\n"
        writer.close()


async def test_half_a_line_waits_without_turns() -> None:
    async with serving() as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"PI")
        await until(lambda: headend.waiting == 2 and headend.turns > 0)
        turns = headend.turns
        for _ in range(20):
            await asyncio.sleep(0)
        assert headend.turns == turns
        writer.write(b"NG\n")
        assert await reader.readline() == b"OK\n"
        writer.close()


async def test_a_hundred_thousand_lines_at_once_are_all_answered_in_order() -> None:
    async with serving() as (headend, listener):
        lines = b"".join(b"READ m%d 5\n" % i if i % 1000 else b"FROB%d\n" % i for i in range(100_000))
        reader, writer = await connect(listener)
        writer.write(lines)
        writer.write_eof()
        replies = (await reader.read()).splitlines()
        writer.close()
        assert len(replies) == 100_000
        assert [i for i, reply in enumerate(replies) if reply != b"OK"] == list(range(0, 100_000, 1000))
        assert len(headend.batch.reads) == 99_900
        assert headend.most_waiting <= 2 * 262_144


async def test_quit_is_answered_and_then_the_connection_closes() -> None:
    async with serving() as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"PING\nQUIT\nPING\nREAD m1 5\n")
        assert await reader.read() == b"OK\nOK\n"
        assert headend.batch.reads == []
        writer.close()
        await until(lambda: headend.connections == 0)


async def test_the_answer_to_quit_outlives_what_the_client_goes_on_sending() -> None:
    async with serving() as (_, listener):
        reader, writer = await connect(listener)
        writer.write(b"QUIT\n" + b"PING\n" * 1_000_000)
        await writer.drain()
        assert await reader.read() == b"OK\n"
        writer.close()


async def test_a_client_that_stays_after_quit_is_not_waited_for() -> None:
    async with serving(Limits(linger_seconds=0.01)) as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"QUIT\n")
        assert await reader.read() == b"OK\n"
        await until(lambda: headend.connections == 0)
        writer.close()


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


async def test_a_connection_that_is_reset_leaves_its_whole_lines() -> None:
    async with serving() as (headend, listener):
        _, writer = await connect(listener)
        headend.held = True
        writer.write(b"READ m1 100\nREAD m2 200\nREAD m3 3")
        await until(lambda: headend.waiting > 0)
        reset(writer)
        await until(lambda: headend.connections == 0)
        headend.release()
        assert headend.batch.reads == [("m1", "100", None), ("m2", "200", None)]
        assert headend.waiting == 0


# -- the day close -------------------------------------------------------------------------------------------------


async def test_stopserver_holds_back_its_own_connection_and_no_other() -> None:
    async with serving() as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"READ m1 1\nSTOPSERVER\nREAD m2 2\n")
        assert await reader.readline() == b"OK\n"
        await until(lambda: headend.close is not None)
        assert await say(listener, b"READ other 5\n") == b"OK\n"
        assert [meter for meter, _, _ in headend.batch.reads] == ["m1", "other"]
        headend.close.set_result(CLOSE)
        assert await reader.readline() == b"OK closed 3 readings into 2 day files in 0.12 s\n"
        assert await reader.readline() == b"OK\n"
        port = writer.get_extra_info("sockname")[1]
        assert headend.asked_by == [f"127.0.0.1:{port}"]
        writer.close()


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (BusyError("a day close is running already"), b"ERR busy: a day close is running already\n"),
        (StorageError("no space"), b"ERR storage: no space\n"),
        (ZeroDivisionError(), b"ERR storage: the day close failed; the server's log says why\n"),
    ],
)
async def test_a_day_close_that_fails_says_so_and_the_connection_goes_on(error: Exception, reply: bytes) -> None:
    async with serving() as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"STOPSERVER\nPING\n")
        await until(lambda: headend.close is not None)
        headend.close.set_exception(error)
        assert await reader.readline() == reply
        assert await reader.readline() == b"OK\n"
        assert [line for *_, line in headend.batch.refusals] == ["STOPSERVER"]
        writer.close()


async def test_a_client_that_has_gone_does_not_stop_its_day_close() -> None:
    async with serving() as (headend, listener):
        _, writer = await connect(listener)
        writer.write(b"STOPSERVER\n")
        await until(lambda: headend.close is not None)
        reset(writer)
        await until(lambda: headend.connections == 0)
        headend.close.set_result(CLOSE)
        assert await say(listener, b"PING\n") == b"OK\n"


# -- limits ---------------------------------------------------------------------------------------------------------


async def test_a_connection_too_many_is_told_so_and_closed_and_noted() -> None:
    async with serving(Limits(connections=2)) as (headend, listener):
        kept = [await connect(listener) for _ in range(2)]
        reader, writer = await connect(listener)
        assert await reader.read() == b"ERR limit: 2 connections are open already; try again later\n"
        assert [code for _, code, _, _ in headend.batch.refusals] == ["limit"]
        writer.close()
        for _, kept_writer in kept:
            kept_writer.close()
        await until(lambda: headend.connections == 0)
        assert await say(listener, b"PING\n") == b"OK\n"


async def test_one_other_machine_may_only_have_so_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = iter(["10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1"])
    monkeypatch.setattr("metertui.server.connection.network", lambda host: next(networks))
    async with serving(Limits(connections_per_peer=2)) as (headend, listener):
        kept = [await connect(listener) for _ in range(2)]
        refusal = b"ERR limit: 2 connections are open from your address already; close some first\n"
        assert await say(listener, b"") == refusal
        assert await say(listener, b"PING\n") == b"OK\n"  # from the other address
        kept[0][1].close()
        await until(lambda: headend.connections == 1)
        assert await say(listener, b"PING\n") == b"OK\n"
        kept[1][1].close()


async def test_loopback_may_have_all_connections() -> None:
    async with serving(Limits(connections_per_peer=1)) as (_, listener):
        clients = [await connect(listener) for _ in range(5)]
        for reader, writer in clients:
            writer.write(b"PING\n")
            assert await reader.readline() == b"OK\n"
            writer.close()


def test_each_connection_has_an_equal_share_and_never_less_than_a_line() -> None:
    limits = Limits(line_bytes=100, reply_bytes=1000, total_reply_bytes=5000, input_bytes=2000, total_input_bytes=8000)
    assert [limits.reply_share(count) for count in (0, 1, 5, 10, 50, 1000)] == [1000, 1000, 1000, 500, 100, 100]
    assert [limits.input_share(count) for count in (0, 1, 4, 8, 80, 1000)] == [2000, 2000, 2000, 1000, 100, 100]


def test_the_settings_have_the_same_defaults() -> None:
    assert limits_of(Settings()) == Limits()


async def test_a_flood_of_connections_is_dropped_without_a_word() -> None:
    async with serving(Limits(connections=0)) as (headend, listener):
        clients = await asyncio.gather(*(connect(listener) for _ in range(200)))
        answers = await asyncio.gather(*(reader.read() for reader, _ in clients), return_exceptions=True)
        told = [answer for answer in answers if isinstance(answer, bytes) and answer]
        assert 0 < len(told) < 200
        assert len(headend.batch.refusals) == len(told)
        for _, writer in clients:
            writer.close()


async def test_an_idle_connection_is_closed_and_one_that_speaks_is_not() -> None:
    async with serving(Limits(idle_seconds=7200)) as (headend, listener):
        idle_reader, idle_writer = await connect(listener)
        reader, writer = await connect(listener)
        await until(lambda: headend.connections == 2)
        headend.engine.clock.seconds = 7000.0
        idle_writer.write(b"half a line")
        writer.write(b"PING\n")
        assert await reader.readline() == b"OK\n"
        listener.sweep()
        await until(lambda: headend.waiting > 0)
        assert headend.connections == 2
        headend.engine.clock.seconds = 7201.0
        listener.sweep()
        assert await idle_reader.read() == b""
        await until(lambda: headend.connections == 1)
        headend.engine.clock.seconds = 14_000.0
        listener.sweep()
        writer.write(b"PING\n")
        assert await reader.readline() == b"OK\n"
        idle_writer.close()
        writer.close()


async def test_a_client_that_waits_for_its_day_close_is_not_idle() -> None:
    async with serving(Limits(idle_seconds=10)) as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"STOPSERVER\n")
        await until(lambda: headend.close is not None)
        headend.engine.clock.seconds = 100.0
        listener.sweep()
        headend.close.set_result(CLOSE)
        assert (await reader.readline()).startswith(b"OK closed")
        writer.close()


SMALL = Limits(reply_bytes=16_384, input_bytes=16_384)


async def flood_unread(headend: FakeHeadEnd, listener: Listener) -> tuple[socket.socket, int]:
    """A client that sends and never reads, until the server takes no more from it; its socket and bytes sent."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", listener.port))
    lines = b"FROB\n" * 20_000
    sent = quiet = 0
    while quiet < 20:
        try:
            sent += client.send(lines[sent % 5 :])
            quiet = 0
        except BlockingIOError:
            quiet += 1
        await asyncio.sleep(0.002)
    assert headend.waiting < 1_000_000
    return client, sent


async def test_who_does_not_read_is_not_read_from_and_closed_at_the_idle_limit_only() -> None:
    async with serving(SMALL) as (headend, listener):
        client, _ = await flood_unread(headend, listener)
        turns = headend.turns
        for _ in range(20):
            await asyncio.sleep(0)
        assert headend.turns == turns
        assert await say(listener, b"PING\n") == b"OK\n"
        listener.sweep()
        assert headend.connections == 1
        headend.engine.clock.seconds = 7201.0
        listener.sweep()
        await until(lambda: headend.connections == 0)
        client.close()


async def test_of_who_does_not_read_nothing_more_is_taken_in_however_little() -> None:
    async with serving(Limits(reply_bytes=4096)) as (headend, listener):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", listener.port))
        for _ in range(600):  # more replies than the kernel keeps between the two
            with contextlib.suppress(BlockingIOError):
                client.send(b"HELP\n" * 100)
            await asyncio.sleep(0.0005)
        turns, waiting = headend.turns, headend.waiting
        for _ in range(50):
            with contextlib.suppress(BlockingIOError):
                client.send(b"HELP\n" * 100)
            await asyncio.sleep(0.0005)
        assert headend.turns == turns
        assert headend.waiting == waiting <= Limits().input_bytes
        client.close()


async def test_a_slow_reader_who_reads_at_last_has_every_reply() -> None:
    async with serving(SMALL) as (headend, listener):
        client, sent = await flood_unread(headend, listener)
        client.shutdown(socket.SHUT_WR)
        loop = asyncio.get_running_loop()
        replies = 0
        while data := await loop.sock_recv(client, 1_000_000):
            replies += data.count(b"\n")
        assert replies == -(-sent // 5)
        client.close()


async def test_input_waits_in_the_client_while_the_head_end_is_at_work() -> None:
    async with serving(Limits(input_bytes=10_000)) as (headend, listener):
        headend.held = True
        reader, writer = await connect(listener)
        writer.write(b"PING\n" * 400_000)
        await until(lambda: headend.waiting >= 10_000)
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert headend.waiting <= 10_000
        headend.release()
        writer.write_eof()
        assert (await reader.read()).count(b"\n") == 400_000
        writer.close()


async def test_all_together_may_only_have_so_much_waiting() -> None:
    async with serving(Limits(total_input_bytes=20_000)) as (headend, listener):
        headend.held = True
        clients = [await connect(listener) for _ in range(8)]
        for _, writer in clients:
            writer.write(b"PING\n" * 100_000)
        await until(lambda: headend.waiting >= 20_000)
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert headend.waiting <= 20_000 + 8 * 1024
        headend.release()
        for _, writer in clients:
            writer.write_eof()
        answers = await asyncio.gather(*(reader.read() for reader, _ in clients))
        assert [answer.count(b"\n") for answer in answers] == [100_000] * 8
        for _, writer in clients:
            writer.close()


async def test_an_over_long_line_costs_itself_alone_and_is_no_command() -> None:
    async with serving(Limits(line_bytes=100)) as (headend, listener):
        answer = await say(listener, b"x" * 500_000 + b" STOPSERVER\nPING\n")
        assert answer == b"ERR too-long: a line is at most 100 bytes with its ending\nOK\n"
        assert headend.asked_by == []


async def test_ten_megabytes_of_random_bytes_are_answered_and_the_server_lives() -> None:
    async with serving() as (headend, listener):
        chaos = random.Random(11)
        reader, writer = await connect(listener)
        answers = asyncio.create_task(reader.read())
        for _ in range(10):
            writer.write(chaos.randbytes(1_000_000))
            await writer.drain()
        writer.write_eof()
        replies = (await answers).decode().split("\n")
        assert replies.pop() == ""
        assert len(replies) > 1000
        assert all(reply.startswith("ERR ") and reply.isprintable() for reply in replies)
        assert len(headend.batch.refusals) == len(replies)
        assert await say(listener, b"PING\n") == b"OK\n"
        writer.close()


# -- trust -----------------------------------------------------------------------------------------------------------


async def test_where_all_must_log_in_loopback_must_too() -> None:
    async with serving(require_auth="always") as (headend, listener):
        replies = (await say(listener, b"PING\nREAD m1 5\n")).splitlines()
        assert replies[0] == b"OK"
        assert replies[1].startswith(b"ERR denied: ")
        assert headend.batch.reads == []


# -- start and stop --------------------------------------------------------------------------------------------------


async def test_a_port_in_use_is_one_clear_line() -> None:
    async with serving() as (headend, listener):
        with pytest.raises(MeterError) as caught:
            await Listener(headend, "127.0.0.1", listener.port).start()
        assert str(caught.value) == (
            f"cannot listen on 127.0.0.1:{listener.port}: the port is in use by another program"
        )


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("192.0.2.1", 0), ("no such host", 0)])
async def test_what_cannot_be_listened_on_is_one_clear_line(host: str, port: int) -> None:
    with pytest.raises(MeterError, match="cannot listen on") as caught:
        await Listener(FakeHeadEnd(), host, port).start()
    assert "\n" not in str(caught.value)


async def test_stop_closes_idle_clients_and_comes_to_an_end() -> None:
    async with serving() as (headend, listener):
        clients = [await connect(listener) for _ in range(20)]
        await until(lambda: headend.connections == 20)
        await listener.stop(grace=20)
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
        await until(lambda: headend.close is not None)
        stopping = asyncio.create_task(listener.stop(grace=20))
        await asyncio.sleep(0)
        headend.close.set_result(CLOSE)
        assert (await reader.read()).startswith(b"OK closed 3")
        await stopping
        writer.close()


async def test_stop_does_not_wait_for_who_never_reads() -> None:
    async with serving(SMALL) as (headend, listener):
        client, _ = await flood_unread(headend, listener)
        await listener.stop(grace=0.01)
        assert headend.connections == 0
        client.close()


async def test_a_listener_that_never_started_stops() -> None:
    await Listener(FakeHeadEnd(), "127.0.0.1", 0).stop()
