"""ctrl+e on any screen: its charts and tables as a file."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from metertui.screens.charts import PictureView
from tests.screens.town import STEADY, Town, at_work, settle, text_of


async def test_any_screen_is_written_to_a_file(town: Town, outside: Path) -> None:
    file = outside / "live.txt"
    async with at_work(town, "f2", "ctrl+e") as pilot:
        field = pilot.app.screen.query_one("#paper-name", Input)
        assert field.value.startswith("live-2025-03-12")
        field.value = str(outside / "live.doc")
        await pilot.press("enter")
        await settle(pilot)
        assert "must end in .svg or .txt" in text_of(pilot, "#paper-said")
        field.value = str(town.folder / "users.svg")
        await pilot.press("enter")
        await settle(pilot)
        assert "is a data folder" in text_of(pilot, "#paper-said")
        field.value = str(file)
        await pilot.press("enter")
        await settle(pilot)
        assert f"Written to {file}" in text_of(pilot, "#said")
    assert file.read_text().startswith("Live, 12 Mar 2025 10:40")


async def test_lookup_writes_its_chart_and_readings_and_copies_its_chart(town: Town, outside: Path) -> None:
    file = outside / "m.svg"
    async with at_work(town, "f3", *STEADY, "enter") as pilot:
        await settle(pilot)
        chart = pilot.app.screen.query_one(PictureView)
        chart.focus()
        await pilot.press("Y")
        assert "█" in pilot.app.clipboard
        await pilot.press("ctrl+e")
        pilot.app.screen.query_one("#line-text", Input).value = str(file)
        await pilot.press("enter")
        await settle(pilot)
    text = file.read_text()
    assert text.startswith("<svg")
    assert f"{STEADY}: " in text
    assert "read at" in text
