"""Edits of readings (void, release, exchange) on a running engine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

from metertui.engine.core import Decision, DecisionPlan, Effect, corrections
from metertui.headend.jobs import Jobs

_ROUNDS: Final = 4
"""How often decisions are worked out beside ingest, each time for the meters that changed during the time before.

What is left after that holds ingest up.
"""


class Corrections:
    """Previews and applies decisions about readings."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def preview(self, decisions: Sequence[Decision], by: str) -> list[Effect]:
        """Return what decisions would change. Raises MeterError. Other work of the event loop goes on in between."""
        plan = DecisionPlan(self._jobs.engine, decisions, by)
        await _run(plan.work_out())
        return plan.effects()

    async def apply(self, decisions: Sequence[Decision], by: str) -> list[Effect]:
        """Apply decisions, all or none, and return what each changed. Raises MeterError, StorageError.

        Runs to completion even if the caller is cancelled.
        """
        self._jobs.check_writable()
        return await self._jobs.run_to_completion(self._apply(decisions, by))

    async def _apply(self, decisions: Sequence[Decision], by: str) -> list[Effect]:
        engine = self._jobs.engine
        plan = DecisionPlan(engine, decisions, by)
        for _ in range(_ROUNDS):
            await _run(plan.work_out())
            if not plan.stale_meters():
                break
        async with self._jobs.between_batches():
            await _run(plan.work_out())
            found = plan.effects()
            await self._jobs.write(corrections.write_effects, engine, found)
            await _run(corrections.apply_effects(engine, found))
        return found


async def _run(steps: Iterator[None]) -> None:
    """Run all steps, with other work of the event loop after each."""
    for _ in steps:
        await asyncio.sleep(0)
