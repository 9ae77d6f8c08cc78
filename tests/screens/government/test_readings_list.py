"""The readings behind an answer: found through the index, sorted, explained, exported."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from textual.pilot import Pilot

from metertui.engine.base.progress import Progress
from metertui.engine.core import listing
from metertui.engine.index.index import ReadingIndex
from metertui.engine.index.reading_list import ReadingList
from metertui.engine.usage.judged_list import JudgedList
from metertui.engine.usage.query import Filter
from metertui.screens.explain.explain_window import ExplainScreen
from metertui.screens.fields.typed_line import TypedLine
from metertui.screens.government.government import GovernmentScreen
from metertui.screens.government.list_table import ListTable
from metertui.screens.government.readings_list import ReadingsScreen
from metertui.settings import Settings
from tests.patience import PATIENCE
from tests.screens.government.helpers import ask, dates, keys, said, table
from tests.screens.idle import held_up, until
from tests.screens.town import STEADY, Town, at_work, press, settle, text_of

MARCH_10 = dates("2025-03-10", "2025-03-10")


def rows(pilot: Pilot[None]) -> list[list[str]]:
    listed = pilot.app.screen.query_one(ListTable)
    return [[cell.strip() for cell in listed.cells_of_row(row)] for row in range(listed.row_count)]


def state(pilot: Pilot[None]) -> str:
    return " ".join(text_of(pilot, "#list-state").split())


async def test_the_readings_behind_a_row_are_those_that_it_counts(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("region",), **MARCH_10)
        counted = {row[0]: int(row[4]) for row in table(pilot)}
        assert counted == {"North": 51, "South": 3, "[b]South": 2}
        await keys(pilot, "r")
        assert isinstance(pilot.app.screen, ReadingsScreen)
        assert text_of(pilot, "#list-title") == "Readings  North · 10 Mar 2025"
        assert state(pilot).startswith("51 readings · by meter and time · as of 2025-03-12 10:40")
        listed = rows(pilot)
        assert len(listed) == 51
        assert {row[5] for row in listed} == {"North"}
        assert listed[0] == [
            "2025-03-10 00:30", STEADY, "2 632.500", "0.500", "✓ counted", "North", "Riverside", "3-room",
        ]  # fmt: skip
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, GovernmentScreen)
        await keys(pilot, "R")
        assert text_of(pilot, "#list-title") == "Readings  10 Mar 2025"
        assert state(pilot).startswith("56 readings")


async def test_any_mix_of_conditions_goes_through_the_index(analyst: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, dict[str, Any]]] = []
    select = ReadingIndex.select

    def traced(index: ReadingIndex, *conditions: Any, **named: Any) -> Any:
        found = select(index, *conditions, **named)
        asked.append((len(found), dict(zip(("meter", "groups", "windows"), conditions, strict=False)) | named))
        return found

    monkeypatch.setattr(ReadingIndex, "select", traced)
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("apartment_type",), filter=Filter.by_name(region="North", time="18:00-20:00"), **MARCH_10)
        pilot.app.screen.query_one("#government-table").move_cursor(1)  # type: ignore[attr-defined]
        asked.clear()
        await keys(pilot, "r")
        assert text_of(pilot, "#list-title") == "Readings  3-room · 10 Mar 2025 · North · 18:00-20:00"
        assert [row[0][11:16] for row in rows(pilot)] == ["18:30", "19:00", "19:30", "20:00"]
        count, given = asked[0]
        assert (given["meter"], len(given["groups"]), given["windows"].shape) == (None, 1, (1, 2))
        assert count == 4, "no row is read but those that are shown"
        await keys(pilot, "escape")
        asked.clear()
        await ask(pilot, by=("meter", "hour"), filter=Filter.by_name(meter=STEADY), **MARCH_10)
        await keys(pilot, "r")
        assert [row[0][11:16] for row in rows(pilot)] == ["00:30", "01:00"]
        assert (asked[0][0], asked[0][1]["meter"]) == (2, analyst.engine.directory.codes[STEADY])
        await keys(pilot, "escape")
        asked.clear()
        await press(pilot, "f3", *STEADY, "enter")
        await settle(pilot)
        assert analyst.engine.directory.codes[STEADY] in {given["meter"] for _, given in asked}


async def test_the_list_is_sorted_and_the_cursor_stays_on_its_reading(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("day",), **MARCH_10)
        await keys(pilot, "r")
        listed = pilot.app.screen.query_one(ListTable)
        chosen = rows(pilot)[3]
        await keys(pilot, "down", "down", "down", "s")
        assert "oldest first" in state(pilot)
        assert "read at ▲" in listed.render_line(0).text
        assert [cell.strip() for cell in listed.cells_of_row(listed.cursor_row)] == chosen
        await keys(pilot, "S")
        assert "newest first" in state(pilot)
        times = [row[0] for row in rows(pilot)]
        assert times == sorted(times, reverse=True)
        await keys(pilot, "s", "s", "S")
        assert "by register, from the last" in state(pilot)
        registers = [float(row[2].replace(" ", "")) for row in rows(pilot)]
        assert registers == sorted(registers, reverse=True)
        await keys(pilot, "s", "s", "s", "s", "S")
        assert "by meter and time" in state(pilot)
        assert [cell.strip() for cell in listed.cells_of_row(listed.cursor_row)] == chosen


async def test_the_list_is_filtered_by_what_is_seen_of_a_reading(
    analyst: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("month",), **dates("2025-03-01", "2025-03-12"))
        await keys(pilot, "r", "s", "S")
        every = rows(pilot)
        await keys(pilot, "slash", *"200-004", "enter")
        expected = [row for row in every if row[1] == "200-004"]
        assert len(expected) > 3
        assert [row[:3] for row in rows(pilot)] == [row[:3] for row in expected]
        assert state(pilot).startswith(f"{len(expected)} of {len(every)} readings · newest first")
        await keys(pilot, "S", "Y")
        assert [row[:3] for row in rows(pilot)] == [row[:3] for row in expected[::-1]]
        lines = [line.split("\t") for line in pilot.app.clipboard.splitlines()]
        assert [line[1] for line in lines] == ["meter", *["200-004"] * len(expected)]
        assert {line[4] for line in lines[1:]} == {"✓ counted"}, "worked out for what is copied"
        await keys(pilot, "escape")
        assert len(rows(pilot)) == len(every)
        judged: list[int] = []
        judge_all = analyst.headend.readings.judge_all

        async def counted(found: ReadingList, *others: Any) -> JudgedList:
            judged.append(len(found))
            return await judge_all(found, *others)

        monkeypatch.setattr(analyst.headend.readings, "judge_all", counted)
        await keys(pilot, "ctrl+r")  # what was judged before is of another list
        await keys(pilot, "slash", *"suspect", "enter")
        assert [(row[1], row[4]) for row in rows(pilot)] == [("666", "▲ suspect")]
        await keys(pilot, "escape", "slash", *"31.000", "enter")
        assert {row[3] for row in rows(pilot) if "31.000" not in row[2]} == {"31.000"}
        assert judged == [len(every)], "once, and not at each key"


async def test_readings_that_arrive_are_announced_and_listed_on_demand(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("month",), **dates("2025-03-12", "2025-03-12"))
        await keys(pilot, "r", "s", "S")
        screen = pilot.app.screen
        assert isinstance(screen, ReadingsScreen)
        before = rows(pilot)
        analyst.read((STEADY, "2691", "2025-03-12T10:35"))
        screen._look()
        assert "1 stored since" in state(pilot)
        assert rows(pilot) == before
        await keys(pilot, "ctrl+r")
        assert rows(pilot)[0][0] == "2025-03-12 10:35"
        assert "newest first" in state(pilot)
        analyst.app.sessions.end()
        screen._look()
        await settle(pilot)
        assert isinstance(pilot.app.screen, GovernmentScreen), "the list goes when the login ends"


async def test_enter_explains_the_interval_of_a_reading(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("meter",), filter=Filter.by_name(meter="666"), **dates("2025-03-08", "2025-03-12"))
        await keys(pilot, "r")
        assert [row[4] for row in rows(pilot)] == ["✓ counted", "✓ counted", "▲ suspect"]
        await keys(pilot, "enter")
        assert state(pilot).startswith("No interval ends at this reading")
        await keys(pilot, "down", "enter")
        assert isinstance(pilot.app.screen, ExplainScreen)
        assert text_of(pilot, "#explain-title").startswith("Why 1.000 kWh  666")
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, ReadingsScreen)


async def test_the_list_is_exported_with_usage_and_status(
    analyst: Town, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    monkeypatch.chdir(outside)
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("region",), **MARCH_10)
        await keys(pilot, "r", "s", "S", "ctrl+e")
        screen = pilot.app.screen
        await keys(pilot, "escape")
        assert not screen.query_one(TypedLine).asks
        await keys(pilot, "ctrl+e", "enter")
        assert state(pilot).startswith("51 readings written to")
        found = pd.read_csv("readings-2025-03-10-2025-03-10.csv")
        assert len(found) == 51
        assert found["timestamp"].is_monotonic_decreasing
        assert found["usage_kwh"].notna().all()
        assert set(found["status"]) == {"counted"}
        await keys(pilot, "ctrl+e", "enter")
        assert "exists already" in state(pilot)
        screen.query_one(TypedLine).ask("export", "", str(outside / "list.parquet"))
        await keys(pilot, "enter")
        assert pd.read_parquet("list.parquet")["timestamp"].is_monotonic_decreasing
        for name in ("list.txt", "list.svg"):
            screen.query_one(TypedLine).ask("export", "", str(outside / name))
            await keys(pilot, "enter")
            assert "51 readings written to" in state(pilot)
        lines = (outside / "list.txt").read_text().splitlines()
        assert all("✓ counted" in line for line in lines[-51:])
        assert 'id="metertui"' in (outside / "list.svg").read_text()


async def test_escape_cancels_the_search_and_then_goes_back(analyst: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = threading.Event()
    find = listing.find_readings

    def held(view: Any, question: Any, row: Any, progress: Progress) -> ReadingList:
        assert slow.wait(PATIENCE)
        return find(view, question, row, progress)

    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("region",), **MARCH_10)
        monkeypatch.setattr(listing, "find_readings", held)
        with held_up():
            await press(pilot, "r")
            screen = pilot.app.screen
            assert isinstance(screen, ReadingsScreen)
            assert screen.query_one(ListTable).loading
            await press(pilot, "escape")
            slow.set()
            await until(pilot, lambda: screen._work is None)
        await settle(pilot)
        assert state(pilot) == "Cancelled. ctrl+r lists again, escape goes back."
        await keys(pilot, "ctrl+e")
        assert state(pilot) == "There are no readings to export."
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, GovernmentScreen)


async def test_single_readings_are_not_for_a_role_that_sees_groups_only(tmp_path: Path) -> None:
    guarded = Town(tmp_path, filled=True, settings=Settings(small_group_meters=2, small_group_share=0.9))
    guarded.log_in("government")
    async with at_work(guarded, "f5") as pilot:
        for key in ("r", "R"):
            await keys(pilot, key)
            assert isinstance(pilot.app.screen, GovernmentScreen)
            assert said(pilot).startswith("! Single readings would show one household")
            assert "Readings" not in text_of(pilot, "#keys")
        await ask(pilot, by=("weekday",))
        await keys(pilot, "enter")
        assert said(pilot).startswith("! Nothing finer is below a row by weekday. Press f")
    guarded.engine.close()
