"""The quick table: as Textual's own, to the cell; its columns are as wide as their cells, and what that costs."""

from __future__ import annotations

import asyncio
from unittest.mock import patch

import pytest
from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.coordinate import Coordinate
from textual.geometry import Region
from textual.widgets import DataTable, _data_table

from metertui.screens.tables.listing import Listing
from metertui.screens.tables.quick_table import QuickTable
from metertui.screens.tables.sorted_table import SortedTable
from metertui.text.answers import Column


class Desk(App[None]):
    def __init__(self, *more: str) -> None:
        super().__init__()
        self._more = more
        self.taken: list[str | None] = []

    def compose(self) -> ComposeResult:
        yield Listing(("name", ">kWh", *self._more), most=200)

    @on(DataTable.RowSelected)
    def _take(self, event: DataTable.RowSelected) -> None:
        self.taken.append(event.row_key.value)


class Sorted(App[None]):
    def compose(self) -> ComposeResult:
        yield SortedTable()


def widths(listing: Listing) -> list[int]:
    return [column.content_width for column in listing.ordered_columns]


async def test_columns_are_as_wide_as_their_cells() -> None:
    async with Desk().run_test() as pilot:
        listing = pilot.app.query_one(Listing)
        listing.show([("a", ("short", "1")), ("b", ("längeres 電", "123456.7"))])
        await pilot.pause()
        assert widths(listing) == [11, 8]
        listing.show([("a", ("short", "1")), ("b", ("x\ny", "2"))])  # the same rows with other cells
        await pilot.pause()
        assert widths(listing) == [5, 3]
        assert listing.virtual_size.width == 5 + 3 + 2 * 2 * listing.cell_padding
        listing.show([("c", ("a", "12345"))])
        await pilot.pause()
        assert widths(listing) == [5, 5]  # the name's room stays: a table that rolls does not wobble


async def test_a_list_that_is_asked_for_anew_has_the_room_that_its_own_cells_take() -> None:
    class Worklist(App[None]):
        def compose(self) -> ComposeResult:
            yield Listing(("name", ">kWh"), newest=False)

    async with Worklist().run_test() as pilot:
        listing = pilot.app.query_one(Listing)
        for rows, wanted in (([("a", ("a long name", "12345.678"))], [11, 9]), ([("b", ("short", "1"))], [5, 3])):
            listing.show(rows)
            await pilot.pause()
            assert widths(listing) == wanted


async def test_a_table_of_which_every_cell_gets_shorter_measures_each_once() -> None:
    measured = 0

    def measure(*args: object) -> int:
        nonlocal measured
        measured += 1
        return real(*args)  # type: ignore[arg-type]

    real = _data_table.measure
    async with Desk().run_test() as pilot:
        listing = pilot.app.query_one(Listing)
        with patch.object(_data_table, "measure", measure):
            for length in (40, 20):
                listing.show([(f"{n}", ("x" * length, "1" * length)) for n in range(200)])
                await pilot.pause()
        assert widths(listing) == [20, 20]
        assert measured < 400


Cell = tuple[str, str]


def drawn(table: DataTable[Text]) -> list[list[Cell]]:
    """What is on its lines, cell by cell, but for what Textual hides in the styles for the mouse."""
    lines = table.render_lines(Region(0, 0, *table.size))
    return [[(char, str(part.style)) for part in line.discard_meta() for char in part.text] for line in lines]


@pytest.mark.parametrize("fixed", [0, 1, 2])
async def test_lines_are_drawn_as_textual_draws_them(fixed: int) -> None:
    rows = [(f"{n}", ("電 x" * (n % 3), f"{n}", "long " * 8)) for n in range(30)]
    async with Desk("what else").run_test(size=(30, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        listing.fixed_columns = fixed
        listing.show(rows)
        for theme, keys in (
            ("textual-dark", ()),
            ("textual-light", ("down", "down")),
            ("textual-dark", ("end",)),
            ("textual-light", ("right", "right", "right")),
            ("textual-dark", ("ctrl+end",)),
        ):
            pilot.app.theme = theme
            await pilot.press(*keys)
            await pilot.pause()
            listing.hover_coordinate = Coordinate(1, 0)
            listing._set_hover_cursor(True)
            for focused in (listing, None):
                pilot.app.screen.set_focus(focused)
                await pilot.pause()
                quick = drawn(listing)
                with patch.object(QuickTable, "render_line", DataTable.render_line):
                    listing._clear_caches()
                    assert drawn(listing) == quick
                listing._clear_caches()


COLUMNS = [Column("a", "region", False), Column("b", "type", False), Column("c", "kWh", True)]


async def test_a_column_of_a_given_width_ends_what_is_longer_in_an_ellipsis() -> None:
    async with Sorted().run_test(size=(90, 12)) as pilot:
        table = pilot.app.query_one(SortedTable)
        table.show(COLUMNS, [("電" * 20, "N" * 40, "1.000"), ("x", "y", "20.000")], "-c")
        for x in (0, 7):
            table.scroll_to(x=x, animate=False, immediate=True)
            await pilot.pause()
            quick = drawn(table)
            with patch.object(QuickTable, "render_line", DataTable.render_line):
                table._clear_caches()
                assert drawn(table) == quick
        assert f" {'N' * 27}… " in table.render_line(1).text


async def test_no_key_is_so_wide_that_figures_cannot_be_scrolled_to() -> None:
    async with Sorted().run_test(size=(90, 12)) as pilot:
        table = pilot.app.query_one(SortedTable)
        table.show(COLUMNS, [("North" * 5, "landed" * 4, "1.000")])
        assert table.fixed_columns == 1
        await pilot.resize_terminal(40, 12)
        while table.size.width > 40:
            await asyncio.sleep(0.01)
        await pilot.pause()
        assert table.fixed_columns == 0
        table.scroll_to(x=99, animate=False, immediate=True)
        await pilot.pause()
        assert table.render_line(1).text.split()[-1] == "1.000"


async def test_a_table_that_rolls_draws_its_rows_where_they_are_now() -> None:
    async with Desk().run_test(size=(30, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        for first in range(3):
            listing.show([(f"{n}", (f"row {n}", "1")) for n in range(first, first + 5)])
            await pilot.pause()
            assert [listing.render_line(y).text.split()[1] for y in range(1, 6)] == [
                f"{n}" for n in range(first, first + 5)
            ]


async def test_the_mouse_takes_the_row_under_it() -> None:
    desk = Desk()
    async with desk.run_test(size=(30, 12)) as pilot:
        listing = desk.query_one(Listing)
        listing.show([(f"{n}", (f"row {n}", "1")) for n in range(30)])
        await pilot.pause()
        await pilot.click(Listing, offset=(3, 4))  # below the headings
        assert listing.selected == "3"
        await pilot.click(Listing, offset=(20, 0))
        await pilot.click(Listing, offset=(25, 3))  # behind the last column too
        assert listing.selected == "2"
        await pilot.press("ctrl+end")
        await pilot.pause()
        await pilot.click(Listing, offset=(3, 1))
        assert listing.selected == f"{30 - listing.size.height + 1}"
        assert not desk.taken
        await pilot.click(Listing, offset=(3, 1))
        assert desk.taken == [listing.selected]
        listing.show([("a", ("the only one", "1"))])
        await pilot.pause()
        await pilot.click(Listing, offset=(3, 5))
        assert (listing.selected, len(desk.taken)) == ("a", 1)


async def test_the_row_under_the_mouse_is_marked_until_it_leaves() -> None:
    async with Desk().run_test(size=(30, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        listing.show([(f"{n}", (f"row {n}", "1")) for n in range(5)])
        await pilot.pause()
        at_rest = drawn(listing)
        await pilot.hover(Listing, offset=(3, 3))
        marked = drawn(listing)
        assert [y for y, line in enumerate(marked) if line != at_rest[y]] == [3]
        await pilot.hover(Listing, offset=(3, 0))
        assert drawn(listing) == at_rest


async def test_a_row_that_changes_is_drawn_again_and_no_other() -> None:
    async with Desk().run_test(size=(30, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        rows = [(f"{n}", (f"row {n}", "1")) for n in range(9)]
        listing.show(rows)
        await pilot.pause()
        with patch.object(listing, "refresh", wraps=listing.refresh) as refresh:
            listing.show([*rows[:4], ("4", ("row X", "2")), *rows[5:]])
            await pilot.pause()
        assert {region for call in refresh.call_args_list for region in call.args} == {Region(0, 5, 30, 1)}
        assert all(call.args for call in refresh.call_args_list)  # without a region all is drawn
        assert listing.render_lines(Region(0, 5, 30, 1))[0].text.split() == ["row", "X", "2"]


async def test_a_page_is_as_many_rows_as_are_in_view() -> None:
    async with Desk().run_test(size=(30, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        listing.show([(f"{n}", (f"row {n}", "1")) for n in range(40)])
        await pilot.pause()
        page = listing.size.height - 1  # below the headings
        for key, row in (
            ("pagedown", page),
            ("pagedown", 2 * page),
            ("pageup", page),
            ("pageup", 0),
            ("pageup", 0),
            ("ctrl+end", 39),
            ("pagedown", 39),
        ):
            await pilot.press(key)
            assert listing.selected == f"{row}"
            assert f"row {row} " in "".join(line.text for line in listing.render_lines(Region(0, 0, *listing.size)))
