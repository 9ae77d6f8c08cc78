"""The audit log tab: entries are read from the newest one, and filtered by words."""

from __future__ import annotations

import pytest

from metertui.screens.company.audit_trail import as_written
from metertui.screens.tables.table import Table
from tests.screens.company.helpers import TO_TRAIL
from tests.screens.town import Town, at_work, press, settle, text_of


async def test_the_audit_trail_is_read_from_its_end(office: Town) -> None:
    entries = ((f"2025-03-{day:02}", "ada" if day % 2 else "ben", "close", "", f"n{day}") for day in range(1, 29))
    office.engine.audit.write_entries([*entries] * 20)
    async with at_work(office, "f6", *TO_TRAIL) as pilot:
        table = pilot.app.screen.query_one("#trail-table", Table)
        assert table.cells_of_row(0)[0] == "2025-03-28"
        assert text_of(pilot, "#trail-count").startswith("All 560, newest first.")
        await press(pilot, *"ADA")
        await settle(pilot)
        assert (table.row_count, table.cells_of_row(0)[1:]) == (280, ("ada", "close", "", "n27"))
        assert text_of(pilot, "#trail-entry") == "close n27"
        await press(pilot, *" close 03-0")  # who did what, and when, in any order
        await settle(pilot)
        assert (table.row_count, table.cells_of_row(0)[0]) == (100, "2025-03-09")
        await press(pilot, "enter", "down")
        assert text_of(pilot, "#trail-entry") == "close n7"
        await press(pilot, "shift+tab", "end", *" x")
        await settle(pilot)
        assert text_of(pilot, "#trail-count") == "No entry contains these words."
        assert pilot.app.screen.query_one("#trail-entry").has_class("hidden")
        assert table.has_class("hidden"), "no headings over nothing"
        await press(pilot, "escape", "s")
        await press(pilot, "s")
        await settle(pilot)
        assert text_of(pilot, "#trail-count") == "All 560, by who ▲. s: next column, S: the other way."
        assert (table.row_count, table.cells_of_row(0)[:2]) == (560, ("2025-03-27", "ada"))
        await press(pilot, "S")
        await settle(pilot)
        assert table.cells_of_row(0)[:2] == ("2025-03-28", "ben")


async def test_the_log_follows_what_is_done_elsewhere_and_the_cursor_stays_on_its_entry(office: Town) -> None:
    office.engine.audit.write_entries((f"2025-03-{day:02}", "ada", "close", "", f"n{day}") for day in range(1, 10))
    async with at_work(office, "f6", *TO_TRAIL) as pilot:
        table = pilot.app.screen.query_one("#trail-table", Table)

        async def follow(action: str) -> None:
            office.engine.audit.write_entry("2025-03-12", "ben", action, "", "")
            office.clock.advance(3)
            office.app.tick()
            await settle(pilot)

        await follow("void")
        assert (table.row_count, table.cursor_row, table.cells_of_row(0)[2]) == (10, 0, "void")
        await press(pilot, "enter", "down", "down")
        await follow("issue")
        assert (table.row_count, table.cursor_row, table.cells_of_row(0)[2]) == (11, 3, "issue")
        assert table.cells_of_row(3)[4] == "n8"


async def test_times_are_shown_sought_and_sorted_as_on_all_screens(office: Town) -> None:
    for at, who in (("2025-02-19T08:00:00+08:00", "ada"), ("2025-03-09T08:00:05+08:00", "ben")):
        office.engine.audit.write_entry(at, who, "modify", "1", f"{who}, from 2025-01-01T00:00:00+08:00 on")
    async with at_work(office, "f6", *TO_TRAIL) as pilot:
        table = pilot.app.screen.query_one("#trail-table", Table)
        assert [table.cells_of_row(row)[0] for row in (0, 1)] == ["9 Mar 2025 08:00:05", "19 Feb 2025 08:00"]
        assert text_of(pilot, "#trail-entry") == "modify 1 ben, from 1 Jan 2025 00:00 on"
        await press(pilot, "enter")
        await press(pilot, "s")
        await press(pilot, "S")
        assert [table.cells_of_row(row)[1] for row in (0, 1)] == ["ada", "ben"]
        await press(pilot, "slash", *"19 Feb 2025")
        await settle(pilot)
        assert table.row_count == 1


@pytest.mark.parametrize(
    ("sought", "written"),
    [
        ("3 Mar 2025 ada", "2025-03-03 ada"),
        ("19 February", "-02-19"),
        ("Nov 2026", "2026-11-"),
        ("marina void 03-0", "marina void 03-0"),
    ],
)
def test_a_day_is_sought_as_the_log_has_it(sought: str, written: str) -> None:
    assert as_written(sought) == written
