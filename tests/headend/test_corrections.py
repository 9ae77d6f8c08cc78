"""Decisions on a running head-end: stored, audited, and run to completion."""

from __future__ import annotations

import asyncio
import threading

import pytest

from metertui.engine.core.decision_basis import DecisionBasis
from metertui.engine.core.decision_check import Decision
from metertui.engine.errors import MeterError
from metertui.engine.usage import Series
from metertui.engine.vee import MeterEdits
from metertui.headend.service import HeadEnd
from tests.desk import ScriptLane, read


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


async def test_readings_are_stored_while_decisions_are_worked_out_in_a_thread(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in range(1, 5):
        await read(desk, f"{hour}", f"2025-03-12T0{hour}:00")
    plain, lane, loop = DecisionBasis.series, ScriptLane([("m", "9", "2025-03-12T09:00")]), asyncio.get_running_loop()
    at_rest: list[bool] = []
    threads: set[str] = set()

    def series(basis: DecisionBasis, decided: MeterEdits) -> Series:
        at_rest.append(desk._jobs.commit_loop.between_batches.locked())
        threads.add(threading.current_thread().name)
        if threading.current_thread() is not threading.main_thread() and not lane.batches:
            loop.call_soon_threadsafe(desk.submit, lane)  # it is stored before the first round ends
            asyncio.run_coroutine_threadsafe(lane.answered.wait(), loop).result()
        return plain(basis, decided)

    monkeypatch.setattr(DecisionBasis, "series", series)
    at = [desk.engine.zone.parse(f"2025-03-12T0{hour}:00") for hour in (2, 3)]
    effects = await desk.corrections.apply([Decision("void", "m", each, "misread") for each in at], "ann")
    assert at_rest == [False] * 6, "a second time for what came meanwhile, and no more with ingest at rest"
    assert [effect.total_after for effect in effects] == [8000, 8000]
    assert threading.main_thread().name not in threads
    assert (await read(desk, "10", "2025-03-12T10:00")).kind == "ok"


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
