"""Company: accounts, readings by hand and the day close, each by keys alone, each told in one place."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Button, Input, TabbedContent

from metertui.engine.errors import StorageError
from metertui.screens.shell.frame import DeskScreen
from metertui.screens.tables.table import Table
from tests import patience
from tests.screens.idle import held_up, until
from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of

TO_CLOSE = ("ctrl+left",) * 3
TO_FILE, TO_STAFF, TO_TRAIL = ("ctrl+right",) * 3, ("ctrl+left",) * 2, ("ctrl+left",)
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
    table = pilot.app.screen.query_one("#account-table", Table)
    return [table.cells_of_row(row)[0] for row in range(table.row_count)]


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
    batch = office.engine.ingest.begin()
    for number in range(300):
        batch.add_account(f"many-{number:03}", {})
    office.engine.ingest.write(batch)
    office.engine.ingest.apply(batch)
    async with at_work(office, "f6", "enter") as pilot:
        table = pilot.app.screen.query_one("#account-table", Table)
        assert (table.row_count, len(table._cells)) == (308, table.size.height)
        await pilot.press("end")
        assert "▸many-299 " in text_of(pilot, "#account-table")
        assert len(table._cells) < 100
        height = table.size.height
        await pilot.press("pageup", "o", "enter")
        await settle(pilot)
        assert field(pilot, "form-meter").value == f"many-{299 - (height - 2)}"


async def test_tabs_that_are_passed_by_do_not_come_back(office: Town) -> None:
    async with at_work(office, "f6") as pilot:
        for _ in range(3):
            pilot.app.post_message(events.Key("ctrl+right", None))  # together, as over a slow line
        pilot.app.post_message(events.Paste("x"))
        await settle(pilot)
        assert pilot.app.screen.query_one(TabbedContent).active == "upload"
        assert field(pilot, "upload-path").value == "x"


async def test_accounts_are_ordered(office: Town) -> None:
    batch = office.engine.ingest.begin()
    batch.add_account("150", {})
    office.engine.ingest.write(batch)
    office.engine.ingest.apply(batch)
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
        for since, said in (
            ("2025-13-01", "! 2025-13-01 is not a date of the calendar"),
            ("2031-01-01", "! 2031-01-01T00:00:00+08:00 is in the future"),
            ("2025-03-12", "! 200-005 was registered at 2025-03-12T10:40:00+08:00"),
            ("", "200-005 is registered, active"),
        ):
            field(pilot, "form-since").value = since
            await pilot.pause()
            assert text_of(pilot, "#form-check").startswith(said)
        office.clock.advance(60)
        field(pilot, "form-since").value = "2025-03-12 10:40:30"
        await push(pilot, "modify")
        assert result(pilot) == "200-005 is changed from 2025-03-12 10:40:30 on"
        past = text_of(pilot, "#form-past")
        assert "from the start       South, Harbour, landed" in past
        assert "2025-03-12 10:40:30  North, Harbour, landed" in past
        field(pilot, "form-since").value = "2025-03-12 10:40:20"  # the date was mistyped
        await pilot.pause()
        assert text_of(pilot, "#form-check").endswith("Change corrects its last change of 2025-03-12 10:40:30")
        await push(pilot, "modify")
        assert "2025-03-12 10:40:20  North, Harbour, landed" in text_of(pilot, "#form-past")
        assert "10:40:30" not in text_of(pilot, "#form-past")
    account = office.engine.accounts.get("200-005")
    assert account is not None
    assert (account.region, account.address) == ("North", "5 Harbour Road")
    audit = (office.folder / "audit.log").read_text()
    assert f"\t{WHO}\tmodify\t200-005\t" in audit
    assert "10:40:20+08:00, instead of North, Harbour, landed from 2025-03-12T10:40:30+08:00\n" in audit


async def test_a_meter_is_registered_by_keys_alone(office: Town) -> None:
    keys = ["f6", "ctrl+right", *"300-001", "enter", *"7 New Street", "enter", *"South", "enter", "enter", *"99"]
    async with at_work(office, *keys, "enter", *"2-room", *["enter"] * 4) as pilot:
        assert result(pilot) == "300-001 is registered"
        assert text_of(pilot, "#form-check") == "300-001 is registered, active"
        account = office.engine.accounts.get("300-001")
        assert account is not None
        assert (account.address, account.region, account.postcode) == ("7 New Street", "South", "99")
        await press(pilot, *"300-002", "enter", *"8 New Street", *["enter"] * 8)  # its neighbour: only what differs
        await settle(pilot)
        assert result(pilot) == "300-002 is registered"
        account = office.engine.accounts.get("300-002")
        assert account is not None
        assert (account.address, account.region, account.postcode) == ("8 New Street", "South", "99")


async def test_a_meter_is_registered_once(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", *STEADY) as pilot:
        await push(pilot, "register")
        assert result(pilot).startswith("! already-registered: ")


async def test_the_form_checks_as_one_types(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right") as pilot:
        for name, typed, said in (
            ("meter", "-x", "! "),
            ("meter", "unheard-of", ""),
            ("address", "=1+1", "! address begins with =, which a spreadsheet would read as a formula"),
            ("address", "1 + 1 Street", ""),
            ("region", "a\x07b", "! region has control characters"),
            ("region", "North", ""),
            ("meter", STEADY, f"{STEADY} is registered, active"),
        ):
            field(pilot, f"form-{name}").value = typed
            await pilot.pause()
            assert text_of(pilot, "#form-check").startswith(said)
            assert bool(text_of(pilot, "#form-check")) == bool(said)


async def test_a_meter_is_deactivated_and_back(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", *HOSTILE) as pilot:
        field(pilot, "form-reason").value = "[b]pulled down"
        await push(pilot, "deactivate")
        assert f"deactivate by {WHO}: [b]pulled down" in text_of(pilot, "#form-past")
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


async def test_what_cannot_be_changed_says_why(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", *"nobody") as pilot:
        for button in ("modify", "deactivate", "reactivate"):
            screen = pilot.app.screen
            assert isinstance(screen, DeskScreen)
            screen.clear_message()
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


async def test_what_became_of_a_reading_is_told(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", "ctrl+right") as pilot:
        for kwh, time, said in (
            ("2690.5", "2025-03-12T10:30", "is stored already; nothing changes"),
            ("2690.4", "2025-03-12T10:30", "! conflict: "),
            ("1", "2025-03-12T10:40", "is stored, but suspect: "),
            ("2691", "2025-03-12T11:40", "! future-timestamp: "),
            ("-1", "", "! bad-reading: "),
        ):
            for name, value in (("meter", STEADY), ("kwh", kwh), ("time", time)):
                field(pilot, f"reading-{name}").value = value
            await push(pilot, "store")
            assert said in result(pilot)


async def test_a_long_reason_is_told_to_its_end_in_80_columns(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", "ctrl+right", *STEADY, "enter", "1", size=(80, 24)) as pilot:
        await push(pilot, "store")
        said = " ".join(result(pilot).split())
        assert "suspect: 1 kWh is lower than the 2690.5 kWh counted at 2025-03-12T10:30:00" in said


async def test_a_reading_is_checked_as_one_types(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", "ctrl+right") as pilot:
        for meter, kwh, time, said in (
            ("nobody", "", "", "! nobody is not registered"),
            (STEADY, "-3", "", "! "),
            (STEADY, "3", "2025-02-19T00:30", "! 2 176.500 kWh is already stored for this time."),
            (STEADY, "2176.5", "2025-02-19T00:30", "Counted before: 2 176.000 kWh at 2025-02-19 00:00:00."),
            (STEADY, "3", "2025-02-19T00:40", "! It would be suspect: 3.000 kWh is lower than the 2 176.500 kWh"),
            (STEADY, "2177", "", "! It would be suspect: 2 177.000 kWh is lower than the 2 690.500 kWh"),
            (STEADY, "", "", "Counted before: 2 690.500 kWh at 2025-03-12 10:30:00."),
            (STEADY, "3", "2020-02-19T00:30", "There is no counted reading before this one."),
            ("", "3", "", ""),
            (STEADY, "3", "2025-02-19", "! "),
        ):
            for name, value in (("meter", meter), ("kwh", kwh), ("time", time)):
                field(pilot, f"reading-{name}").value = value
            await pilot.pause()
            assert text_of(pilot, "#reading-check").startswith(said)
            assert bool(text_of(pilot, "#reading-check")) == bool(said)


async def test_the_day_is_closed(office: Town) -> None:
    async with at_work(office, "f6", *TO_CLOSE) as pilot:
        assert text_of(pilot, "#close-panel").startswith("in log  5 815 readings, ")
        await pilot.press("enter")
        await settle(pilot)
        assert result(pilot).startswith("Closed: 5 815 readings into 406 day files in ")
        office.app.tick()
        await pilot.pause()
        said = text_of(pilot, "#close-panel")
        assert said.startswith(f"in log  empty\nlast    2025-03-12 10:40:00\nby      {WHO}\nmoved   5 815 readings in ")
        assert (office.folder / "archive" / "2025" / "03_12.csv").exists()


async def test_a_close_shows_how_far_it_is_and_is_not_begun_twice(
    office: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_on = asyncio.Event()
    closing = office.headend.day_close
    close_once = closing._close_once

    async def slow() -> tuple[int, set[date], int]:
        closing.progress, closing.state = 0.4, "writing day files"
        await going_on.wait()
        return await close_once()

    monkeypatch.setattr(closing, "_close_once", slow)
    async with at_work(office, "f6") as pilot:
        await pilot.press(*TO_CLOSE)
        with held_up():
            await pilot.press("enter")
            await until(pilot, lambda: closing.progress == 0.4)
            office.app.tick()
            await pilot.pause()
            told = text_of(pilot, "#close-panel").splitlines()
            assert told[:2] == ["✓ sealing the log", "▸ writing day files"]
            assert told[4].endswith(" 40% · 0 s")
            assert pilot.app.screen.query_one("#close-day", Button).disabled
        going_on.set()
        await settle(pilot)
        office.app.tick()
        await pilot.pause()
        assert text_of(pilot, "#close-panel").startswith("in log  empty")
        assert not pilot.app.screen.query_one("#close-day", Button).disabled


async def test_a_disk_that_refuses_is_told(office: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise StorageError("cannot write log.txt: no space left on device")

    monkeypatch.setattr(office.engine.day_close, "seal", full)
    async with at_work(office, "f6", *TO_CLOSE, "enter") as pilot:
        assert result(pilot) == "! cannot write log.txt: no space left on device"
        office.app.tick()
        await pilot.pause()
        assert "The disk fails: cannot write log.txt" in text_of(pilot, "#banner")


async def test_no_account_yet(empty_town: Town) -> None:
    empty_town.log_in("operator")
    async with at_work(empty_town, "f6") as pilot:
        assert text_of(pilot, "#account-count").startswith("There are no accounts yet.")
        await pilot.press("ctrl+right")
        assert field(pilot, "form-meter").has_focus


async def test_the_key_column_stays_in_view_in_80_columns(office: Town) -> None:
    async with at_work(office, "f6", "enter", *["right"] * 12, size=(80, 24)) as pilot:
        assert pilot.app.screen.query_one("#account-table").size.width == 78  # what there is, and not what it could use
        lines = text_of(pilot, "#account-table").splitlines()
        assert lines[0].split()[0] == "meter"
        assert lines[0].split()[-1] == "type"
        assert [line.lstrip("▸ ").split()[0] for line in lines[1:9]] == listed(pilot)


# -- a file ---------------------------------------------------------------------------------------------------------


def lines(path: Path, *readings: str) -> Path:
    path.write_text("".join(f"{reading}\n" for reading in readings))
    return path


FILE = (
    f"{STEADY},2025-03-12T10:35:00+08:00,2690.6",
    f"{STEADY},2025-03-12T10:30:00+08:00,2690.5",
    f"{STEADY},2025-03-12T10:00:00+08:00,1",
    "not a reading [red]",
    "new-1,2025-03-12T10:00:00+08:00,5",
    "new-1,2025-03-12T10:10:00+08:00,4",
)


async def test_a_file_is_previewed_before_anything_is_written(office: Town, tmp_path: Path) -> None:
    path = lines(tmp_path / "more.csv", *FILE)
    async with at_work(office, "f6", *TO_FILE, *str(path)) as pilot:
        stored = len(office.engine.readings)
        await pilot.press("enter", "enter")
        await settle(pilot)
        said = text_of(pilot, "#upload-text").splitlines()
        assert [line.split()[-1] if "  " not in line[30:] else line[18:30].strip() for line in said[:1]] == ["6"]
        figures = {line[:18].strip(): int(line[18:30]) for line in said}
        assert figures == {
            "lines read": 6, "new": 3, "of these suspect": 1, "duplicate": 1, "refused": 2, "meters registered": 1,
            "meters moved": 0,
        }  # fmt: skip
        assert "would be stored" in said[1]
        table = pilot.app.screen.query_one("#upload-lines", Table)
        assert [table.cells_of_row(row)[:2] for row in range(table.row_count)] == [
            ("more.csv:4", "syntax"),
            ("more.csv:3", "conflict"),
            ("more.csv:6", "suspect"),
        ]
        assert (len(office.engine.readings), "new-1" in office.engine.accounts) == (stored, False)
        await pilot.press("enter")
        await settle(pilot)
        assert result(pilot) == "more.csv: 3 new readings are stored"
        assert (len(office.engine.readings), "new-1" in office.engine.accounts) == (stored + 3, True)
        assert office.engine.usage(STEADY, "today").usage_wh == 10_600
        field(pilot, "upload-path").focus()
        await pilot.press("enter", "enter")
        await settle(pilot)
        assert result(pilot) == "This file contains nothing new."
    assert f"\t{WHO}\timport\tmore.csv\tread 6, new 3, " in (office.folder / "audit.log").read_text()


async def test_a_file_is_given_up(office: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"new-{meter},2025-03-0{day}T00:00:00+08:00,{day}" for meter in range(1000) for day in range(1, 8)]
    path = lines(tmp_path / "more.csv", *rows)
    async with at_work(office, "f6", *TO_FILE, *str(path), "enter", "enter") as pilot:
        stored = len(office.engine.readings)
        pilot.app.screen.query_one("#upload-store", Button).press()
        await patience.until(lambda: len(office.engine.readings) > stored, every=0)
        pilot.app.screen.query_one("#upload-cancel", Button).press()
        await settle(pilot)
        assert result(pilot) == "! Cancelled. Readings stored so far remain; store the file again for the rest."
        part = len(office.engine.readings) - stored
        assert 0 < part < 7000
        await push(pilot, "upload-preview")
        await push(pilot, "upload-store")
        assert len(office.engine.readings) == stored + 7000
        assert result(pilot).startswith("more.csv: ")


async def test_what_is_no_file_is_told(office: Town, tmp_path: Path) -> None:
    async with at_work(office, "f6", *TO_FILE, *"/nowhere/x.csv") as pilot:
        assert text_of(pilot, "#upload-check") == "! There is no file /nowhere/x.csv"
        field(pilot, "upload-path").value = str(lines(tmp_path / "other.csv", "a;b"))
        await push(pilot, "upload-preview")
        assert "this is not the first line of a known format" in " ".join(result(pilot).split())


# -- staff, and what was done ---------------------------------------------------------------------------------------


async def test_staff_come_and_go_but_an_operator_stays(office: Town) -> None:
    office.engine.staff.add_member(WHO, "operator", "x")
    async with at_work(office, "f6", *TO_STAFF) as pilot:
        table = pilot.app.screen.query_one("#staff-table", Table)
        assert table.cells_of_row(0) == (WHO, "operator", "you")
        await pilot.press("enter")
        await push(pilot, "staff-remove")
        assert result(pilot) == f"! {WHO} is the last operator; make another one first"
        field(pilot, "staff-role").value = "government"
        await push(pilot, "staff-change")
        assert "is the last operator" in result(pilot)
        for name, value in (("email", "ada@example.com"), ("role", "operator"), ("password", "one"), ("again", "two")):
            field(pilot, f"staff-{name}").value = value
        await pilot.pause()
        assert text_of(pilot, "#staff-check") == "! The passwords differ"
        await push(pilot, "staff-add")
        assert result(pilot) == "! The passwords differ."
        field(pilot, "staff-again").value = "one"
        await push(pilot, "staff-add")
        assert result(pilot) == "ada@example.com may log in as operator"
        assert field(pilot, "staff-password").value == ""
        assert table.row_count == 2
        field(pilot, "staff-email").value = WHO
        await push(pilot, "staff-remove")
        assert not office.app.sessions.role  # who has removed themselves is out
    assert [member.email for member in office.engine.staff.members()] == ["ada@example.com"]
    audit = [line.split("\t")[2:4] for line in (office.folder / "audit.log").read_text().splitlines()]
    assert audit == [["staff add", "ada@example.com"], ["staff remove", WHO]]


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
        assert text_of(pilot, "#trail-entry") == ""
