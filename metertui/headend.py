"""The head-end: the engine in an asyncio event loop, and the one face that server and screens meet it at.

Ingest takes turns (see turns.py). Questions about one meter are answered here and now, those about many in a worker
thread on frozen columns. The day close runs beside it all, and takes a place between two batches only to set the log
aside and to swap the rebuilt index in.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from metertui.engine import closes, completeness, deciding, exceptions, tariffs
from metertui.engine import files as storage
from metertui.engine.accounts import Account, Change
from metertui.engine.billing import Statement
from metertui.engine.columns import Frozen
from metertui.engine.completeness import Board
from metertui.engine.core import Engine
from metertui.engine.counters import CLOSING, Close, LiveSnapshot, Peer
from metertui.engine.deciding import Decision, Effect
from metertui.engine.energy import Series, Usage
from metertui.engine.errors import BusyError, MeterError, StorageError
from metertui.engine.events import Event, checked_reason, values_of
from metertui.engine.exceptions import Exceptions, Question
from metertui.engine.importing import Import, Report
from metertui.engine.inquiry import Inquiry
from metertui.engine.issuing import Run
from metertui.engine.outcome import Outcome
from metertui.engine.roster import Rows
from metertui.engine.saved import Saved
from metertui.engine.staff import Member, StaffBook
from metertui.engine.windows import Window
from metertui.formats import files
from metertui.formats.files import Form
from metertui.intake import FileLane
from metertui.memory import resident
from metertui.turns import Lane, Turns

_logger = logging.getLogger(__name__)
T = TypeVar("T")

_HISTORY_SECONDS: Final = 120
_RATE_SECONDS: Final = 2
_TICK_SECONDS: Final = 1.0
_AT_ONCE: Final = 50
"""Decisions that take effect before the loop does something else: some 10 ms."""
_ACCOUNTS: Final = 256
"""Accounts taken over in one go: some ms."""
_EVER: Final = -(1 << 62)


class HeadEnd:
    """The engine's asyncio face. All methods are called on the event loop."""

    def __init__(self, engine: Engine, *, close_at_midnight: bool = True) -> None:
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
        self._close_at_midnight = close_at_midnight
        self._writer = ThreadPoolExecutor(1, "metertui-log")
        self._workers = ThreadPoolExecutor(2, "metertui-work")
        self._searcher = ThreadPoolExecutor(1, "metertui-search")
        self._turns = self._new_turns()
        self._clock: asyncio.Task[None] | None = None
        self._background: set[asyncio.Future[Any]] = set()
        self._changing = asyncio.Lock()
        """Held by who changes accounts: one at a time."""
        self._started = engine.clock.monotonic()
        self._today = engine.zone.day(engine.clock.now())
        self._rates: deque[int] = deque([0] * _HISTORY_SECONDS, maxlen=_HISTORY_SECONDS)
        self._samples: deque[tuple[float, int]] = deque([(self._started, 0)], maxlen=_RATE_SECONDS + 1)
        self._percentiles: tuple[float | None, ...] = (None, None)
        self._memory = resident()
        self._not_closing = asyncio.Event()
        self._not_closing.set()
        self._day_state = "open"
        self._progress: float | None = None
        self._close_by = ""
        self._close_began = self._started
        self._close_readings = 0
        self._last_close: Close | None = closes.last(engine.audit, engine.zone)

    def _new_turns(self) -> Turns:
        return Turns(self.engine, self._writer)

    # -- life ------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to take turns."""
        self._turns.start()
        self._clock = asyncio.create_task(self._tick_on(), name="clock")

    async def stop(self) -> None:
        """Finish what is under way, a day close included, and give the folder back."""
        await self._turns.stop()
        if self._clock is not None:
            self._clock.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._clock
        await self._not_closing.wait()
        await asyncio.gather(*self._background, return_exceptions=True)
        self._writer.shutdown()
        self._workers.shutdown(cancel_futures=True)
        self._searcher.shutdown(cancel_futures=True)
        self.engine.close()

    # -- ingest ----------------------------------------------------------------------------------------------

    def submit(self, lane: Lane) -> None:
        """A lane has input. It is asked for it in its turn, once, however often it says so before."""
        self._turns.submit(lane)

    # -- the company screen ------------------------------------------------------------------------------------

    async def upload(self, meter: str, kwh: str, timestamp: str | None, by: str) -> Outcome:
        """Store a reading entered by hand."""
        outcome = await self._turns.put(lambda batch: batch.read(meter, kwh, timestamp))
        if outcome.stored:
            self.note(by, "reading", meter, f"{kwh} kWh at {timestamp or 'now'}: {outcome.kind}")
        return outcome

    async def register(self, meter: str, fields: dict[str, str], by: str) -> Outcome:
        """Register an account; `fields` as on the wire."""
        return await self._turns.put(lambda batch: batch.register(meter, fields, by=by))

    async def modify(self, meter: str, fields: dict[str, str], by: str, since: int | None = None) -> None:
        """Change an account's fields from `since` on (µs UTC; now if None); what was before keeps its attributes.

        Raises MeterError.
        """
        await self._change(meter, lambda now: self.engine.accounts.modified(meter, fields, now, since))
        from_then = "" if since is None else f" from {self.engine.zone.iso(since)}"
        self.note(by, "modify", meter, _listed(fields) + from_then)

    async def deactivate(self, meter: str, by: str, reason: str = "") -> None:
        """Refuse a meter's readings from now on; its history stays. Raises MeterError."""
        await self._change(meter, lambda now: self.engine.accounts.deactivated(meter), "deactivate", by, reason)
        self.note(by, "deactivate", meter, reason)

    async def reactivate(self, meter: str, by: str, reason: str = "") -> None:
        """Take a deactivated meter's readings again. Raises MeterError."""
        await self._change(meter, lambda now: self.engine.accounts.reactivated(meter), "reactivate", by, reason)
        self.note(by, "reactivate", meter, reason)

    async def decide(self, decisions: Sequence[Decision], by: str) -> list[Effect]:
        """Let decisions about readings stand, all or none; what each changed. Raises MeterError, StorageError.

        Once it is begun it is finished, whoever waits for it or no longer does.
        """
        return await self._finished(self._let_stand(decisions, by))

    async def _let_stand(self, decisions: Sequence[Decision], by: str) -> list[Effect]:
        async with self._turns.between:
            found = await self._effects(decisions, by)
            events = [effect.event for effect in found]
            await asyncio.get_running_loop().run_in_executor(self._writer, self.engine.events.append, events)
            for first in range(0, len(events), _AT_ONCE):
                self.engine.decide(events[first : first + _AT_ONCE])
                await asyncio.sleep(0)
        for event in events:
            self.note(by, event.what, event.meter, f"{values_of(event, self.engine.zone)}: {event.reason}")
        return found

    async def effects(self, decisions: Sequence[Decision], by: str) -> list[Effect]:
        """What decisions would change, to be shown before they are made. Raises MeterError."""
        return await self._effects(decisions, by)

    async def _effects(self, decisions: Sequence[Decision], by: str) -> list[Effect]:
        """The loop's other work goes on after each; where nothing may be stored meanwhile, between two batches."""
        found = []
        for effect in deciding.each_effect(self.engine, decisions, by, self.engine.clock.now()):
            found.append(effect)
            await asyncio.sleep(0)
        return found

    async def plan_import(
        self, paths: Sequence[Path], form: Form | None = None, tell: Callable[[float], None] = lambda share: None
    ) -> Import:
        """What files would bring, to be shown before `do_import` does it: see its `report`. Raises MeterError.

        `tell` hears the share done, on the event loop.
        """
        loop = asyncio.get_running_loop()
        now = self.engine.clock.now()
        given_up = threading.Event()

        def share(part: float) -> None:
            if given_up.is_set():
                raise MeterError("given up")
            loop.call_soon_threadsafe(tell, part)

        def plan(frozen: Frozen) -> Import:
            importing = files.taken(frozen, paths, form, now + self.engine.rules.future_us, share)
            importing.plan()
            return importing

        try:
            importing = await self.ask(plan)
        except asyncio.CancelledError:
            given_up.set()
            raise
        await loop.run_in_executor(self._workers, importing.accounts, self.engine.accounts, now)
        return importing

    async def do_import(
        self, importing: Import, names: str, by: str, tell: Callable[[float], None] = lambda share: None
    ) -> Report:
        """Store what was planned, by the way of all readings, and close the day: then it is in the archive.

        Its report tells what was done. Raises StorageError, or is cancelled: doing it again does the rest.
        """
        engine = self.engine
        await self._finished(self._take_accounts(importing))
        lane = FileLane(importing, engine.directory, self._turns, lambda share: tell(0.9 * share))
        try:
            await lane.run()
        except asyncio.CancelledError:
            self.note(by, "import given up", names, f"{lane.done} of {len(importing.new)} new readings are stored")
            raise
        report = importing.report
        self.note(by, "import", names, report.counts())
        refusals = report.refusals(engine.clock.now())
        if refusals:
            self._writer.submit(engine.rejects.write, refusals, engine.zone)
        while report.new:
            await self._not_closing.wait()
            with contextlib.suppress(BusyError):
                await self._finished(self.close_day(by))
                break
        return report

    async def _take_accounts(self, importing: Import) -> None:
        """The accounts that an import brings, and what it says of others."""
        loop, engine = asyncio.get_running_loop(), self.engine
        async with self._changing:
            async with self._turns.between:
                now = engine.clock.now()
                standing = engine.accounts.standing()
                accounts, moves = await loop.run_in_executor(self._writer, importing.accounts, engine.accounts, now)
            if not accounts and not moves:
                return
            change = Change(accounts, moves)
            draft = await loop.run_in_executor(self._workers, engine.accounts.draft, standing, change)
            async with self._turns.between:
                await loop.run_in_executor(self._writer, engine.accounts.commit, draft)
                for place, meter in enumerate({account.meter: None for account in accounts} | dict.fromkeys(moves)):
                    engine.refresh_account(meter, _EVER)
                    if place % _ACCOUNTS == 0:
                        await asyncio.sleep(0)

    async def _change(
        self, meter: str, plan: Callable[[int], Change], what: str = "", by: str = "", reason: str = ""
    ) -> None:
        """Change an account. Nearly all of the work is done beside ingest, which waits only for the last step."""

        async def change() -> None:
            loop, engine = asyncio.get_running_loop(), self.engine
            async with self._changing:
                async with self._turns.between:
                    now = engine.clock.now()
                    planned, standing = plan(now), engine.accounts.standing()
                events = [Event(now, meter, what, None, by, checked_reason(reason) if reason else "")] if what else []
                draft = await loop.run_in_executor(self._workers, engine.accounts.draft, standing, planned)
                async with self._turns.between:
                    await loop.run_in_executor(self._writer, engine.accounts.commit, draft)
                    engine.refresh_account(meter, planned.moves[meter][-1][0] if planned.moves else now)
                    if events:
                        await loop.run_in_executor(self._writer, engine.events.append, events)
                        engine.decide(events)

        await self._finished(change())

    async def _finished(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of work that goes on to its end even if who waits for it is cancelled."""
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return await asyncio.shield(task)

    async def put_member(self, member: Member, by: str) -> None:
        """Add a member of staff, or put one in the place of who has the email. Raises MeterError."""
        await self._staff(lambda staff: staff.put(member))
        self.note(by, "staff add", member.email, member.role)

    async def begin_staff(self, email: str, password: str) -> None:
        """Make the first member of staff, an operator. Raises MeterError, also where there is one already."""
        staff = self.engine.staff
        if staff.members():
            raise MeterError("there is a staff account already; who has it can make others on the company screen")
        loop = asyncio.get_running_loop()
        member = await loop.run_in_executor(self._workers, staff.member, email, "operator", password)
        await self.put_member(member, email)

    async def add_member(self, email: str, role: str, password: str, by: str) -> None:
        """Add a member of staff, or give one another role and password; an operator stays. Raises MeterError."""
        loop = asyncio.get_running_loop()
        member = await loop.run_in_executor(self._workers, self.engine.staff.member, email, role, password)
        if role != "operator" and self.engine.staff.get(email) is not None:
            self.engine.staff.check_operator_left(email)
        await self.put_member(member, by)

    async def change_role(self, email: str, role: str, by: str) -> None:
        """Give a member of staff another role; an operator stays. Raises MeterError."""
        member = self.engine.staff.get(email)
        if member is None:
            raise MeterError(f"{email} is not a member of staff")
        if role != "operator":
            self.engine.staff.check_operator_left(email)
        await self._staff(lambda staff: staff.put(Member(member.email, role, member.password_hash)))
        self.note(by, "staff role", member.email, f"{role}, before {member.role}")

    async def remove_member(self, email: str, by: str, *, keep_operator: bool = False) -> None:
        """Remove a member of staff; not the last operator, with `keep_operator`. Raises MeterError."""
        if keep_operator:
            self.engine.staff.check_operator_left(email)
        await self._staff(lambda staff: staff.remove(email))
        self.note(by, "staff remove", email, "")

    async def _staff(self, change: Callable[[StaffBook], object]) -> None:
        async with self._turns.between:
            await asyncio.get_running_loop().run_in_executor(self._writer, change, self.engine.staff)

    async def login(self, email: str, password: str) -> str | None:
        """The role of a member of staff, or None for a wrong name or password."""
        loop = asyncio.get_running_loop()
        role = await loop.run_in_executor(self._workers, self.engine.staff.verify, email, password)
        self.note(email, "login" if role else "login refused", "", role or "")
        return role

    def note(self, by: str, action: str, subject: str, detail: str) -> None:
        """Keep in `audit.log` who did what."""
        now = self.engine.clock.now()
        self._writer.submit(self.engine.audit.write, self.engine.zone.iso(now), by, action, subject, detail)

    # -- the government screen -----------------------------------------------------------------------------------

    async def questions(self) -> list[Saved]:
        """The questions that are kept. Raises MeterError."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, self.engine.questions.all)

    async def keep_question(self, saved: Saved, by: str) -> None:
        """Keep a question under its title. Raises MeterError."""
        async with self._turns.between:
            await asyncio.get_running_loop().run_in_executor(self._writer, self.engine.questions.keep, saved)
        self.note(by, "keep question", saved.title, "")

    async def drop_question(self, title: str, by: str) -> None:
        """Keep a question no longer. Raises MeterError."""
        async with self._turns.between:
            await asyncio.get_running_loop().run_in_executor(self._writer, self.engine.questions.drop, title)
        self.note(by, "drop question", title, "")

    async def record_export(self, file: Path, asked: Inquiry, by: str) -> None:
        """Keep what is exported under the rule for small groups. Raises MeterError."""
        time = self.engine.zone.iso(self.engine.clock.now())
        async with self._turns.between:
            await asyncio.get_running_loop().run_in_executor(
                self._writer, self.engine.exports.record, time, by, file, asked
            )

    # -- questions ---------------------------------------------------------------------------------------------

    async def ask(self, function: Callable[..., T], *args: object) -> T:
        """`function(frozen, *args)` in a worker thread, on all readings as they are now."""
        view = self.engine.view()

        def answer() -> T:
            return function(view.frozen(self.engine.rules.max_w), *args)

        return await asyncio.get_running_loop().run_in_executor(self._workers, answer)

    async def completeness(self) -> Board:
        """Who has been heard, in a worker thread."""
        view, beside, zone = self.engine.view(), self.engine.beside(), self.engine.zone
        return await asyncio.get_running_loop().run_in_executor(
            self._workers, lambda: completeness.board(*view.parts(), beside, zone)
        )

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

    async def look_up(self, function: Callable[..., T | None], *args: object) -> T:
        """A search in a thread of its own, so that none waits for a heavy question; given up when it is cancelled."""
        given_up = threading.Event()
        call = partial(function, *args, stop=given_up.is_set)
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._searcher, call)
        except asyncio.CancelledError:
            given_up.set()
            raise
        assert found is not None  # it is stopped only where nobody waits for it any more
        return found

    async def exceptions(self, question: Question | None = None) -> Exceptions:
        """The list of exceptions, counted, and a page of it. Raises MeterError for a cause that is none."""
        return await self.ask(exceptions.find, self.engine.beside(), question or Question())

    # -- bills -------------------------------------------------------------------------------------------------

    async def reckon(self, month: str, progress: Callable[[float], None]) -> Run:
        """The billing run of a month, in a worker thread, which calls `progress` and ends by what that raises.

        Raises MeterError, DataError, NoTariffError.
        """
        terms, book = self.engine.terms(), self.engine.bills
        return await self.ask(Run, month, terms, book, progress)

    async def issue(self, run: Run, by: str) -> int:
        """Keep a run's bills and adjustments for good; how many were not kept before. Raises MeterError."""
        async with self._turns.between:
            pass  # raises where nothing may be written
        now = self.engine.clock.now()
        new, changes = run.new, run.changes
        count = await asyncio.get_running_loop().run_in_executor(self._workers, run.issue, now)
        if count:
            self.note(by, "issue", run.month, f"{new} bills, {changes} adjustments")
        return count

    async def save_tariffs(self, data: bytes, before: bytes | None, by: str) -> None:
        """Put tariffs in force, if the file still holds what it did `before` (None: there was none).

        Raises DataError for what is no tariff, MeterError where someone else has changed it meanwhile, StorageError.
        """
        path = self.engine.tariffs.path
        found = tariffs.parse(data, path)
        async with self._turns.between:
            pass

        def save() -> None:
            if tariffs.stored(path) != before:
                raise MeterError(f"{path.name} has changed since it was opened; open it again")
            storage.replace(path, data)

        await asyncio.get_running_loop().run_in_executor(self._writer, save)
        self.note(by, "tariffs", path.name, f"{len(found.tariffs)} tariffs, {len(found.rates)} prices")

    # -- the day close -----------------------------------------------------------------------------------------

    @property
    def closing(self) -> bool:
        """Whether a day close is running."""
        return not self._not_closing.is_set()

    async def close_day(self, by: str) -> Close:
        """Log to day files, index rebuilt, new log; ingest goes on meanwhile.

        Raises BusyError while one runs already, StorageError when the disk refuses: then the sealed log stays, and
        the next close, or the next start, takes it up.
        """
        if self.closing:
            raise BusyError("a day close is running already")
        self._not_closing.clear()
        started = self._close_began = self.engine.clock.monotonic()
        self._close_by = by
        try:
            interrupted = self.engine.sealed > 0
            readings, days, late = await self._close_once()
            if interrupted:
                more, further, later = await self._close_once()
                readings, days, late = readings + more, days | further, late + later
            seconds = self.engine.clock.monotonic() - started
            files, before = len(days), self._day_before
            late_files = sum(day < before for day in days) if before is not None else 0
            known = None if before is None else late
            close = Close(readings, files, seconds, self.engine.clock.now(), by, known, late_files)
            self._last_close = close
            self._turns.storage_error = ""
            _logger.info("day closed by %s: %d readings into %d day files in %.2f s", by, readings, files, seconds)
            self.note(by, closes.ACTION, "", closes.detail(close))
            return close
        except StorageError as error:
            self._turns.storage_error = str(error)
            _logger.error("day close: %s", error)
            raise
        finally:
            self._not_closing.set()
            self._progress = None
            self._day_state = "open"

    @property
    def _day_before(self) -> date | None:
        """The local day of the last close: readings of earlier days come late."""
        return None if self._last_close is None else self.engine.zone.day(self._last_close.ended)

    async def _close_once(self) -> tuple[int, set[date], int]:
        """Readings moved, the days that they are of, and how many come late."""
        loop = asyncio.get_running_loop()
        engine = self.engine
        self._progress = 0.0
        self._close_readings, engine.day_files = 0, (0, 0)
        self._enter(CLOSING[0])
        async with self._turns.between:
            count = await loop.run_in_executor(self._writer, engine.seal)
        if not count:
            return 0, set(), 0
        self._close_readings = count
        self._enter(f"writing {count} readings into day files", CLOSING[1])
        before = self._day_before
        late = 0 if before is None else await loop.run_in_executor(self._workers, engine.late, count, before)
        days = await loop.run_in_executor(self._workers, engine.write_day_files, count, self._set_progress)
        engine.day_files = len(days), len(days)
        self._enter(CLOSING[2])
        while True:
            version = engine.readings.version
            rebuilt = await loop.run_in_executor(self._workers, engine.readings.rebuild, count)
            if version == engine.readings.version:
                break  # else an account moved meanwhile, and the new index has its readings in the old place
        self._progress = 0.95
        self._enter(CLOSING[3])
        async with self._turns.between:
            engine.finish_close(rebuilt)
            await loop.run_in_executor(self._writer, engine.drop_sealed)
        return count, days, late

    def _enter(self, told: str, state: str = "") -> None:
        self._day_state = state or told
        _logger.info("day close: %s", told)

    def _set_progress(self, share: float) -> None:
        self._progress = 0.8 * share

    # -- the clock -----------------------------------------------------------------------------------------------

    async def _tick_on(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            try:
                await self.tick()
            except MeterError as error:
                _logger.error("%s", error)

    async def tick(self) -> None:
        """Once a second: note the rate; at the first tick of a new local day, close the old one."""
        self._note_rate()
        await self._turn_day()

    def _note_rate(self) -> None:
        now = self.engine.clock.monotonic()
        accepted = self.engine.counters.accepted
        self._rates.append(accepted - self._samples[-1][1])
        self._samples.append((now, accepted))
        self._turns.latency.second()
        self._percentiles = self._turns.latency.recent((0.5, 0.99))
        self._memory = resident()

    async def _turn_day(self) -> None:
        today = self.engine.zone.day(self.engine.clock.now())
        if today != self._today:
            later, self._today = today > self._today, today  # a clock that was put back has not made a day end
            await asyncio.get_running_loop().run_in_executor(self._writer, self.engine.archive.ensure, today)
            if later and self._close_at_midnight and not self.closing:
                closing = asyncio.create_task(self._close_unattended("midnight"), name="day close")
                self._background.add(closing)
                closing.add_done_callback(self._background.discard)

    async def _close_unattended(self, by: str) -> None:
        try:
            await self.close_day(by)
        except MeterError as error:
            _logger.error("day close at midnight: %s", error)

    # -- the screens -----------------------------------------------------------------------------------------------

    def live(self) -> LiveSnapshot:
        """The state of everything, frozen."""
        engine, counters = self.engine, self.engine.counters
        (since, before), (until, after) = self._samples[0], self._samples[-1]
        return LiveSnapshot(
            at=engine.clock.now(),
            folder=str(engine.folder),
            address=self.address,
            uptime=engine.clock.monotonic() - self._started,
            rate=(after - before) / (until - since) if until > since else 0.0,
            history=tuple(self._rates),
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
            batch=self._turns.batch_size,
            waiting=self.waiting,
            queue=self._turns.waiting,
            p50=self._percentiles[0],
            p99=self._percentiles[1],
            memory=self._memory,
            day_state=self._day_state,
            progress=self._progress,
            last_close=self._last_close,
            **self._closing_now(),
            storage_error=self._turns.storage_error,
            unheard=self.unheard,
            arrivals=tuple(reversed(counters.arrivals)),
            refusals=tuple(reversed(counters.refusals)),
        )

    def _closing_now(self) -> dict[str, Any]:
        """What there is to tell of a day close that is running."""
        if not self.closing:
            return {}
        written, files = self.engine.day_files
        return {
            "closing_by": self._close_by,
            "closing_seconds": self.engine.clock.monotonic() - self._close_began,
            "closing_readings": self._close_readings,
            "closing_files": files,
            "closing_written": written,
        }

    def _log_bytes(self) -> int:
        return self.engine.log.size


def _listed(fields: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in fields.items())
