"""Edits of readings (void, release, exchange) on a running engine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from metertui.engine.core import Decision, Effect, corrections
from metertui.headend.jobs import Jobs


class Corrections:
    """Previews and applies decisions about readings."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def preview(self, decisions: Sequence[Decision], by: str) -> list[Effect]:
        """Return what decisions would change. Raises MeterError. Other work of the event loop goes on in between."""
        engine = self._jobs.engine
        found = []
        for effect in corrections.iter_effects(engine, decisions, by, engine.clock.now()):
            found.append(effect)
            await asyncio.sleep(0)
        return found

    async def apply(self, decisions: Sequence[Decision], by: str) -> list[Effect]:
        """Apply decisions, all or none, and return what each changed. Raises MeterError, StorageError.

        Runs to completion even if the caller is cancelled.
        """
        return await self._jobs.run_to_completion(self._apply(decisions, by))

    async def _apply(self, decisions: Sequence[Decision], by: str) -> list[Effect]:
        engine = self._jobs.engine
        async with self._jobs.between_batches():
            found = await self.preview(decisions, by)
            await self._jobs.write(corrections.write_effects, engine, found)
            for _ in corrections.apply_effects(engine, found):
                await asyncio.sleep(0)
        return found
