"""The head-end: an engine in an asyncio event loop, used by the server, the screens and the command line.

Readings are committed in groups (see `commit_loop`). Questions about one meter are answered by the engine on the event
loop; those about many are answered in a thread, on frozen columns. Each subject has a class of its own in this package.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from metertui.engine.base import ESTIMATED, Outcome, format_kwh
from metertui.engine.core import Engine, LiveSnapshot, Peer
from metertui.engine.vee import check_reason
from metertui.headend.accounts import Accounts
from metertui.headend.billing import Billing
from metertui.headend.commit_loop import Lane
from metertui.headend.corrections import Corrections
from metertui.headend.day_close import DayClose
from metertui.headend.imports import Imports
from metertui.headend.jobs import Jobs
from metertui.headend.metrics import Metrics
from metertui.headend.readings import ReadingLists
from metertui.headend.recurring import Recurring
from metertui.headend.reports import Reports
from metertui.headend.staff import Staff
from metertui.headend.trends import Slot
from metertui.headend.worklist import WorkList

T = TypeVar("T")

_TICK_SECONDS: Final = 1.0


class HeadEnd:
    """The engine in an event loop, an attribute for each subject. All methods are called on the event loop."""

    def __init__(self, engine: Engine, *, close_at_midnight: bool = True, jobs: Jobs | None = None) -> None:
        self.engine = engine
        self.clock = engine.clock
        self.address = ""
        """`host:port`, set by the listener when it is bound."""
        self.port_error = ""
        """Why the port is not open any more, set by the listener; empty while it is."""
        self.peers: Callable[[int], Sequence[Peer]] = lambda _: ()
        """Returns the busiest connections, at most as many as asked for; set by the listener."""
        self.connections = 0
        self.connections_total = 0
        self.bytes_waiting = 0
        """Bytes received and not yet collected."""
        self._jobs = jobs or Jobs(engine)
        self._jobs.commit_loop.storage_error = engine.storage_error
        self.accounts = Accounts(self._jobs)
        self.staff = Staff(self._jobs)
        self.corrections = Corrections(self._jobs)
        self.day_close = DayClose(self._jobs, at_midnight=close_at_midnight)
        self.imports = Imports(self._jobs, self.accounts, self.day_close)
        self.billing = Billing(self._jobs)
        self.reports = Reports(self._jobs)
        self.readings = ReadingLists(self._jobs)
        self.worklist = WorkList(self._jobs)
        self._metrics = Metrics(engine, self._jobs.commit_loop.latency)
        self._ticking = Recurring(self.tick, "the clock")

    async def start(self) -> None:
        """Start to commit what is submitted, and to build the index in the background."""
        self._jobs.commit_loop.start()
        self._jobs.start_background(self.readings.build_index(), "index")
        self._ticking.start(_TICK_SECONDS)

    async def stop(self) -> None:
        """Finish the work that has begun, a day close included, and close the engine."""
        await self._jobs.commit_loop.stop()
        await self._ticking.stop()
        await self.day_close.idle.wait()
        await self._jobs.stop()
        self.engine.close()

    async def tick(self) -> None:
        """Measure rate and latency, and at the start of a new local day close the old one; called once a second."""
        self._metrics.measure()
        await self.day_close.start_day()

    def submit(self, lane: Lane) -> None:
        """Queue a lane that has input; does nothing if it is queued already. Raises OwnedError."""
        self._jobs.submit(lane)

    async def store_reading(self, meter: str, kwh: str, timestamp: str | None, by: str) -> Outcome:
        """Store a reading that someone entered; its parts as on the wire."""
        outcome = await self._jobs.commit_request(lambda batch: batch.add_reading(meter, kwh, timestamp))
        if outcome.stored:
            self.audit(by, "reading", meter, f"{kwh} kWh at {timestamp or 'now'}: {outcome.kind}")
        return outcome

    async def store_estimate(self, meter: str, wh: int, at: int, reason: str, by: str) -> Outcome:
        """Store an estimated register (Wh) at an instant (µs UTC); the reason goes into `audit.log`.

        Raises MeterError for an empty reason.
        """
        reason = check_reason(reason)
        kwh, time = format_kwh(wh), self.engine.zone.iso(at)
        outcome = await self._jobs.commit_request(lambda batch: batch.add_estimated(meter, kwh, time, ESTIMATED))
        if outcome.stored:
            self.audit(by, "estimate", meter, f"{kwh} kWh at {time}: {outcome.kind}: {reason}")
        return outcome

    async def ask(self, function: Callable[..., T], *args: object) -> T:
        """Run `function(frozen, *args)` in a thread for heavy work; `frozen` are all readings as of now."""
        return await self._jobs.ask(function, *args)

    async def look_up(self, function: Callable[..., T | None], *args: object) -> T:
        """Run `function(*args, stop=...)` in a thread for searches; see `Jobs.look_up`."""
        return await self._jobs.look_up(function, *args)

    def audit(self, by: str, action: str, subject: str, detail: str) -> None:
        """Append to `audit.log` who did what."""
        self._jobs.audit(by, action, subject, detail)

    def live(self) -> LiveSnapshot:
        """Return the state of everything, frozen."""
        engine, counters, commit_loop = self.engine, self.engine.ingest.counters, self._jobs.commit_loop
        metrics, day_close = self._metrics, self.day_close
        return LiveSnapshot(
            at=engine.clock.now(),
            folder=str(engine.folder),
            address=self.address,
            uptime=metrics.uptime,
            rate=metrics.rate,
            accepted=counters.accepted,
            duplicates=counters.duplicates,
            suspects=counters.suspects,
            registered=counters.registered,
            refused=dict(counters.refused),
            stored=len(engine.readings),
            in_log=len(engine.readings.mark()) - len(engine.day_close.sealed),
            log_bytes=self._log_bytes(),
            accounts=len(engine.accounts),
            meters=engine.directory.meters,
            connections=self.connections,
            connections_total=self.connections_total,
            sync_ms=counters.sync_seconds * 1000,
            batch=commit_loop.batch_size,
            waiting=self.bytes_waiting,
            queue=commit_loop.waiting,
            p50=metrics.p50,
            p99=metrics.p99,
            memory=metrics.memory,
            day_state=day_close.state,
            progress=day_close.progress,
            last_close=day_close.last,
            **day_close.progress_fields(),
            storage_error=commit_loop.storage_error,
            port_error=self.port_error,
            arrivals=tuple(reversed(counters.arrivals)),
            refusals=tuple(reversed(counters.refusals)),
        )

    def trend(self, span: str) -> tuple[Slot, ...]:
        """Return what ingest did in one of trends.SPANS, in slots, the newest last."""
        return self._metrics.trends.of_span(span)

    def _log_bytes(self) -> int:
        return self.engine.log.size
