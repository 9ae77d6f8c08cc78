"""Work lists of a running head-end, on all readings as of now."""

from __future__ import annotations

from metertui.engine.worklist import ExceptionQuestion
from metertui.headend.service import HeadEnd
from tests.desk import read


async def test_exceptions_are_counted_by_cause(desk: HeadEnd) -> None:
    assert desk.worklist.open_cases is None
    assert (await desk.worklist.exceptions()).counts == {}
    assert await desk.worklist.count_open() == 0
    await read(desk, "5", "2025-03-12T09:00")
    await read(desk, "3", "2025-03-12T10:00")
    found = await desk.worklist.exceptions()
    assert found.counts == {"suspect": 1}
    assert await desk.worklist.count_open() == 1
    assert [row.meter for row in found.rows] == ["m"]
    assert desk.worklist.open_cases == 1
    await desk.worklist.exceptions(ExceptionQuestion(meter="x"))
    assert desk.worklist.open_cases == await desk.worklist.count_open() == 1


async def test_the_basis_of_the_list_changes_with_readings_and_refusals(desk: HeadEnd) -> None:
    seen = {desk.worklist.basis()}
    await read(desk, "5", "2025-03-12T09:00")
    seen.add(desk.worklist.basis())
    desk.engine.ingest.counters.refused["syntax"] += 1
    seen.add(desk.worklist.basis())
    assert len(seen) == 3
    assert desk.worklist.basis() in seen


async def test_completeness_is_of_now(desk: HeadEnd) -> None:
    before = await desk.worklist.completeness()
    await read(desk, "5", "2025-03-12T09:00")
    assert await desk.worklist.completeness() != before


async def test_a_meter_of_several_registers_is_watched_once(desk: HeadEnd) -> None:
    assert desk.worklist.count_meters() == 1
    for register in ("m:t1", "m:export"):
        await desk.store_reading(register, "5", "2025-03-12T09:00", "test")
    assert desk.worklist.count_meters() == 1
    await desk.accounts.deactivate("m", "gone", "test")
    assert desk.worklist.count_meters() == 0
