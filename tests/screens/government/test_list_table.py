"""The table of a list of readings: only what is in view is fetched."""

from __future__ import annotations

from datetime import date

import pytest

from metertui.engine.columns import tail_columns
from metertui.engine.usage.query import Question
from metertui.screens.government.list_table import ListTable
from metertui.screens.government.readings_list import ReadingsScreen
from tests.screens.town import Town, at_work, settle


async def test_a_page_is_fetched_when_it_comes_into_view(analyst: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_work(analyst, size=(120, 40)) as pilot:
        await pilot.app.push_screen(ReadingsScreen(Question(date(2024, 1, 1), date(2025, 3, 12))))
        await settle(pilot)
        table = pilot.app.screen.query_one(ListTable)
        assert table.row_count == len(analyst.engine.readings)
        read: list[int] = []
        readings_at = tail_columns.readings_at

        def counted(history: object, tail: object, rows: object) -> object:
            read.append(len(rows))  # type: ignore[arg-type]
            return readings_at(history, tail, rows)  # type: ignore[arg-type]

        monkeypatch.setattr(tail_columns, "readings_at", counted)
        table.action_move_to_last()
        await settle(pilot)
        page = table.size.height
        shown = [each for each in read if each <= page]
        assert sum(shown) <= 4 * page, "the page, and the one before it that is half in view, once more when judged"
        assert table.cells_of_row(table.cursor_row)[4] == "▲ suspect", "the last of the meter whose id comes last"


async def test_the_narrow_table_keeps_all_figures(analyst: Town) -> None:
    async with at_work(analyst, size=(80, 24)) as pilot:
        await pilot.app.push_screen(ReadingsScreen(Question(date(2025, 3, 1), date(2025, 3, 12))))
        await settle(pilot)
        table = pilot.app.screen.query_one(ListTable)
        line = table.render_line(1).text
        assert line.split()[-1] == "counted"
        assert "…" not in line
        assert "region" not in table.render_line(0).text
