"""Lists of readings of a running head-end."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from metertui.engine.base.windows import window_of_days
from metertui.engine.base.zone import HALF_HOUR
from metertui.engine.errors import MeterError
from metertui.engine.usage.query import Filter, Question
from metertui.headend.readings import Effort
from metertui.headend.service import HeadEnd
from tests.desk import read

MARCH = (date(2025, 3, 1), date(2025, 3, 31))


async def test_a_list_is_found_sorted_and_judged_while_readings_arrive(desk: HeadEnd) -> None:
    await read(desk, "5", "2025-03-12T09:00")
    await read(desk, "6", "2025-03-12T09:30")
    found = await desk.readings.find(Question(*MARCH, filter=Filter(time="08:00-10:00")))
    newest = await desk.readings.sort(found, "-timestamp")
    await read(desk, "7", "2025-03-12T10:00")
    assert len(found) == 2
    page = await desk.readings.judge(newest, 0, 100)
    assert page.readings.wh.tolist() == [6000, 5000]
    assert page.used.tolist() == [1000, -1]
    assert page.length.tolist() == [HALF_HOUR, -1]
    described = await desk.readings.describe(newest, 0, 1)
    assert (described["ids"], described["wh"]) == (["m"], [6000])
    assert len(await desk.readings.find(Question(*MARCH, by=("day",)), {"day": "2025-03-12"})) == 3


async def test_a_question_that_cannot_be_asked_is_reported(desk: HeadEnd) -> None:
    with pytest.raises(MeterError, match="x is not registered"):
        await desk.readings.find(Question(*MARCH, filter=Filter(meter="x")))


async def test_the_index_is_built_after_the_start_and_after_a_close(desk: HeadEnd) -> None:
    await asyncio.gather(*desk._jobs.background)
    assert desk.engine.readings._index.is_built
    await read(desk, "5", "2025-03-12T09:00")
    before = desk.engine.readings._index
    await desk.day_close.close("test")
    assert desk.engine.readings._index is not before
    assert desk.engine.readings._index.is_built


async def test_a_glance_at_some_meters_is_of_what_is_stored_now(desk: HeadEnd) -> None:
    await read(desk, "5", "2025-03-12T09:00")
    await read(desk, "6", "2025-03-12T09:30")
    assert await desk.readings.glance({"m": lambda series: series.wh.tolist()}) == {"m": [5000, 6000]}
    assert await desk.readings.glance({}) == {}
    await desk.store_reading("m:t1", "7", "2025-03-12T10:00", "test")
    assert await desk.readings.glance({"m": len}, own=True) == {"m": 2}  # without what the sum has
    with pytest.raises(MeterError, match="x is not registered"):
        await desk.readings.glance({"x": len})


async def test_the_effort_of_a_glance_is_what_its_parts_cost_and_not_what_runs_between_them(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    await read(desk, "5", "2025-03-12T09:00")
    times = iter([10.0, 10.5, 7.0, 7.25])  # of the thread of the event loop, and of another
    monkeypatch.setattr(desk.clock, "thread_time", lambda: next(times))
    effort = Effort(desk.clock)
    await desk.readings.glance({"m": len}, effort)
    assert effort.seconds == 0.75


async def test_the_registers_of_a_meter_stand_beside_its_use(desk: HeadEnd) -> None:
    day = window_of_days(date(2025, 3, 12), date(2025, 3, 12), desk.engine.zone)
    await read(desk, "5", "2025-03-12T07:00")
    await read(desk, "6", "2025-03-12T08:00")
    assert await desk.readings.registers("m", day) == []
    for kwh, hour in (("1", "08:00"), ("3.5", "09:00")):
        await desk.store_reading("m:t1", kwh, f"2025-03-12T{hour}", "test")
    use, t1 = await desk.readings.registers("m", day)
    assert (use.register.channel, use.usage_wh, t1.usage_wh) == ("use", 3500, 2500), "the part counts where use ends"
    assert use.latest is not None
    assert t1.latest is not None
    assert (use.latest.wh, t1.latest.wh) == (6000, 3500)
