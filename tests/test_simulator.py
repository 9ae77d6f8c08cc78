"""Simulated meters against a small server, and their clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable

import pytest

from metertui import simulator
from metertui.engine.base.zone import MINUTE, SECOND, SiteZone
from metertui.engine.errors import MeterError
from metertui.formats.simulated import Fleet
from metertui.simulator import Tally
from tests.clock import FakeClock

ZONE = SiteZone("Asia/Singapore")


class Answering:
    """A server that answers each line as told, and remembers by connection what it was sent."""

    def __init__(self, answer: Callable[[str], str], *, after: int | None = None) -> None:
        self._answer = answer
        self._after = after
        self.heard: list[list[str]] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine: list[str] = []
        self.heard.append(mine)
        while line := await reader.readline():
            mine.append(line.decode().rstrip("\n"))
            if self._after is not None and len(mine) > self._after:
                break
            writer.write(f"{self._answer(mine[-1])}\n".encode())
        writer.close()

    async def tally(self, rounds: AsyncIterator[Iterable[str]], **options: object) -> Tally:
        server = await asyncio.start_server(self.talk, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            return await simulator.send_rounds("127.0.0.1", port, rounds=rounds, **options)  # type: ignore[arg-type]
        finally:
            server.close()


async def rounds(*all_lines: Iterable[str]) -> AsyncIterator[Iterable[str]]:
    for lines in all_lines:
        yield [f"{line}\n" for line in lines]


async def test_replies_are_counted_by_kind() -> None:
    replies = {"a": "OK", "b": "OK duplicate", "c": "OK suspect: why", "d": "ERR conflict: why"}
    tally = await Answering(replies.__getitem__).tally(rounds("abcd", "aac"), accounts=[], register=False)
    assert (tally.sent, tally.ok, tally.duplicate, tally.suspect, tally.errors) == (7, 3, 1, 2, 1)
    assert tally.first_errors == ["ERR conflict: why"]
    assert tally.answered == tally.sent
    assert tally.rate > 0


async def test_a_meter_keeps_its_connection() -> None:
    server = Answering(lambda _: "OK")
    await server.tally(rounds("abcde", "abcde"), accounts=[], register=False, connections=2)
    assert sorted(map("".join, server.heard)) == ["aceace", "bdbd"]


async def test_registrations_are_counted_apart_and_may_be_repeated() -> None:
    accounts = Fleet(3, 1, ZONE).accounts
    known = accounts[0].meter

    def answer(line: str) -> str:
        return "ERR already-registered: so it is" if line.startswith(f"REGISTER {known}") else "OK"

    server = Answering(answer)
    tally = await server.tally(rounds("a"), accounts=accounts, register=True)
    assert (tally.registered, tally.sent, tally.ok, tally.errors, tally.first_errors) == (2, 1, 1, 0, [])
    assert server.heard[0][0] == simulator.register_line(accounts[0]).rstrip("\n")


async def test_more_lines_than_the_window_are_all_answered() -> None:
    lines = ["x"] * 20_000
    tally = await Answering(lambda _: "OK").tally(rounds(lines), accounts=[], register=False)
    assert tally.ok == tally.sent == 20_000


async def test_a_server_that_disconnects_is_reported() -> None:
    with pytest.raises(MeterError, match=r"the server closed the connection with|no connection to"):
        await Answering(lambda _: "OK", after=3).tally(rounds("abcdef"), accounts=[], register=False)


async def test_a_lost_connection_is_made_again_and_what_had_no_reply_is_sent_again() -> None:
    heard: list[str] = []
    reasons: list[str] = []
    hung_up, kept = asyncio.Event(), asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one line and hang up at the third; on the next connection answer all."""
        hangs_up = not kept.is_set()
        while line := await reader.readline():
            heard.append(line.decode().strip())
            if not hangs_up or len(heard) < 3:
                writer.write(b"OK\n" if len(heard) != 2 else b"")
            else:
                break
        writer.close()
        hung_up.set()

    async def two_rounds() -> AsyncIterator[Iterable[str]]:
        yield ["a\n", "b\n", "c\n"]
        await hung_up.wait()  # or what it has not read would destroy its reply
        yield ["d\n"]

    async def again(why: str) -> bool:
        reasons.append(why)
        if len(reasons) == 1:
            server.close()  # nobody listens at the first try
            return True
        await asyncio.start_server(talk, "127.0.0.1", port)
        kept.set()
        return True

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    tally = await simulator.send_rounds("127.0.0.1", port, [], two_rounds(), register=False, again=again)
    assert heard == ["a", "b", "c", "b", "c", "d"]
    assert (tally.sent, tally.ok, tally.answered) == (4, 4, 4)
    assert reasons[0].endswith(" lines unanswered")
    assert reasons[1] == f"no connection to 127.0.0.1:{port}: Connection refused"


async def test_a_lost_connection_may_be_given_up() -> None:
    async def again(why: str) -> bool:
        return False

    server = Answering(lambda _: "OK", after=3)
    tally = await server.tally(rounds("abcdef"), accounts=[], register=False, again=again)
    assert tally.sent == 6
    assert tally.answered <= 3


async def test_an_unreachable_server_is_reported() -> None:
    with pytest.raises(MeterError, match="no connection to 127"):
        await simulator.send_rounds("127.0.0.1", 1, [], rounds("a"), register=False)


async def test_a_replayed_day_has_both_its_ends() -> None:
    fleet = Fleet(2, 1, ZONE)
    start = ZONE.parse("2025-03-12T00:00")
    shares: list[float] = []
    played = simulator.replay_rounds(fleet, ZONE, start, start + 60 * MINUTE, 30 * MINUTE, shares.append)
    lines = [line.split() for each in [list(lines) async for lines in played] for line in each]
    assert [line[3] for line in lines[::2]] == [f"2025-03-12T0{t}:00+08:00" for t in ("0:00", "0:30", "1:00")]
    assert [line[1] for line in lines[:2]] == [account.meter for account in fleet.accounts]
    assert shares[-1] == 1.0


async def test_live_meters_read_once_per_period_at_the_current_time() -> None:
    clock = FakeClock("2025-03-12T10:40:00", ZONE)
    fleet = Fleet(7, 1, ZONE)

    async def sleep(seconds: float) -> None:
        clock.advance(seconds * 1.3)  # a machine that is late

    said: dict[str, list[str]] = {}
    async for lines in simulator.live_rounds(fleet, ZONE, 10.0, 60.0, clock=clock, sleep=sleep):
        for line in lines:
            _, meter, _, stamp = line.split()
            assert ZONE.parse(stamp) == clock.now() - clock.now() % (SECOND // 1000)
            said.setdefault(meter, []).append(stamp)
    assert {len(stamps) for stamps in said.values()} <= {5, 6}
    assert len(said) == 7
    assert all(stamps == sorted(set(stamps)) for stamps in said.values())
