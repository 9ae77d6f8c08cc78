"""Measurements of the last seconds."""

from __future__ import annotations

from metertui.headend.service import HeadEnd
from tests.clock import FakeClock
from tests.desk import ScriptLane


async def test_the_rate_is_of_the_last_two_seconds(desk: HeadEnd) -> None:
    clock = desk.engine.clock
    assert isinstance(clock, FakeClock)
    for second in range(4):
        if second == 2:
            lane = ScriptLane([("m", str(i), None) for i in range(60)])
            desk.submit(lane)
            await lane.answered.wait()
        clock.advance(1)
        await desk.tick()
    live = desk.live()
    assert live.rate == 30
    assert [slot.accepted for slot in desk.trend("2 min")][-3:] == [0, 60, 0]
    assert len(live.arrivals) == 60
    assert live.arrivals[0].wh == 59_000
