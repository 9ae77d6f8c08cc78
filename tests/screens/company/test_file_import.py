"""The file tab: a file is previewed, stored and cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Button

from metertui.engine.core import ImportReport
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
        assert "and close the day" in result(pilot)
        buttons = {name: pilot.app.screen.query_one(f"#upload-{name}", Button) for name in ("preview", "store")}
        assert {name: button.variant for name, button in buttons.items()} == {"preview": "default", "store": "primary"}
        table = pilot.app.screen.query_one("#upload-lines", Table)
        assert [table.cells_of_row(row)[:2] for row in range(table.row_count)] == [
            ("more.csv:4", "syntax"),
            ("more.csv:3", "conflict"),
            ("more.csv:6", "suspect"),
        ]
        wrong = text_of(pilot, "#upload-line")
        table.move_cursor(1)
        await settle(pilot)
        assert (wrong, text_of(pilot, "#upload-line")) == tuple(table.cells_of_row(row)[2] for row in (0, 1))
        assert (len(office.engine.readings), "new-1" in office.engine.accounts) == (stored, False)
        await pilot.press("enter")
        await settle(pilot)
        assert result(pilot) == "more.csv: 3 new readings stored; the day was closed, and they are in the archive"
        assert (len(office.engine.readings), "new-1" in office.engine.accounts) == (stored + 3, True)
        assert office.engine.usage(STEADY, "today").usage_wh == 10_600
        field(pilot, "upload-path").focus()
        await pilot.press("enter", "enter")
        await settle(pilot)
        assert result(pilot) == "This file contains nothing new."
    assert f"\t{WHO}\timport\tmore.csv\tread 6, new 3, " in (office.folder / "audit.log").read_text()


async def test_a_file_that_is_read_is_seen_and_cancelled_from_another_screen(
    office: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lines(tmp_path / "more.csv", "m-1,2025-03-01T00:00:00+08:00,1")

    async def plan(_: object, __: object, progress: Callable[[float], None]) -> None:
        progress(0.25)
        await asyncio.Event().wait()

    monkeypatch.setattr(work_under_way, "PATIENCE", 0.0)
    monkeypatch.setattr(office.headend.imports, "plan", plan)
    async with at_work(office, "f6", *TO_FILE, *str(path), "enter") as pilot:
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


async def test_an_import_goes_on_where_the_screens_fail_and_is_shown_on_all(
    office: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, store, go_on = lines(tmp_path / "more.csv", *FILE), office.headend.imports.store, asyncio.Event()

    async def slow(*given: Any) -> ImportReport:
        await go_on.wait()
        return await store(*given)

    monkeypatch.setattr(work_under_way, "PATIENCE", 0.0)
    monkeypatch.setattr(office.headend.imports, "store", slow)
    async with at_work(office, "f6", *TO_FILE, *str(path), "enter", "enter") as pilot:
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
        assert await leave(pilot, "upload-path", "/nowhere/x.csv") == "! There is no file /nowhere/x.csv"
        assert await leave(pilot, "upload-path", str(tmp_path)) == f"! {tmp_path} is not a file"
        field(pilot, "upload-path").value = str(lines(tmp_path / "other.csv", "a;b"))
        await push(pilot, "upload-preview")
        assert "this line holds 'a;b'; expected one of" in " ".join(result(pilot).split())


async def test_a_preview_of_nothing_asks_for_a_path_and_what_is_typed_clears_it(office: Town) -> None:
    async with at_work(office, "f6", *TO_FILE) as pilot:
        await push(pilot, "upload-preview")
        assert result(pilot) == "! Enter the path of a file first."
        assert field(pilot, "upload-path").has_focus
        await pilot.press("x")
        await settle(pilot)
        assert result(pilot) == ""
