"""Simulated meters that send readings: a client to try out a server, and for the demonstration."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from metertui.engine.accounts import Account
from metertui.engine.attributes import FIELDS
from metertui.engine.base import SECOND, Clock, Progress, SiteZone, SystemClock, format_kwh
from metertui.engine.errors import MeterError
from metertui.formats import Fleet

_WINDOW: Final = 4096
"""Lines without a reply on a connection, at most: enough to keep the server busy, few enough to keep in memory."""
_REFUSALS_KEPT: Final = 3


@dataclass
class Tally:
    """Counts of lines and replies: after the last reply, sent = ok + duplicate + suspect + errors."""

    registered: int = 0
    """Accounts; their lines are not counted elsewhere."""
    sent: int = 0
    ok: int = 0
    duplicate: int = 0
    suspect: int = 0
    errors: int = 0
    seconds: float = 0.0
    """Seconds from the first reading to the last reply."""
    first_errors: list[str] = field(default_factory=list)

    @property
    def answered(self) -> int:
        """Return the number of replies so far."""
        return self.ok + self.duplicate + self.suspect + self.errors

    @property
    def rate(self) -> float:
        """Return the number of replies per second."""
        return self.answered / self.seconds if self.seconds else 0.0

    def count_reply(self, reply: str) -> None:
        """Count a reply line."""
        if reply == "OK":
            self.ok += 1
        elif reply.startswith("OK suspect"):
            self.suspect += 1
        elif reply == "OK duplicate":
            self.duplicate += 1
        else:
            self.errors += 1
            if len(self.first_errors) < _REFUSALS_KEPT:
                self.first_errors.append(reply)


Again = Callable[[str], Awaitable[bool]]
"""Waits a while after a connection is lost, for the reason given; returns whether to connect again, or to give up."""


class _GivenUp(Exception):
    """A connection was lost, and nobody wants it back."""


class _Client:
    """A connection that sends lines and counts replies, with at most a window of lines that have none yet.

    If it is lost, `again` decides whether it connects once more, and sends the lines without a reply again.
    """

    _writer: asyncio.StreamWriter
    _listening: asyncio.Task[None]

    def __init__(self, host: str, port: int, again: Again | None) -> None:
        self._place = (host, port)
        self._again = again
        self._waiting: deque[str] = deque()
        self._progressed = asyncio.Event()
        self.tally = Tally()
        """The counts of its lines and replies."""

    async def connect(self) -> None:
        """Connect. Raises OSError."""
        reader, self._writer = await asyncio.open_connection(*self._place)
        self._listening = asyncio.create_task(self._listen(reader))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        rest = b""
        with contextlib.suppress(OSError):  # as if the server had closed the connection
            while data := await reader.read(65536):
                *replies, rest = (rest + data).split(b"\n")
                for reply in replies[: len(self._waiting)]:
                    self._waiting.popleft()
                    self.tally.count_reply(reply.decode("utf-8", "replace"))
                self._progressed.set()
        self._progressed.set()

    async def send_lines(self, lines: Sequence[str]) -> None:
        """Send lines, a window at a time. Raises MeterError or _GivenUp if the connection is lost."""
        for start in range(0, len(lines), _WINDOW):
            part = lines[start : start + _WINDOW]
            await self.wait_for_replies(_WINDOW)
            await self._keep_open()
            self._waiting += part
            self.tally.sent += len(part)
            await self._write(part)

    async def wait_for_replies(self, unanswered: int = 1) -> None:
        """Wait until fewer lines than `unanswered` have no reply. Raises MeterError or _GivenUp."""
        while len(self._waiting) >= unanswered:
            await self._keep_open()
            self._progressed.clear()
            await self._progressed.wait()

    async def _write(self, lines: Iterable[str]) -> None:
        self._writer.write("".join(lines).encode())
        with contextlib.suppress(OSError):  # it is lost, which the next step finds
            await self._writer.drain()

    async def _keep_open(self) -> None:
        """Connect again if the connection is lost."""
        if not self._listening.done():
            return
        why = f"the server closed the connection with {len(self._waiting)} lines unanswered"
        if self._again is None:
            raise MeterError(why)
        while self._listening.done():
            if not await self._again(why):
                raise _GivenUp
            self._writer.close()
            try:
                await self.connect()
            except OSError as error:
                why = _unreachable(*self._place, error)
        # A reading has its time with it, so that one which is stored already is a duplicate.
        await self._write(self._waiting)

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        await self._listening


async def send_rounds(
    host: str,
    port: int,
    accounts: Sequence[Account],
    rounds: AsyncIterator[Iterable[str]],
    *,
    register: bool,
    connections: int = 1,
    tally: Tally | None = None,
    again: Again | None = None,
) -> Tally:
    """Register `accounts` if `register` is set, then send rounds of lines, spread over the connections by position.

    Counts in `tally`. With `again` a connection that is lost is made once more. Raises MeterError if the server cannot
    be reached at first, or closes a connection.
    """
    tally = tally or Tally()
    clients: list[_Client] = []
    try:
        for _ in range(connections):
            client = _Client(host, port, again)
            await client.connect()
            clients.append(client)
        if register:
            await _send_spread(clients, [register_line(account) for account in accounts])
            for client in clients:
                await client.wait_for_replies()
                tally.registered += client.tally.ok
                tally.first_errors += [e for e in client.tally.first_errors if "already-registered" not in e]
        for client in clients:
            client.tally = tally
        started = time.monotonic()
        async for lines in rounds:
            await _send_spread(clients, list(lines))
            tally.seconds = time.monotonic() - started
        for client in clients:
            await client.wait_for_replies()
        tally.seconds = time.monotonic() - started
    except _GivenUp:
        pass  # what was sent by then is counted
    except OSError as error:
        raise MeterError(_unreachable(host, port, error)) from error
    finally:
        for client in clients:
            await client.close()
    return tally


async def _send_spread(clients: list[_Client], lines: list[str]) -> None:
    # Each meter keeps its connection, so that its readings arrive in order.
    sending = [client.send_lines(lines[i :: len(clients)]) for i, client in enumerate(clients)]
    for failure in await asyncio.gather(*sending, return_exceptions=True):
        if failure is not None:
            raise failure


def _unreachable(host: str, port: int, error: OSError) -> str:
    why = error.strerror if isinstance(error, socket.gaierror) or not error.errno else os.strerror(error.errno)
    return f"no connection to {host}:{port}: {why or error}"


def register_line(account: Account) -> str:
    """Return the REGISTER line of an account."""
    fields = " ".join(f'{name}="{getattr(account, name)}"' for name in FIELDS)
    return f"REGISTER {account.meter} {fields}\n"


async def replay_rounds(
    fleet: Fleet, zone: SiteZone, start: int, end: int, interval: int, progress: Progress
) -> AsyncIterator[Iterable[str]]:
    """Yield a round for every `interval` from `start` to `end` (all µs UTC, both included), without waiting."""
    for instant, registers in fleet.history(start, end, interval):
        stamp = zone.iso(instant)
        yield [
            f"READ {account.meter} {format_kwh(wh)} {stamp}\n"
            for account, wh in zip(fleet.accounts, registers.tolist(), strict=True)
        ]
        progress((instant - start) / max(1, end - start))


async def live_rounds(
    fleet: Fleet,
    zone: SiteZone,
    period: float,
    until: float | None = None,
    *,
    clock: Clock | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Iterable[str]]:
    """Yield rounds in which every meter reads once per `period` seconds, evenly spread, with the current time.

    Ends at `until`, in monotonic seconds of the clock, or never.
    """
    clock = clock or SystemClock()
    turn = max(0.05, min(1.0, period / 20))
    started = clock.monotonic()
    said = 0
    while until is None or clock.monotonic() < until:
        # All meters at most: a meter has one reading at an instant.
        count = min(int((clock.monotonic() - started) / period * len(fleet)) - said, len(fleet))
        now = clock.now()
        now -= now % (SECOND // 1000)
        registers = fleet.registers_at(now)
        stamp = zone.iso(now)
        chosen = [(said + i) % len(fleet) for i in range(count)]
        said += count
        yield [f"READ {fleet.accounts[i].meter} {format_kwh(int(registers[i]))} {stamp}\n" for i in chosen]
        await sleep(turn)
