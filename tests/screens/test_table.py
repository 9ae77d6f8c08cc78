"""The table that is told what to show: its columns are as wide as their cells, and what that costs."""

from __future__ import annotations

from unittest.mock import patch

from textual.app import App, ComposeResult
from textual.widgets import _data_table

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
