"""The day close on a running engine, on request or at midnight.

Ingest goes on meanwhile. It waits only while the log is set aside and while the rebuilt index is put in place.
"""

from __future__ import annotations

import asyncio
import logging
import math
from datetime import date, timedelta
from typing import Any, Final

from metertui.engine.base import MINUTE, counted
from metertui.engine.core import CLOSE_STEPS, Close, closes
from metertui.engine.errors import BusyError, MeterError, StorageError
from metertui.headend.jobs import Jobs

_logger = logging.getLogger(__name__)

_AGAIN_SECONDS: Final = 60.0
"""When work that the disk refused is tried again."""
_MADE_UP: Final = "midnight, done late"
_LATE: Final = MINUTE
"""How long after midnight a close counts as made up: the machine was asleep, or the program was off."""


_LEAP: Final = timedelta(days=31)
"""A leap of the clock that no sleep of a machine explains."""


class DayClose:
    """Closes days, one close at a time, and reports its progress."""

    def __init__(self, jobs: Jobs, *, at_midnight: bool) -> None:
        self._jobs = jobs
        self.at_midnight = at_midnight
        """Whether the clock closes the day at local midnight."""
        self._today = jobs.engine.zone.day(jobs.engine.clock.now())
        self._due = self._due_at_start()
        self._file_due = bool(jobs.engine.storage_error)
        self._tries_from = -math.inf
        self.idle = asyncio.Event()
        """Set while no close is running."""
        self.idle.set()
        self.state = "open"
        """`open`, or the step of a running close, as it is shown."""
        self.progress: float | None = None
        """The share done of a running close, 0 to 1."""
        self.last: Close | None = closes.find_last_close(jobs.engine.audit, jobs.engine.zone)
        self._by = ""
        self._began = 0.0
        self._readings = 0

    @property
    def running(self) -> bool:
        """Return whether a day close is running."""
        return not self.idle.is_set()

    async def close(self, by: str) -> Close:
        """Move the readings of the log into day files, rebuild the index, and start a new log.

        Raises BusyError while a close is running, StorageError when the disk fails: then the sealed log stays, and the
        next close, or the next start, completes the work. Raises OwnedError.
        """
        self._jobs.check_writable()
        if self.running:
            raise BusyError("a day close is running already")
        self.idle.clear()
        engine, commit_loop = self._jobs.engine, self._jobs.commit_loop
        started = self._began = engine.clock.monotonic()
        self._by = by
        try:
            interrupted = len(engine.day_close.sealed) > 0
            readings, days, late = await self._close_once()
            if interrupted:
                more, further, later = await self._close_once()
                readings, days, late = readings + more, days | further, late + later
            seconds = engine.clock.monotonic() - started
            files, before = len(days), self._day_before
            late_files = sum(day < before for day in days) if before is not None else 0
            known = None if before is None else late
            close = Close(readings, files, seconds, engine.clock.now(), by, known, late_files)
            self.last = close
            commit_loop.storage_error = ""
            _logger.info("day closed by %s: %d readings into %d day files in %.2f s", by, readings, files, seconds)
            self._jobs.audit(by, closes.ACTION, "", closes.format_close(close))
            return close
        except StorageError as error:
            commit_loop.storage_error = str(error)
            _logger.error("day close: %s", error)
            raise
        finally:
            self.idle.set()
            self.progress = None
            self.state = "open"

    def progress_fields(self) -> dict[str, Any]:
        """Return the fields of `LiveSnapshot` that describe a running close."""
        if not self.running:
            return {}
        written, files = self._jobs.engine.day_close.day_files
        return {
            "closing_by": self._by,
            "closing_seconds": self._jobs.engine.clock.monotonic() - self._began,
            "closing_readings": self._readings,
            "closing_files": files,
            "closing_written": written,
        }

    @property
    def _day_before(self) -> date | None:
        """Return the local day of the last close, at most today: readings of earlier days are late."""
        engine = self._jobs.engine
        return None if self.last is None else engine.zone.day(min(self.last.ended, engine.clock.now()))

    async def _close_once(self) -> tuple[int, set[date], int]:
        """Move the readings of one sealed log; return their number, their local days, and how many are late."""
        jobs, engine = self._jobs, self._jobs.engine
        self.progress = 0.0
        self._readings, engine.day_close.day_files = 0, (0, 0)
        self._enter_step(CLOSE_STEPS[0])
        sealed = await jobs.write_between_batches(engine.day_close.seal)
        count = len(sealed)
        if not count:
            return 0, set(), 0
        self._readings = count
        self._enter_step(f"writing {counted(count, 'reading')} into day files", CLOSE_STEPS[1])
        before = self._day_before
        late = 0 if before is None else await jobs.compute_at_once(engine.day_close.count_late, sealed, before)
        days = await jobs.compute_at_once(engine.day_close.write_day_files, sealed, self._set_progress)
        engine.day_close.day_files = len(days), len(days)
        self._enter_step(CLOSE_STEPS[2])
        rebuilt = await jobs.compute_at_once(engine.readings.rebuild_history, sealed, jobs.run_parts)
        self.progress = 0.95
        self._enter_step(CLOSE_STEPS[3])
        async with jobs.between_batches():
            engine.day_close.finish(rebuilt)
            await jobs.write(engine.day_close.drop_sealed)
        return count, days, late

    def _enter_step(self, description: str, state: str = "") -> None:
        self.state = state or description
        _logger.info("day close: %s", description)

    def _set_progress(self, share: float) -> None:
        self.progress = 0.8 * share

    def _due_at_start(self) -> str:
        """Return in whose name the start has a close to make up; "" without one."""
        engine = self._jobs.engine
        if self._jobs.read_only:
            return ""
        if self.at_midnight and engine.unclosed is not None:
            _logger.info(
                "the log is of %s, and no day has been closed since: the missed close is done now", engine.unclosed
            )
            return _MADE_UP
        return "the start" if engine.sealed_at_start else ""

    async def start_day(self) -> None:
        """Create the day file of a new local day and close the old day; called once a second.

        What the disk refuses is tried again every minute.
        """
        jobs = self._jobs
        if jobs.read_only:
            return
        now = jobs.engine.clock.now()
        today = jobs.engine.zone.day(now)
        if today != self._today:
            if abs(today - self._today) > _LEAP:
                _logger.warning("this machine's clock went from %s to %s: check it", self._today, today)
            later, self._today = today > self._today, today  # a day does not end when the clock is set back
            if later and self.at_midnight and not self.running:
                asleep = now - jobs.engine.zone.midnight(today) > _LATE
                self._due = _MADE_UP if asleep else "midnight"
            self._file_due = True
            self._tries_from = -math.inf
        if jobs.engine.clock.monotonic() < self._tries_from:
            return
        if self._due and not self.running:
            jobs.start_background(self._close_due(), "day close")
        if self._file_due:
            self._file_due = False
            jobs.start_background(self._create_file(today), "day file")

    def _try_again(self) -> None:
        self._tries_from = self._jobs.engine.clock.monotonic() + _AGAIN_SECONDS

    async def _create_file(self, day: date) -> None:
        """Create the file of a day, but not during a close, which may be about to write that file."""
        while self.running:
            await self.idle.wait()
        try:
            await self._jobs.write(self._jobs.engine.archive.ensure_day, day)
        except MeterError as error:
            _logger.error("the file of %s: %s", day, error)
            self._file_due = True
            self._try_again()

    async def _close_due(self) -> None:
        """Close the day for the midnight that was, or for the start; whoever closes it first does."""
        by, self._due = self._due, ""
        try:
            await self.close(by)
        except BusyError:
            return
        except MeterError as error:
            _logger.error("day close by %s: %s", by, error)
            self._due = by
            self._try_again()
