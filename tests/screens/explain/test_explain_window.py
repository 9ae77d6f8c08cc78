"""Explain this number: what a customer reads, to the last line."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from metertui.engine.base.progress import no_progress
from metertui.engine.billing.billing_run import BillingRun
from tests.screens.government.test_tariff_replay import HEADER
from tests.screens.town import HOSTILE, STEADY, Town, at_work, settle, text_of


def words(pilot: Pilot[None]) -> list[str]:
    """The lines in view, with single blanks."""
    return [" ".join(line.split()) for line in text_of(pilot, "#explain-text").splitlines()]


async def test_a_figure_is_explained_down_to_file_and_line(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter", "e") as pilot:
        said = words(pilot)
        assert text_of(pilot, "#explain-title").startswith(
            f"Why 274.500 kWh  {STEADY} · 1 Steady Lane · as of 12 Mar 2025"
        )
        assert "reading 2 416.000 kWh 1 Mar 2025 00:00, log.txt line 2833" in said
        assert "548 whole intervals 274.000 kWh" not in said
        assert "549 whole intervals 274.500 kWh from 1 Mar 2025 00:00 to 12 Mar 2025 10:30" in said
        assert "= closing register 2 690.500 kWh ✓ agrees to the Wh" in said
        assert "nothing Every reading that is stored in the window counts." in said
        await pilot.press("Y")
        copied = [" ".join(line.split()) for line in pilot.app.clipboard.splitlines()]
        assert copied[0].startswith(f"Why 274.500 kWh {STEADY} · 1 Steady Lane")
        assert "= closing register 2 690.500 kWh ✓ agrees to the Wh" in copied


async def test_what_was_left_out_is_shown_with_its_place(town: Town) -> None:
    async with at_work(town, "f3", *HOSTILE, "enter", "e") as pilot:
        said = " ".join(words(pilot))
        assert "1 reading was left out." in said
        assert "suspect 7.000 kWh 12 Mar 2025 00:00, log.txt line" in said
        assert "7.000 kWh is lower than the 51.000 kWh counted at 11 Mar 2025 00:00" in said


async def test_an_issued_bill_is_explained_by_the_price_it_was_made_with(town: Town, tmp_path: Path) -> None:
    (tmp_path / "tariffs.csv").write_text(f"{HEADER}2024-01-01,,,,,20,9\n")
    frozen = town.engine.view().frozen()
    BillingRun(frozen, "2025-02", town.engine.terms(), town.engine.bills, no_progress).issue(town.clock.now())
    async with at_work(town, "f4", *STEADY, "enter", "e", size=(120, 56)) as pilot:
        said = words(pilot)
        assert "The bill, as it was issued" in said
        assert "issued 672.000 kWh on 12 Mar 2025 10:40: usage, prices and tax stay as they were then" in said
        assert "total 146.50 SGD" in said
        assert "to adjust nothing today's readings and tariffs give the same bill" in said
        await pilot.press("escape")
        (tmp_path / "tariffs.csv").write_text(f"{HEADER}2024-01-01,,,,,30,9\n")
        await pilot.press("e")
        await settle(pilot)
        said = words(pilot)
        assert any(line.startswith("whole day 134.40 SGD 672.000 kWh × 20 cents, 9% tax;") for line in said)
        assert "total 146.50 SGD" in said
        assert "to adjust +73.24 SGD the same usage; with today's readings and tariffs; not billed yet" in said


async def test_files_that_cannot_be_read_are_said(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("metertui.engine.maintenance.sources.locate_readings", refuse)
    async with at_work(town, "f3", *STEADY, "enter", "e") as pilot:
        assert text_of(pilot, "#explain-title").startswith("! The files cannot be read:")
        assert "274.500 kWh were used." in " ".join(words(pilot))


async def test_no_data_is_explained_and_any_place_is_left_for_another_screen(town: Town) -> None:
    async with at_work(town, "f3", *"200-002", "enter", "left", "left", "left", "e", size=(80, 24)) as pilot:
        assert words(pilot)[0].startswith("No data. The window begins at or after the last counted reading")
        await pilot.press("escape", "ctrl+right", "ctrl+right", "e")
        await settle(pilot)
        await pilot.press("pagedown")
        await settle(pilot)
        assert pilot.app.screen.query_one("#explain-paper").scroll_offset.y > 0
        await pilot.press("f2")
        await settle(pilot)
        assert not pilot.app.screen.query("#explain-text")
