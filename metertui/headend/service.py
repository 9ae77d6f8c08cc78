"""The head-end: the engine in an asyncio event loop, and the one face that server and screens meet it at.

Ingest goes by group commit (see `commit_loop`). Questions about one meter are answered on the event loop, those about
many in a worker thread on frozen columns. Work beside ingest has a module for each subject in this package.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from metertui.engine.accounts import Account, Member, Rows
from metertui.engine.base import Outcome, Progress, Window, no_progress
from metertui.engine.billing import Run, Statement
from metertui.engine.core import Close, Decision, Effect, Engine, Import, LiveSnapshot, Peer, Report
from metertui.engine.reports import Inquiry, Saved
from metertui.engine.usage import Series, Usage
from metertui.engine.worklist import Board, Exceptions, Question, completeness, exception_list
from metertui.formats import Form
from metertui.headend import billing, corrections
from metertui.headend.accounts import AccountChanges
from metertui.headend.commit_loop import Lane
from metertui.headend.day_close import DayClosing
from metertui.headend.imports import Imports
from metertui.headend.jobs import Hands
from metertui.headend.metrics import Vitals
from metertui.headend.recurring import Recurring
from metertui.headend.staff import Staffing

_logger = logging.getLogger(__name__)
T = TypeVar("T")

_TICK_SECONDS: Final = 1.0


class HeadEnd:
    """The engine's asyncio face. All methods are called on the event loop."""

    def __init__(self, engine: Engine, *, close_at_midnight: bool = True, hands: Hands | None = None) -> None:
        self.engine = engine
        self.address = ""
        """`host:port`, set by the listener when it is bound."""
        self.unheard = ""
        """Why the port is not open any more, set by the listener; empty while it is."""
        self.peers: Callable[[int], Sequence[Peer]] = lambda _: ()
        """The busiest connections, as many as asked for; set by the listener."""
        self.connections = 0
        self.connections_total = 0
        self.waiting = 0
        """Bytes received and not yet collected."""
        self._hands = hands or Hands(engine)
        self._closing = DayClosing(self._hands, at_midnight=close_at_midnight)
        self._accounts = AccountChanges(self._hands)
        self._imports = Imports(self._hands, self._accounts, self._closing)
        self._staff = Staffing(self._hands)
        self._vitals = Vitals(engine, self._hands.turns.latency)
        self._clock = Recurring(self.tick, "the clock")

    # -- life ------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to take turns."""
        self._hands.turns.start()
        self._clock.start(_TICK_SECONDS)

    async def stop(self) -> None:
        """Finish what is under way, a day close included, and give the folder back."""
        await self._hands.turns.stop()
        await self._clock.stop()
        await self._closing.idle.wait()
        await self._hands.stop()
        self.engine.close()

    async def tick(self) -> None:
        """Once a second: note the rate; at the first tick of a new local day, close the old one."""
        self._vitals.take()
        await self._turn_day()

    async def _turn_day(self) -> None:
        await self._closing.turn_day()

    # -- readings and accounts -------------------------------------------------------------------------------------

    def submit(self, lane: Lane) -> None:
        """A lane has input. It is asked for it in its turn, once, however often it says so before."""
        self._hands.turns.submit(lane)

    async def upload(self, meter: str, kwh: str, timestamp: str | None, by: str) -> Outcome:
        """Store a reading entered by hand."""
        outcome = await self._hands.turns.put(lambda batch: batch.read(meter, kwh, timestamp))
        if outcome.stored:
            self.note(by, "reading", meter, f"{kwh} kWh at {timestamp or 'now'}: {outcome.kind}")
        return outcome

    async def register(self, meter: str, fields: dict[str, str], by: str) -> Outcome:
        """Register an account; `fields` as on the wire."""
        return await self._hands.turns.put(lambda batch: batch.register(meter, fields, by=by))

    async def modify(self, meter: str, fields: dict[str, str], by: str, since: int | None = None) -> None:
        """Change an account's fields from `since` on (µs UTC; now if None); what was before keeps its attributes.

        Raises MeterError.
        """
        await self._accounts.modify(meter, fields, by, since)

    async def deactivate(self, meter: str, by: str, reason: str = "") -> None:
        """Refuse a meter's readings from now on; its history stays. Raises MeterError."""
        await self._accounts.deactivate(meter, by, reason)

    async def reactivate(self, meter: str, by: str, reason: str = "") -> None:
        """Take a deactivated meter's readings again. Raises MeterError."""
        await self._accounts.reactivate(meter, by, reason)

    async def decide(self, wanted: Sequence[Decision], by: str) -> list[Effect]:
        """Let decisions about readings stand, all or none; what each changed. Raises MeterError, StorageError.

        Once it is begun it is finished, whoever waits for it or no longer does.
        """
        return await corrections.decide(self._hands, wanted, by)

    async def effects(self, wanted: Sequence[Decision], by: str) -> list[Effect]:
        """What decisions would change, to be shown before they are made. Raises MeterError."""
        return await corrections.effects(self._hands, wanted, by)

    async def plan_import(
        self, paths: Sequence[Path], form: Form | None = None, progress: Progress = no_progress
    ) -> Import:
        """What files would bring, to be shown before `do_import` does it: see its `report`. Raises MeterError.

        `progress` is called with the share done, on the event loop.
        """
        return await self._imports.plan(paths, form, progress)

    async def do_import(self, importing: Import, names: str, by: str, progress: Progress = no_progress) -> Report:
        """Store what was planned, by the way of all readings, and close the day: then it is in the archive.

        Its report tells what was done. Raises StorageError, or is cancelled: doing it again does the rest.
        """
        return await self._imports.do(importing, names, by, progress)

    # -- staff -----------------------------------------------------------------------------------------------------

    async def put_member(self, member: Member, by: str) -> None:
        """Add a member of staff, or put one in the place of who has the email. Raises MeterError."""
        await self._staff.put(member, by)

    async def begin_staff(self, email: str, password: str) -> None:
        """Make the first member of staff, an operator. Raises MeterError, also where there is one already."""
        await self._staff.begin(email, password)

    async def add_member(self, email: str, role: str, password: str, by: str) -> None:
        """Add a member of staff, or give one another role and password; an operator stays. Raises MeterError."""
        await self._staff.add(email, role, password, by)

    async def change_role(self, email: str, role: str, by: str) -> None:
        """Give a member of staff another role; an operator stays. Raises MeterError."""
        await self._staff.change_role(email, role, by)

    async def remove_member(self, email: str, by: str) -> None:
        """Remove a member of staff; an operator stays. Raises MeterError."""
        await self._staff.remove(email, by)

    async def login(self, email: str, password: str) -> str | None:
        """The role of a member of staff, or None for a wrong name or password."""
        return await self._staff.login(email, password)

    def note(self, by: str, action: str, subject: str, detail: str) -> None:
        """Keep in `audit.log` who did what."""
        self._hands.note(by, action, subject, detail)

    # -- what the government screen keeps --------------------------------------------------------------------------

    async def questions(self) -> list[Saved]:
        """The questions that are kept. Raises MeterError."""
        return await self._hands.work(self.engine.questions.all)

    async def keep_question(self, saved: Saved, by: str) -> None:
        """Keep a question under its title. Raises MeterError."""
        await self._hands.write_between(self.engine.questions.keep, saved)
        self.note(by, "keep question", saved.title, "")

    async def drop_question(self, title: str, by: str) -> None:
        """Keep a question no longer. Raises MeterError."""
        await self._hands.write_between(self.engine.questions.drop, title)
        self.note(by, "drop question", title, "")

    async def record_export(self, file: Path, asked: Inquiry, by: str) -> None:
        """Keep what is exported under the rule for small groups. Raises MeterError."""
        time = self.engine.zone.iso(self.engine.clock.now())
        await self._hands.write_between(self.engine.exports.record, time, by, file, asked)

    # -- questions ---------------------------------------------------------------------------------------------

    async def ask(self, function: Callable[..., T], *args: object) -> T:
        """`function(frozen, *args)` in a worker thread, on all readings as they are now."""
        return await self._hands.ask(function, *args)

    async def look_up(self, function: Callable[..., T | None], *args: object) -> T:
        """A search in a thread of its own, so that none waits for a heavy question; given up when it is cancelled."""
        return await self._hands.look_up(function, *args)

    async def completeness(self) -> Board:
        """Who has been heard, in a worker thread."""
        view, beside, zone = self.engine.view(), self.engine.beside(), self.engine.zone
        return await self._hands.work(lambda: completeness.board(*view.parts(), beside, zone))

    def series(self, meter: str) -> Series:
        """A meter's readings. Raises MeterError for a meter that is not known."""
        return self.engine.series(meter)

    def usage(self, meter: str, window: str | Window = "month", at: int | None = None) -> Usage:
        """What a meter used; see Engine.usage."""
        return self.engine.usage(meter, window, at)

    def statement(self, meter: str, month: str | None = None, at: int | None = None) -> Statement:
        """A meter's bill; see Engine.statement."""
        return self.engine.statement(meter, month, at)

    async def search(self, text: str, limit: int = 20) -> list[Account]:
        """Accounts by part of their id, address or postcode; see `Roster.search`."""
        return await self.look_up(self.engine.accounts.roster.search, text, limit)

    async def matches(self, text: str) -> Rows:
        """All accounts with `text` in their id, address or postcode, in order of their ids; see `Roster.matches`."""
        return await self.look_up(self.engine.accounts.roster.matches, text)

    async def exceptions(self, question: Question | None = None) -> Exceptions:
        """The list of exceptions, counted, and a page of it. Raises MeterError for a cause that is none."""
        return await self.ask(exception_list.find, self.engine.beside(), question or Question())

    # -- bills -------------------------------------------------------------------------------------------------

    async def reckon(self, month: str, progress: Progress) -> Run:
        """The billing run of a month, in a worker thread, which calls `progress` and ends by what that raises.

        Raises MeterError, DataError, NoTariffError.
        """
        return await billing.reckon(self._hands, month, progress)

    async def issue(self, run: Run, by: str) -> int:
        """Keep a run's bills and adjustments for good; how many were not kept before. Raises MeterError."""
        return await billing.issue(self._hands, run, by)

    async def save_tariffs(self, data: bytes, before: bytes | None, by: str) -> None:
        """Put tariffs in force, if the file still holds what it did `before` (None: there was none).

        Raises DataError for what is no tariff, MeterError where someone else has changed it meanwhile, StorageError.
        """
        await billing.save_tariffs(self._hands, data, before, by)

    # -- the day close -----------------------------------------------------------------------------------------

    @property
    def closing(self) -> bool:
        """Whether a day close is running."""
        return self._closing.running

    async def close_day(self, by: str) -> Close:
        """Log to day files, index rebuilt, new log; ingest goes on meanwhile. See `DayClosing.close`."""
        return await self._closing.close(by)

    # -- the screens -----------------------------------------------------------------------------------------------

    def live(self) -> LiveSnapshot:
        """The state of everything, frozen."""
        engine, counters, turns, vitals = self.engine, self.engine.counters, self._hands.turns, self._vitals
        return LiveSnapshot(
            at=engine.clock.now(),
            folder=str(engine.folder),
            address=self.address,
            uptime=vitals.uptime,
            rate=vitals.rate,
            history=vitals.history,
            accepted=counters.accepted,
            duplicates=counters.duplicates,
            suspects=counters.suspects,
            registered=counters.registered,
            refused=dict(counters.refused),
            stored=len(engine.readings),
            in_log=len(engine.readings.tail) - engine.sealed,
            log_bytes=self._log_bytes(),
            accounts=len(engine.accounts),
            meters=len(engine.directory),
            connections=self.connections,
            connections_total=self.connections_total,
            sync_ms=counters.sync_seconds * 1000,
            batch=turns.batch_size,
            waiting=self.waiting,
            queue=turns.waiting,
            p50=vitals.p50,
            p99=vitals.p99,
            memory=vitals.memory,
            day_state=self._closing.state,
            progress=self._closing.progress,
            last_close=self._closing.last,
            **self._closing.now(),
            storage_error=turns.storage_error,
            unheard=self.unheard,
            arrivals=tuple(reversed(counters.arrivals)),
            refusals=tuple(reversed(counters.refusals)),
        )

    def _log_bytes(self) -> int:
        return self.engine.log.size
