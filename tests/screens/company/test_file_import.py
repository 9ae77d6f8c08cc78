"""The file tab: a file is looked at, understood, stored and cancelled."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from metertui.engine.core import ImportReport
from metertui.screens.fields import Choice
from metertui.screens.shell import work_under_way
from metertui.screens.tables.table import Table
from tests import patience
from tests.screens.company.helpers import TO_FILE, WHO, field, leave, push, result
from tests.screens.idle import held_up, until
from tests.screens.town import STEADY, Town, at_work, press, settle, text_of

FILE = (
    f"{STEADY},2025-03-12T10:35:00+08:00,2690.6",
    f"{STEADY},2025-03-12T10:30:00+08:00,2690.5",
    f"{STEADY},2025-03-12T10:00:00+08:00,1",
    "not a reading [red]",
    "new-1,2025-03-12T10:00:00+08:00,5",
    "new-1,2025-03-12T10:10:00+08:00,3.9",
)


def lines(path: Path, *readings: str) -> Path:
    path.write_text("".join(f"{reading}\n" for reading in readings))
    return path


PORTAL = "Zeit;Verbrauch (kWh);Gas;Rest (kWh)\n" + "".join(
    f"0{day}/03/2025 {hour:02}:00;0,{5 + hour % 2};7;1,5\n" for day in (1, 2) for hour in range(24)
)


SENSORS = "Art,Zeit,Zählerstand kWh\n" + "".join(
    f"Bezug {name},2025-03-0{day}T12:00:00+08:00,{first + 10 * day}\n"
    for name, first in (("Haus", 100), ("Garage", 5))
    for day in range(1, 10)
)


def shown(pilot: Pilot[None], name: str) -> list[tuple[str, ...]]:
    """The rows of a table."""
    table = pilot.app.screen.query_one(f"#upload-{name}", Table)
    return [tuple(table.cells_of_row(row)) for row in range(table.row_count)]


def store_button(pilot: Pilot[None]) -> Button:
    return pilot.app.screen.query_one("#upload-store", Button)


async def test_an_unknown_file_is_stored_in_a_few_steps(
    office: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    office.engine.folder = office.folder  # a mapping is saved there
    (tmp_path / "portal-export.csv").write_text(PORTAL.replace("Rest", "Lieferung"))
    (tmp_path / "portal-old.csv").touch()
    async with at_work(office, "f6", *TO_FILE, *"por", "tab") as pilot:
        await settle(pilot)
        assert field(pilot, "upload-path").value == "portal-"
        await press(pilot, "tab")
        await settle(pilot)
        assert text_of(pilot, "#upload-taken") == "portal-export.csv  portal-old.csv"
        await press(pilot, "e", "tab")
        await settle(pilot)
        assert field(pilot, "upload-path").value == "portal-export.csv"
        await press(pilot, "enter")
        await settle(pilot)
        assert result(pilot).startswith(
            "Needed: which meter it is of; column 'Lieferung (kWh)' may be use or feed-in; "
        )
        assert [row[1:3] for row in shown(pilot, "columns")] == [
            ("Zeit", "time"), ("Verbrauch (kWh)", "▲ ?"), ("Gas", "– gas"), ("Lieferung (kWh)", "▲ ?"),
        ]  # fmt: skip
        await press(pilot, *"home-1", "enter")
        await settle(pilot)
        columns = pilot.app.screen.query_one("#upload-columns", Table)
        assert columns.has_focus, "the columns are needed next"
        await press(pilot, "enter", *"use:", "enter")
        await settle(pilot)
        await press(pilot, *"Asia/Singapore", "enter")
        await settle(pilot)
        assert pilot.app.screen.query_one("#upload-stamps").has_focus
        await press(pilot, "right", "ctrl+g", "right")
        await settle(pilot)
        assert text_of(pilot, "#upload-text") == "48 read · 48 new · 1 new meter"
        assert "Nothing is written yet. Press Store to store it" in result(pilot)
        assert [row[2:4] for row in shown(pilot, "columns")] == [
            ("time", ""), ("use", "home-1"), ("–", ""), ("–", ""),
        ]  # fmt: skip
        assert shown(pilot, "rows")[0] == ("2", "2025-03-01 00:00", "2025-03-01 01:00", "home-1", "0.5", "")
        assert "home-1" not in office.engine.accounts
        assert text_of(pilot, "#upload-views").startswith("times in Asia/Singapore  [First rows ")
        await press(pilot, "escape")
        assert field(pilot, "upload-path").has_focus
        columns.focus()
        columns.move_cursor(3)
        await press(pilot, "enter", *"export:", "enter")
        await settle(pilot)
        assert [row[:3] for row in shown(pilot, "totals")] == [
            ("home-1", "all", "26.400"), ("home-1:export", "all", "72.000"),
        ]  # fmt: skip
        assert (columns.has_focus, store_button(pilot).variant) == (True, "primary")
        field(pilot, "upload-mapping").value = "quay" * 20
        await settle(pilot)
        assert field(pilot, "upload-mapping").scrollable_content_region.height == 1, "a scrollbar covers it"
        field(pilot, "upload-mapping").value = "quay"
        field(pilot, "upload-mapping").focus()
        await press(pilot, "enter")
        await settle(pilot)
        assert result(pilot) == "Kept as mapping quay: the next file with these columns is known by it."
        await press(pilot, "ctrl+g", "enter")
        await settle(pilot)
        assert result(pilot) == "portal-export.csv: 96 new intervals stored"
        assert field(pilot, "upload-path").has_focus
        (tmp_path / "portal-old.csv").write_text(PORTAL.replace("Rest", "Lieferung").replace("0,5", "0,7"))
        field(pilot, "upload-path").value = "portal-old.csv"
        await press(pilot, "enter")
        await settle(pilot)
        assert result(pilot) == "Needed: which meter it is of"
        assert "known by the mapping quay" in text_of(pilot, "#upload-taken")
        await press(pilot, *"home-1", "enter")
        await settle(pilot)
        assert result(pilot).startswith("24 intervals of it differ from what is stored, and nothing is new.")
        assert (store_button(pilot).disabled, len(shown(pilot, "lines"))) == (True, 24)
        assert pilot.app.screen.query_one("#upload-replaces").has_focus, "what can be done"
        assert "0.5 kWh from 2025-03-01T00:00:00+08:00" in shown(pilot, "lines")[0][2]
        pilot.app.screen.query_one("#upload-replaces", Choice).choose("yes")
        await settle(pilot)
        await press(pilot, "ctrl+g", "enter")
        await settle(pilot)
        assert result(pilot) == "portal-old.csv: 0 new intervals stored, 24 replaced"
        (tmp_path / "sensors.csv").write_text(SENSORS)
        field(pilot, "upload-path").value = "sensors.csv"
        await press(pilot, "enter")
        await settle(pilot)
        assert result(pilot).endswith("the file has 2 series that could be use: 'Bezug Garage', 'Bezug Haus'")
        await press(pilot, *"home-2", "enter")
        await settle(pilot)
        assert (columns.has_focus, columns.cells_of_row(columns.cursor_row)[1:3]) == (True, ("Bezug Garage", "▲ ?"))
        await press(pilot, "down", "enter", *"use:", "enter")
        await settle(pilot)
        assert [row[1:4] for row in shown(pilot, "columns")[3:]] == [
            ("Bezug Garage", "– 'Bezug Haus' is use", ""), ("Bezug Haus", "use", "home-2"),
        ]  # fmt: skip
        assert text_of(pilot, "#upload-text") == "9 read · 9 new · 1 new meter"
        assert "Garage, as 'Bezug Haus' is use: 9" in result(pilot)
    assert office.engine.usage("home-1", "month").usage_wh == 31_200


async def test_a_column_a_meter_is_given_to_another_or_left_out(office: Town, tmp_path: Path) -> None:
    rows = [f"0{day}/03/2025 {hour:02}:00;0,{4 + hour % 3};1,5\n" for day in (1, 2) for hour in range(24)]
    (tmp_path / "flats.csv").write_text("Zeit;100345;100346\n" + "".join(rows))
    async with at_work(office, "f6", *TO_FILE, size=(80, 24)) as pilot:
        field(pilot, "upload-path").value = str(tmp_path / "flats.csv")
        await press(pilot, "enter")
        await settle(pilot)
        field(pilot, "upload-meter").focus()
        await settle(pilot)
        assert "^g Next step" in text_of(pilot, "#keys"), "in a field as well"
        form = pilot.app.screen.query_one("#upload-form")
        for option, value in (("stamps", "start"), ("unit", "kWh"), ("date_order", "dmy")):
            form.query_one(f"#upload-{option}", Choice).choose(value)
        field(pilot, "upload-zone").focus()
        await press(pilot, *"Asia/Singapore", "enter")
        await settle(pilot)
        assert [row[1:4] for row in shown(pilot, "columns")] == [
            ("Zeit", "time", ""), ("100345", "use", "100345"), ("100346", "use", "100346"),
        ]  # fmt: skip
        columns = pilot.app.screen.query_one("#upload-columns", Table)
        columns.focus()
        columns.move_cursor(1)
        await press(pilot, "enter", *"flat-9", "enter")
        await settle(pilot)
        columns.move_cursor(2)
        await press(pilot, "enter", *"leave", "enter")
        await settle(pilot)
        assert [row[2:4] for row in shown(pilot, "columns")] == [("time", ""), ("use", "flat-9"), ("–", "")]
        assert [row[:3] for row in shown(pilot, "totals")] == [("flat-9", "all", "24.000")]


async def test_a_file_is_shown_before_anything_is_written(office: Town, tmp_path: Path) -> None:
    path = lines(tmp_path / "more.csv", *FILE)
    async with at_work(office, "f6", *TO_FILE, *str(path)) as pilot:
        stored = len(office.engine.readings)
        await pilot.press("enter")
        await settle(pilot)
        assert text_of(pilot, "#upload-text") == (
            "6 read · 3 new · 1 duplicate · 1 suspect · 2 refused: syntax×1  conflict×1 · 1 new meter"
        )
        assert "and close the day" in result(pilot)
        assert [row[1:4] for row in shown(pilot, "columns")] == [
            ("identifier", "meter", ""), ("timestamp", "time", ""), ("usage", "use", "METER"),
        ]  # fmt: skip
        assert [row[:2] for row in shown(pilot, "lines")] == [
            ("more.csv:4", "syntax"),
            ("more.csv:3", "conflict"),
            ("more.csv:6", "suspect"),
        ]
        for _ in range(2):
            await press(pilot, "m")
        await settle(pilot)
        table, wrong = pilot.app.screen.query_one("#upload-lines", Table), text_of(pilot, "#upload-line")
        table.move_cursor(1)
        await settle(pilot)
        for row, text in enumerate((wrong, text_of(pilot, "#upload-line"))):
            assert text.startswith(shown(pilot, "lines")[row][2])
        assert (len(office.engine.readings), "new-1" in office.engine.accounts) == (stored, False)
        assert store_button(pilot).has_focus
        await pilot.press("enter")
        await settle(pilot)
        assert result(pilot) == "more.csv: 3 new readings stored; the day was closed, and they are in the archive"
        assert text_of(pilot, "#upload-text").startswith("stored · 6 read · 3 new · 1 duplicate ")
        assert text_of(pilot, "#upload-text").endswith(" · 1 meter registered")
        assert (store_button(pilot).disabled, field(pilot, "upload-path").has_focus) == (True, True), (
            "not pressed twice"
        )
        assert (len(office.engine.readings), "new-1" in office.engine.accounts) == (stored + 3, True)
        assert office.engine.usage(STEADY, "today").usage_wh == 10_600
        field(pilot, "upload-path").focus()
        await pilot.press("enter")
        await settle(pilot)
        assert "4 duplicate" in text_of(pilot, "#upload-text")
        assert result(pilot) == "! Nothing of it can be stored: 2 rows refused. Odd lines say why."
        assert field(pilot, "upload-path").has_focus, "for another file"
        pilot.app.screen.query_one("#upload-replaces").focus()
        await press(pilot, "slash", "x")
        assert field(pilot, "upload-path").value == "x"
    assert f"\t{WHO}\timport\tmore.csv\tread 6, new 3, " in (office.folder / "audit.log").read_text()


async def test_a_file_that_is_read_is_seen_and_cancelled_from_another_screen(
    office: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lines(tmp_path / "more.csv", "m-1,2025-03-01T00:00:00+08:00,1")

    async def plan(_: object, __: object, progress: Callable[[float], None], **___: object) -> None:
        progress(0.25)
        await asyncio.Event().wait()

    monkeypatch.setattr(work_under_way, "PATIENCE", 0.0)
    monkeypatch.setattr(office.headend.imports, "plan", plan)
    async with at_work(office, "f6", *TO_FILE, *str(path)) as pilot:
        with held_up():
            await pilot.press("enter", "f2")
            await until(pilot, lambda: "F6 Reading more.csv ━━━" in text_of(pilot, "#elsewhere"))
            assert not text_of(pilot, "#said")
            await pilot.press("f8")
        await settle(pilot)
        await press(pilot, "f6")
        assert result(pilot) == "Cancelled. Nothing was written."
        assert not office.app.works.all_under_way()


async def test_a_file_is_given_up(office: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"new-{meter},2025-03-0{day}T00:00:00+08:00,{day}" for meter in range(1000) for day in range(1, 8)]
    path = lines(tmp_path / "more.csv", *rows)
    async with at_work(office, "f6", *TO_FILE, *str(path), "enter") as pilot:
        stored = len(office.engine.readings)
        pilot.app.screen.query_one("#upload-store", Button).press()
        await patience.until(lambda: len(office.engine.readings) > stored, every=0)
        pilot.app.screen.query_one("#upload-cancel", Button).press()
        await settle(pilot)
        assert result(pilot) == "! Cancelled. Readings stored so far remain; store the file again for the rest."
        part = len(office.engine.readings) - stored
        assert 0 < part < 7000
        field(pilot, "upload-path").focus()
        await press(pilot, "enter")
        await push(pilot, "upload-store")
        assert len(office.engine.readings) == stored + 7000
        assert result(pilot).startswith("more.csv: ")


async def test_an_import_goes_on_where_the_screens_fail_and_is_shown_on_all(
    office: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, store, go_on = lines(tmp_path / "more.csv", *FILE), office.headend.imports.store, asyncio.Event()

    async def slow(*given: Any, **more: Any) -> ImportReport:
        await go_on.wait()
        return await store(*given, **more)

    monkeypatch.setattr(work_under_way, "PATIENCE", 0.0)
    monkeypatch.setattr(office.headend.imports, "store", slow)
    async with at_work(office, "f6", *TO_FILE, *str(path), "enter") as pilot:
        stored, works = len(office.engine.readings), office.app.works
        pilot.app.screen.query_one("#upload-store", Button).press()
        with held_up():
            await until(pilot, lambda: any(work.lasts for work in works.all_under_way()))
            pilot.app.workers.cancel_all()  # as where they fail
            await until(pilot, lambda: works.all_under_way()[0].alone)
            await pilot.press("f2")
            await until(pilot, lambda: "F6 Storing more.csv" in text_of(pilot, "#elsewhere"))
        go_on.set()
        await patience.until(lambda: not works.all_under_way())
        await press(pilot, "f6")
        assert text_of(pilot, "#said") == "Storing more.csv has ended: audit.log or metertui.log says how."
        assert len(office.engine.readings) == stored + 3


async def test_what_is_no_file_is_reported(office: Town, tmp_path: Path) -> None:
    async with at_work(office, "f6", *TO_FILE) as pilot:
        await press(pilot, "enter")
        assert result(pilot) == "! Enter the path of a file first."
        assert field(pilot, "upload-path").has_focus
        await pilot.press("x")
        assert await leave(pilot, "upload-path", "/nowhere/x.csv") == "! There is no file /nowhere/x.csv"
        assert await leave(pilot, "upload-path", str(tmp_path)) == f"! {tmp_path} is not a file"
        field(pilot, "upload-path").value = str(lines(tmp_path / "other.csv", "a;b"))
        field(pilot, "upload-path").focus()
        await press(pilot, "enter")
        await settle(pilot)
        assert "no row of this file holds a time and a figure of energy" in " ".join(result(pilot).split())
        field(pilot, "upload-path").value = os.devnull
        await press(pilot, "enter")
        await settle(pilot)
        assert result(pilot) == "! cannot read /dev/null: it is not a file"
        field(pilot, "upload-path").value = "~nobody-here/x.csv"
        await press(pilot, "enter")
        await settle(pilot)
        assert result(pilot).endswith("/~nobody-here/x.csv: No such file or directory")
