"""A head-end over a folder that another process owns, or that is read-only: it follows the files, and writes nothing.

It is a head-end whose `Jobs` refuse to write. Two tasks keep its engine up to date: four times a second a thread looks
at the files, and the changes are applied; when day files have changed, the history is rebuilt in another thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any, Final, TypeVar, get_type_hints

from metertui.engine.core import Engine, LiveSnapshot
from metertui.engine.errors import MeterError
from metertui.engine.replica import DEFECT, ChangeReader, Changes, HistoryRebuild, apply
from metertui.engine.storage import Owner, owner_of_folder
from metertui.headend.jobs import Jobs
from metertui.headend.recurring import Recurring
from metertui.headend.service import HeadEnd

_logger = logging.getLogger(__name__)
T = TypeVar("T")

_LOOK_SECONDS: Final = 0.25
_STALE_SECONDS: Final = 3.0
_OF_THE_OWNER: Final = {
    *("address", "connections", "connections_total", "sync_ms", "batch", "waiting", "queue", "p50", "p99"),
    *("day_state", "progress", "closing_by", "closing_seconds", "closing_readings", "closing_files"),
    *("closing_written", "storage_error"),
}
STATUS_FIELDS: Final[dict[str, Any]] = {
    name: kind for name, kind in get_type_hints(LiveSnapshot).items() if name in _OF_THE_OWNER
}
"""The fields of `LiveSnapshot`, with their types, that are in no file and only the owner knows."""


class ReadOnlyHeadEnd(HeadEnd):
    """A head-end that only reads. All that would write raises OwnedError with a sentence that names the owner."""

    def __init__(self, engine: Engine, change_reader: ChangeReader) -> None:
        super().__init__(engine, close_at_midnight=False, jobs=Jobs(engine, self.why_read_only))
        self._change_reader = change_reader
        self._reader_thread = ThreadPoolExecutor(1, "metertui-follow")
        self._looking = Recurring(self.follow, "a look at the folder", self._report_defect)
        self._history_rebuild: HistoryRebuild | None = None
        self._builder: asyncio.Task[None] | None = None
        self._applying = asyncio.Lock()
        self._stale_days: set[date] = set()
        """Days whose files have changed."""
        self._all_stale = False
        """Whether the history must be rebuilt even if no day file has changed."""
        self._owner: Owner | None = None
        self._last_owner: Owner | None = None
        self._trouble = ""
        """Why the last look failed, wholly or in part."""
        self._unapplied = ""
        """Why something that was found is not part of the engine yet; kept until a rebuild has made up for it."""
        self._status: dict[str, Any] = {}
        self._status_at = -math.inf
        self._update_owner()

    async def start(self) -> None:
        """Start following."""
        await super().start()
        self._looking.start(_LOOK_SECONDS)

    async def stop(self) -> None:
        """Stop following, and close the files."""
        await self._looking.stop()
        if self._builder is not None:
            self._builder.cancel()
            await asyncio.wait([self._builder])
        self._reader_thread.shutdown()
        await super().stop()
        self._change_reader.close()

    # -- the owner of the folder -----------------------------------------------------------------------------------

    def why_read_only(self) -> str:
        """Return why nothing is written here, in a sentence."""
        if self._owner is None:
            return self._following_state()
        since = self.engine.zone.iso(self._owner.since // 1_000_000 * 1_000_000)
        return f"read-only: {self._owner} has owned this folder since {since}; make changes there, or by command"

    def _following_state(self) -> str:
        if self._owner is not None:
            return f"read-only: {self._owner} owns this folder; make changes there, or by command"
        if not os.access(self.engine.folder, os.W_OK):
            return "read-only: nothing can be written into this folder; make it writable and start metertui again"
        last = self._last_owner or "the process"
        return f"read-only: {last} that owned this folder has ended; quit and start metertui again to take its place"

    def _update_owner(self) -> None:
        with contextlib.suppress(OSError):
            owner = owner_of_folder(self.engine.folder)
            if owner != self._owner:
                _logger.info("the folder is owned by %s", owner or "nobody")
            self._owner = owner
            self._last_owner = owner or self._last_owner

    def receive_status(self, status: Mapping[str, Any]) -> None:
        """Take over what the owner reports of itself, by the names in STATUS_FIELDS; other names are ignored."""
        self._status = {
            name: status[name]
            for name, kind in STATUS_FIELDS.items()
            if name in status and isinstance(status[name], kind)
        }
        self._status_at = self.engine.clock.monotonic()

    def live(self) -> LiveSnapshot:
        """Return the state of everything, as far as the files and the owner say."""
        heard = self._owner is not None and self.engine.clock.monotonic() - self._status_at < _STALE_SECONDS
        return replace(
            super().live(),
            following=self._following_state(),
            follow_error=self._trouble or self._unapplied,
            server_known=heard,
            **(self._status if heard else {}),
        )

    def _log_bytes(self) -> int:
        return self._change_reader.log_bytes

    # -- following -------------------------------------------------------------------------------------------------

    async def follow(self) -> None:
        """Look at the files once, apply the changes, and start to rebuild the history if needed."""
        loop = asyncio.get_running_loop()
        self._update_owner()
        changes = await loop.run_in_executor(self._reader_thread, self._change_reader.read_changes, self.engine)
        self._stale_days |= changes.days
        try:
            async with self._applying:
                await self._apply_changes(changes)
        except Exception:
            self._all_stale, self._unapplied = True, DEFECT
            self._change_reader.mark_all_unread()
            raise
        self._trouble = changes.error
        if self._builder is None and (self._stale_days or self._all_stale or changes.reread_log):
            logs = None
            try:
                if changes.reread_log:
                    logs = await loop.run_in_executor(self._reader_thread, self._change_reader.read_logs)
            except (MeterError, OSError) as error:
                self._unapplied = str(error)
                return
            except Exception:
                self._unapplied = DEFECT
                raise
            days, self._stale_days, self._all_stale = frozenset(self._stale_days), set(), False
            self._history_rebuild = HistoryRebuild(self.engine, days, logs)
            self._builder = asyncio.create_task(self._rebuild(self._history_rebuild), name="rebuild")

    def _report_defect(self) -> None:
        self._trouble = DEFECT

    async def wait_until_rebuilt(self) -> None:
        """Wait until no rebuild of the history is running."""
        if self._builder is not None:
            await asyncio.wait([self._builder])

    async def _apply_changes(self, changes: Changes) -> None:
        engine = self.engine
        engine.ingest.counters.refused.update(refusal.code for refusal in changes.refusals)
        engine.ingest.counters.refusals.extend(changes.refusals)
        if changes.closes:
            self.day_close.last = changes.closes[-1]
        self.day_close.state = "writing day files" if changes.sealed and self._owner is not None else "open"
        await _run_steps(apply.add_readings(engine, changes.rows))
        if changes.fresh is not None:
            engine.day_close.sealed = engine.readings.mark()
            await _run_steps(apply.add_readings(engine, changes.fresh))
        if changes.event_book is not None:
            engine.events = changes.event_book
            self._all_stale = True
        elif changes.events:
            engine.apply_events(changes.events)
        if changes.book is not None:
            await _run_steps(apply.replace_accounts(engine, changes.book))
        await _run_steps(apply.update_accounts(engine, changes.accounts))
        if changes.intervals is not None:
            engine.readings.set_intervals(*await self._jobs.compute(apply.prepare_intervals(engine, changes.intervals)))
        if self._history_rebuild is not None:
            self._history_rebuild.meters.update(event.meter for event in changes.events)
            self._history_rebuild.meters.update(entry.account.meter for entry in changes.accounts)
            if changes.book is not None:
                self._history_rebuild.meters.update(changes.book.changed + changes.book.gone)
        if changes.staff is not None:
            engine.staff = changes.staff

    async def _rebuild(self, rebuild: HistoryRebuild) -> None:
        try:
            await self._jobs.compute(rebuild.read_days)
            await _run_steps(rebuild.assign_codes())
            await self._jobs.compute(rebuild.build_readings)
            view = rebuild.view()
            await self._jobs.compute(rebuild.load_heads, view)
            async with self._applying:
                await _run_steps(rebuild.put_in_use())
            if not self._all_stale:  # else another rebuild is due, maybe because something could not be applied
                self._unapplied = ""
        except (MeterError, OSError) as error:
            self._unapplied = str(error)
            self._change_reader.mark_unread(rebuild.days)
        except Exception:
            _logger.exception("the history could not be rebuilt")
            self._unapplied = DEFECT
            self._change_reader.mark_unread(rebuild.days)
        finally:
            self._history_rebuild = self._builder = None


async def _run_steps(steps: Generator[None, None, T] | Iterator[None]) -> T:
    """Run all steps, with other work of the event loop in between, and return their result."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        await asyncio.sleep(0)
