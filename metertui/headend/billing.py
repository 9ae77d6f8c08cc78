"""Billing runs and the file of tariffs, beside ingest."""

from __future__ import annotations

from metertui.engine.base import Progress
from metertui.engine.billing import Run, tariffs
from metertui.engine.errors import MeterError
from metertui.engine.storage import durable
from metertui.headend.jobs import Hands


async def reckon(hands: Hands, month: str, progress: Progress) -> Run:
    """See HeadEnd.reckon."""
    return await hands.ask(Run, month, hands.engine.terms(), hands.engine.bills, progress)


async def issue(hands: Hands, run: Run, by: str) -> int:
    """See HeadEnd.issue."""
    async with hands.between:
        pass  # raises where nothing may be written
    new, changes = run.new, run.changes
    count = await hands.work(run.issue, hands.engine.clock.now())
    if count:
        hands.note(by, "issue", run.month, f"{new} bills, {changes} adjustments")
    return count


async def save_tariffs(hands: Hands, data: bytes, before: bytes | None, by: str) -> None:
    """See HeadEnd.save_tariffs."""
    path = hands.engine.tariffs.path
    found = tariffs.parse(data, path)
    async with hands.between:
        pass

    def save() -> None:
        if tariffs.stored(path) != before:
            raise MeterError(f"{path.name} has changed since it was opened; open it again")
        durable.replace(path, data)

    await hands.write(save)
    hands.note(by, "tariffs", path.name, f"{len(found.tariffs)} tariffs, {len(found.rates)} prices")
