"""The sorted table: it cuts wide cells, keeps the keys in view, and asks for another order or page."""

from __future__ import annotations

from textual import on
from textual.app import App, ComposeResult

from metertui.screens.tables.sorted_table import PAGE, SortedTable
from metertui.text.answers import Column
from tests.screens.idle import until

COLUMNS = [Column("a", "region", False), Column("b", "type", False), Column("c", "kWh", True)]


class Desk(App[None]):
    """A sorted table, and what it asked for."""

    def __init__(self, *, by_screen: bool = True) -> None:
        super().__init__()
        self._by_screen = by_screen
        self.asked: list[tuple[str, object]] = []

    def compose(self) -> ComposeResult:
        yield SortedTable(by_screen=self._by_screen)

    @on(SortedTable.SortAsked)
    def _sort(self, event: SortedTable.SortAsked) -> None:
        self.asked.append(("sort", event.step))

    @on(SortedTable.FilterAsked)
    def _filter(self, event: SortedTable.FilterAsked) -> None:
        self.asked.append(("filter", event.text))

    @on(SortedTable.PageAsked)
    def _turn(self, event: SortedTable.PageAsked) -> None:
        self.asked.append(("page", event.first))


async def test_a_cell_wider_than_a_column_may_be_ends_in_an_ellipsis() -> None:
    async with Desk().run_test(size=(90, 12)) as pilot:
        table = pilot.app.query_one(SortedTable)
        table.show(COLUMNS, [("電" * 20, "N" * 40, "1.000"), ("x", "y", "20.000")], "-c")
        assert table.render_line(0).text.split() == ["region", "type", "kWh", "▼"]
        assert table.render_line(1).text.rstrip() == f" {'電' * 13}…   {'N' * 27}…   1.000"
        assert table.render_line(2).text.rstrip() == f" {'x':<28}  {'y':<28}  20.000"
        assert table.needed_width == len(table.render_line(2).text.rstrip()) + 3


async def test_times_are_never_cut() -> None:
    columns = [Column("hour", "hour", False, whole=True), Column("c", "kWh", True), Column("d", "readings", True)]
    feet = [("median of 24 hours", "77.275", "1 000 000")]
    async with Desk().run_test(size=(38, 12)) as pilot:
        table = pilot.app.query_one(SortedTable)
        table.show(columns, [("2026-01-01 00:00", "101.936", "1 000 000")] * 3, feet=feet)
        await pilot.pause()
        assert table.render_line(1).text.split()[:3] == ["2026-01-01", "00:00", "101.936"]


async def test_keys_never_keep_the_figures_out_of_view() -> None:
    async with Desk().run_test(size=(40, 12)) as pilot:
        table = pilot.app.query_one(SortedTable)
        table.show(COLUMNS, [("North" * 5, "landed" * 4, "1.000")])
        await pilot.pause()
        assert table.fixed_columns == 2
        assert table.render_line(1).text.split()[-1] == "1.000"


async def test_a_table_that_has_all_rows_filters_and_sorts_them_itself() -> None:
    desk = Desk(by_screen=False)
    async with desk.run_test(size=(60, 12)) as pilot:
        table = desk.query_one(SortedTable)
        table.show(COLUMNS, [("North", "flat", "9.000"), ("South", "flat", "10.000"), ("West", "house", "1.000")])
        await pilot.press("s", "s", "s", "/", "f", "l", "enter")
        assert [table.cells_of_row(row)[2] for row in range(table.row_count)] == ["10.000", "9.000"]
        table.show(COLUMNS[1:], [("flat", "19.000"), ("house", "1.000")])
        assert table.row_count == 2, "other columns are another table"
        assert not desk.asked


async def test_keys_ask_for_an_order_and_for_pages_that_exist() -> None:
    desk = Desk()
    async with desk.run_test() as pilot:
        table = desk.query_one(SortedTable)
        rows = [("x", "y", str(number)) for number in range(PAGE)]
        table.show(COLUMNS, rows, "a", PAGE, 2 * PAGE + 1)
        assert table.page_note == "101–200 shown, [ ] page"
        assert "region ▲" in table.render_line(0).text
        table.move_cursor_to(PAGE + 3)
        assert (table.cursor_row, table.place) == (3, PAGE + 3)
        await pilot.press("s", "S", "]", "[")
        assert desk.asked == [("sort", 1), ("sort", 0), ("page", 2 * PAGE), ("page", 0)]
        table.show(COLUMNS, rows[:1], "a", 2 * PAGE, 2 * PAGE + 1)
        await pilot.press("greater_than_sign", "less_than_sign")
        assert desk.asked[4:] == [("page", PAGE)]
        await pilot.press("/", "n", "o")
        assert desk.asked[5:] == [("filter", "n"), ("filter", "no")]
        table.show(COLUMNS, rows[:2], "a", 0, 2, every=2 * PAGE + 1)
        assert "2 of 201 · a cell contains no" in table.render_line(table.size.height - 1).text
        table.show([], [])
        assert (table.place, table.page_note) == (-1, "")


async def test_feet_stay_below_the_rows_as_far_as_there_is_room() -> None:
    async with Desk().run_test(size=(90, 10)) as pilot:
        table = pilot.app.query_one(SortedTable)
        feet = [("total", "", "9.000"), ("mean", "", "3.000"), ("median", "", "1.000")]
        table.show(COLUMNS, [(f"r{row:02d}", "", "1.000") for row in range(20)], feet=feet)
        await pilot.pause()
        first = [table.render_line(y).text.split()[:1] for y in range(10)]
        names = ("region", *(f"r{row:02d}" for row in range(7)), "total", "mean")
        assert first == [[word] for word in names]
        table.focus()
        await pilot.press("end")
        assert table.render_line(7).text.split()[0] == "r19"
        await pilot.resize_terminal(90, 7)
        await until(pilot, lambda: table.size.height == 7)
        await pilot.pause()
        assert [table.render_line(y).text.split()[0] for y in (5, 6)] == ["r19", "total"]
        table.show(COLUMNS, [("r", "", "1.000")], feet=feet)
        await pilot.pause()
        assert [table.render_line(y).text.split()[0] for y in range(1, 5)] == ["r", "total", "mean", "median"]
