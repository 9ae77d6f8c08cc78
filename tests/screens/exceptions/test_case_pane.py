"""The case beside the list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from metertui.engine.usage.series import Series
from metertui.screens.charts.chart_view import PictureView
from metertui.screens.exceptions.case_pane import CasePane
from tests.screens.exceptions.helpers import go
from tests.screens.idle import hold_up, until
from tests.screens.town import STEADY, Town, at_work, press, text_of


async def test_the_case_follows_the_cursor_with_a_chart_where_there_is_room(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "down")
        chart = pilot.app.screen.query_one("#case-chart", PictureView)
        assert chart.border_title == "register kWh, 12 Mar"
        assert text_of(pilot, "#case-offers").splitlines()[1].split() == ["v", "Void", "±0.000", "±0.00"]
        await pilot.resize_terminal(200, 60)
        wide = f"{STEADY} · 12 Mar 2025 10:35 · 7.000 kWh"
        await until(pilot, lambda: text_of(pilot, "#case").startswith(wide))
        assert not chart.has_class("hidden"), "before the next tick"
        await pilot.resize_terminal(60, 24)
        await until(pilot, lambda: text_of(pilot, "#case").endswith("…"))
        cut = text_of(pilot, "#case").split()
        await press(pilot, "enter")
        whole = text_of(pilot, "#choices-case Static").split()
        assert len(whole) > len(cut)
        assert cut[:-1] == whole[: len(cut) - 1], "the menu has all of it"
        await press(pilot, "escape")
        await pilot.resize_terminal(200, 60)
        await go(pilot, "end")
        assert chart.has_class("hidden")
        assert text_of(pilot, "#case-offers") == "a Accept  n Note · figures stay"
        await go(pilot, "home", "space")
        assert text_of(pilot, "#case-offers") == "The keys decide about the selected case."
        await go(pilot, "up")
        assert text_of(pilot, "#case-offers").startswith("decision"), "this is the one"


async def test_the_chart_of_a_reading_is_of_its_register_alone(troubled: Town) -> None:
    troubled.register("tou", "2 Tariff Lane")
    registers = {"tou": 900, "tou:t1": 600, "tou:t2": 300}
    troubled.read(
        *((name, f"{kwh + n}", f"2025-03-12T0{n}:00:00") for n in range(4) for name, kwh in registers.items())
    )
    troubled.read(("tou", "99000000", "2025-03-12T03:01:00"))
    async with at_work(troubled, "f7") as pilot:
        chart = pilot.app.screen.query_one("#case-chart", PictureView)
        await until(pilot, lambda: text_of(pilot, "#case").startswith("tou ") and chart.picture is not None)
        assert chart.picture is not None
        assert chart.picture.series[0].values == (900.0, 901.0, 902.0, 903.0, None)


async def test_the_chart_before_is_dimmed_while_that_of_another_meter_is_worked_out(
    troubled: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_up(monkeypatch)
    async with at_work(troubled, "f7") as pilot:
        pane = pilot.app.screen.query_one(CasePane)
        chart = pane.query_one(PictureView)
        await until(pilot, lambda: chart.picture is not None)
        before, glance, go_on = chart.picture, troubled.headend.readings.glance, asyncio.Event()

        async def slow(questions: Mapping[str, Callable[[Series], Any]], *, own: bool) -> dict[str, Any]:
            await go_on.wait()
            return await glance(questions, own=own)

        monkeypatch.setattr(troubled.headend.readings, "glance", slow)
        await press(pilot, "down")
        await until(pilot, lambda: pane.has_class("-stale"))
        assert text_of(pilot, "#case").startswith(STEADY)
        assert chart.picture == before
        go_on.set()
        await until(pilot, lambda: not pane.has_class("-stale"))
        assert chart.picture != before
