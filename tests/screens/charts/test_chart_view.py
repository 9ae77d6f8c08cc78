"""A chart in its widget: what it draws, when, and what its edge says."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from metertui.screens.charts.chart import BEFORE, Picture, Series
from metertui.screens.charts.chart_view import PictureView, picture_text
from metertui.screens.charts.kinds import Kind
from metertui.screens.terminal import theme
from tests.screens.idle import until


class Bench(App[None]):
    """A chart, in the dark theme."""

    def on_mount(self) -> None:
        for each in theme.THEMES.values():
            self.register_theme(each)
        self.theme = theme.DARK.name

    def compose(self) -> ComposeResult:
        yield PictureView(id="chart")


def picture(
    values: Sequence[float | None], kind: Kind = "bars", estimated: Sequence[bool] = (), note: str = ""
) -> Picture:
    labels = tuple(str(place) for place in range(len(values)))
    return Picture(kind, labels, (Series("", tuple(values)),), "kWh", note, tuple(estimated))


def lines(pilot: Pilot[None]) -> list[str]:
    widget = pilot.app.query_one(PictureView)
    return [widget.render_line(y).text for y in range(widget.size.height)]


async def drawn(shown: Picture | None) -> list[str]:
    async with Bench().run_test(size=(80, 40)) as pilot:
        pilot.app.query_one(PictureView).show(shown)
        await pilot.pause()
        return lines(pilot)


async def test_a_chart_without_data_says_so() -> None:
    for shown in (None, picture([]), picture([None, None])):
        assert "".join(await drawn(shown)).split() == ["no", "data"]
    assert "".join(await drawn(picture([None], note="hidden"))).strip() == "hidden"


async def test_nothing_used_is_not_no_data() -> None:
    told = "\n".join(await drawn(picture([0.0, None, 0.0])))
    assert "0.0┤" in told
    assert [len(bar) for bar in told.partition("0.0┤")[2].split() if set(bar) == {"▁"}] == [24, 24]


async def test_a_chart_without_a_series_says_that_there_is_no_data() -> None:
    async with Bench().run_test(size=(80, 40)) as pilot:
        chart = pilot.app.query_one(PictureView)
        chart.show(Picture("stacked", (), (), "kWh"))
        chart.point_at(0, 0)
        await pilot.pause()
        assert chart.border_subtitle == ""
        assert "no data" in "".join(lines(pilot))


@pytest.mark.parametrize("kind", ["bars", "lines", "rows", "shares", "stacked"])
async def test_every_line_is_as_wide_as_its_room(kind: Kind) -> None:
    shown = await drawn(picture([1.0, None, 3.0, 2.5], kind))
    assert {len(line) for line in shown} == {80}
    assert any(line.strip() for line in shown)


async def test_what_is_estimated_has_another_mark_and_the_edge_says_which() -> None:
    async with Bench().run_test(size=(80, 40)) as pilot:
        chart = pilot.app.query_one(PictureView)
        kinds: tuple[tuple[Kind, str, str], ...] = (("bars", "█", "▒"), ("lines", "⠒", "·"))
        for kind, read, guessed in kinds:
            chart.show(picture([1.0] * 10, kind, [False] * 10))
            await pilot.pause()
            assert chart.border_subtitle == ""
            assert guessed not in "".join(lines(pilot))
            chart.show(picture([1.0] * 10, kind, [n % 5 == 1 for n in range(10)]))
            await pilot.pause()
            assert chart.border_subtitle == f"{read} read   {guessed} estimated"
            assert guessed in "".join(lines(pilot))
            chart.show(picture([None, *[1.0] * 9], kind, [True, *[False] * 9]))
            assert chart.border_subtitle == ""  # nothing that is drawn is


async def test_the_same_is_drawn_once_and_anything_else_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Bench().run_test(size=(80, 40)) as pilot:
        chart = pilot.app.query_one(PictureView)
        times: list[None] = []
        draw = PictureView._drawn
        monkeypatch.setattr(PictureView, "_drawn", lambda self: (times.append(None), draw(self))[1])
        for _ in range(3):
            chart.show(picture([1.0, 2.0]))
            await pilot.pause()
        assert len(times) == 1
        chart.show(picture([1.0, 3.0]))
        await pilot.pause()
        assert len(times) == 2
        await pilot.resize_terminal(60, 30)
        await until(pilot, lambda: chart.size.width <= 60)  # Textual puts several changes of size together
        await pilot.pause()
        assert len(times) == 3
        assert {len(line) for line in lines(pilot)} == {60}
        pilot.app.theme = theme.LIGHT.name
        await pilot.pause()
        assert len(times) == 4


async def test_the_cursor_shows_the_values_of_a_label_in_the_edge() -> None:
    shown = picture([1.0, None, 2.5])._replace(
        names=("one", "two", "three"), estimated=(True, False, False), running=(False, False, True)
    )
    async with Bench().run_test(size=(80, 40)) as pilot:
        chart = pilot.app.query_one(PictureView)
        chart.show(shown)
        chart.focus()
        await pilot.pause()
        assert chart.border_subtitle == "█ read   ▒ estimated   □ ░ not over yet"
        edges = []
        for key in ("left", "left", "left", "left", "right", "end"):
            await pilot.press(key)
            edges.append(chart.border_subtitle)
        read = "   █ read   ▒ estimated"
        marks = f"{read}   □ ░ not over yet"
        assert edges == [
            f"three · 2.500 kWh · □ ░ not over yet{read}",
            f"two · no data{marks}",
            *[f"one · 1.000 kWh · estimated{marks}"] * 2,
            f"two · no data{marks}",
            f"three · 2.500 kWh · □ ░ not over yet{read}",
        ]
        chart.show(shown._replace(cut=(True, False, False)))
        assert chart.border_subtitle.split("estimated   ")[-1] == "□ ░ not over yet or in part"
        pilot.app.set_focus(None)
        await pilot.pause()
        assert chart.border_subtitle.startswith("█ read")


async def test_the_legend_stays_where_a_shorter_name_leaves_room_for_it() -> None:
    shown = picture([1000.0, 2000.0, 1.0])._replace(
        names=("the first of them", "the second of them", "the third of them"), running=(False, False, True)
    )
    async with Bench().run_test(size=(50, 12)) as pilot:
        chart = pilot.app.query_one(PictureView)
        chart.show(shown)
        chart.focus()
        await pilot.press("home")
        assert chart.border_subtitle == f"{shown.labels[0]} · 1 000.000 kWh   □ ░ not over yet"
        named = []
        for kind in ("bars", "lines", "heat"):
            chart.show(shown._replace(kind=kind))
            named.append(chart.key_name("move(1)", "Bar"))
        chart.show(None)
        assert [*named, chart.key_name("move(1)", "Bar")] == ["Bar", "Point", "Cell", ""]


async def test_the_cursor_says_what_a_value_is_compared_with() -> None:
    shown = Picture("bars", ("Jan",), (Series("now", (2.0,)), Series(BEFORE, (1.0,))), "kWh")
    async with Bench().run_test(size=(80, 40)) as pilot:
        chart = pilot.app.query_one(PictureView)
        chart.show(shown)
        chart.focus()
        await pilot.press("home")
        assert chart.border_subtitle == "Jan · now 2.000 kWh · before 1.000"


async def test_the_edge_tells_hidden_from_no_data() -> None:
    async with Bench().run_test(size=(80, 12)) as pilot:
        chart = pilot.app.query_one(PictureView)
        chart.show(picture([1.0, None, None])._replace(hidden=((False, True, False),)))
        assert "/ hidden" in str(chart.border_subtitle)
        chart.focus()
        await pilot.pause()
        chart.move_cursor(1)
        assert str(chart.border_subtitle).startswith("1 · hidden")
        chart.move_cursor(2)
        assert str(chart.border_subtitle).startswith("2 · no data")


async def test_a_heat_map_has_a_cursor_on_one_value_and_points_without_the_focus() -> None:
    series = tuple(Series(str(day), (float(day), None)) for day in range(1, 5))
    shown = Picture("heat", ("Jan", "Feb"), series, "kWh", names=("January", "February"))
    async with Bench().run_test(size=(80, 12)) as pilot:
        chart = pilot.app.query_one(PictureView)
        chart.show(shown)
        await pilot.press("tab", "left", "left", "up")
        assert chart.border_subtitle == "3 January · 3.000 kWh"
        pilot.app.set_focus(None)
        await pilot.pause()
        assert chart.border_subtitle == ""
        chart.point_at(1, 0)
        assert chart.border_subtitle == "1 February · no data"
        chart.show(shown._replace(unit="MWh"))
        assert not chart.is_pointing


def test_a_chart_as_text_has_its_legend_and_no_blanks_at_the_ends() -> None:
    lines = picture_text(picture([1, 2, None, 4], estimated=[False, True, False, False]), 40, 8).splitlines()
    assert len(lines) == 9
    assert lines[-1] == "█ read   ▒ estimated"
    assert "▒" in lines[-4]
    assert not any(line.endswith(" ") for line in lines)
