"""Tariffs in their window: a table with periods, and an editor that checks while one types."""

from __future__ import annotations

from datetime import date

from textual.pilot import Pilot
from textual.widgets import TextArea

from metertui.engine.billing import tariffs
from metertui.screens.billing.tariff_editor import rows
from metertui.screens.billing.tariff_periods import periods
from metertui.screens.tables.listing import Listing
from tests.engine.book_changes import add_member
from tests.screens.billing.test_billing import HEADER, TARIFFS
from tests.screens.idle import until
from tests.screens.town import STEADY, Town, at_work, press, settle, text_of


def said(pilot: Pilot[None]) -> str:
    return " ".join(text_of(pilot, "#tariff-said").split())


async def type_in(pilot: Pilot[None], text: str) -> None:
    editor = pilot.app.screen.query_one("#tariff-text", TextArea)
    editor.text = text
    await settle(pilot)


def test_rows_have_their_periods_and_prices_with_tax() -> None:
    found = tariffs.parse_tariffs((TARIFFS + "2025-01-01,4-room,,,,31.91,9\n").encode(), __file__)  # type: ignore[arg-type]
    assert [cells for _, cells in rows(found, date(2025, 3, 1))] == [
        ("● 2025-02-15", "all homes", "peak", "07:00–23:00", "31.20", "9", "34.01", "no end"),
        ("● 2025-02-15", "all homes", "off-peak", "23:00–07:00", "19.80", "9", "21.58", "no end"),
        ("● 2025-01-01", "4-room", "whole day", "00:00–24:00", "31.91", "9", "34.78", "no end"),
        ("  2024-01-01", "all homes", "whole day", "00:00–24:00", "20.00", "8", "21.60", "2025-02-14"),
    ]


def test_rows_of_other_channels_than_the_use_name_theirs() -> None:
    text = f"{HEADER.strip()},channel\n2025-01-01,,,,,28,9,\n2025-01-01,,,,,7.5,0,export\n"
    found = tariffs.parse_tariffs(text.encode(), __file__)  # type: ignore[arg-type]
    assert [cells[2:5] for _, cells in rows(found, date(2025, 3, 1))] == [
        ("whole day", "00:00–24:00", "28.0"),
        ("export whole day", "00:00–24:00", "7.5"),
    ]
    assert [(each.homes, each.price) for each in periods(found, date(2025, 3, 1))] == [
        ("all homes", "28 + 9%"),
        ("all homes, export", "7.5 + 0%"),
    ]


async def test_tariffs_are_typed_checked_and_saved(town: Town) -> None:
    town.log_in("operator")
    town.engine.tariffs = tariffs.TariffFile(town.folder)
    path = town.folder / "tariffs.csv"
    async with at_work(town, "f4", *STEADY, "enter", "t") as pilot:
        assert said(pilot).startswith("There is no tariffs.csv yet")
        await pilot.press("w")
        await settle(pilot)
        assert said(pilot) == "Valid: 0 prices in 0 tariffs."
        assert pilot.app.screen.query_one("#tariff-text", TextArea).text == f"{HEADER.strip()},channel\n"
        await type_in(pilot, HEADER + "2025-01-01,,peak,07:00,23:00,30,9")
        assert said(pilot) == "! line 2: 00:00 to 07:00 of the tariff of 2025-01-01 for all has no price"
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert said(pilot).startswith("! Not saved. Line 2:")
        assert not path.exists()
        await pilot.press("escape")
        assert said(pilot).startswith("Not saved. Press ctrl+s to save, or escape again")
        await type_in(pilot, HEADER + "2025-01-01,,,,,20,9")
        assert said(pilot) == "Valid: 1 price in 1 tariff."
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert said(pilot).startswith("Saved. 1 row applies from its date. Bills not issued change")
        assert path.read_text() == HEADER + "2025-01-01,,,,,20,9\n"
        assert pilot.app.screen.query_one("#tariff-list", Listing).row_count == 1
        await pilot.press("w")
        await type_in(pilot, HEADER + "2025-01-01,,,,,22,9\n")
        for key in ("f2", "f4", "t", "w"):  # what was typed comes through a change of screen
            await pilot.press(key)
        await settle(pilot)
        assert pilot.app.screen.query_one("#tariff-text", TextArea).text == HEADER + "2025-01-01,,,,,22,9\n"
        assert said(pilot) == "Valid: 1 price in 1 tariff. Your changes that were not saved are here again."
        path.write_text(HEADER + "2025-01-01,,,,,21,9\n")  # someone else, meanwhile
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert said(pilot) == "! Not saved: tariffs.csv has changed since it was opened; open it again"
        await pilot.press("escape", "escape", "escape")
        await settle(pilot)
        assert "146.50" not in text_of(pilot, "#statement")
        assert "141.12" in text_of(pilot, "#statement")
    assert "\ttariffs\ttariffs.csv\t1 tariff, 1 price" in (town.folder / "audit.log").read_text()


async def test_only_an_operator_changes_tariffs_and_a_broken_file_is_reported(town: Town) -> None:
    town.engine.tariffs = tariffs.TariffFile(town.folder)
    add_member(town.engine.staff, "ada@metertui.example", "operator", "secret horse")
    (town.folder / "tariffs.csv").write_text(HEADER + "2025-01-01,,,,,,9\n")
    async with at_work(town, "f4", *STEADY, "enter", "t") as pilot:
        assert said(pilot).endswith("tariffs.csv:2: cents_per_kwh is empty; a price is never taken as zero")
        await pilot.press("w")
        await settle(pilot)
        assert text_of(pilot, "#login-text").startswith("Changing tariffs is for staff with the role operator.")
        await press(pilot, *"ada@metertui.example", "enter", *"secret horse", "enter")
        await settle(pilot)
        assert pilot.app.screen.query_one("#tariff-text").has_focus


async def test_the_list_follows_the_file(town: Town) -> None:
    (town.folder / "tariffs.csv").write_text(f"{HEADER}2024-01-01,,,,,20,8\n")
    async with at_work(town, "f4", *STEADY, "enter", "t") as pilot:
        listing = pilot.app.screen.query_one(Listing)
        assert listing.row_count == 1
        for width, whole in ((120, True), (80, False), (120, True)):  # also while it is open
            await pilot.resize_terminal(width, 24)
            await settle(pilot)
            heading, row = (listing.render_line(line).text for line in range(2))
            assert ("with tax" in heading, "21.60" in row) == (whole, whole)
            assert "00:00–24:00" in row
        (town.folder / "tariffs.csv").write_text(f"{HEADER}2024-01-01,,,,,20,8\n2025-01-01,,,,,30,8\n")
        await until(pilot, lambda: pilot.app.screen.query_one(Listing).row_count == 2)
