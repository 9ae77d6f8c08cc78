"""The chart of what ingest did: its values, its labels and its cursor."""

from __future__ import annotations

from metertui.headend import SLOTS, Slot
from metertui.screens.live.trend_chart import TrendChart
from tests.screens.live.helpers import show
from tests.screens.town import Town, at_work, text_of


async def test_each_slot_is_a_rate_a_second(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        chart = pilot.app.screen.query_one(TrendChart)
        chart.show_trend([Slot(30, 300), Slot(10, 200)])
        assert chart.picture is not None
        assert chart.picture.series[0].values == (None,) * (SLOTS - 2) + (10.0, 20.0)
        assert chart.picture.labels[-2:] == ("2 s ago", "now")
        await pilot.pause()
        assert text_of(pilot, "#trend").splitlines()[-1].split()[-1] == "now"


async def test_the_time_to_ok_is_unknown_where_nothing_was_answered(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        chart = pilot.app.screen.query_one(TrendChart)
        chart.next_line()
        chart.next_span()
        chart.show_trend([Slot(30, 1, p99=0.004), Slot(30)])
        assert chart.picture is not None
        assert chart.picture.series[0].values[-2:] == (4.0, None)
        assert chart.picture.unit == "ms"
        chart.next_line()
        chart.show_trend([Slot(30, 1)])
        assert chart.border_title == "Suspect readings in each 30 s, last 1 h"
        assert chart.picture.labels[-3:] == ("1 min 30 s ago", "1 min ago", "now")


async def test_the_cursor_stays_where_it_is_while_time_goes_on(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        await show(town, pilot)
        chart = pilot.app.screen.query_one(TrendChart)
        chart.show_trend([Slot(1, 5)] * SLOTS)
        chart.focus()
        await pilot.press("left")
        await pilot.press("left")
        chart.show_trend([Slot(1, 7)] * SLOTS)
        assert str(chart.border_subtitle) == "2 s ago · 7.000 readings/s"
