"""The last readings: what each rose by, and the day before it in bars."""

from __future__ import annotations

from itertools import accumulate

import pytest

from metertui.engine.base.zone import HOUR
from metertui.engine.core.counters import Arrival
from metertui.engine.usage.series import Series
from metertui.screens.live.last_readings import LastReadings, glance
from tests.engine.build import series
from tests.screens.live.helpers import rows, show, title
from tests.screens.town import STEADY, Town, at_work, press
from tests.strategies import START

USED = (0, 100, 200, 300, 400, 500, 600, 700)
"""Wh in the stretches of three hours of a day."""
REGISTERS = [5_000, *accumulate(USED, initial=5_000)][1:]


def day(*without: int) -> Series:
    """A meter read every three hours, but not at some of the nine times."""
    return series([(START + 3 * n * HOUR, wh) for n, wh in enumerate(REGISTERS) if n not in without])


@pytest.mark.parametrize(
    ("meter", "cells"),
    [
        (day(), ("0.700", "▁▂▃▄▄▅▆▇")),
        (day(0), ("0.700", " ▂▃▄▄▅▆▇")),
        (day(3, 4), ("0.700", "▁▂   ▅▆▇")),
        (day(1, 2, 3, 4, 5, 6, 7), ("2.800", "")),
        (series([(START + 24 * HOUR, REGISTERS[-1])]), ("–", "")),
        (series([(START, 9_000), (START + 3 * HOUR, 9_100), (START + 24 * HOUR, REGISTERS[-1])]), ("–", "▇")),
    ],
)
def test_a_reading_has_its_rise_and_the_day_before_it(meter: Series, cells: tuple[str, str]) -> None:
    assert glance(Arrival("m", START + 24 * HOUR, REGISTERS[-1]), meter) == cells


async def test_only_rows_in_view_are_worked_out_also_while_paused(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    glance_at = town.headend.readings.glance

    async def noted(questions, effort, *, own):  # type: ignore[no-untyped-def]
        assert own, "a row is of a register, also where what its meter used is the sum of several"
        asked.extend(questions)
        return await glance_at(questions, effort, own=own)

    monkeypatch.setattr(town.headend.readings, "glance", noted)
    async with at_work(town, "f2", size=(160, 40)) as pilot:
        await show(town, pilot)
        table = pilot.app.screen.query_one(LastReadings)
        in_view = len(table.rows_in_view)
        asked.clear()
        await show(town, pilot)
        assert not asked, "all of them are there"
        await press(pilot, "p")
        await show(town, pilot)
        assert [row[3] != "…" for row in rows(pilot, "#readings")] == [n < in_view for n in range(200)]
        await press(pilot, "end")
        await show(town, pilot)
        assert [row[3] for row in rows(pilot, "#readings")[-in_view:]].count("…") == 0
        assert rows(pilot, "#readings")[in_view][3] == "…"
        assert title(pilot, "#readings-side").startswith("Last readings, paused")


async def test_nothing_is_worked_out_where_there_is_no_room(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    prepare = town.engine.prepare_series
    monkeypatch.setattr(town.engine, "prepare_series", lambda meter: asked.append(meter) or prepare(meter))
    async with at_work(town, "f2", size=(60, 24)) as pilot:
        town.read((STEADY, "2690.6", "2025-03-12T10:35:00"))
        await show(town, pilot)
        assert rows(pilot, "#readings")[0][:4] == ["10:35:00", STEADY, "2 690.600", "…"]
        assert not asked
