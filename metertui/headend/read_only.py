"""The same face as the head-end's over a folder that another process owns: it follows the files, and writes nothing.

Two loops in one: a look at the files four times a second, in a thread, what it found taken in between; and, when day
files have changed, history built again beside it, in another thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

from metertui.engine.base import Outcome, refused
from metertui.engine.core import Batch, Close, Engine, LiveSnapshot
from metertui.engine.errors import MeterError, OwnedError
from metertui.engine.replica import Following, News, Settling, apply
from metertui.engine.reports import Inquiry
from metertui.engine.storage import AuditLog, Owner, owner_of
from metertui.headend.commit_loop import Lane, Turns
from metertui.headend.jobs import Hands
from metertui.headend.recurring import Recurring
from metertui.headend.service import HeadEnd

_logger = logging.getLogger(__name__)
T = TypeVar("T")

_LOOK_SECONDS: Final = 0.25
_STALE_SECONDS: Final = 3.0
HEARD: Final[dict[str, Any]] = {
    "address": str,
    "connections": int,
    "connections_total": int,
    "sync_ms": float,
    "batch": int,
    "waiting": int,
    "queue": int,
    "p50": float | None,
    "p99": float | None,
    "day_state": str,
    "progress": float | None,
    "closing_by": str,
    "closing_seconds": float,
    "closing_readings": int,
    "closing_files": int,
    "closing_written": int,
    "storage_error": str,
}
"""What of the owner's state no file tells, by its names in `LiveSnapshot`."""


class Follower(HeadEnd):
    """A head-end that only reads. Every way to write ends in one sentence about who owns the folder."""

    def __init__(self, engine: Engine, following: Following) -> None:
        self._owner: Owner | None = None
        notes = _Notes(engine.audit, self.refusal)
        hands = Hands(engine, notes, _NoTurns(engine, notes, self.refusal))
        super().__init__(engine, close_at_midnight=False, hands=hands)
        self._following = following
        self._reader = ThreadPoolExecutor(1, "metertui-follow")
        self._looking = Recurring(self.follow, "a look at the folder", self._fails)
        self._settling: Settling | None = None
        self._builder: asyncio.Task[None] | None = None
        self._taking = asyncio.Lock()
        self._wanted: set[date] = set()
        """Days whose files are to be read again."""
        self._anew = False  # whether all is to be built again even without these
        self._last_owner: Owner | None = None
        self._trouble = ""
        self._said: dict[str, Any] = {}
        self._heard = -math.inf
        self._see_owner()

    async def start(self) -> None:
        """Begin to follow."""
        await super().start()
        self._looking.start(_LOOK_SECONDS)

    async def stop(self) -> None:
        """End, and let go of the files."""
        await self._looking.stop()
        if self._builder is not None:
            self._builder.cancel()
            await asyncio.wait([self._builder])
        self._reader.shutdown()
        await super().stop()
        self._following.close()

    # -- who owns the folder -------------------------------------------------------------------------------------

    def refusal(self) -> str:
        """Why nothing is written here, in a sentence."""
        if self._owner is not None:
            since = self.engine.zone.iso(self._owner.since // 1_000_000 * 1_000_000)
            return f"read-only: {self._owner} owns this folder since {since}; do it there, or by a command"
        return "read-only: the process that owned this folder has ended; start metertui again to take its place"

    def _told(self) -> str:
        if self._owner is not None:
            return f"read-only, follows {self._owner}"
        last = self._last_owner or "who owned the folder"
        return f"read-only, and {last} has ended: leave and start metertui again to take its place"

    def _see_owner(self) -> None:
        with contextlib.suppress(OSError):
            owner = owner_of(self.engine.folder)
            if owner != self._owner:
                _logger.info("the folder is owned by %s", owner or "nobody")
            self._owner = owner
            self._last_owner = owner or self._last_owner

    # -- following -------------------------------------------------------------------------------------------------

    async def follow(self) -> None:
        """Look once, and take in what is new; what has to be built again is begun."""
        loop = asyncio.get_running_loop()
        self._see_owner()
        news = await loop.run_in_executor(self._reader, self._following.look, self.engine)
        async with self._taking:
            await self._take(news)
        self._trouble = news.trouble
        self._wanted |= news.days
        if self._builder is None and (self._wanted or self._anew or news.relog):
            try:
                logs = await loop.run_in_executor(self._reader, self._following.gather) if news.relog else None
            except (MeterError, OSError) as error:
                self._trouble = str(error)
                return
            days, self._wanted, self._anew = frozenset(self._wanted), set(), False
            self._settling = Settling(self.engine, days, logs)
            self._builder = asyncio.create_task(self._settle(self._settling), name="settle")

    def _fails(self) -> None:
        self._trouble = "this screen fails to follow the folder; its log says why"

    async def settled(self) -> None:
        """Wait until nothing is being built any more."""
        if self._builder is not None:
            await asyncio.wait([self._builder])

    async def _take(self, news: News) -> None:
        engine = self.engine
        await _slowly(apply.readings(engine, news.rows))
        if news.fresh is not None:
            engine.sealed = len(engine.readings.tail)
            await _slowly(apply.readings(engine, news.fresh))
        if news.event_book is not None:
            engine.events = news.event_book
            self._anew = True
        elif news.events:
            engine.decide(news.events)
        if news.book is not None:
            self._anew |= await _slowly(apply.book(engine, news.book))
        self._anew |= await _slowly(apply.accounts(engine, news.accounts))
        if self._settling is not None:
            self._settling.meters.update(event.meter for event in news.events)
            self._settling.meters.update(account.meter for account, _ in news.accounts)
            if news.book is not None:
                self._settling.meters.update(news.book.changed + news.book.gone)
        if news.staff is not None:
            engine.staff = news.staff
        engine.counters.refused.update(refusal.code for refusal in news.refusals)
        engine.counters.refusals.extend(news.refusals)
        if news.closes:
            self._closing.last = news.closes[-1]
        self._closing.state = "writing day files" if news.sealed and self._owner is not None else "open"

    async def _settle(self, settling: Settling) -> None:
        try:
            await self._hands.work(settling.read)
            await _slowly(settling.code())
            await self._hands.work(settling.build)
            view = settling.view()
            await self._hands.work(settling.judge, view)
            async with self._taking:
                await _slowly(settling.put_in_use(sealed=0))
        except (MeterError, OSError) as error:
            self._trouble = str(error)
            self._following.missed(settling.days)
        except Exception:
            _logger.exception("the history could not be built again")
            self._fails()
            self._following.missed(settling.days)
        finally:
            self._settling = self._builder = None

    async def _turn_day(self) -> None:
        """The owner sees to it."""

    # -- the face --------------------------------------------------------------------------------------------------

    def submit(self, lane: Lane) -> None:
        """Nothing is taken here. Raises OwnedError."""
        raise OwnedError(self.refusal())

    async def record_export(self, file: Path, asked: Inquiry, by: str) -> None:
        """Keep what is exported, as the owner does: small groups are hidden in all exports together. MeterError."""
        time = self.engine.zone.iso(self.engine.clock.now())
        await self._hands.work(self.engine.exports.record, time, by, file, asked)

    async def close_day(self, by: str) -> Close:
        """Raises OwnedError."""
        raise OwnedError(self.refusal())

    def hear(self, said: Mapping[str, Any]) -> None:
        """What the owner says of itself, by the names of `LiveSnapshot` in HEARD; others count for nothing."""
        self._said = {name: said[name] for name, kind in HEARD.items() if name in said and isinstance(said[name], kind)}
        self._heard = self.engine.clock.monotonic()

    def live(self) -> LiveSnapshot:
        """The state of things, as far as the files and the owner tell it."""
        heard = self._owner is not None and self.engine.clock.monotonic() - self._heard < _STALE_SECONDS
        return replace(
            super().live(),
            following=self._told(),
            trouble=self._trouble,
            heard=heard,
            **(self._said if heard else {}),
        )

    def _log_bytes(self) -> int:
        return self._following.log_bytes


class _Notes(ThreadPoolExecutor):
    """In the place of the thread that writes: what is done here is noted like anywhere, and nothing else is written."""

    def __init__(self, audit: AuditLog, refusal: Callable[[], str]) -> None:
        super().__init__(1, "metertui-notes")
        self._note = audit.write
        self._refusal = refusal

    def submit(self, function: Callable[..., T], /, *args: Any, **named: Any) -> Future[T]:
        if function != self._note:
            raise OwnedError(self._refusal())
        return super().submit(function, *args, **named)


class _NoTurns(Turns):
    """Turns that nobody gets."""

    def __init__(self, engine: Engine, writer: Any, refusal: Callable[[], str]) -> None:
        super().__init__(engine, writer)
        self._refusal = refusal
        self.between = _Barred(refusal)  # type: ignore[assignment]

    def start(self) -> None:
        """Nothing is begun."""

    async def stop(self) -> None:
        """Nothing has been."""

    def submit(self, lane: Lane) -> None:
        raise OwnedError(self._refusal())

    async def put(self, request: Callable[[Batch], Outcome]) -> Outcome:
        return refused("denied", self._refusal())


class _Barred:
    """In the place of the lock that writers take."""

    def __init__(self, refusal: Callable[[], str]) -> None:
        self._refusal = refusal

    async def __aenter__(self) -> None:
        raise OwnedError(self._refusal())

    async def __aexit__(self, *_: object) -> None:
        pass


async def _slowly(steps: Generator[None, None, T] | Iterator[None]) -> T:
    """Do all steps, with the event loop's other work between them; what comes of them."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        await asyncio.sleep(0)
