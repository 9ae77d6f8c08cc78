"""The day close tab: an operator closes the day, and sees how far it is."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest
from textual.widgets import Button

from metertui.engine.errors import StorageError
from tests.screens.company.helpers import WHO, result
from tests.screens.idle import held_up, until
from tests.screens.town import Town, at_work, settle, text_of

TO_CLOSE = ("ctrl+left",) * 3


async def test_the_day_is_closed(office: Town) -> None:
    async with at_work(office, "f6", *TO_CLOSE) as pilot:
        assert text_of(pilot, "#close-panel").startswith("in the log  5 815 readings, ")
        await pilot.press("enter")
        await settle(pilot)
        assert result(pilot).startswith("Closed: 5 815 readings into 406 day files in ")
        office.app.tick()
        await pilot.pause()
        said = text_of(pilot, "#close-panel")
        lines = (
            "in the log  nothing",
            "last        12 Mar 2025 10:40",
            f"by          {WHO}",
            "moved       5 815 readings in ",
        )
        assert said.startswith("\n".join(lines))
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
        assert text_of(pilot, "#close-panel").startswith("in the log  nothing")
        assert not pilot.app.screen.query_one("#close-day", Button).disabled


async def test_a_disk_that_refuses_is_reported(office: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise StorageError("cannot write log.txt: no space left on device")

    monkeypatch.setattr(office.engine.day_close, "seal", full)
    async with at_work(office, "f6", *TO_CLOSE, "enter") as pilot:
        assert result(pilot) == "! cannot write log.txt: no space left on device"
        office.app.tick()
        await pilot.pause()
        assert "The disk fails: cannot write log.txt" in text_of(pilot, "#banner")
