"""The accounts tab: accounts are found while one types, ordered, and fetched as they come into view."""

from __future__ import annotations

from textual.pilot import Pilot

from metertui.screens.tables.table import Table
from tests.screens.company.helpers import field
from tests.screens.town import Town, at_work, press, settle, text_of


def listed(pilot: Pilot[None]) -> list[str]:
    table = pilot.app.screen.query_one("#account-table", Table)
    return [table.cells_of_row(row)[0] for row in range(table.row_count)]


async def test_accounts_are_found_as_one_types(office: Town) -> None:
    async with at_work(office, "f6") as pilot:
        assert len(listed(pilot)) == 8
        await press(pilot, *"harbour")
        assert listed(pilot) == ["200-004", "200-005"]
        assert text_of(pilot, "#account-count").startswith("2 of 8 accounts, by id")
        await press(pilot, *"x")
        assert listed(pilot) == []
        assert text_of(pilot, "#account-count").startswith("No account has this")


async def test_the_table_has_them_all_and_fetches_what_is_in_view(office: Town) -> None:
    batch = office.engine.ingest.begin()
    for number in range(300):
        batch.add_account(f"many-{number:03}", {})
    office.engine.ingest.write(batch)
    office.engine.ingest.apply(batch)
    async with at_work(office, "f6", "enter") as pilot:
        table = pilot.app.screen.query_one("#account-table", Table)
        assert (table.row_count, len(table._cells)) == (308, table.size.height)
        heading = table.render_line(0).text.rstrip()
        assert heading.endswith("last 7 days")
        assert len(heading) < table.size.width, "the scrollbar is over the last cell"
        await pilot.press("end")
        assert "▸many-299 " in text_of(pilot, "#account-table")
        assert len(table._cells) < 100
        in_view = table.size.height - 1  # below the headings
        await pilot.press("pageup", "enter")
        await settle(pilot)
        assert field(pilot, "form-meter").value == f"many-{299 - in_view}"


async def test_accounts_are_ordered(office: Town) -> None:
    office.clock.advance(60)
    batch = office.engine.ingest.begin()
    batch.add_account("150", {})
    office.engine.ingest.write(batch)
    office.engine.ingest.apply(batch)
    async with at_work(office, "f6", "enter") as pilot:
        by_id = listed(pilot)
        assert by_id == sorted(by_id)
        await pilot.press("S")
        assert listed(pilot) == by_id[::-1]
        assert "9 accounts, reversed" in text_of(pilot, "#account-count")
        await pilot.press("S", *"s" * 8, "S")
        assert listed(pilot)[0] == "150"
        assert "9 accounts, by registered ▼" in text_of(pilot, "#account-count")
        await press(pilot, "slash", *"150", "enter")
        assert listed(pilot) == ["150"]
        await press(pilot, "slash", "escape")
        assert len(listed(pilot)) == 9


async def test_no_account_yet(empty_town: Town) -> None:
    empty_town.log_in("operator")
    async with at_work(empty_town, "f6") as pilot:
        assert text_of(pilot, "#account-count").startswith("There are no accounts yet.")
        assert text_of(pilot, "#keys").startswith("⏎ Table  ^n New account")
        await pilot.press("ctrl+n")
        assert field(pilot, "form-meter").has_focus


async def test_the_key_column_stays_in_view_in_80_columns(office: Town) -> None:
    async with at_work(office, "f6", "enter", *["right"] * 12, size=(80, 24)) as pilot:
        assert pilot.app.screen.query_one("#account-table").size.width == 78  # what there is, and not what it could use
        lines = text_of(pilot, "#account-table").splitlines()
        assert lines[0].split()[0] == "meter"
        assert lines[0].split()[-1] == "type"
        assert [line.lstrip("▸ ").split()[0] for line in lines[1:9]] == listed(pilot)


async def test_an_account_has_its_last_days_as_they_become_known(office: Town) -> None:
    def lines() -> list[str]:
        table = pilot.app.screen.query_one("#account-table", Table)
        return [table.cells_of_row(row)[7] for row in range(table.row_count)]

    async def a_second() -> None:
        for _ in range(4):
            office.app.tick()
        await pilot.pause()

    async with at_work(office, "f6") as pilot:
        await a_second()
        steady, daily, fallen = "▄" * 7, "▄" * 6, "     ▄"
        assert lines() == [steady, *[daily] * 6, fallen]  # nothing is known of what was used after the last reading
        assert "last 7 days" in text_of(pilot, "#account-table")
        office.read(("200-001", "1441.5", "2025-03-12T00:00"))
        await a_second()
        assert lines()[1] == "▄▄▄▄▄▄▇"
        office.clock.set("2025-03-13T00:10:00")
        await a_second()
        assert lines()[1] == "▄▄▄▄▄▇"
