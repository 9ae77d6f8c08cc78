"""Decisions on a running head-end: stored, audited, and run to completion."""

from __future__ import annotations

import asyncio

import pytest

from metertui.engine.core.corrections import Decision
from metertui.engine.errors import MeterError
from metertui.headend.service import HeadEnd
from tests.desk import read


async def test_decisions_are_stored_audited_and_effective_at_once(desk: HeadEnd) -> None:
    for kwh, time in (("100", "2025-03-12T08:00"), ("101", "2025-03-12T09:00"), ("3", "2025-03-12T10:00")):
        await read(desk, kwh, time)
    at = desk.engine.zone.parse("2025-03-12T10:00")
    decision = Decision("exchange", "m", at, "worn out", 102_000, 3_000)
    assert (await desk.corrections.preview([decision], "ann"))[0].total_after == 2000
    assert await desk.ask(lambda frozen: int(frozen.curve.energy[-1])) == 1000
    [effect] = await desk.corrections.apply([decision], "ann")
    assert (effect.total_before, effect.total_after) == (1000, 2000)
    assert await desk.ask(lambda frozen: int(frozen.curve.energy[-1])) == 2000
    assert (await read(desk, "3.5", "2025-03-12T10:30")).kind == "ok"
    with pytest.raises(MeterError, match="declared already"):
        await desk.corrections.apply([decision], "ann")
    await desk.stop()
    audit = (desk.engine.folder / "audit.log").read_text()
    assert "\tann\texchange\tm\tat=2025-03-12T10:00:00+08:00 final=102 initial=3: worn out\n" in audit


async def test_a_decision_runs_to_completion_when_its_caller_is_cancelled(desk: HeadEnd) -> None:
    await read(desk, "100", "2025-03-12T08:00")
    at = desk.engine.zone.parse("2025-03-12T08:00")
    deciding = asyncio.create_task(desk.corrections.apply([Decision("void", "m", at, "misread")], "ann"))
    await asyncio.sleep(0)
    deciding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deciding
    await asyncio.gather(*desk._jobs.background)
    made = desk.engine.events.edits_of_meter("m")
    assert made is not None
    assert list(made.voids) == [at]
    assert "void" in (desk.engine.folder / "events.csv").read_text()
