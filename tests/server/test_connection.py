"""One client over a real socket: its replies, its end, and backpressure."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket

import pytest

from metertui.engine.errors import BusyError, StorageError
from metertui.server import connection
from metertui.settings import Settings
from tests.patience import until
from tests.server.loopback import SMALL, connect, flood_unread, reset, say, serving


async def test_a_client_that_closes_its_sending_side_is_answered_and_closed() -> None:
    async with serving() as (headend, listener):
        assert await say(listener, b"READ m1 5\nPING\nREAD m2 6") == b"OK\nOK\nOK\n"
        assert [meter for meter, _, _ in headend.batch.reads] == ["m1", "m2"]
        assert await say(listener, b"") == b""
        assert await say(listener, b"\n \r\n") == b""
        assert headend.connections_total == 3


async def test_bytes_may_come_one_by_one() -> None:
    async with serving() as (_, listener):
        reader, writer = await connect(listener)
        for byte in b"READ m1 5\r\nPING\r\n":
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        assert await reader.readexactly(6) == b"OK\nOK\n"
        writer.close()


async def test_an_incomplete_line_waits_without_batches() -> None:
    async with serving() as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"PI")
        await until(lambda: headend.bytes_waiting == 2 and headend.turns > 0)
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


async def test_an_over_long_line_is_refused_alone_and_is_no_command() -> None:
    async with serving(Settings(max_line_bytes=100)) as (headend, listener):
        answer = await say(listener, b"x" * 500_000 + b" STOPSERVER\nPING\n")
        assert answer == b"ERR too-long: a line is at most 100 bytes with its ending\nOK\n"
        assert headend.day_close.asked_by == []


async def test_two_megabytes_of_random_bytes_are_answered_and_the_server_lives() -> None:
    async with serving() as (headend, listener):
        chaos = random.Random(11)
        reader, writer = await connect(listener)
        answers = asyncio.create_task(reader.read())
        for _ in range(20):
            writer.write(chaos.randbytes(100_000))
            await writer.drain()
        writer.write_eof()
        replies = (await answers).decode().split("\n")
        assert replies.pop() == ""
        assert len(replies) > 1000
        assert all(reply.startswith("ERR ") and reply.isprintable() for reply in replies)
        assert len(headend.batch.refused_lines) == len(replies)
        assert await say(listener, b"PING\n") == b"OK\n"
        writer.close()


async def test_a_connection_that_is_reset_leaves_its_whole_lines() -> None:
    async with serving() as (headend, listener):
        _, writer = await connect(listener)
        headend.held = True
        writer.write(b"READ m1 100\nREAD m2 200\nREAD m3 3")
        await until(lambda: headend.bytes_waiting > 0)
        reset(writer)
        await until(lambda: headend.connections == 0)
        headend.release()
        assert headend.batch.reads == [("m1", "100", None), ("m2", "200", None)]
        assert headend.bytes_waiting == 0


async def test_a_web_page_gets_one_refusal_and_an_end() -> None:
    async with serving() as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nREAD m1 5\nSTOPSERVER\n")
        assert await reader.read() == b"ERR syntax: this is not a web server; the connection is closed\n"
        assert headend.batch.reads == []
        assert headend.day_close.asked_by == []
        writer.close()


async def test_a_client_that_waits_after_a_carriage_return_gets_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_NEWLINE_SECONDS", 0.0)
    async with serving() as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"READ m1 5\r")
        assert await reader.readline() == b"ERR syntax: a line ends with \\n or with \\r\\n, never with \\r alone\n"
        writer.write(b"\nPING\r\n")
        assert await reader.readline() == b"OK\n"
        assert headend.batch.reads == []
        writer.close()


async def test_quit_is_answered_and_then_the_connection_closes() -> None:
    async with serving() as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"PING\nQUIT\nPING\nREAD m1 5\n")
        assert await reader.read() == b"OK\nOK\n"
        assert headend.batch.reads == []
        writer.close()
        await until(lambda: headend.connections == 0)


async def test_the_reply_to_quit_arrives_though_the_client_goes_on_sending() -> None:
    async with serving() as (_, listener):
        reader, writer = await connect(listener)
        writer.write(b"QUIT\n" + b"PING\n" * 1_000_000)
        await writer.drain()
        assert await reader.read() == b"OK\n"
        writer.close()


async def test_a_client_that_stays_after_quit_is_not_waited_for() -> None:
    async with serving(Settings(linger_seconds=0.01)) as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"QUIT\n")
        assert await reader.read() == b"OK\n"
        await until(lambda: headend.connections == 0)
        writer.close()


# -- the day close ---------------------------------------------------------------------------------------------------


async def test_stopserver_holds_back_its_own_connection_and_no_other() -> None:
    async with serving() as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"READ m1 1\nSTOPSERVER\nREAD m2 2\n")
        assert await reader.readline() == b"OK\n"
        await until(lambda: headend.day_close.running is not None)
        assert await say(listener, b"READ other 5\n") == b"OK\n"
        assert [meter for meter, _, _ in headend.batch.reads] == ["m1", "other"]
        headend.day_close.complete()
        assert await reader.readline() == b"OK closed 3 readings into 2 day files in 0.12 s\n"
        assert await reader.readline() == b"OK\n"
        port = writer.get_extra_info("sockname")[1]
        assert headend.day_close.asked_by == [f"127.0.0.1:{port}"]
        writer.close()


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (BusyError("a day close is running already"), b"ERR busy: a day close is running already\n"),
        (StorageError("no space"), b"ERR storage: no space\n"),
        (ZeroDivisionError(), b"ERR storage: the day close failed; the server's log says why\n"),
    ],
)
async def test_a_failed_day_close_is_refused_and_the_connection_goes_on(error: Exception, reply: bytes) -> None:
    async with serving() as (headend, listener):
        reader, writer = await connect(listener)
        writer.write(b"STOPSERVER\nPING\n")
        await until(lambda: headend.day_close.running is not None)
        headend.day_close.fail(error)
        assert await reader.readline() == reply
        assert await reader.readline() == b"OK\n"
        assert [line for *_, line in headend.batch.refused_lines] == ["STOPSERVER"]
        writer.close()


async def test_a_client_that_has_gone_does_not_stop_its_day_close() -> None:
    async with serving() as (headend, listener):
        _, writer = await connect(listener)
        writer.write(b"STOPSERVER\n")
        await until(lambda: headend.day_close.running is not None)
        reset(writer)
        await until(lambda: headend.connections == 0)
        headend.day_close.complete()
        assert await say(listener, b"PING\n") == b"OK\n"


# -- who does not read, and whose input waits ------------------------------------------------------------------------


async def test_a_client_that_does_not_read_is_not_read_from() -> None:
    async with serving(Settings(reply_buffer_bytes=4096)) as (headend, listener):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", listener.port))
        for _ in range(600):  # more replies than the kernel keeps between the two
            with contextlib.suppress(BlockingIOError):
                client.send(b"HELP\n" * 100)
            await asyncio.sleep(0.0005)
        turns, waiting = headend.turns, headend.bytes_waiting
        for _ in range(50):
            with contextlib.suppress(BlockingIOError):
                client.send(b"HELP\n" * 100)
            await asyncio.sleep(0.0005)
        assert headend.turns == turns
        assert headend.bytes_waiting == waiting <= Settings().input_buffer_bytes
        client.close()


async def test_no_byte_is_read_from_a_client_while_it_leaves_its_replies() -> None:
    async with serving() as (headend, listener):
        _, writer = await connect(listener)
        await until(lambda: headend.connections == 1)
        [client] = listener._connections
        client.pause_writing()
        assert not client._transport.is_reading()
        client.resume_writing()
        assert client._transport.is_reading()
        writer.close()


async def test_a_slow_reader_gets_every_reply() -> None:
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
    async with serving(Settings(input_buffer_bytes=10_000)) as (headend, listener):
        headend.held = True
        reader, writer = await connect(listener)
        writer.write(b"PING\n" * 50_000)
        await until(lambda: headend.bytes_waiting >= 10_000)
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert headend.bytes_waiting <= 10_000
        headend.release()
        writer.write_eof()
        assert (await reader.read()).count(b"\n") == 50_000
        writer.close()
