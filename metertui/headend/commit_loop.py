"""Turns: how requests from many lanes become batches on disk.

A turn gathers what has arrived on all *lanes* (connections, mostly), puts it to one batch in order, has a writer
thread write and sync it, applies it, and lets each lane reply. While the disk works on one batch, the lanes of the next
are parsed. So one line from netcat and ten thousand from a concentrator take the same way, and readings that arrive
together share one sync (group commit; see DeWitt et al., "Implementation techniques for main memory database
systems", SIGMOD 1984).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final, Protocol

from metertui.engine.base import Outcome, refused
from metertui.engine.core import Batch, Engine
from metertui.engine.errors import StorageError
from metertui.headend.fair_queue import FairQueue
from metertui.headend.latency import Latency

_logger = logging.getLogger(__name__)

_BATCH: Final = 1024
"""Requests in a turn: about 3 ms of work, so that neither a key press nor another client waits long for its turn.

Measured: 8192 made the event loop stall for 70 ms under a flood, 1024 for 14 (99th percentile), and were no faster.
"""
_LONGEST: Final = 0.02
"""Seconds of work in a turn: readings that do not fit take twenty times as long as those that do, and a turn that took
longer is followed by smaller ones.
"""
_SHARE: Final = 64
"""Requests that a lane may put into a turn however many others wait."""
_BY_AGE: Final = 4
"""One part in so many of each turn is for those who have waited longest; the rest is for those who want least.

So a meter's one line goes before what floods the port, and a concentrator's thousand are not put off by a thousand
meters that ask and wait.
"""
_DEFECT: Final = refused("storage", "the server failed at this batch; its log says why")


class Lane(Protocol):
    """One stream of requests with its replies."""

    due: int
    """The service it has had, kept by the fair order; 0 at first."""
    arrived: float | None
    """When what it collected last had arrived, on the monotonic clock; None where nobody waits for the answer."""

    def backlog(self) -> int:
        """About how many requests wait, 1 at least: a guess that costs nothing."""

    def collect(self, budget: int) -> int:
        """Parse waiting input into requests, about `budget` at most; how many are ready. No engine, no I/O."""

    def perform(self, batch: Batch) -> None:
        """Put the ready requests to the batch, in order; keep the outcomes."""

    def reply(self, failure: Outcome | None) -> None:
        """The batch is on disk (None), or `failure` stands for all of it that was not refused anyway."""

    def drop(self) -> None:
        """End without an answer: a defect leaves open what became of the lane's requests."""


class Turns:
    """Takes turns until it is stopped. All methods are called on the event loop."""

    def __init__(self, engine: Engine, writer: Executor) -> None:
        self._engine = engine
        self._writer = writer
        self._lanes: FairQueue[Lane] = FairQueue()
        self._wake = asyncio.Event()
        self._stopping = False
        self._running: asyncio.Task[None] | None = None
        self.between = asyncio.Lock()
        """Held during a turn; who holds it works between two batches."""
        self.latency = Latency()
        """From arrival to answer, once for all that a lane was answered together."""
        self._room = _BATCH
        """Requests that the next turn may have."""
        self.batch_size = 0
        """Requests in the last batch."""
        self.storage_error = ""
        """Why the disk refused last; empty once it has taken a batch again."""

    def start(self) -> None:
        """Begin."""
        self._running = asyncio.create_task(self._take_turns(), name="ingest")

    async def stop(self) -> None:
        """End when all that has been submitted is answered."""
        self._stopping = True
        self._wake.set()
        if self._running is not None:
            await self._running

    def submit(self, lane: Lane) -> None:
        """A lane has input. It is asked for it in its turn, once, however often it says so before."""
        if lane not in self._lanes:
            self._lanes.add(lane, min(_SHARE, lane.backlog()))
            self._wake.set()

    async def _take_turns(self) -> None:
        ready: list[Lane] = []
        while not self._stopping or ready or self._lanes:
            if not ready:
                await self._wake.wait()
                ready = self._gather()
            ready = await self._take_turn(ready)

    async def _take_turn(self, ready: list[Lane]) -> list[Lane]:
        """One batch, from the lanes' requests to their replies; the lanes gathered meanwhile."""
        gathered: list[Lane] = []
        failure: Outcome | None = None
        arrived = [lane.arrived for lane in ready if lane.arrived is not None]
        async with self.between:
            batch = self._engine.begin()
            began = time.thread_time()
            try:
                for lane in ready:
                    lane.perform(batch)
                self._pace(time.thread_time() - began)
            except Exception:
                # A defect must not silence every meter: this batch is refused, and the next one goes on.
                _logger.exception("a batch failed")
                failure = _DEFECT
                self._engine.roll_back(batch)
            else:
                if len(batch) or batch.refusals:
                    committing = asyncio.get_running_loop().run_in_executor(self._writer, self._commit, batch)
                    gathered = self._gather()
                    try:
                        failure = await committing
                        self._conclude(batch, failure)
                    except Exception:
                        # It may be on disk or not, so neither OK nor ERR would be true.
                        _logger.exception("a batch failed while it was written")
                        for lane in ready:
                            lane.drop()
                        ready = []
                else:
                    await asyncio.sleep(0)
        for lane in ready:
            try:
                lane.reply(failure)
            except Exception:
                _logger.exception("a reply failed")
                lane.drop()
        self.latency.note(self._engine.clock.monotonic(), arrived)
        return gathered or self._gather()

    def _gather(self) -> list[Lane]:
        """Lanes with parsed requests, up to a batch: first those that want least, then those that waited longest."""
        self._wake.clear()
        gathered: list[Lane] = []
        most = room = self._room
        share = max(_SHARE, room // max(1, len(self._lanes)))
        while self._lanes and room > 0:
            lane = self._lanes.next() if room > most // _BY_AGE else self._lanes.oldest()
            try:
                collected = lane.collect(min(share, room))
            except Exception:
                _logger.exception("what came on a connection could not be read")
                lane.drop()
            else:
                room -= collected
                self._lanes.charge(lane, collected)
                gathered.append(lane)
        if self._lanes:
            self._wake.set()
        return gathered

    def _pace(self, took: float) -> None:
        """What the last turn's requests took, in seconds of this thread's own, says how many the next one may have."""
        if took > _LONGEST:
            self._room = max(_SHARE, int(self._room * _LONGEST / took))
        else:
            self._room = min(_BATCH, 2 * self._room)

    def _commit(self, batch: Batch) -> Outcome | None:
        """In the writer thread: the batch on disk (None), or why not."""
        failure: Outcome | None = None
        try:
            if len(batch):
                self._engine.write(batch)
        except StorageError as error:
            failure = refused("storage", str(error))
        self._engine.write_notes(batch, stored=failure is None)
        return failure

    def _conclude(self, batch: Batch, failure: Outcome | None) -> None:
        self.batch_size = len(batch) + batch.duplicates + len(batch.refusals)
        if failure is not None:
            if failure.text != self.storage_error:
                _logger.error("storage: %s", failure.text)
            self.storage_error = failure.text
            self._engine.roll_back(batch)
        elif len(batch):
            self.storage_error = ""
        self._engine.apply(batch)

    @property
    def waiting(self) -> int:
        """Lanes that wait for their turn."""
        return len(self._lanes)

    async def put(self, request: Callable[[Batch], Outcome]) -> Outcome:
        """One request from inside the program, by the way that every other takes."""
        lane = _Single(request, self._engine.clock.monotonic())
        self.submit(lane)
        return await lane.done


class _Single:
    """A lane with one request, from inside the program."""

    def __init__(self, request: Callable[[Batch], Outcome], arrived: float) -> None:
        self._request = request
        self._outcome: Outcome | None = None
        self.due = 0
        self.arrived: float | None = arrived
        self.done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def backlog(self) -> int:
        return 1

    def collect(self, budget: int) -> int:
        return min(1, budget)

    def perform(self, batch: Batch) -> None:
        self._outcome = self._request(batch)

    def reply(self, failure: Outcome | None) -> None:
        assert self._outcome is not None
        outcome = self._outcome if failure is None or not self._outcome.stored else failure
        if not self.done.done():
            self.done.set_result(outcome)

    def drop(self) -> None:
        if not self.done.done():
            self.done.set_result(_DEFECT)
