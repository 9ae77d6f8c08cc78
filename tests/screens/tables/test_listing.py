"""The listing: columns as wide as their cells, a cursor that keeps its row, and no drawing of what did not change."""

from __future__ import annotations

from unittest.mock import patch

from textual import on
from textual.app import App, ComposeResult
from textual.geometry import Region

from metertui.screens.tables import listing as listing_module
from metertui.screens.tables.columns import Column, shown_text
from metertui.screens.tables.listing import Listing, Row
from metertui.screens.terminal import ink


class Desk(App[None]):
    """A listing, and the keys of the rows selected in it."""

    CSS = "Table > .table--hover { background: red; } Table > .table--fixed { background: green; }"

    def __init__(self, *more: str | Column, newest: bool = True) -> None:
        super().__init__()
        self._more, self._newest = more, newest
        self.selected: list[str | None] = []

    def compose(self) -> ComposeResult:
        yield Listing(("name", ">kWh", *self._more), newest=self._newest)

    @on(Listing.RowSelected)
    def _select(self) -> None:
        self.selected.append(self.query_one(Listing).selected_key)


def numbered(count: int) -> list[Row]:
    return [(f"{n}", (f"row {n}", "1")) for n in range(count)]


def lines(listing: Listing) -> list[str]:
    return [line.text for line in listing.render_lines(Region(0, 0, *listing.size))]


async def test_columns_are_as_wide_as_their_cells() -> None:
    async with Desk().run_test() as pilot:
        listing = pilot.app.query_one(Listing)
        listing.show([("a", ("short", "1")), ("b", ("längeres 電", "123456.7"))])
        assert lines(listing)[0].rstrip() == " name              kWh"
        assert lines(listing)[2].rstrip() == " längeres 電  123456.7"
        listing.show([("a", ("short", "1")), ("b", ("x\ny", "2"))])  # the same rows with other cells
        assert lines(listing)[2].rstrip() == " x␊y      2"
        assert listing._layout_of_columns.widths == (5, 3)
        listing.show([("c", ("a", "12345"))])
        assert listing._layout_of_columns.widths == (5, 5)  # the room of the first column stays while rows roll


async def test_a_text_leaves_room_for_spare_columns_and_has_what_they_leave() -> None:
    async with Desk(Column("spare", 5, spare=True), Column("note", 4, narrowest=24, most=90)).run_test() as pilot:
        listing = pilot.app.query_one(Listing)
        listing.show([("a", ("a", "1", "▁▂▃▄▅", "x" * 99))])
        for room, drawn in ((97, (4, 3, 5, 79)), (58, (4, 3, 5, 40)), (42, (4, 3, 5, 24)), (41, (4, 3, 30))):
            assert listing._laid_out(room).widths == drawn


async def test_columns_of_a_list_that_is_not_rolling_get_narrower_again() -> None:
    async with Desk(newest=False).run_test() as pilot:
        listing = pilot.app.query_one(Listing)
        for rows, widths in (([("a", ("a long name", "12345.678"))], (11, 9)), ([("b", ("short", "1"))], (5, 3))):
            listing.show(rows)
            assert listing._layout_of_columns.widths == widths


async def test_each_cell_is_measured_once() -> None:
    async with Desk().run_test() as pilot:
        listing = pilot.app.query_one(Listing)
        with patch.object(listing_module, "shown_text", wraps=shown_text) as measured:
            listing.show([(f"{n}", ("x" * 20, "1" * 20)) for n in range(200)])
            await pilot.pause()
        assert measured.call_count == 400


async def test_fixed_columns_stay_while_the_others_are_scrolled_one_by_one() -> None:
    async with Desk(">tax", "what else").run_test(size=(25, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        listing.fixed_columns = 1
        listing.show([("a", ("電 x", "1 000 000.0", "12.5", "long " * 6))])
        await pilot.pause()
        assert [line.rstrip() for line in lines(listing)[:2]] == [
            " name          kWh    +2›",
            " 電 x  1 000 000.0",
        ]
        listing.action_scroll_columns(1)
        await pilot.pause()
        assert [line.rstrip() for line in lines(listing)[:2]] == [
            " name   tax  what else  ‹",
            " 電 x  12.5  long lon…",
        ]


async def test_rows_differ_in_style_by_cursor_mouse_and_number() -> None:
    async with Desk().run_test(size=(30, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        listing.fixed_columns = 1
        listing.show(numbered(9))
        listing.move_cursor(2)
        await pilot.pause()
        await pilot.hover(Listing, offset=(3, 6))  # row 5
        styles = [list(dict.fromkeys(part.style for part in listing.render_line(y))) for y in range(1, 8)]
        component = listing.get_component_rich_style
        assert styles[2] == [component("table--cursor")]
        assert styles[0] == [component("table--even")]
        assert styles[3] == [component("table--odd")]
        assert styles[5] == [component("table--odd") + component("table--hover")]
        listing._layout_of_columns = listing._layout_of_columns._replace(behind=1)
        styles[0] = list(dict.fromkeys(part.style for part in listing.render_line(1)))
        assert styles[0] == [component("table--fixed"), component("table--even")], "where other columns scroll"


async def test_rows_that_roll_are_drawn_where_they_are_now() -> None:
    async with Desk().run_test(size=(30, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        for first in range(3):
            listing.show(numbered(8)[first : first + 5])
            await pilot.pause()
            assert [line.split()[1] for line in lines(listing)[1:6]] == [f"{n}" for n in range(first, first + 5)]


async def test_a_cursor_on_the_newest_row_stays_at_the_top_and_any_other_moves_with_its_row() -> None:
    async with Desk().run_test(size=(30, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        listing.show(numbered(9)[2:])
        listing.show(numbered(9)[1:])
        assert listing.selected_key == "1"
        listing.move_cursor(3)
        listing.show(numbered(9))
        assert (listing.cursor_row, listing.selected_key) == (4, "4")
        listing.show(numbered(2))
        assert listing.selected_cells == ("row 1", "1")
        listing.show([])
        assert listing.selected_key is None
        assert listing.selected_cells == ()


async def test_a_row_that_changes_is_drawn_again_and_no_other() -> None:
    async with Desk().run_test(size=(30, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        rows = numbered(9)
        listing.show(rows)
        await pilot.pause()
        with patch.object(listing, "refresh", wraps=listing.refresh) as refresh:
            listing.show([*rows[:4], ("4", ("row X", "2")), *rows[5:]])
            await pilot.pause()
        assert [call.args for call in refresh.call_args_list] == [(Region(0, 5, 30, 1),)]
        assert lines(listing)[5].split() == ["row", "X", "2"]


async def test_the_mouse_moves_the_cursor_and_selects_its_row() -> None:
    desk = Desk()
    async with desk.run_test(size=(30, 12)) as pilot:
        listing = desk.query_one(Listing)
        listing.show(numbered(30))
        await pilot.pause()
        await pilot.click(Listing, offset=(3, 4))  # below the headings
        assert listing.selected_key == "3"
        await pilot.click(Listing, offset=(20, 0))
        await pilot.click(Listing, offset=(25, 3))  # behind the last column too
        assert listing.selected_key == "2"
        await pilot.press("ctrl+end")
        await pilot.pause()
        await pilot.click(Listing, offset=(3, 1))
        assert listing.selected_key == f"{30 - listing.size.height + 1}"
        assert not desk.selected
        await pilot.click(Listing, offset=(3, 1))
        assert desk.selected == [listing.selected_key]
        listing.show([("a", ("the only one", "1"))])
        await pilot.pause()
        await pilot.click(Listing, offset=(3, 5))
        assert (listing.selected_key, len(desk.selected)) == ("a", 1)


async def test_the_mouse_finds_the_row_within_a_border() -> None:
    async with Desk().run_test(size=(30, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        listing.styles.border = ("round", "red")
        listing.show(numbered(5))
        await pilot.pause()
        await pilot.click(Listing, offset=(3, 4))  # below the border and the headings
        assert listing.selected_key == "2"


async def test_the_row_under_the_mouse_is_marked_until_the_mouse_or_a_key_leaves_it() -> None:
    async with Desk().run_test(size=(30, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        listing.show(numbered(5))
        await pilot.pause()

        def drawn() -> list[str]:
            return [str([*listing.render_line(y)]) for y in range(listing.size.height)]

        at_rest = drawn()
        await pilot.hover(Listing, offset=(3, 3))
        assert [y for y, line in enumerate(drawn()) if line != at_rest[y]] == [3]
        await pilot.hover(Listing, offset=(3, 0))
        assert drawn() == at_rest
        await pilot.hover(Listing, offset=(3, 3))
        await pilot.press("down", "up")
        assert drawn() == at_rest


async def test_a_page_is_as_many_rows_as_are_in_view() -> None:
    async with Desk().run_test(size=(30, 12)) as pilot:
        listing = pilot.app.query_one(Listing)
        listing.show(numbered(40))
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
            assert listing.selected_key == f"{row}"
            assert f"row {row} " in "".join(lines(listing))


async def test_the_row_of_the_cursor_stays_on_its_line_when_others_come_and_go() -> None:
    async with Desk(newest=False).run_test(size=(20, 8)) as pilot:
        listing = pilot.app.query_one(Listing)
        listing.show(numbered(30))
        listing.move_cursor(12)
        listing.move_cursor(10)
        line = listing.cursor_row - listing.scroll_offset.y
        for rows in ([("x", ("new", "1")), ("y", ("newer", "1")), *numbered(30)], numbered(30)[4:]):
            listing.show(rows)
            assert listing.selected_key == "10"
            assert listing.cursor_row - listing.scroll_offset.y == line


async def test_cells_that_begin_with_a_sign_have_its_colour_but_under_the_cursor() -> None:
    class Signed(Desk):
        def compose(self) -> ComposeResult:
            yield Listing(("name", ">kWh"), inks={"▲": "warning"})

    async with Signed().run_test() as pilot:
        listing = pilot.app.query_one(Listing)
        listing.show([("a", ("▲ odd", "1")), ("b", ("▲ odd", "1")), ("c", ("even", "1"))])
        inked = ink(pilot.app.theme_variables, "warning").color
        coloured = [
            [
                segment.text.strip()
                for segment in listing.render_line(y)
                if segment.style and segment.style.color == inked
            ]
            for y in (1, 2, 3)
        ]
        assert coloured == [[], ["▲ odd"], []]
        assert lines(listing)[2].rstrip() == lines(listing)[1].rstrip()
