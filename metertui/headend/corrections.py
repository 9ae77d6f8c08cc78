"""Edits of readings (void, release, exchange) on a running engine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Final

from metertui.engine.core import Decision, DecisionPlan, Effect, corrections
from metertui.headend.jobs import Jobs

_AT_ONCE: Final = 20
"""Meters whose readings are taken before their decisions are worked out."""
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
        await self._work_out(plan)
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
            await self._work_out(plan)
            if not plan.stale_meters():
                break
        async with self._jobs.between_batches():
            await self._work_out(plan)
            found = plan.effects()
            await self._jobs.write(corrections.write_effects, engine, found)
            for _ in corrections.apply_effects(engine, found):
                await asyncio.sleep(0)
        return found

    async def _work_out(self, plan: DecisionPlan) -> None:
        """Work out the decisions of all stale meters in a thread, some meters at a time. Raises MeterError.

        If the caller is cancelled, the work ends with the meter that it is at.
        """
        stale, given_up = plan.stale_meters(), threading.Event()
        try:
            for first in range(0, len(stale), _AT_ONCE):
                prepared = []
                for meter in stale[first : first + _AT_ONCE]:
                    prepared.append((meter, plan.prepare(meter)))
                    await asyncio.sleep(0)
                for meter, effects in await self._jobs.compute_at_once(_effects, prepared, given_up):
                    plan.take(meter, effects)
        finally:
            given_up.set()


def _effects(
    prepared: Sequence[tuple[str, Callable[[], list[Effect]]]], given_up: threading.Event
) -> list[tuple[str, list[Effect]]]:
    """Return the effects of the decisions about some meters; of fewer where they are no longer wanted."""
    return [(meter, effects()) for meter, effects in prepared if not given_up.is_set()]
