"""Every verb and every error code, over a loopback socket, against an engine on a data folder."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.index.reading_store import Mark
from metertui.engine.storage import durable
from metertui.headend.service import HeadEnd
from metertui.server.listener import Listener
from metertui.settings import Settings
from tests.clock import FakeClock
from tests.patience import PATIENCE, until

RULES = Rules(zone=SiteZone("Asia/Singapore"))
CODES = {
    *("syntax", "unknown-command", "bad-meter-id", "bad-reading", "bad-timestamp", "future-timestamp", "bad-field"),
    *("not-registered", "already-registered", "deactivated", "conflict", "too-long", "bad-encoding", "denied"),
    *("busy", "limit", "storage"),
}
"""All that the wire knows; the last four need more than a line, and have tests of their own."""


class Site:
    """A running server, and a client that says lines to it."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.clock = FakeClock("2025-03-12T10:40:00")
        self.headend = HeadEnd(Engine.open(folder, RULES, self.clock))
        self.listener = Listener(self.headend, Settings(port=0, **options))

    async def __aenter__(self) -> Site:
        await self.headend.start()
        await self.listener.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.listener.stop(grace=0.5)
        await self.headend.stop()

    async def say(self, *lines: str | bytes) -> list[str]:
        """The replies to `lines`, sent on one connection in one piece."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.listener.port)
        writer.write(b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines))
        writer.write_eof()
        replies = await reader.read()
        writer.close()
        return replies.decode().splitlines()

    def log(self) -> list[str]:
        """The readings in the log, as lines."""
        return (self.folder / "log.txt").read_text().splitlines()

    def rejects(self) -> list[tuple[str, str]]:
        """Code and line of what was refused."""
        lines = (self.folder / "rejects.log").read_text().splitlines()
        return [(code, sent) for _time, _peer, code, sent in (line.split("\t") for line in lines)]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with asyncio.timeout(PATIENCE), Site(tmp_path) as running:
        assert await running.say('REGISTER m1 region="East Region"', "REGISTER old") == ["OK", "OK"]
        await running.headend.accounts.deactivate("old", "test")
        assert await running.say("READ m1 100 2025-03-01T00:00:00") == ["OK"]
        yield running


def code_of(reply: str) -> str:
    """The error code of a reply that is one; all in one clear line."""
    assert reply.startswith("ERR "), reply
    code, _, why = reply.removeprefix("ERR ").partition(": ")
    assert code in CODES
    assert len(why) > 10
    assert reply.isprintable()
    return code


# -- every verb ---------------------------------------------------------------------------------------------------


async def test_one_conversation_with_every_verb(site: Site) -> None:
    replies = await site.say(
        "PING",
        'register 524-935-527 Address="1 Elm" region=West sub_region="Jurong East" postcode=1 apartment_type=2-room',
        "",
        "READ 524-935-527 144.5 2025-02-19T00:30:00",
        "read 524-935-527 144.500 2025-02-19 00:30",
        "Read\t524-935-527  145 2025-02-18T17:00:00Z",
        "READ 524-935-527 3 2025-02-19T01:30:00",
        "HELP",
        "AUTH bob secret",
        "STOPSERVER",
        "QUIT",
        "PING",
    )
    assert replies[:5] == ["OK", "OK", "OK", "OK duplicate", "OK"]
    assert replies[5].startswith("OK suspect: 3 kWh is lower than the 145 kWh counted at ")
    assert replies[6].startswith("OK READ <meter_id>[:<channel>] <kwh> [<timestamp>]")
    assert replies[7] == "ERR denied: no credentials are set up yet"
    assert replies[8].startswith("OK closed 4 readings into 2 day files in ")
    assert replies[9:] == ["OK"]
    assert site.log() == []
    assert (site.folder / "archive/2025/02_19.csv").read_text().splitlines() == [
        "identifier,timestamp,usage",
        "524-935-527,2025-02-19T00:30:00+08:00,144.5",
        "524-935-527,2025-02-19T01:00:00+08:00,145",
        "524-935-527,2025-02-19T01:30:00+08:00,3",
    ]
    assert "524-935-527,1 Elm,West,Jurong East,1,2-room" in (site.folder / "users.csv").read_text()


async def test_a_reply_is_sent_when_the_reading_is_in_the_log(site: Site) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.listener.port)
    for kwh in range(101, 111):
        writer.write(b"READ m1 %d 2025-03-02T00:00:%02d\n" % (kwh, kwh - 101))
        assert await reader.readline() == b"OK\n"
        assert site.log()[-1].endswith(f",{kwh}")
    writer.write(b"REGISTER m9\n")
    assert await reader.readline() == b"OK\n"
    assert "\nm9," in (site.folder / "users.csv").read_text()
    writer.close()


async def test_readings_without_a_timestamp_get_distinct_times(site: Site) -> None:
    assert await site.say("READ m1 150", "READ m1 150", "READ m1 151") == ["OK"] * 3
    site.clock.advance(1)
    assert await site.say("READ m1 151") == ["OK"]
    assert [line.split(",")[1] for line in site.log()[1:]] == [
        "2025-03-12T10:40:00+08:00",
        "2025-03-12T10:40:00.000001+08:00",
        "2025-03-12T10:40:00.000002+08:00",
        "2025-03-12T10:40:01+08:00",
    ]


async def test_a_meter_may_be_registered_and_read_in_one_chunk(site: Site) -> None:
    lines = [f"{line}" for i in range(500) for line in (f"REGISTER n{i}", f"READ n{i} {i}", f"REGISTER n{i}")]
    replies = await site.say(*lines)
    assert replies[0::3] == replies[1::3] == ["OK"] * 500
    assert [code_of(reply) for reply in replies[2::3]] == ["already-registered"] * 500


# -- every error code ---------------------------------------------------------------------------------------------

REFUSED: list[tuple[str | bytes, str]] = [
    ("READ m1", "syntax"),
    ('READ m1 "5', "syntax"),
    ("REGISTER", "syntax"),
    ("PING PONG", "syntax"),
    ("STOPSERVER now", "syntax"),
    ("FROB m1 5", "unknown-command"),
    (b"\x00\x1b[2J", "unknown-command"),
    ("READ -m1 5", "bad-meter-id"),
    ("READ m/1 5", "bad-meter-id"),
    (f"READ {'m' * 33} 5", "bad-meter-id"),
    ("READ ｍ1 5", "bad-meter-id"),
    (b"READ m1\x00 5", "bad-meter-id"),
    ("REGISTER m,1", "bad-meter-id"),
    ("READ m1 -5", "bad-reading"),
    ("READ m1 5e3", "bad-reading"),
    ("READ m1 5,5", "bad-reading"),
    ("READ m1 .5", "bad-reading"),
    ("READ m1 ٥", "bad-reading"),
    ("READ m1 99999999.9996", "bad-reading"),
    ("READ m1 101 2025-03-02", "bad-timestamp"),
    ("READ m1 101 2025-03-02T24:00:00", "bad-timestamp"),
    ("READ m1 101 2025-03-02T00:00:60", "bad-timestamp"),
    ("READ m1 101 2025-02-29T00:00:00", "bad-timestamp"),
    ('READ m1 101 ""', "bad-timestamp"),
    ("READ m1 101 2025-03-12T10:50:00.000001", "future-timestamp"),
    ("REGISTER m2 colour=red", "bad-field"),
    ("REGISTER m2 region=A Region=B", "bad-field"),
    (b'REGISTER m2 address="a\x07b"', "bad-field"),
    *((f'REGISTER m2 address="{sign}1+2"', "bad-field") for sign in "=+-@"),
    ("READ m2 5", "not-registered"),
    ("REGISTER m1", "already-registered"),
    ("REGISTER old", "already-registered"),
    ("READ old 5", "deactivated"),
    ("READ m1 100.001 2025-03-01T00:00:00", "conflict"),
    (b"x" * 1024, "too-long"),
    (b"x" * 100_000 + b" STOPSERVER", "too-long"),
    (b"READ m1 5\xc3", "bad-encoding"),
    ("AUTH bob secret", "denied"),
]


@pytest.mark.parametrize(("line", "code"), REFUSED, ids=[f"{code}-{at}" for at, (_, code) in enumerate(REFUSED)])
async def test_a_refused_line_gives_the_reason_and_affects_no_other(site: Site, line: str | bytes, code: str) -> None:
    reply, after = await site.say(line, "PING")
    assert code_of(reply) == code
    assert after == "OK"
    assert len(site.log()) == 1
    ((noted, sent),) = site.rejects()
    assert noted == code
    assert sent.isascii()
    assert len(sent) <= 200
    assert site.headend.live().refused == {code: 1}


def test_every_code_is_tried() -> None:
    assert {code for _, code in REFUSED} == CODES - {"busy", "limit", "storage"}


CHECKS: list[tuple[str | bytes, str]] = [
    (b"GET \xff" + b"x" * 1100, "syntax"),
    (b"HOST:\xff" + b"x" * 1100, "syntax"),
    (b"FROB \xff" + b"x" * 1100, "too-long"),
    (b'FROB "\xff', "bad-encoding"),
    ('FROB "', "unknown-command"),
    ("READ -m 5 6 7 8 9", "syntax"),
    ("REGISTER -m colour", "syntax"),
    ("READ -m x y", "bad-meter-id"),
    ("REGISTER -m colour=red", "bad-meter-id"),
    ("REGISTER -m region=A region=B", "bad-meter-id"),
    ("READ m2 x y", "not-registered"),
    ("READ old x y", "deactivated"),
    ("REGISTER m1 colour=red", "already-registered"),
    ("REGISTER m1 region=A region=B", "already-registered"),
    ("READ m1 x y", "bad-reading"),
    ("READ m1 99 2031-02-30T00:00:00", "bad-timestamp"),
    ("READ m1 99 2031-01-01T00:00:00", "future-timestamp"),
    ("READ m1 99 2025-03-01T00:00:00", "conflict"),
]


@pytest.mark.parametrize(("line", "code"), CHECKS, ids=[f"{code}-{at}" for at, (_, code) in enumerate(CHECKS)])
async def test_the_first_fault_in_the_order_of_checks_is_reported(site: Site, line: str | bytes, code: str) -> None:
    assert [code_of(reply) for reply in await site.say(line)] == [code]


async def test_ten_minutes_ahead_is_not_the_future_yet(site: Site) -> None:
    assert await site.say("READ m1 101 2025-03-12T10:50:00") == ["OK"]


# -- the four codes that need more than a line ----------------------------------------------------------------------


async def test_a_disk_error_refuses_each_line_until_a_write_succeeds(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all = durable.write_all

    def full(fd: int, data: bytes) -> None:
        if not os.path.samestat(os.fstat(fd), (site.folder / "rejects.log").stat()):
            raise OSError(28, "No space left on device")
        write_all(fd, data)

    lines = ("READ m1 101 2025-03-02T00:00:00", "PING", "READ m1 x", "REGISTER m2", "READ m1 100 2025-03-01T00:00:00")
    with monkeypatch.context() as patched:
        patched.setattr("metertui.engine.storage.wal.durable.write_all", full)
        replies = await site.say(*lines)
    assert [code_of(reply) for reply in replies if reply != "OK"] == ["storage", "bad-reading", "storage", "storage"]
    assert replies[1] == "OK"
    assert len(site.log()) == 1
    assert (await site.say(*lines))[0::3] == ["OK", "OK"]
    assert len(site.log()) == 2
    assert site.headend.live().refused == {"storage": 3, "bad-reading": 2}
    assert site.rejects().count(("storage", lines[0])) == 1


async def test_a_second_day_close_is_busy_and_ingest_continues(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    write_day_files = site.headend.engine.day_close.write_day_files

    def slow(count: Mark, progress: Callable[[float], None]) -> set[date]:
        assert gate.wait(PATIENCE)
        return write_day_files(count, progress)

    monkeypatch.setattr(site.headend.engine.day_close, "write_day_files", slow)
    first = asyncio.create_task(
        site.say("READ m1 101 2025-03-01T01:00:00", "STOPSERVER", "READ m1 103 2025-03-01T03:00")
    )
    await until(lambda: site.headend.live().day_state == "writing day files")
    others = await site.say("READ m1 102 2025-03-01T02:00:00", "STOPSERVER", "PING")
    assert (others[0], code_of(others[1]), others[2]) == ("OK", "busy", "OK")
    assert not first.done()
    gate.set()
    replies = await first
    assert (replies[0], replies[2]) == ("OK", "OK")
    assert replies[1].startswith("OK closed 2 readings into 1 day files in ")
    assert [line.split(",")[2] for line in site.log()] == ["102", "103"]
    assert ("busy", "STOPSERVER") in site.rejects()


async def test_a_day_close_in_mid_stream_divides_the_stream_and_loses_nothing(site: Site) -> None:
    reads = [f"READ m1 {200 + i} 2025-03-0{2 + i // 1000}T{i % 1000 // 60:02}:{i % 1000 % 60:02}" for i in range(2000)]
    replies = await site.say(*reads[:700], "STOPSERVER", *reads[700:], "STOPSERVER", "STOPSERVER")
    assert [reply for reply in replies if not reply.startswith("OK closed")] == ["OK"] * 2000
    closes = [(at, reply.split(" in ")[0]) for at, reply in enumerate(replies) if reply.startswith("OK closed")]
    assert closes == [
        (700, "OK closed 701 readings into 2 day files"),
        (2001, "OK closed 1300 readings into 2 day files"),
        (2002, "OK closed 0 readings into 0 day files"),
    ]
    assert len(site.headend.engine.readings) == 2001


async def test_one_connection_too_many_meets_the_limit(tmp_path: Path) -> None:
    async with Site(tmp_path, max_connections=1) as site:
        _, writer = await asyncio.open_connection("127.0.0.1", site.listener.port)
        reader, further = await asyncio.open_connection("127.0.0.1", site.listener.port)
        assert code_of((await reader.read()).decode().rstrip("\n")) == "limit"
        assert site.rejects() == [("limit", "")]
        writer.close()
        further.close()


async def test_commands_before_auth_are_denied(tmp_path: Path) -> None:
    async with Site(tmp_path, require_auth="always") as site:
        replies = await site.say("PING", "REGISTER m1", "READ m1 5", "STOPSERVER", "AUTH bob secret", "HELP", "QUIT")
        assert [code_of(reply) for reply in replies[1:5]] == ["denied"] * 4
        assert (replies[0], replies[5][:8], replies[6]) == ("OK", "OK READ ", "OK")
        assert [sent for _, sent in site.rejects()] == ["REGISTER m1", "READ m1 5", "STOPSERVER", "AUTH ***"]
        assert site.log() == []


async def test_the_conversation_in_the_documents_is_real(tmp_path: Path) -> None:
    document = Path(__file__).parents[2] / "docs" / "protocol.md"
    said, told = [], []
    for line in document.read_text(encoding="utf-8").splitlines():
        if line.startswith("    > "):
            said.append(line.removeprefix("    > "))
        elif line.startswith("    < "):
            told.append(line.removeprefix("    < "))
    async with Site(tmp_path) as site:
        assert len(said) > 10
        assert await site.say(*said) == told
