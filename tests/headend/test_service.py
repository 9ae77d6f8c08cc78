"""The head-end as a whole: questions on what is stored now, and its stop."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from metertui.engine.core.engine import Engine
from metertui.headend import service
from metertui.headend.service import HeadEnd
from tests.clock import FakeClock
from tests.desk import RULES, ScriptLane, read
from tests.patience import PATIENCE


async def test_questions_are_asked_of_all_stored_readings(desk: HeadEnd) -> None:
    assert await desk.ask(len) == 0
    await read(desk, "2", "2025-03-12T01:00:00")
    assert await desk.ask(len) == 1
    await read(desk, "0.5", "2025-03-12T02:00:00")
    found = await desk.worklist.exceptions()
    assert found.counts == {"suspect": 1}
    assert found.rows[0].why == "0.5 kWh is lower than the 2 kWh counted at 2025-03-12T01:00:00+08:00"


async def test_stopping_replies_to_what_has_arrived_and_unlocks_the_folder(desk: HeadEnd) -> None:
    lane = ScriptLane([("m", "1", "2025-03-12T01:00:00")])
    desk.submit(lane)
    await desk.stop()
    assert lane.answered.is_set()
    Engine.open(desk.engine.folder, RULES, desk.engine.clock).close()


async def test_a_started_head_end_ticks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_TICK_SECONDS", 0.0)
    headend = HeadEnd(Engine.open(tmp_path, RULES, FakeClock()))
    ticked = asyncio.Event()

    async def tick() -> None:
        ticked.set()

    monkeypatch.setattr(headend.day_close, "start_day", tick)
    await headend.start()
    await asyncio.wait_for(ticked.wait(), PATIENCE)
    await headend.stop()
