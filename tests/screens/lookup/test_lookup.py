"""The look-up screen: windows, dates, and what it shows of a meter."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, Tabs

from metertui.engine.billing import statements
from metertui.engine.core.decision_check import Decision
from metertui.screens.charts.chart_view import PictureView
from metertui.screens.explain.explain_window import ExplainScreen
from metertui.screens.lookup.readings_behind import BehindTable
from metertui.screens.tables.table import Table
from tests.patience import PATIENCE
from tests.screens.billing.test_billing import HEADER
from tests.screens.idle import held_up, until
from tests.screens.lookup.helpers import choose, tiles
from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of


async def test_the_steady_meter_in_every_window(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter") as pilot:
        for window, usage, unit in (
            ("today", "10.500 kWh", "per half hour"),
            ("yesterday", "24.000 kWh", "per half hour"),
            ("week", "58.500 kWh", "per hour"),
            ("month", "274.500 kWh", "per day"),
            ("last_month", "672.000 kWh", "per day"),
            ("last_half_hour", "0.500 kWh", "per half hour"),
        ):
            await choose(pilot, window)
            shown = tiles(pilot)
            known = (
                "read at both ends" if window in ("yesterday", "last_month", "last_half_hour") else "to last reading"
            )
            assert shown["usage"] == [usage, known]
            over = window == "last_month"
            bill = ["672.000 kWh", "February 2025"] if over else ["274.500 kWh", "March 2025"]
            assert shown["bill" if over else "bill so far"] == ["no price", *bill]
            daily = "–" if window in ("today", "last_half_hour") else "24.000 kWh"
            assert shown["average per day"][0] == daily
            assert str(pilot.app.screen.query_one(PictureView).border_title).startswith(f"kWh {unit} · ")


async def test_the_usage_in_view_is_explained(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter", "e") as pilot:
        assert isinstance(pilot.app.screen, ExplainScreen)
        assert "274.500 kWh were used" in " ".join(text_of(pilot, "#explain-text").split())
        await pilot.press("escape")
        assert pilot.app.screen.query_one(Tabs).has_focus


async def test_the_readings_in_view_are_written(town: Town, outside: Path) -> None:
    out = outside / "out.csv"
    async with at_work(town, "f3", *HOSTILE, "enter", "ctrl+e") as pilot:
        path = pilot.app.screen.query_one("#line-text", Input)
        assert path.value == "readings-666-2025-03-01-2025-03-12.csv"
        for name, said in (
            ("there/x.csv", "there is no folder"),
            ("x.doc", "x.doc: the name of the file must end in"),
            (town.folder / "archive" / "x.csv", "is a data folder"),
        ):
            path.value = str(outside / name)
            await pilot.press("enter")
            await settle(pilot)
            assert said in " ".join(text_of(pilot, "#said").split("\n"))
        path.value = str(out)
        await pilot.press("enter")
        await settle(pilot)
        assert text_of(pilot, "#said").startswith("3 readings written to")
        assert out.read_text().splitlines()[-1] == "666,2025-03-12T00:00:00+08:00,7,,[b]South,,,suspect,actual,use"
        await pilot.press("ctrl+e")
        path.value = str(out)
        await pilot.press("enter")
        await settle(pilot)
        assert "exists already" in text_of(pilot, "#said")
        await pilot.press("escape")
        assert not path.parent.display  # type: ignore[union-attr]


async def test_the_meters_looked_at_last_are_named_before_one_is_chosen(town: Town) -> None:
    town.app.recent.add(HOSTILE)
    async with at_work(town, "f3") as pilot:
        assert text_of(pilot, "#lookup-message").splitlines()[1] == f"looked at last  {HOSTILE}; ↓ lists them"
        await press(pilot, "down", "enter")
        await settle(pilot)
        assert text_of(pilot, "#lookup-message").startswith(HOSTILE)
        assert "^←→ Window" in text_of(pilot, "#keys")


async def test_a_meter_that_nobody_knows(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter", "slash", *"[/]", "enter") as pilot:
        assert text_of(pilot, "#lookup-message").startswith("! [/] is not registered\nType part of a meter")
        assert not pilot.app.screen.query_one("#lookup-tiles").display
        assert not pilot.app.screen.query_one(PictureView).display
        assert "Export" not in text_of(pilot, "#keys")


async def test_all_of_the_calendar_is_drawn_as_far_as_there_are_readings(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter") as pilot:
        await choose(pilot, "dates")
        await press(pilot, "tab", *"0001-01-01", "tab", *"9999-12-31", "enter")
        await settle(pilot)
        assert tiles(pilot)["usage"][0] == "1 690.500 kWh"
        assert str(pilot.app.screen.query_one(PictureView).border_title).startswith("kWh per day · 2 Jan ")


async def test_what_arrives_is_followed(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter") as pilot:
        town.read((STEADY, "2691", "2025-03-12T10:40"))
        town.clock.advance(2)
        town.app.tick()
        await pilot.pause()
        assert tiles(pilot)["usage"][0] == "275.000 kWh"
        wanted = [Decision("void", STEADY, town.zone.parse("2025-03-12T10:40:00"), "seen")]
        await town.headend.corrections.apply(wanted, "ada")  # by command: no reading is stored
        town.clock.advance(2)
        town.app.tick()
        await pilot.pause()
        assert tiles(pilot)["usage"][0] == "274.500 kWh"


async def test_nothing_is_known_yet(empty_town: Town) -> None:
    async with at_work(empty_town, "f3") as pilot:
        assert text_of(pilot, "#lookup-message").startswith(
            "There is no meter yet. Take in a file or register one on the"
        )
        await press(pilot, *"1", "enter")
        await settle(pilot)
        assert text_of(pilot, "#lookup-message").startswith("! 1 is not registered\nThere is no meter")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_everything_has_its_place(town: Town, size: tuple[int, int]) -> None:
    async with at_work(town, "f3", *STEADY, "enter", size=size) as pilot:
        chart = pilot.app.screen.query_one(PictureView)
        assert chart.region.bottom <= size[1] - 1  # above the footer
        assert chart.size.height >= 5
        for tile in pilot.app.screen.query("#lookup-tiles Tile, #lookup-ends Tile"):
            assert tile.region.right <= size[0]
        readings = pilot.app.screen.query_one(Table)
        if size[0] == 200:  # side by side, each from above to below
            assert chart.region.right == readings.region.x
            assert chart.region.height == readings.region.height > 40
            assert readings.region.right == 200
            assert "counted" in readings.render_line(1).text


async def test_a_reading_is_corrected_and_void_under_the_cursor(town: Town) -> None:
    town.log_in("operator")
    at = town.zone.parse("2025-03-12T10:00:00")
    async with at_work(town, "f3", *STEADY, "enter", "r", "down", "w") as pilot:
        field = pilot.app.screen.query_one("#decision-wh", Input)
        assert field.value == "2690"
        field.value = "2690.1"
        await settle(pilot)
        await press(pilot, "tab", *"misread", "enter")
        await settle(pilot)
        assert text_of(pilot, "#said") == "1 reading is corrected; press u to undo."
        assert town.engine.series(STEADY).standing_at(at) == 2_690_100
        assert "2 690.100" in " ".join(pilot.app.screen.query_one(BehindTable).cells_of_row(1))
        await press(pilot, "v")
        await settle(pilot)
        await press(pilot, *"broken", "enter")
        await settle(pilot)
        assert town.engine.series(STEADY).standing_at(at) is None
        for stands in (2_690_100, 2_690_000):
            await press(pilot, "u")
            await settle(pilot)
            await press(pilot, *"slip", "enter")
            await settle(pilot)
            assert town.engine.series(STEADY).standing_at(at) == stands
        await press(pilot, "u")
        assert text_of(pilot, "#said").endswith("This reading is neither void nor corrected.")


async def test_where_a_window_has_no_data_g_goes_to_the_latest(town: Town) -> None:
    async with at_work(town, "f3", *"200-002", "enter") as pilot:
        pilot.app.screen.query_one(Tabs).active = "today"
        await settle(pilot)
        shown = text_of(pilot, "#lookup-message")
        assert "Data from 1 Feb 2024 00:00 to 11 Mar 2025 00:00; press g to go there." in shown
        await press(pilot, "g")
        await settle(pilot)
        assert "9.300 kWh" in text_of(pilot, "#usage")
        pilot.app.screen.query_one(Tabs).active = "all"
        await settle(pilot)
        assert "1 Feb 2024 00:00" in text_of(pilot, "#opening")
        assert "11 Mar 2025 00:00" in text_of(pilot, "#closing")


async def test_a_search_that_fails_leaves_no_readings_of_another_meter(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter", size=(80, 24)) as pilot:
        await press(pilot, "r")
        await settle(pilot)
        assert pilot.app.screen.query_one("#readings").display
        await press(pilot, "f")
        await press(pilot, *"nobody", "enter")
        await settle(pilot)
        assert not pilot.app.screen.query_one("#readings").display


async def test_the_bill_of_another_meter_is_not_shown_while_its_own_is_worked_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    (town.folder / "tariffs.csv").write_text(f"{HEADER}2024-01-01,,,,,20,9\n")
    goes_on = threading.Event()
    whole = statements.bill_only_meter

    def slow(*asked: Any) -> statements.Statement:
        assert goes_on.wait(PATIENCE)
        return whole(*asked)

    async with at_work(town, "f3", *STEADY, "enter") as pilot:
        before = text_of(pilot, "#bill")
        assert "." in before
        monkeypatch.setattr(statements, "bill_only_meter", slow)
        with held_up():
            await press(pilot, "slash", *"200-001", "enter")
            await until(pilot, lambda: "200-001" in text_of(pilot, "#lookup-message"))
            assert text_of(pilot, "#bill").splitlines() == ["bill so far", "…"]
        goes_on.set()
        await settle(pilot)
        assert "…" not in text_of(pilot, "#bill")
        assert text_of(pilot, "#bill") != before
