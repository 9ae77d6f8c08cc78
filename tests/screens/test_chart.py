"""Charts of one meter: what they draw and when."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from metertui.screens.widgets.chart import Chart


class Bench(App[None]):
    """A chart."""

    def compose(self) -> ComposeResult:
        yield Chart(id="chart")


def lines(pilot: Pilot[None], selector: str) -> list[str]:
    widget = pilot.app.query_one(selector)
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


async def drawn(labels: Sequence[str], values: Sequence[float | None]) -> str:
    async with Bench().run_test(size=(80, 40)) as pilot:
        pilot.app.query_one(Chart).draw(labels, values)
        await pilot.pause()
        return "\n".join(lines(pilot, "#chart"))


async def test_a_chart_without_data_says_so() -> None:
    assert (await drawn(["a", "b"], [None, None])).strip() == "no data"


async def test_nothing_used_is_not_no_data() -> None:
    picture = await drawn(["a", "b"], [0.0, 0.0])
    assert "no data" not in picture
    assert "0.0┤" in picture


async def test_few_values_are_bars_and_many_a_line() -> None:
    assert "█" in await drawn([str(n) for n in range(12)], [1.0] * 12)
    line = await drawn([str(n) for n in range(100)], [1.0] * 100)
    assert "█" not in line
    assert any("\u2800" <= char <= "\u28ff" for char in line)


async def test_what_is_estimated_has_another_mark_and_the_edge_says_which() -> None:
    async with Bench().run_test(size=(80, 40)) as pilot:
        chart = pilot.app.query_one(Chart)
        for count, read, guessed in ((10, "█", "░"), (100, "⠒", "·")):
            labels, values = [str(n) for n in range(count)], [1.0] * count
            chart.draw(labels, values)
            await pilot.pause()
            assert chart.border_subtitle == ""
            assert guessed not in "".join(lines(pilot, "#chart"))
            chart.draw(labels, values, [n % 2 == 1 for n in range(count)])
            await pilot.pause()
            assert chart.border_subtitle == f"{read} read   {guessed} estimated"
            assert guessed in "".join(lines(pilot, "#chart"))
            chart.draw(labels, [None, *values[1:]], [True, *[False] * (count - 1)])
            assert chart.border_subtitle == ""  # nothing that is drawn is


async def test_a_line_has_a_gap_where_there_is_no_data() -> None:
    values = [1.0] * 40 + [None] * 30 + [1.0] * 30
    row = max(
        (await drawn([str(n) for n in range(100)], values)).splitlines(), key=lambda r: sum(c > "\u2800" for c in r)
    )
    assert "  " in row[20:60].strip()


async def test_the_same_values_are_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Bench().run_test(size=(80, 40)) as pilot:
        chart = pilot.app.query_one(Chart)
        figures: list[None] = []
        draw = Chart._draw_figure
        monkeypatch.setattr(Chart, "_draw_figure", lambda self: (figures.append(None), draw(self)))
        for _ in range(3):
            chart.draw(["a", "b"], [1.0, 2.0])
            await pilot.pause()
        assert len(figures) == 1
        chart.draw(["a", "b"], [1.0, 3.0])
        await pilot.pause()
        assert len(figures) == 2
        await pilot.resize_terminal(60, 30)
        while chart.size.width > 60:  # Textual puts several changes of size together
            await asyncio.sleep(0.01)
        await pilot.pause()
        assert len(figures) == 3
