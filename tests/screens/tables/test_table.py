"""The table: keys and mouse move its cursor, lines are drawn cell by cell, only rows near those in view are fetched."""

from __future__ import annotations

import pytest
from textual import on
from textual.app import App, ComposeResult

from metertui.screens.tables.table import Column, Table

ROWS = 1000


class Desk(App[None]):
    """A table, the rows fetched for it, and the rows of its messages."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: set[int] = set()
        self.selected: list[int] = []
        self.highlighted: list[int] = []

    def compose(self) -> ComposeResult:
        yield Table((Column("meter", 8), Column("kWh", 30, right=True), Column("note", 30)))

    def on_mount(self) -> None:
        def fetch(start: int, stop: int) -> list[tuple[str, str, str]]:
            self.fetched.update(range(start, stop))
            return [(f"m-{row}", f"{row}.000", "[red]") for row in range(start, stop)]

        self.query_one(Table).show_rows(ROWS, fetch)

    @on(Table.RowSelected)
    def _select(self, event: Table.RowSelected) -> None:
        self.selected.append(event.row)

    @on(Table.RowHighlighted)
    def _highlight(self, event: Table.RowHighlighted) -> None:
        self.highlighted.append(event.row)


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        (("up",), 0),
        (("down", "down", "up"), 1),
        (("pagedown",), 10),
        (("pagedown", "pagedown", "pageup"), 10),
        (("end",), ROWS - 1),
        (("ctrl+end", "down"), ROWS - 1),
        (("end", "up", "home"), 0),
        (("end", "ctrl+home", "pageup"), 0),
    ],
)
async def test_the_cursor_goes_where_a_key_says_and_is_in_view(keys: tuple[str, ...], row: int) -> None:
    app = Desk()
    async with app.run_test(size=(40, 11)) as pilot:
        table = app.query_one(Table)
        await pilot.press(*keys, "enter")
        assert table.cursor_row == row
        assert app.selected == [row]
        assert app.highlighted[-1] == row
        marked = [line for y in range(1, 11) if (line := table.render_line(y).text).startswith("▸")]
        assert [line.split()[0] for line in marked] == [f"▸m-{row}"]
        assert len(app.fetched) < 60


async def test_columns_go_to_the_side_and_the_first_stays() -> None:
    app = Desk()
    async with app.run_test(size=(40, 11)) as pilot:
        table = app.query_one(Table)
        lines = [table.render_line(1).text]
        for key in ("right", "right", "left", "left", "left"):
            await pilot.press(key)
            lines.append(table.render_line(1).text)
        assert all(line.startswith("▸m-0 ") and len(line) == 40 for line in lines)
        assert lines[1] != lines[0] != lines[2] != lines[1]
        assert lines[3:] == [lines[1], lines[0], lines[0]]


async def test_rows_that_come_leave_the_cursor_and_none_can_be_chosen_where_there_are_none() -> None:
    app = Desk()
    async with app.run_test(size=(40, 11)) as pilot:
        table = app.query_one(Table)
        await pilot.press("end")
        table.append_rows(ROWS + 5)
        assert table.cursor_row == ROWS - 1
        await pilot.press("end")
        assert table.cells_of_row(table.cursor_row)[0] == f"m-{ROWS + 4}"
        table.show_rows(0, lambda _start, _stop: ())
        await pilot.press("enter", "down", "y")
        assert app.selected == []
        assert table.cells_of_row(0) == ()
        assert not table.render_line(1).text.strip()


class Wide(App[None]):
    def __init__(self, *columns: Column) -> None:
        super().__init__()
        self._columns = columns

    def compose(self) -> ComposeResult:
        yield Table(self._columns)


async def test_room_goes_to_the_columns_that_can_use_it_and_spare_ones_have_theirs_first() -> None:
    more = Column("address", 8, most=12), Column("kWh", 6, right=True), Column("region", 6, most=10)
    for width, widths in (
        (20, [5, 8, 6, 6]),
        (32, [5, 8, 6, 6]),
        (34, [5, 10, 6, 6]),
        (38, [5, 12, 6, 8]),
        (42, [5, 8, 6, 6, 8]),
        (48, [5, 12, 6, 8, 8]),
        (90, [5, 12, 6, 10, 8]),
    ):
        async with Wide(Column("meter", 5), *more, Column("since", 8, spare=True)).run_test(size=(width, 9)) as pilot:
            table = pilot.app.query_one(Table)
            assert table._widths == widths, width
            assert table.virtual_size.width == sum(widths) + 2 * (len(widths) - 1) + 1
            assert ("since" in table.render_line(0).text) == (width >= 42)


async def test_where_no_column_asks_for_more_the_widest_has_twice_its_width() -> None:
    for columns, widths in (
        ([Column("meter", 9), Column("why", 8), Column("at", 4)], [9, 16, 4]),
        ([Column("meter", 9)], [9]),
    ):
        async with Wide(*columns).run_test(size=(90, 9)) as pilot:
            assert pilot.app.query_one(Table)._widths == widths
