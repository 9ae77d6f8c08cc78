"""The table: keys and mouse move its cursor, lines are drawn cell by cell, only rows near those in view are fetched."""

from __future__ import annotations

import pytest
from textual import events, on
from textual.app import App, ComposeResult
from textual.widgets import Input

from metertui.screens.tables.arrangement import Arrangement
from metertui.screens.tables.columns import Column
from metertui.screens.tables.copying import MOST_COPIED
from metertui.screens.tables.table import Table
from metertui.text import fmt
from tests.screens.idle import until

ROWS = 1000


class Desk(App[None]):
    """A table, the rows fetched for it, and the rows of its messages."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: set[int] = set()
        self.selected: list[int] = []
        self.highlighted: list[int] = []

    def compose(self) -> ComposeResult:
        yield Table((Column("meter", 8), Column("kWh", 20, right=True), Column("note", 30)))

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
        seen = []
        for key in ("home", "right", "right", "left", "left", "left"):
            await pilot.press(key)
            seen.append([table.render_line(y).text.rstrip() for y in (0, 1)])
        assert [line.split() for line in seen[0]] == [["meter", "kWh", "+1›"], ["▸m-0", "0.000"]]
        assert len(seen[0][0]) <= 40 - table.styles.scrollbar_size_vertical, "the sign is beside the scrollbar"
        assert [line.split() for line in seen[1]] == [["meter", "note", "‹"], ["▸m-0", "[red]"]]
        assert seen[2] == seen[1], "no further than the last column"
        assert seen[3:] == [seen[0]] * 3


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


PLACES = ["North", "South", "East", "West"]


class Town(App[None]):
    """A table whose rows can be told apart by a text and ordered by a value, below a field."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.rows: list[int] = []

    def compose(self) -> ComposeResult:
        yield Input()
        yield Table((Column("meter", 8), Column("kWh", 8, right=True), Column("region", 8)))

    def on_mount(self) -> None:
        count = self.count

        def cells(start: int, stop: int) -> list[tuple[str, str, str]]:
            return [(f"m-{row}", fmt.number(-row * 1000 % 7919), PLACES[row % 4]) for row in range(start, stop)]

        table = self.query_one(Table)
        table.show_rows(count, cells, subject=count)
        table.focus()

    @on(Table.RowSelected)
    def _select(self, event: Table.RowSelected) -> None:
        self.rows.append(event.row)


@pytest.mark.parametrize("count", [40, 3000])
async def test_rows_are_filtered_as_one_types_sorted_copied_and_chosen(count: int) -> None:
    app = Town(count)
    async with app.run_test(size=(70, 12)) as pilot:
        table = app.query_one(Table)
        await pilot.press("down", "down", "/", *"NORTH")
        await until(pilot, lambda: table.row_count == count // 4)
        said = f"/NORTH▏  {fmt.count(count // 4)} of {fmt.count(count)} · region contains NORTH  ⏎ keep  esc clear"
        assert table.render_line(table.size.height - 1).text.startswith(said)
        assert table.cursor_row == 0, "the row that was looked at is not shown"
        await pilot.press("down", "enter")
        assert not app.rows, "enter ends the typing"
        await pilot.press("enter")
        assert app.rows == [4]
        await pilot.press("s", "s")
        await until(pilot, lambda: "kWh ▼" in table.render_line(0).text)
        await until(pilot, lambda: table.cells_of_row(0)[1] >= "7.0")
        values = [float(table.cells_of_row(row)[1]) for row in range(10)]
        assert values == sorted(values, reverse=True)
        assert table.cursor_row == 4, "the cursor stays on its row"
        assert table.state == f"{fmt.count(count // 4)} of {fmt.count(count)} · region contains NORTH, by kWh ▼"
        await pilot.press("Y")
        lines = app.clipboard.splitlines()
        assert lines[0] == "meter\tkWh\tregion"
        assert [float(line.split("\t")[1]) for line in lines[1:11]] == values
        assert len(lines) == 1 + count // 4
        await pilot.press("S")
        await until(pilot, lambda: "kWh ▲" in table.render_line(0).text)
        await pilot.press("escape")
        await until(pilot, lambda: table.row_count == count)
        assert table.is_arranged, "the order is not the filter's"
        await pilot.press("s", "s")
        await until(pilot, lambda: not table.is_arranged)
        await pilot.press("Y")
        assert len(app.clipboard.splitlines()) == 1 + min(count, MOST_COPIED)
        assert [table.cells_of_row(row)[0] for row in range(3)] == ["m-0", "m-1", "m-2"]


async def test_keys_that_arrive_together_belong_to_the_filter_and_leaving_keeps_it() -> None:
    app = Town(40)
    async with app.run_test(size=(70, 12)) as pilot:
        table = app.query_one(Table)
        for key in ("slash", "s", "o", "u"):  # none waits for the one before
            app.post_message(events.Key(key, key if len(key) == 1 else "/"))
        await pilot.pause()
        assert (table.arrangement.wanted, table.row_count) == ("sou", 10)
        app.query_one(Input).focus()
        await pilot.pause()
        assert "/ change  esc clear" in table.render_line(table.size.height - 1).text
        table.focus()
        await pilot.press("/", "backspace", "backspace", "backspace", "enter")
        assert not table.is_arranged
        await pilot.press("/", "x", "y", "enter", "enter", "down", "y")
        assert (table.row_count, table.cursor_row, app.rows) == (0, -1, [])


async def test_rows_that_are_given_later_are_filtered_and_sorted_too() -> None:
    app = Town(40)
    async with app.run_test(size=(70, 12)) as pilot:
        table = app.query_one(Table)
        await pilot.press("s", "S", "/", "m", "-", "2", "enter")
        rows = [("m-1", "5.000", ""), ("m-20", "6.000", ""), ("m-21", "12 345 678.000", "")]
        table.show_rows(3, lambda start, stop: rows[start:stop])
        assert [table.cells_of_row(row)[0] for row in range(table.row_count)] == ["m-21", "m-20"]
        await pilot.pause()
        assert "12 345 678.000" in table.render_line(1).text, "a column of figures becomes as wide as they are"
        rows.append(("m-22", "7.000", ""))
        table.append_rows(4)
        assert table.cells_of_row(0)[0] == "m-22"
        table.clear_arrangement()
        assert table.row_count == 4


async def test_rows_of_a_table_that_is_gone_are_sought_no_more() -> None:
    async with Desk().run_test(size=(60, 12)) as pilot:
        table = pilot.app.query_one(Table)
        seek = table._arranger(table._given, Arrangement(wanted="m-5"))
        assert seek() is not None
        await table.remove()
        assert seek() is None
