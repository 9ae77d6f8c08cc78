"""Hostile clients over a loopback socket, against an engine: one clear reply each, and nothing else is lost."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from tests.server.test_conversation import Site

TIME = "2025-03-12T10:00:00"
CONTROLS = [code for code in range(0x20) if chr(code) not in "\t\n"] + [0x7F]

ODD = [
    *(b"READ m1 1%c0 2025-03-12T10:00:00" % code for code in CONTROLS),
    *(b"READ m%c1 10 2025-03-12T10:00:00" % code for code in CONTROLS),
    *(b"%cREAD m1 10 2025-03-12T10:00:00" % code for code in CONTROLS),
    *(b"REGISTER n%c1" % code for code in CONTROLS),
    *(b"READ m1 1%c0 2025-03-12T10:00:00" % code for code in range(0x80, 0x100)),
    *(f"READ m1 {kwh} {TIME}".encode() for kwh in ("1e400", "1e5", "nan", "inf", "-0", "-1", "+1", "0x10", "1_0", "")),
    *(f"READ m1 {kwh} {TIME}".encode() for kwh in ("\uff11\uff10", "\u0661\u0660", "1\u00a00", "10\u200b", "\u00b2")),
    *(f"READ m1 10 {time}".encode() for time in ("2025-02-30", "2025-02-30T00:00:00", "2025-02-29T00:00:00")),
    *(f"READ m1 10 {time}".encode() for time in ("99999-01-01T00:00:00", "-2025-01-01T00:00:00", "2025-13-01")),
    *(f"READ m1 10 {time}".encode() for time in ("\uff12025-03-12T10:00:00", "2025-03-12T25:00:00", "1e9")),
    b"\x00" * 100,
    b"\xff\xfe" * 50,
    b"\xc0\xaf\xed\xa0\x80",
    b"\xef\xbb\xbfREAD m1 10 2025-03-12T10:00:00",
]


async def test_odd_bytes_get_one_clear_reply_each_and_affect_nothing_else(tmp_path: Path) -> None:
    async with Site(tmp_path) as site:
        assert await site.say("REGISTER m1") == ["OK"]
        honest = [f"READ m1 {number} 2025-03-12T09:{number:02d}:00" for number in range(10, 60)]
        said: list[str | bytes] = []
        for place, odd in enumerate(ODD):
            said += [odd, honest[place % len(honest)]]
        replies = await site.say(*said)
        assert len(replies) == len(said)
        for odd, reply in zip(ODD, replies[::2], strict=True):
            assert reply.startswith("ERR "), (odd, reply)
            assert reply.isprintable(), (odd, reply)
        assert replies[1::2] == ["OK"] * len(honest) + ["OK duplicate"] * (len(ODD) - len(honest))
        assert len(site.log()) == len(honest)
        assert len(site.headend.engine.accounts) == 1
        assert len(site.rejects()) == len(ODD)


@pytest.mark.parametrize("blank", [b" ", b"\r", b"\x00", b'"', b"\x0b", b"\xc2\x85", b"\xe2\x80\xa8"])
@pytest.mark.parametrize("length", [1014, 1015, 1016, 1023, 1024, 1025, 2047, 2048, 16_384, 65_536, 262_144, 300_000])
async def test_an_over_long_line_smuggles_no_command(tmp_path: Path, blank: bytes, length: int) -> None:
    """A command at any place of it, where a buffer may end, behind whatever may look like the end of a line."""
    async with Site(tmp_path) as site:
        command = blank + b"REGISTER evil"
        line = b"x" * (length - len(blank)) + command
        assert await site.say(line, line * 2, b"PING") == [
            "ERR too-long: a line is at most 1024 bytes with its ending",
            "ERR too-long: a line is at most 1024 bytes with its ending",
            "OK",
        ]
        assert len(site.headend.engine.accounts) == 0


async def test_an_over_long_line_that_comes_in_pieces_smuggles_no_command(tmp_path: Path) -> None:
    async with Site(tmp_path) as site:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.listener.port)
        for piece in (b"x" * 1024, b"REGISTER evil", b" \r", b"REGISTER evil\r", b"y" * 5000, b"REGISTER evil", b"\n"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.002)  # so that each arrives alone
        writer.write_eof()
        assert await reader.read() == b"ERR too-long: a line is at most 1024 bytes with its ending\n"
        writer.close()
        assert len(site.headend.engine.accounts) == 0


async def test_accounts_come_by_the_thousand_and_a_reading_gets_through(tmp_path: Path) -> None:
    async with Site(tmp_path) as site:
        assert await site.say("REGISTER honest") == ["OK"]
        _, flood = await asyncio.open_connection("127.0.0.1", site.listener.port)
        flood.write(b"".join(b"REGISTER f%d region=East\n" % number for number in range(50_000)))
        assert await site.say("READ honest 1") == ["OK"]
        assert len(site.headend.engine.accounts) < 50_001, "the reading had to wait for all of them"
        with contextlib.suppress(ConnectionError):
            flood.close()
            await flood.wait_closed()


async def test_replies_to_many_clients_that_never_read_are_bounded(tmp_path: Path) -> None:
    async with Site(tmp_path, reply_buffers_bytes=400_000, input_buffers_bytes=400_000) as site:
        clients = [await asyncio.open_connection("127.0.0.1", site.listener.port, limit=1) for _ in range(40)]
        for reader, writer in clients:
            reader._transport.pause_reading()  # type: ignore[attr-defined]  # for the client to take nothing
            writer.write(b"HELP\n" * 100_000)
        for _ in range(100):
            assert await site.say("PING") == ["OK"]
        kept = sum(each._transport.get_write_buffer_size() for each in site.listener._connections)
        assert site.headend.bytes_waiting <= 400_000 + 40 * 1024
        assert kept <= 2 * 400_000 + 40 * 1024
        for _, writer in clients:
            writer.transport.abort()
