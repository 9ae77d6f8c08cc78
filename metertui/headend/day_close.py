"""The day close beside ingest: asked for, or at midnight.

It takes a place between two batches only to set the log aside and to swap the rebuilt index in.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import date
from typing import Any

from metertui.engine.core import CLOSING, Close, closes
from metertui.engine.errors import BusyError, MeterError, StorageError
from metertui.headend.jobs import Hands

_logger = logging.getLogger(__name__)


class DayClosing:
    """Closes days, one close at a time, and knows how far it is."""

    def __init__(self, hands: Hands, *, at_midnight: bool) -> None:
        self._hands = hands
        self._at_midnight = at_midnight
        self._today = hands.engine.zone.day(hands.engine.clock.now())
        self.idle = asyncio.Event()
        """Set while no close is running."""
        self.idle.set()
        self.state = "open"
        self.progress: float | None = None
        self.last: Close | None = closes.last(hands.engine.audit, hands.engine.zone)
        self._by = ""
        self._began = 0.0
        self._readings = 0

    @property
    def running(self) -> bool:
        """Whether a day close is running."""
        return not self.idle.is_set()

    async def close(self, by: str) -> Close:
        """Log to day files, index rebuilt, new log; ingest goes on meanwhile.

        Raises BusyError while one runs already, StorageError when the disk refuses: then the sealed log stays, and
        the next close, or the next start, takes it up.
        """
        if self.running:
            raise BusyError("a day close is running already")
        self.idle.clear()
        engine, turns = self._hands.engine, self._hands.turns
        started = self._began = engine.clock.monotonic()
        self._by = by
        try:
            interrupted = engine.sealed > 0
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
            turns.storage_error = ""
            _logger.info("day closed by %s: %d readings into %d day files in %.2f s", by, readings, files, seconds)
            self._hands.note(by, closes.ACTION, "", closes.detail(close))
            return close
        except StorageError as error:
            turns.storage_error = str(error)
            _logger.error("day close: %s", error)
            raise
        finally:
            self.idle.set()
            self.progress = None
            self.state = "open"

    def now(self) -> dict[str, Any]:
        """What there is to tell of a close that is running, by the names of `LiveSnapshot`."""
        if not self.running:
            return {}
        written, files = self._hands.engine.day_files
        return {
            "closing_by": self._by,
            "closing_seconds": self._hands.engine.clock.monotonic() - self._began,
            "closing_readings": self._readings,
            "closing_files": files,
            "closing_written": written,
        }

    @property
    def _day_before(self) -> date | None:
        """The local day of the last close: readings of earlier days come late."""
        return None if self.last is None else self._hands.engine.zone.day(self.last.ended)

    async def _close_once(self) -> tuple[int, set[date], int]:
        """Readings moved, the days that they are of, and how many come late."""
        hands, engine = self._hands, self._hands.engine
        self.progress = 0.0
        self._readings, engine.day_files = 0, (0, 0)
        self._enter(CLOSING[0])
        count = await hands.write_between(engine.seal)
        if not count:
            return 0, set(), 0
        self._readings = count
        self._enter(f"writing {count} readings into day files", CLOSING[1])
        before = self._day_before
        late = 0 if before is None else await hands.work(engine.late, count, before)
        days = await hands.work(engine.write_day_files, count, self._set_progress)
        engine.day_files = len(days), len(days)
        self._enter(CLOSING[2])
        while True:
            version = engine.readings.version
            rebuilt = await hands.work(engine.readings.rebuild, count)
            if version == engine.readings.version:
                break  # else an account moved meanwhile, and the new index has its readings in the old place
        self.progress = 0.95
        self._enter(CLOSING[3])
        async with hands.between:
            engine.finish_close(rebuilt)
            await hands.write(engine.drop_sealed)
        return count, days, late

    def _enter(self, told: str, state: str = "") -> None:
        self.state = state or told
        _logger.info("day close: %s", told)

    def _set_progress(self, share: float) -> None:
        self.progress = 0.8 * share

    async def turn_day(self) -> None:
        """On a new local day, have its file be there, and close the old one."""
        today = self._hands.engine.zone.day(self._hands.engine.clock.now())
        if today != self._today:
            later, self._today = today > self._today, today  # a clock that was put back has not made a day end
            if later and self._at_midnight and not self.running:
                self._hands.begin(self._close_unattended("midnight"), "day close")
            self._hands.begin(self._open_file(today), "day file")

    async def _open_file(self, day: date) -> None:
        """Have the file of a day be there. Not beside a close, which may be about to write that very file."""
        while self.running:
            await self.idle.wait()
        try:
            await self._hands.write(self._hands.engine.archive.ensure, day)
        except MeterError as error:
            _logger.error("the file of %s: %s", day, error)

    async def _close_unattended(self, by: str) -> None:
        try:
            await self.close(by)
        except MeterError as error:
            _logger.error("day close at midnight: %s", error)
