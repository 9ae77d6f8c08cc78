"""A proposed tariff is compared with the one in force, on the government screen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from metertui.engine.billing.tariff_replay import replay_tariffs
from metertui.screens.government import tariff_replay
from metertui.screens.government.tariff_replay import ReplayScreen
from metertui.screens.tables.sorted_table import SortedTable
from metertui.settings import Settings
from tests.patience import PATIENCE
from tests.screens.idle import held_up, until
from tests.screens.town import Town, at_work, press, settle, text_of

HEADER = "effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent\n"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Town]:
    """A town whose small groups are hidden from the role government."""
    made = Town(tmp_path, filled=True, settings=Settings(small_group_meters=2, small_group_share=0.9))
    yield made
    made.engine.close()


def tariffs(folder: Path) -> Path:
    """The tariff in force, and a file of one that is cheaper for two rooms and dearer for all others."""
    (folder / "tariffs.csv").write_text(f"{HEADER}2024-01-01,,,,,20,9\n")
    plan = folder / "plan.csv"
    plan.write_text(f"{HEADER}2024-01-01,,,,,22,9\n2024-01-01,2-room,,,,18,9\n")
    return plan


async def open_replay(pilot: Pilot[None], file: Path) -> None:
    await pilot.press("t")
    await settle(pilot)
    await press(pilot, *str(file))
    await pilot.press("enter")
    await settle(pilot)
    assert isinstance(pilot.app.screen, ReplayScreen)


def rows(pilot: Pilot[None]) -> list[list[str]]:
    listing = pilot.app.screen.query_one(SortedTable)
    return [list(listing.cells_of_row(row)) for row in range(listing.row_count)]


async def test_who_pays_more_and_who_less(town: Town, tmp_path: Path) -> None:
    town.log_in("operator")
    async with at_work(town, "f5") as pilot:
        await open_replay(pilot, tmp_path / "nowhere.csv")
        assert text_of(pilot, "#replay-sum") == "! There is no tariffs.csv in the data folder to compare with."
        await pilot.press("escape")
        await open_replay(pilot, tariffs(tmp_path))
        assert text_of(pilot, "#replay-title") == "plan.csv compared with tariffs.csv, 1 Apr 2024 to 12 Mar 2025"
        assert text_of(pilot, "#replay-sum").startswith("8 meters: 6 pay more, 2 less, 0 the same · 5 372.")
        assert text_of(pilot, "#replay-sum").split()[-6:] == ["total;", "amounts", "in", "SGD", "with", "tax"]
        assert [row[:3] for row in rows(pilot)][:3] == [
            ["(none)", "[b]South", "1"], ["2-room", "North", "1"], ["2-room", "South", "1"],
        ]  # fmt: skip
        await pilot.press("down")
        await settle(pilot)
        chart = text_of(pilot, "#replay-chart").splitlines()
        assert chart[0] == "Change per meter in SGD: 2-room · North"
        assert [line.split(": at most ")[0].strip() for line in chart[1:6:4]] == ["10% of meters", "half (median)"]
        assert len(chart) == 10
        assert all(line.index("▒") < line.index("│") and line.rstrip().endswith("−17.41") for line in chart[1:])
        await pilot.press("space")
        await settle(pilot)
        assert [row[:2] for row in rows(pilot)] == [
            ["(none)", "1"], ["2-room", "2"], ["3-room", "2"], ["4-room", "2"], ["landed", "1"],
        ]  # fmt: skip


async def test_small_groups_are_hidden_here_too(guarded: Town, tmp_path: Path) -> None:
    guarded.log_in("government")
    async with at_work(guarded, "f5") as pilot:
        await open_replay(pilot, tariffs(tmp_path))
        await pilot.press("space")
        await settle(pilot)
        told = {row[0]: row[1] for row in rows(pilot)}
        assert told["(none)"] == told["landed"] == "hidden"
        assert told["4-room"] == "2"
        assert "hidden" in text_of(pilot, "#replay-chart")


async def test_a_replay_says_how_far_it_is_and_is_ended_by_escape(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.log_in("operator")
    begun, gone_on = threading.Event(), threading.Event()
    real: Any = replay_tariffs

    def slow(*args: Any, progress: Any) -> Any:
        def tell(share: float) -> None:
            progress(share)
            begun.set()
            assert gone_on.wait(PATIENCE)

        return real(*args, progress=tell)

    monkeypatch.setattr(tariff_replay, "replay_tariffs", slow)
    monkeypatch.setattr("metertui.screens.shell.work_under_way.PATIENCE", 0.0)
    plan = tariffs(tmp_path)
    async with at_work(town, "f5") as pilot:
        await pilot.press("t")
        await press(pilot, *str(plan))
        with held_up():
            await press(pilot, "enter")
            await until(pilot, begun.is_set)
            await until(pilot, lambda: text_of(pilot, "#replay-sum").startswith("Replaying "))
            assert text_of(pilot, "#replay-sum").endswith("% · escape cancels")
            await pilot.press("escape")
            assert isinstance(pilot.app.screen, ReplayScreen)
            assert text_of(pilot, "#replay-sum") == "Replaying: cancelling …"
        gone_on.set()
        await settle(pilot)
        assert text_of(pilot, "#replay-sum") == "Cancelled; nothing was replayed."
        assert rows(pilot) == []
        await pilot.press("escape")
        await settle(pilot)
        assert not isinstance(pilot.app.screen, ReplayScreen)


async def test_what_is_asked_for_is_seen_on_a_small_terminal(town: Town) -> None:
    town.log_in("operator")
    async with at_work(town, "f5", "t", size=(80, 24)) as pilot:
        shown = pilot.app.screen.query_one("#line-text").render_line(0).text
        assert shown.strip() == "path of a proposed tariff, in the form of tariffs.csv; escape cancels"
