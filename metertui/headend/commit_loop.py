"""The commit loop: how requests from many lanes become batches on disk.

A round of the loop gathers what has arrived on all *lanes* (connections, mostly), puts it to one batch in order, has a
writer thread write and sync it, applies it, and lets each lane reply. While the disk works on one batch, the lanes of
the next are parsed. One line from netcat and ten thousand from a concentrator take the same way, and readings that
arrive together share one sync (group commit; see DeWitt et al., "Implementation techniques for main memory database
systems", SIGMOD 1984).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from typing import Final, Protocol

from metertui.engine.base import Outcome, refused
from metertui.engine.core import Batch, Engine
from metertui.engine.errors import StorageError
from metertui.headend.fair_queue import FairQueue
from metertui.headend.latency import Latency

_logger = logging.getLogger(__name__)

_MAX_BATCH: Final = 1024
"""Requests in a batch: about 3 ms of work, so that neither a key press nor another client waits long.

Measured: 8192 made the event loop stall for 70 ms under a flood, 1024 for 14 (99th percentile), and were no faster.
"""
_MAX_SECONDS: Final = 0.02
"""Seconds of work on a batch. Suspect readings take twenty times as long as those that fit, and a batch that took
longer than this is followed by smaller ones.
"""
_MIN_SHARE: Final = 64
"""Requests that a lane may put into a batch however many others wait."""
_AGE_PART: Final = 4
"""One part in so many of each batch is for the lanes that have waited longest; the rest is for those with the fewest
requests.

So a meter's one line goes before a client that floods the port, and the thousand lines of a concentrator are not put
off by a thousand meters that send and wait.
"""
_DEFECT: Final = refused("storage", "the server failed at this batch; its log says why")


class Lane(Protocol):
    """A stream of requests, with a way to reply."""

    due: int
    """The service it has had, kept by the fair queue; 0 at first."""
    arrived: float | None
    """When the input that it collected last had arrived, in seconds of the monotonic clock; None for one that is not
    measured.
    """

    def backlog(self) -> int:
        """Return about how many requests wait, at least 1: an estimate that costs nothing."""

    def collect(self, budget: int) -> int:
        """Parse waiting input into about `budget` requests at most, and return how many are ready. No I/O."""

    def perform(self, batch: Batch) -> None:
        """Put the ready requests to the batch, in order, and keep the outcomes."""

    def reply(self, failure: Outcome | None) -> None:
        """Send the replies. With `failure` the batch is not on disk: it replaces every outcome but refusals."""

    def drop(self) -> None:
        """End without replies: after a defect it is not known what became of the requests."""


class CommitLoop:
    """Commits batches until it is stopped. All methods are called on the event loop."""

    def __init__(self, engine: Engine, writer: Executor) -> None:
        self._engine = engine
        self._writer = writer
        self._lanes: FairQueue[Lane] = FairQueue()
        self._ready: list[Lane] = []
        """Lanes taken from the queue for the next batch, or for the one that is being committed."""
        self._wake = asyncio.Event()
        self._stopping = False
        self._running: asyncio.Task[None] | None = None
        self.between_batches = asyncio.Lock()
        """Held by the loop while it works on a batch."""
        self.latency = Latency()
        """Seconds from arrival to reply, counted once for all requests that a lane was answered together."""
        self._batch_limit = _MAX_BATCH
        """Requests that the next batch may have."""
        self.batch_size = 0
        """Requests in the last batch."""
        self.storage_error = ""
        """Why the last write failed; empty after one that succeeded."""

    def start(self) -> None:
        """Start the loop."""
        self._running = asyncio.create_task(self._run(), name="ingest")

    async def stop(self) -> None:
        """Answer all that has been submitted, then end."""
        self._stopping = True
        self._wake.set()
        if self._running is not None:
            await self._running

    def submit(self, lane: Lane) -> None:
        """Queue a lane that has input; does nothing if it is queued already."""
        if lane not in self._lanes:
            self._lanes.add(lane, min(_MIN_SHARE, lane.backlog()))
            self._wake.set()

    async def commit_request(self, request: Callable[[Batch], Outcome]) -> Outcome:
        """Commit one request from inside the program, in a batch with all others."""
        lane = _RequestLane(request, self._engine.clock.monotonic())
        self.submit(lane)
        return await lane.done

    @property
    def waiting(self) -> int:
        """Return the number of lanes that wait."""
        return len(self._lanes)

    async def _run(self) -> None:
        while not self._stopping or self._ready or self._lanes:
            try:
                if not self._ready:
                    await self._wake.wait()
                    self._ready = self._gather_lanes()
                await self._commit_lanes()
            except Exception:
                # Without this loop no meter gets a reply, so a defect costs those lanes alone.
                _logger.exception("a round of ingest failed")
                self._drop_lanes(self._ready)
                self._ready = []
                await asyncio.sleep(0)

    async def _commit_lanes(self) -> None:
        """Commit the requests of the ready lanes as one batch and let them reply; those gathered meanwhile are next."""
        ready = self._ready
        gathered: list[Lane] = []
        failure: Outcome | None = None
        arrived = [lane.arrived for lane in ready if lane.arrived is not None]
        async with self.between_batches:
            batch = self._engine.ingest.begin()
            began = time.thread_time()
            try:
                for lane in ready:
                    lane.perform(batch)
                self._adapt_limit(time.thread_time() - began)
            except Exception:
                # A defect must not silence every meter: this batch is refused, and the next one goes on.
                _logger.exception("a batch failed")
                failure = _DEFECT
                self._engine.ingest.roll_back(batch)
            else:
                if len(batch) or batch.refused_lines:
                    committing = asyncio.get_running_loop().run_in_executor(self._writer, self._write_batch, batch)
                    gathered = self._gather_lanes()
                    try:
                        failure = await committing
                        self._apply_batch(batch, failure)
                    except Exception:
                        # It may be on disk or not: neither OK nor ERR would be true.
                        _logger.exception("a batch failed while it was written")
                        self._drop_lanes(ready)
                        ready = []
                else:
                    await asyncio.sleep(0)
        self._ready = gathered
        for lane in ready:
            try:
                lane.reply(failure)
            except Exception:
                _logger.exception("a reply failed")
                self._drop_lanes([lane])
        self.latency.add(self._engine.clock.monotonic(), arrived)
        if not gathered:
            self._ready = self._gather_lanes()

    def _drop_lanes(self, lanes: Iterable[Lane]) -> None:
        for lane in lanes:
            try:
                lane.drop()
            except Exception:
                _logger.exception("a connection could not be dropped")

    def _gather_lanes(self) -> list[Lane]:
        """Take from the queue lanes for one batch, and let them parse: first those with the fewest requests, then the
        oldest.
        """
        self._wake.clear()
        gathered: list[Lane] = []
        limit = room = self._batch_limit
        share = max(_MIN_SHARE, room // max(1, len(self._lanes)))
        while self._lanes and room > 0:
            lane = self._lanes.pop_next() if room > limit // _AGE_PART else self._lanes.pop_oldest()
            try:
                collected = lane.collect(min(share, room))
            except Exception:
                _logger.exception("the input of a connection could not be parsed")
                self._drop_lanes([lane])
            else:
                room -= collected
                self._lanes.charge(lane, collected)
                gathered.append(lane)
        if self._lanes:
            self._wake.set()
        return gathered

    def _adapt_limit(self, took: float) -> None:
        """Set how many requests the next batch may have from the CPU seconds that the last one took."""
        if took > _MAX_SECONDS:
            self._batch_limit = max(_MIN_SHARE, int(self._batch_limit * _MAX_SECONDS / took))
        else:
            self._batch_limit = min(_MAX_BATCH, 2 * self._batch_limit)

    def _write_batch(self, batch: Batch) -> Outcome | None:
        """Write and sync a batch, in the writer thread; return why that failed, or None."""
        failure: Outcome | None = None
        try:
            if len(batch):
                self._engine.ingest.write(batch)
        except StorageError as error:
            failure = refused("storage", str(error))
        self._engine.ingest.write_notes(batch, stored=failure is None)
        return failure

    def _apply_batch(self, batch: Batch, failure: Outcome | None) -> None:
        self.batch_size = len(batch) + batch.duplicates + len(batch.refused_lines)
        if failure is not None:
            if failure.text != self.storage_error:
                _logger.error("storage: %s", failure.text)
            self.storage_error = failure.text
            self._engine.ingest.roll_back(batch)
        elif len(batch):
            self.storage_error = ""
        self._engine.ingest.apply(batch)


class _RequestLane:
    """A lane with one request from inside the program."""

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
