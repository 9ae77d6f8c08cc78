"""Files of readings brought into a running engine: planned in a thread, then stored by the way of all readings."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from pathlib import Path

from metertui.engine.base import Progress
from metertui.engine.columns import Frozen
from metertui.engine.core import Import, Report, ended
from metertui.engine.errors import BusyError, MeterError
from metertui.formats import Form, readers
from metertui.headend.accounts import AccountChanges
from metertui.headend.day_close import DayClosing
from metertui.headend.import_lane import FileLane
from metertui.headend.jobs import Hands


class Imports:
    """Who brings files in."""

    def __init__(self, hands: Hands, accounts: AccountChanges, closing: DayClosing) -> None:
        self._hands = hands
        self._accounts = accounts
        self._closing = closing

    async def plan(self, paths: Sequence[Path], form: Form | None, progress: Progress) -> Import:
        """See HeadEnd.plan_import."""
        loop, engine = asyncio.get_running_loop(), self._hands.engine
        now, gone = engine.clock.now(), ended(engine.accounts, engine.events)
        given_up = threading.Event()

        def share(part: float) -> None:
            if given_up.is_set():
                raise MeterError("given up")
            loop.call_soon_threadsafe(progress, part)

        def plan(frozen: Frozen) -> Import:
            importing = readers.taken(frozen, paths, form, now + engine.rules.future_us, share, gone)
            importing.plan()
            return importing

        try:
            importing = await self._hands.ask(plan)
        except asyncio.CancelledError:
            given_up.set()
            raise
        await self._hands.work(importing.accounts, engine.accounts, now)
        return importing

    async def do(self, importing: Import, names: str, by: str, progress: Progress) -> Report:
        """See HeadEnd.do_import."""
        hands, engine = self._hands, self._hands.engine
        await self._accounts.take(importing)
        lane = FileLane(importing, engine.directory, hands.turns, lambda share: progress(0.9 * share))
        try:
            await lane.run()
        except asyncio.CancelledError:
            hands.note(by, "import given up", names, f"{lane.done} of {len(importing.new)} new readings are stored")
            raise
        report = importing.report
        hands.note(by, "import", names, report.counts())
        refusals = report.refusals(engine.clock.now())
        if refusals:
            hands.writer.submit(engine.rejects.write, refusals, engine.zone)
        while report.new:
            await self._closing.idle.wait()
            with contextlib.suppress(BusyError):
                await hands.finished(self._closing.close(by))
                break
        return report
