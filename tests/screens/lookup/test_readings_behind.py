"""The readings behind a figure, newest first."""

from __future__ import annotations

from textual.widgets import Tabs

from metertui.screens.charts.chart_view import PictureView
from metertui.screens.lookup.readings_behind import BehindTable
from metertui.screens.tables.columns import lay_out
from metertui.screens.tables.table import Table
from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of


def test_a_status_is_seen_however_little_room_there_is() -> None:
    for room in range(59, 80):
        assert 3 in lay_out(BehindTable()._columns, room, 1).places


async def test_the_readings_behind_are_a_key_away(town: Town) -> None:
    async with at_work(town, "f3", *HOSTILE, "enter", "r", size=(80, 24)) as pilot:
        table = pilot.app.screen.query_one(Table)
        assert table.has_focus
        assert [tuple(table.cells_of_row(row)) for row in range(4)] == [
            ("2025-03-12 00:00", "7.000", "–", "▲ suspect", "–"),
            ("2025-03-11 00:00", "51.000", "1.000", "✓ counted", "24 h"),
            ("2025-03-10 00:00", "50.000", "–", "✓ counted", "–"),
            (),
        ]
        assert not pilot.app.screen.query_one(PictureView).display  # there is room for one of them
        assert table.size.height >= 12, "nor do the figures take the room of the list"
        assert text_of(pilot, "#keys").strip().startswith("⏎ This interval  / Filter  v Void")
        await pilot.press("enter")
        assert text_of(pilot, "#said").startswith("! No interval ends at this reading")
        await pilot.press("down", "enter")
        await settle(pilot)
        assert text_of(pilot, "#explain-title").startswith("Why 1.000 kWh")
        await pilot.press("escape")
        await pilot.press("escape")
        assert pilot.app.screen.query_one(PictureView).display
        assert isinstance(pilot.app.focused, Tabs)
        await pilot.press("r", "f")
        assert pilot.app.screen.query_one("#lookup-tiles").display


async def test_readings_are_sorted_and_filtered_and_the_cursor_names_its_reading(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter", "r", size=(120, 40)) as pilot:
        table = pilot.app.screen.query_one(BehindTable)
        await pilot.press("s", "slash", *"-03-0", "enter", "down")
        await settle(pilot)
        shown = [table.cells_of_row(row)[0] for row in range(table.row_count)]
        assert shown == sorted(shown)
        assert {text[:9] for text in shown} == {"2025-03-0"}
        assert "read at contains -03-0, by read at ▲" in str(table.border_title)
        assert table.time_at_cursor == town.zone.parse(f"{shown[1].replace(' ', 'T')}:00"[:19])
        await pilot.press("f")
        await press(pilot, *HOSTILE, "enter")
        await settle(pilot)
        assert str(table.border_title) == "3 readings, newest first", "another meter begins with all its readings"


async def test_a_reading_that_is_looked_at_stays_under_the_cursor(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter", "r", "down", "down") as pilot:
        table = pilot.app.screen.query_one(Table)
        looked_at = table.cells_of_row(table.cursor_row)
        town.read((STEADY, "2691", "2025-03-12T10:40"))
        town.clock.advance(2)
        town.app.tick()
        await settle(pilot)
        assert table.row_count == 550
        assert (table.cursor_row, table.cells_of_row(table.cursor_row)) == (3, looked_at)


def test_a_quality_is_a_whole_word_where_there_is_room() -> None:
    for room, quality in ((80, "substituted"), (118, "estimated, rejected")):
        layout = lay_out(BehindTable()._columns, room, 1)
        assert layout.widths[layout.places.index(3)] >= len(f"≈ {quality}")
