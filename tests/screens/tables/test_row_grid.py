"""The grid of rows: keys and the mouse move its cursor over what it draws, with a line below the rows or without."""

from __future__ import annotations

from textual.app import App, ComposeResult

from metertui.screens.tables.columns import Column
from metertui.screens.tables.table import Table


class Desk(App[None]):
    def compose(self) -> ComposeResult:
        yield Table((Column("meter", 8), Column("kWh", 8, right=True)))

    def on_mount(self) -> None:
        self.query_one(Table).show_rows(
            50, lambda start, stop: [(f"m-{row}", f"{row}.0") for row in range(start, stop)]
        )


async def test_the_last_row_stays_in_view_above_the_line_of_the_filter() -> None:
    app = Desk()
    async with app.run_test(size=(40, 11)) as pilot:
        table = app.query_one(Table)
        await pilot.press("end", "/", "m")
        await pilot.pause()
        drawn = [table.render_line(y).text.strip() for y in range(11)]
        assert drawn[9].startswith("▸m-49")
        assert drawn[10].startswith("/m▏")
        await pilot.press("pageup")
        assert table.cursor_row == 40
        await pilot.click(Table, offset=(3, 10))
        await pilot.press("escape")
        await pilot.pause()
        assert table.cursor_row == 40, "the line of the filter is no row"
        assert table.render_line(10).text.strip().startswith("m-")
