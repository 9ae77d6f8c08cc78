"""Late cells: what is asked for which rows, how long it is kept, and that no work piles up."""

from __future__ import annotations

import asyncio
from typing import cast

from metertui.engine.usage.series import Series
from metertui.headend.service import HeadEnd
from metertui.screens.tables import late_cells
from metertui.screens.tables.late_cells import LateCells, LateRow
from tests.clock import FakeClock
from tests.desk import read


def row(key: str, basis: object = None, meter: str = "m") -> LateRow:
    return LateRow(key, meter, lambda series: (f"{key} of {len(series)}",), basis)


async def test_cells_come_late_and_stay_until_there_are_newer_ones(desk: HeadEnd) -> None:
    late = LateCells(1)
    assert late.of("a") == ("",)
    await read(desk, "5", "2025-03-12T09:00")
    assert await late.fill(desk, [row("a"), row("stranger", meter="nobody")])
    assert (late.of("a"), late.of("stranger")) == (("a of 1",), ("",))
    assert not await late.fill(desk, [row("a")]), "nothing has changed"
    await read(desk, "6", "2025-03-12T09:30")
    assert late.of("a") == ("a of 1",)
    assert await late.fill(desk, [row("a")])
    assert late.of("a") == ("a of 2",)


async def test_a_row_is_of_its_register_or_of_what_its_meter_used(desk: HeadEnd) -> None:
    for register in ("m", "m:t1", "m:t2"):
        await desk.store_reading(register, "5", "2025-03-12T09:00", "test")
    use, own = LateCells(1), LateCells(1, own=True)
    assert await use.fill(desk, [row("a")])
    assert await own.fill(desk, [row("a"), row("b", meter="m:t1")])
    assert [use.of("a"), own.of("a"), own.of("b")] == [("a of 3",), ("a of 1",), ("b of 1",)]


async def test_only_one_answer_is_worked_out_at_a_time(desk: HeadEnd) -> None:
    late = LateCells(1)
    await read(desk, "5", "2025-03-12T09:00")
    first, second = await asyncio.gather(late.fill(desk, [row("a")]), late.fill(desk, [row("a")]))
    assert first
    assert not second


async def test_a_pause_rests_on_what_an_answer_has_cost_and_not_on_how_long_it_took(desk: HeadEnd) -> None:
    late, clock = LateCells(1), cast("FakeClock", desk.clock)

    def slow(series: Series) -> tuple[str, ...]:
        clock.used += 0.1
        clock.advance(60)  # other programs run
        return (f"{len(series)}",)

    rows, changed = [LateRow("a", "m", slow)], []
    for count, pause in enumerate((0, 1.9, 0.2, 1.9, 0.2)):
        clock.advance(pause)
        await read(desk, f"{count + 5}", f"2025-03-12T09:0{count}")
        changed.append(await late.fill(desk, rows))
    assert changed == [True, False, True, False, True]


def test_rows_without_cells_come_before_those_with_old_ones_and_not_too_many_at_once() -> None:
    late = LateCells(1)
    late._keep("old", ("before", None), ("1",))
    late._keep("same", ("now", None), ("2",))
    rows = [row("old"), row("same"), row("stranger"), *(row(f"{n}") for n in range(99))]
    bases = {each.key: (None if each.key == "stranger" else "now", None) for each in rows}
    assert [each.key for each in late.wanted(rows[:5], bases)] == ["0", "1", "old"]
    assert [each.key for each in late.wanted(rows, bases)] == [f"{n}" for n in range(late_cells._AT_ONCE)]


def test_the_oldest_cells_are_dropped_beyond_a_number() -> None:
    late = LateCells(1)
    for number in (0, *range(1, late_cells._KEPT), 0, late_cells._KEPT):
        late._keep(f"{number}", None, (f"cell {number}",))
    assert late.of("1") == ("",)
    assert (late.of("0"), late.of("2")) == (("cell 0",), ("cell 2",))
