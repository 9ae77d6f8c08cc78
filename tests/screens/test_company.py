"""Company: accounts, readings by hand and the day close, each by keys alone, each told in one place."""

from __future__ import annotations

import asyncio

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, ProgressBar, TabbedContent

from metertui.engine.errors import StorageError
from metertui.screens.widgets.virtual import VirtualTable
from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of

WHO = "operator@metertui.example"


@pytest.fixture
def office(town: Town) -> Town:
    """A town that an operator looks at."""
    town.log_in("operator")
    return town


def result(pilot: Pilot[None]) -> str:
    return text_of(pilot, "#said")


def field(pilot: Pilot[None], name: str) -> Input:
    return pilot.app.screen.query_one(f"#{name}", Input)


async def push(pilot: Pilot[None], button: str) -> None:
    pilot.app.screen.query_one(f"#{button}", Button).focus()
    await pilot.press("enter")
    await settle(pilot)


def listed(pilot: Pilot[None]) -> list[str]:
    table = pilot.app.screen.query_one("#account-table", VirtualTable)
    return [table.cells(row)[0] for row in range(table.row_count)]


async def test_accounts_are_found_as_one_types(office: Town) -> None:
    async with at_work(office, "f6") as pilot:
        assert len(listed(pilot)) == 8
        await press(pilot, *"harbour")
        assert listed(pilot) == ["200-004", "200-005"]
        assert text_of(pilot, "#account-count").startswith("2 of 8 accounts, by id.")
        await press(pilot, *"x")
        assert listed(pilot) == []
        assert text_of(pilot, "#account-count").startswith("No account has this")


async def test_the_table_has_them_all_and_fetches_what_is_in_view(office: Town) -> None:
    batch = office.engine.begin()
    for number in range(300):
        batch.register(f"many-{number:03}", {})
    office.engine.write(batch)
    office.engine.apply(batch)
    async with at_work(office, "f6", "enter") as pilot:
        table = pilot.app.screen.query_one("#account-table", VirtualTable)
        assert (table.row_count, len(table._cells)) == (308, table.size.height)
        await pilot.press("end")
        assert "▸many-299 " in text_of(pilot, "#account-table")
        assert len(table._cells) < 100
        height = table.size.height
        await pilot.press("pageup", "o", "enter")
        await settle(pilot)
        assert field(pilot, "form-meter").value == f"many-{299 - (height - 2)}"


async def test_accounts_are_ordered(office: Town) -> None:
    batch = office.engine.begin()
    batch.register("150", {})
    office.engine.write(batch)
    office.engine.apply(batch)
    async with at_work(office, "f6", "enter") as pilot:
        by_id = listed(pilot)
        assert by_id == sorted(by_id)
        await pilot.press("o")
        assert listed(pilot) == by_id[::-1]
        await pilot.press("o")
        assert listed(pilot)[0] == "150"
        assert "newest first" in text_of(pilot, "#account-count")


async def test_an_account_is_taken_into_the_form_and_changed(office: Town) -> None:
    async with at_work(office, "f6", *"harbour", "enter", "down", "enter") as pilot:
        assert pilot.app.screen.query_one(TabbedContent).active == "form"
        assert field(pilot, "form-meter").value == "200-005"
        assert field(pilot, "form-sub_region").value == "Harbour"
        assert text_of(pilot, "#form-check") == "200-005 is registered, active"
        field(pilot, "form-region").value = "North"
        await push(pilot, "modify")
        assert result(pilot) == "200-005 is changed from now on"
    account = office.engine.accounts.get("200-005")
    assert account is not None
    assert (account.region, account.address) == ("North", "5 Harbour Road")
    assert f"\t{WHO}\tmodify\t200-005\t" in (office.folder / "audit.log").read_text()


async def test_a_meter_is_registered_by_keys_alone(office: Town) -> None:
    keys = ["f6", "ctrl+right", *"300-001", "enter", *"7 New Street", "enter", *"South", "enter", "enter", *"99"]
    async with at_work(office, *keys, "enter", *"2-room", "enter", "enter") as pilot:
        assert result(pilot) == "300-001 is registered"
        assert text_of(pilot, "#form-check") == "300-001 is registered, active"
        account = office.engine.accounts.get("300-001")
        assert account is not None
        assert (account.address, account.region, account.postcode) == ("7 New Street", "South", "99")


async def test_a_meter_is_registered_once(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", *STEADY) as pilot:
        await push(pilot, "register")
        assert result(pilot).startswith("! already-registered: ")


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("meter", "-x", "! "),
        ("address", "=1+1", "! address begins with =, which a spreadsheet takes for a formula"),
        ("region", "a\x07b", "! region has control characters"),
        ("meter", STEADY, f"{STEADY} is registered, active"),
        ("meter", "unheard-of", ""),
    ],
)
async def test_the_form_checks_as_one_types(office: Town, name: str, typed: str, said: str) -> None:
    async with at_work(office, "f6", "ctrl+right") as pilot:
        field(pilot, f"form-{name}").value = typed
        await pilot.pause()
        assert text_of(pilot, "#form-check").startswith(said)
        assert bool(text_of(pilot, "#form-check")) == bool(said)


async def test_a_meter_is_deactivated_and_back(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", *HOSTILE) as pilot:
        await push(pilot, "deactivate")
        assert result(pilot) == f"{HOSTILE} is deactivated: its readings are refused from now on"
        assert text_of(pilot, "#form-check") == f"{HOSTILE} is registered, deactivated"
        await pilot.press("ctrl+right")
        await press(pilot, *HOSTILE)
        assert text_of(pilot, "#reading-check") == f"! {HOSTILE} is deactivated"
        field(pilot, "reading-kwh").value = "60"
        await push(pilot, "store")
        assert result(pilot).startswith("! deactivated: ")
        await push(pilot, "reactivate")
        assert result(pilot) == f"{HOSTILE} is active again"
        await push(pilot, "store")
        assert result(pilot).startswith(f"{HOSTILE} 60 kWh is stored")


@pytest.mark.parametrize("button", ["modify", "deactivate", "reactivate"])
async def test_what_cannot_be_changed_says_why(office: Town, button: str) -> None:
    async with at_work(office, "f6", "ctrl+right", *"nobody") as pilot:
        await push(pilot, button)
        assert result(pilot).startswith("! ")
        assert "nobody" in result(pilot)


async def test_a_reading_is_stored_by_hand(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", "ctrl+right", *STEADY, "enter", *"2690.6", "enter") as pilot:
        await press(pilot, *"2025-03-12 10:36", "enter", "enter")
        await settle(pilot)
        assert result(pilot) == f"{STEADY} 2690.6 kWh is stored"
        assert field(pilot, "reading-kwh").value == ""
        assert field(pilot, "reading-meter").has_focus
        assert office.engine.usage(STEADY, "today").usage_wh == 10_600


@pytest.mark.parametrize(
    ("kwh", "time", "said"),
    [
        ("2690.5", "2025-03-12T10:30", "is stored already: the same again changes nothing"),
        ("2690.4", "2025-03-12T10:30", "! conflict: "),
        ("1", "2025-03-12T10:40", "is stored, but suspect: "),
        ("2691", "2025-03-12T11:40", "! future-timestamp: "),
        ("-1", "", "! bad-reading: "),
    ],
)
async def test_what_became_of_a_reading_is_told(office: Town, kwh: str, time: str, said: str) -> None:
    async with at_work(office, "f6", "ctrl+right", "ctrl+right", *STEADY) as pilot:
        field(pilot, "reading-kwh").value = kwh
        field(pilot, "reading-time").value = time
        await push(pilot, "store")
        assert said in result(pilot)


async def test_a_long_reason_is_told_to_its_end_in_80_columns(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", "ctrl+right", *STEADY, "enter", "1", size=(80, 24)) as pilot:
        await push(pilot, "store")
        said = " ".join(result(pilot).split())
        assert "suspect: 1 kWh is lower than the 2690.5 kWh counted at 2025-03-12T10:30:00" in said


@pytest.mark.parametrize(
    ("meter", "kwh", "time", "said"),
    [
        ("nobody", "", "", "! nobody is not registered"),
        (STEADY, "-3", "", "! "),
        (STEADY, "3", "2025-02-19", "! "),
        (STEADY, "3", "2025-02-19T00:30", ""),
    ],
)
async def test_a_reading_is_checked_as_one_types(office: Town, meter: str, kwh: str, time: str, said: str) -> None:
    async with at_work(office, "f6", "ctrl+right", "ctrl+right") as pilot:
        for name, value in (("meter", meter), ("kwh", kwh), ("time", time)):
            field(pilot, f"reading-{name}").value = value
        await pilot.pause()
        assert text_of(pilot, "#reading-check").startswith(said)
        assert bool(text_of(pilot, "#reading-check")) == bool(said)


async def test_the_day_is_closed(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+left") as pilot:
        assert text_of(pilot, "#close-text").startswith("5 815 readings (")
        await pilot.press("enter")
        await settle(pilot)
        assert result(pilot).startswith("Closed: 5 815 readings into 406 day files in ")
        office.app.tick()
        await pilot.pause()
        said = text_of(pilot, "#close-text")
        assert said.startswith("0 readings (0 B) wait in the log.\nLast closed 2025-03-12 10:40:00 by " + WHO)
        assert (office.folder / "archive" / "2025" / "03_12.csv").exists()


async def test_a_close_shows_how_far_it_is_and_is_not_begun_twice(
    office: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_on = asyncio.Event()
    close_once = office.headend._close_once

    async def slow() -> tuple[int, int]:
        office.headend._progress, office.headend._day_state = 0.4, "writing day files"
        await going_on.wait()
        return await close_once()

    monkeypatch.setattr(office.headend, "_close_once", slow)
    async with at_work(office, "f6") as pilot:
        await pilot.press("ctrl+left")
        await pilot.press("enter")
        await pilot.pause()
        office.app.tick()
        await pilot.pause()
        bar = pilot.app.screen.query_one("#close-progress", ProgressBar)
        assert bar.display
        assert bar.progress == 0.4
        assert text_of(pilot, "#close-text").startswith("writing day files …")
        assert pilot.app.screen.query_one("#close-day", Button).disabled
        going_on.set()
        await settle(pilot)
        office.app.tick()
        assert not bar.display
        assert not pilot.app.screen.query_one("#close-day", Button).disabled


async def test_a_disk_that_refuses_is_told(office: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise StorageError("cannot write log.txt: no space left on device")

    monkeypatch.setattr(office.engine, "seal", full)
    async with at_work(office, "f6", "ctrl+left", "enter") as pilot:
        assert result(pilot) == "! cannot write log.txt: no space left on device"
        office.app.tick()
        await pilot.pause()
        assert "The disk refuses: cannot write log.txt" in text_of(pilot, "#banner")


async def test_no_account_yet(empty_town: Town) -> None:
    empty_town.log_in("operator")
    async with at_work(empty_town, "f6") as pilot:
        assert text_of(pilot, "#account-count").startswith("There is no account yet.")
        await pilot.press("ctrl+right")
        assert field(pilot, "form-meter").has_focus


async def test_the_key_column_stays_in_view_in_80_columns(office: Town) -> None:
    async with at_work(office, "f6", "enter", *["right"] * 12, size=(80, 24)) as pilot:
        lines = text_of(pilot, "#account-table").splitlines()
        assert lines[0].split()[0] == "meter"
        assert lines[0].split()[-1] == "type"
        assert [line.lstrip("▸ ").split()[0] for line in lines[1:9]] == listed(pilot)
