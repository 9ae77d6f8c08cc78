"""Decisions about readings, let stand beside ingest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from metertui.engine import deciding
from metertui.engine.deciding import Decision, Effect
from metertui.engine.events import values_of
from metertui.work.hands import Hands

_AT_ONCE: Final = 50
"""Decisions that take effect before the loop does something else: some 10 ms."""


async def decide(hands: Hands, decisions: Sequence[Decision], by: str) -> list[Effect]:
    """See HeadEnd.decide."""
    return await hands.finished(_let_stand(hands, decisions, by))


async def _let_stand(hands: Hands, decisions: Sequence[Decision], by: str) -> list[Effect]:
    engine = hands.engine
    async with hands.between:
        found = await effects(hands, decisions, by)
        events = [effect.event for effect in found]
        await hands.write(engine.events.append, events)
        for first in range(0, len(events), _AT_ONCE):
            engine.decide(events[first : first + _AT_ONCE])
            await asyncio.sleep(0)
    for event in events:
        hands.note(by, event.what, event.meter, f"{values_of(event, engine.zone)}: {event.reason}")
    return found


async def effects(hands: Hands, decisions: Sequence[Decision], by: str) -> list[Effect]:
    """See HeadEnd.effects. The loop's other work goes on after each.

    Where nothing may be stored meanwhile, it is called between two batches.
    """
    found = []
    for effect in deciding.each_effect(hands.engine, decisions, by, hands.engine.clock.now()):
        found.append(effect)
        await asyncio.sleep(0)
    return found
