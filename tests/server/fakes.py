"""Doubles of a batch and a head-end: they give the outcomes that a test sets, and record what they are asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from metertui.engine.base.outcome import OK, Outcome
from metertui.engine.core.counters import Close, Peer
from metertui.engine.core.sent_reads import SentReads
from metertui.server.connection import Connection


class FakeBatch:
    """Gives each meter the outcome in `outcomes`, else OK."""

    def __init__(self, outcomes: Mapping[str, Outcome] | None = None) -> None:
        self.outcomes = outcomes or {}
        self.reads: list[tuple[str, str, str | None]] = []
        self.estimates: list[tuple[str, str, str | None, int]] = []
        self.registered: list[tuple[str, Mapping[str, str], str]] = []
        self.refused_lines: list[tuple[str, str, str, str]] = []
        self.full = False

    def add_reading(self, meter: str, kwh: str, timestamp: str | None) -> Outcome:
        self.reads.append((meter, kwh, timestamp))
        return self.outcomes.get(meter, OK)

    def add_next(self, sent: SentReads, first: int, stop: int) -> int:
        """Take those up to the first whose outcome is set."""
        ids = sent.ids[first:stop]
        return next((place for place, meter in enumerate(ids) if meter in self.outcomes), len(ids))

    def add_estimated(self, meter: str, kwh: str, timestamp: str | None, quality: int) -> Outcome:
        self.estimates.append((meter, kwh, timestamp, quality))
        return self.outcomes.get(meter, OK)

    def add_account(self, meter: str, fields: Mapping[str, str], repeated: str = "", by: str = "") -> Outcome:
        self.registered.append((meter, fields, repeated))
        return self.outcomes.get(meter, OK)

    def add_refused_line(self, peer: str, code: str, why: str, line: str) -> None:
        self.refused_lines.append((peer, code, why, line))


class FakeClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> int:
        return int(self.seconds * 1_000_000)

    def monotonic(self) -> float:
        return self.seconds

    def thread_time(self) -> float:
        return 0.0


CLOSE = Close(readings=3, files=2, seconds=0.125, ended=0, by="")


class FakeDayClose:
    """Records who asks for a day close, which the test completes."""

    def __init__(self) -> None:
        self.running: asyncio.Future[Close] | None = None
        self.asked_by: list[str] = []

    async def close(self, by: str) -> Close:
        self.asked_by.append(by)
        self.running = asyncio.get_running_loop().create_future()
        return await self.running

    def complete(self) -> None:
        """End the day close that is running."""
        assert self.running is not None
        self.running.set_result(CLOSE)

    def fail(self, error: Exception) -> None:
        """Let the day close that is running fail."""
        assert self.running is not None
        self.running.set_exception(error)


class FakeHeadEnd:
    """Puts the requests of connections to one batch as soon as they are submitted, unless `held` is set."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.address = ""
        self.port_error = ""
        self.connections = self.connections_total = self.bytes_waiting = 0
        self.peers: Callable[[int], Sequence[Peer]] = lambda most: ()
        self.batch = FakeBatch()
        self.budget = 8192
        self.held = False
        self.most_waiting = 0
        self.turns = 0
        self.day_close = FakeDayClose()
        self._lanes: list[Connection] = []

    def submit(self, lane: Connection) -> None:
        if lane not in self._lanes:
            self._lanes.append(lane)
            asyncio.get_running_loop().call_soon(self.take_turn)

    def take_turn(self) -> None:
        """One batch of all lanes that asked."""
        self.most_waiting = max(self.most_waiting, self.bytes_waiting)
        if self.held:
            return
        self.turns += 1
        lanes, self._lanes = self._lanes, []
        for lane in lanes:
            lane.collect(self.budget)
        for lane in lanes:
            lane.perform(self.batch)
        for lane in lanes:
            lane.reply(None)

    def release(self) -> None:
        """Take turns again."""
        self.held = False
        self.take_turn()
