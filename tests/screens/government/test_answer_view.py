"""The answer of a question: its chart, its table and its pages."""

from __future__ import annotations

from datetime import date

from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.query import Question
from metertui.screens.charts.chart_view import PictureView
from metertui.screens.tables.sorted_table import SortedTable
from tests.screens.government.helpers import ask, dates, keys, said, screen, summary, table
from tests.screens.idle import until
from tests.screens.town import Town, at_work, press, settle, text_of


async def test_a_small_terminal_has_all_days_of_the_week_and_the_names_of_lines(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        await pilot.resize_terminal(80, 24)
        await ask(pilot, by=("weekday", "hour_of_day"), chart="heat")
        lines = text_of(pilot, "#government-chart").splitlines()
        assert [line[:3] for line in lines if line[:1].isalpha()] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        assert screen(pilot).query_one(SortedTable).size.height >= 3
        await ask(pilot, by=("month", "region"), chart="lines")
        assert text_of(pilot, "#government-chart").splitlines()[-1] == "1 North  2 South  3 [b]South"


async def test_the_answer_is_the_engines(analyst: Town) -> None:
    cases = {("year",): 2, ("quarter",): 5, ("day",): 406, ("region", "month"): 29}
    frozen = analyst.engine.view().frozen()
    async with at_work(analyst, "f5") as pilot:
        for by, rows in cases.items():
            await ask(pilot, by=by, **dates("2024-01-01", "2025-03-12"))
            expected = usage_table(frozen, Question(date(2024, 1, 1), date(2025, 3, 12), by=by))
            assert len(expected) == rows
            shown = table(pilot)
            while len(shown) < rows:
                await keys(pilot, "right_square_bracket")
                shown += table(pilot)
            told = [
                (
                    *(cell.removesuffix(" □") for cell in row[: len(by)]),
                    round(float(row[len(by)].replace(" ", "")) * 1000),
                )
                for row in shown
            ]
            assert told == list(expected[[*by, "usage_wh"]].itertuples(index=False, name=None))
            assert [int(row[len(by) + 3].replace(" ", "")) for row in shown] == expected["readings"].tolist()
        await ask(pilot, **dates("1999-01-01", "1999-12-31"))
        assert summary(pilot) == "No data for this question."
        await ask(pilot, **dates("2024-12-31", "2024-12-01"))
        assert said(pilot) == "! 2024-12-01 is before 2024-12-31"


async def test_many_rows_are_turned_page_by_page(analyst: Town) -> None:
    """By brackets, and by the keys that stand beside one another where brackets are hard to reach."""
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("day",))
        rows = len(screen(pilot)._view.answer.found.table)  # type: ignore[union-attr]
        assert rows > 200
        for key, first in (("greater_than_sign", 101), ("]", 201), ("less_than_sign", 101), ("[", 1), ("[", 1)):
            await keys(pilot, key)
            assert f"{first}–{min(rows, first + 99)} shown" in summary(pilot)
        await keys(pilot, "Y")
        lines = pilot.app.clipboard.splitlines()
        assert len(lines) == 1 + rows  # of all pages
        assert lines[0].split("\t")[:2] == ["day", "kWh"]
        await keys(pilot, "pagedown")
        below = screen(pilot).query_one(SortedTable).cursor_row
        assert below > 1
        await keys(pilot, "pageup")
        assert screen(pilot).query_one(SortedTable).cursor_row == 0


async def test_the_rows_that_contain_a_text_are_shown_of_all_pages(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("day",), **dates("2024-01-01", "2025-03-12"))
        await keys(pilot, "slash", *"2025-02-1")
        grid = screen(pilot).query_one(SortedTable)
        assert [row[0] for row in table(pilot)] == [f"2025-02-{day}" for day in range(10, 20)]
        foot = grid.render_line(grid.size.height - 1).text
        assert foot.startswith("/2025-02-1▏  10 of 406 · a cell contains 2025-02-1")
        assert [foot[0] for foot in grid._all_feet][:3] == ["these 10", "the other 396", "total"]
        await keys(pilot, "enter", "s", "S")
        figures = [float(row[1].replace(" ", "")) for row in table(pilot)]
        assert figures == sorted(figures)
        assert screen(pilot)._view.keys_at(screen(pilot)._view.at) == (table(pilot)[grid.cursor_row][0],)
        await keys(pilot, "escape")
        assert "1–100 shown" in summary(pilot)


async def test_chart_and_sums_are_those_of_the_rows_that_a_filter_leaves(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("month",), chart="shares")
        await keys(pilot, "slash")
        await press(pilot, *"2025-0", "enter")
        await settle(pilot)
        await until(pilot, lambda: len(table(pilot)) == 3)
        view = screen(pilot)._view
        chart = view.query_one(PictureView)
        assert chart.picture is not None
        assert (chart.picture.kind, chart.picture.labels) == ("bars", ("Jan 2025", "Feb 2025", "Mar 2025"))
        assert str(chart.border_title).endswith("3 rows alone")
        feet = view.query_one(SortedTable)._all_feet
        assert [foot[0] for foot in feet] == [
            "these 3",
            "the other 9",
            "total",
            "mean of 11 whole",
            "median of 11 whole",
        ]


async def test_keys_of_the_table_work_in_the_chart_whose_focus_is_seen(analyst: Town) -> None:
    async with at_work(analyst, "f5", size=(80, 24)) as pilot:
        await ask(pilot, by=("month",))
        chart, listed = screen(pilot).query_one("#government-chart", PictureView), screen(pilot).query_one(SortedTable)
        border = chart.styles.border_top[1]
        assert (chart.outer_size.height, listed.size.height) == (8, 10)
        await pilot.press("shift+tab")
        assert chart.has_focus
        await pilot.pause()
        assert chart.styles.border_top[1] != border
        line = text_of(pilot, "Keys")
        assert all(key in line for key in ("← → Bar", "⏎ Drill down", "/ Filter"))
        await pilot.press("end", "left", "s")
        await settle(pilot)
        assert screen(pilot)._view.sort
        await pilot.press(*"/2025")
        assert listed.has_focus, "letters that come with the slash are of the filter"
        assert listed.arrangement.wanted == "2025"
        await pilot.press("escape", "shift+tab", "home", "enter")
        await settle(pilot)
        assert screen(pilot)._saved.by == ("day",)
