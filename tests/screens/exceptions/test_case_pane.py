"""The case beside the list."""

from __future__ import annotations

from metertui.screens.charts.chart_view import PictureView
from tests.screens.exceptions.helpers import go
from tests.screens.town import Town, at_work, text_of


async def test_the_case_follows_the_cursor_with_a_chart_where_there_is_room(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "down")
        chart = pilot.app.screen.query_one("#case-chart", PictureView)
        assert chart.border_title == "register kWh, 12 Mar"
        assert text_of(pilot, "#case-offers").splitlines()[1].split() == ["v", "Void", "±0.000", "±0.00"]
        await go(pilot, "end")
        assert chart.has_class("hidden")
        assert text_of(pilot, "#case-offers") == "a Accept  n Note · figures stay"
