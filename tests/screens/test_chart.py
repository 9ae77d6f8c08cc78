"""Charts: their scale, what they draw and when, and the bars of shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from metertui.screens.widgets.chart import Chart, Shares, scale


class Bench(App[None]):
    """A chart and some shares."""

    CSS = "Shares { height: auto; }"

    def compose(self) -> ComposeResult:
        yield Chart(id="chart")
        yield Shares(id="shares")


def lines(pilot: Pilot[None], selector: str) -> list[str]:
    widget = pilot.app.query_one(selector)
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


async def drawn(labels: Sequence[str], values: Sequence[float | None]) -> str:
    async with Bench().run_test(size=(80, 40)) as pilot:
        pilot.app.query_one(Chart).draw(labels, values)
        await pilot.pause()
        return "\n".join(lines(pilot, "#chart"))


@given(highest=st.floats(1e-3, 1e9), steps=st.integers(-3, 30))
def test_a_scale_holds_the_highest_in_few_equal_steps(highest: float, steps: int) -> None:
    marks = scale(highest, steps)
    assert marks[0] == 0
    assert marks[-1] >= highest * (1 - 1e-6)
    assert marks[-2] < highest
    assert 2 <= len(marks) <= max(2, min(6, steps)) + 1
    assert all(later - earlier == pytest.approx(marks[1]) for earlier, later in pairwise(marks))


@pytest.mark.parametrize(
    ("highest", "steps", "marks"),
    [(24, 3, [0, 8, 16, 24]), (2847.4, 2, [0, 1500, 3000]), (0.5, 5, [0, 0.1, 0.2, 0.3, 0.4, 0.5]), (0, 4, [0, 0.25])],
)
def test_a_scale_is_made_of_round_figures(highest: float, steps: int, marks: list[float]) -> None:
    assert scale(highest, steps) == pytest.approx(marks)


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
        await pilot.pause()
        assert len(figures) == 3


async def shares(parts: Mapping[str, int], size: tuple[int, int] = (80, 40)) -> list[str]:
    async with Bench().run_test(size=size) as pilot:
        pilot.app.query_one(Shares).show("by region", parts, sum(parts.values()))
        await pilot.pause()
        return lines(pilot, "#shares")


async def test_shares_stand_largest_first_with_their_figures() -> None:
    title, first, second = await shares({"North": 250, "South": 750})
    assert title == "by region"
    assert first.startswith("South ███")
    assert first.endswith(" 75.0% 0.750 kWh")
    assert second.startswith("North ███")
    assert second.endswith(" 25.0% 0.250 kWh")


async def test_small_shares_stand_together() -> None:
    rows = await shares({f"r{n:02}": 1000 * (30 - n) for n in range(30)})
    assert len(rows) == 1 + 8 + 1
    assert rows[-1].startswith("22 others")
    assert rows[-1].endswith("253.000 kWh")


async def test_names_are_shown_as_they_are_and_cut_where_there_is_no_room() -> None:
    _, odd, nameless, long = await shares({"[b]a\x1b": 3, "": 2, "x" * 200: 1}, size=(60, 40))
    assert odd.startswith("[b]a␛")
    assert nameless.startswith("(none)")
    assert long.startswith("x" * 19 + "… ")
