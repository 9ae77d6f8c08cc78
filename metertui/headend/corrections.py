"""Decisions about readings, let stand beside ingest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from metertui.engine.core import Decision, Effect, corrections
from metertui.headend.jobs import Hands


async def decide(hands: Hands, decisions: Sequence[Decision], by: str) -> list[Effect]:
    """See HeadEnd.decide."""
    return await hands.finished(_let_stand(hands, decisions, by))


async def _let_stand(hands: Hands, decisions: Sequence[Decision], by: str) -> list[Effect]:
    engine = hands.engine
    async with hands.between:
        found = await effects(hands, decisions, by)
        await hands.write(corrections.record, engine, found)
        for _ in corrections.take_effect(engine, found):
            await asyncio.sleep(0)
    return found


async def effects(hands: Hands, decisions: Sequence[Decision], by: str) -> list[Effect]:
    """See HeadEnd.effects. The loop's other work goes on after each.

    Where nothing may be stored meanwhile, it is called between two batches.
    """
    found = []
    for effect in corrections.each_effect(hands.engine, decisions, by, hands.engine.clock.now()):
        found.append(effect)
        await asyncio.sleep(0)
    return found
