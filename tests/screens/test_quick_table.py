"""The quick table: as Textual's own, to the cell; its columns are as wide as their cells, and what that costs."""

from __future__ import annotations

from unittest.mock import patch

from textual.app import App, ComposeResult
from textual.coordinate import Coordinate
from textual.geometry import Region
from textual.widgets import DataTable, _data_table

from metertui.screens.widgets.quick_table import QuickTable
from metertui.screens.widgets.table import Listing


class Desk(App[None]):
    def compose(self) -> ComposeResult:
        yield Listing(("name", ">kWh"), most=200)


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


async def test_lines_are_drawn_as_textual_draws_them() -> None:
    rows = [(f"{n}", ("電 x" * (n % 3), f"{n}")) for n in range(30)]
    async with Desk().run_test(size=(30, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        listing.show(rows)
        for theme, keys in (("textual-dark", ()), ("textual-light", ("down", "down")), ("textual-dark", ("end",))):
            pilot.app.theme = theme
            await pilot.press(*keys)
            await pilot.pause()
            listing.hover_coordinate = Coordinate(1, 0)
            listing._set_hover_cursor(True)
            for focused in (listing, None):
                pilot.app.screen.set_focus(focused)
                await pilot.pause()
                height = listing.size.height
                quick = [list(listing.render_lines(Region(0, y, 30, 1))[0]) for y in range(height)]
                with patch.object(QuickTable, "_render_line", DataTable._render_line):
                    listing._clear_caches()
                    assert [list(listing.render_lines(Region(0, y, 30, 1))[0]) for y in range(height)] == quick
                listing._clear_caches()


async def test_a_table_that_rolls_draws_its_rows_where_they_are_now() -> None:
    async with Desk().run_test(size=(30, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        for first in range(3):
            listing.show([(f"{n}", (f"row {n}", "1")) for n in range(first, first + 5)])
            await pilot.pause()
            assert [listing.render_line(y).text.split()[1] for y in range(1, 6)] == [
                f"{n}" for n in range(first, first + 5)
            ]
