"""The government screen: a question is answered, hidden where it must be, and written to a file."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from textual.widgets import Input

from metertui.cli.main import run
from metertui.engine.usage.query import Filter
from metertui.screens.charts.chart_view import PictureView
from metertui.screens.fields.choice import Choice
from metertui.screens.tables.sorted_table import SortedTable
from metertui.settings import Settings
from tests.screens.government.helpers import ask, dates, keys, question, said, screen, summary, table
from tests.screens.town import HOSTILE, Town, at_work, press, settle, text_of


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Town]:
    """The same with a rule: of two meters at least, none of which is more than nine tenths."""
    made = Town(tmp_path, filled=True, settings=Settings(small_group_meters=2, small_group_share=0.9))
    made.log_in("government")
    yield made
    made.engine.close()


async def test_it_begins_with_the_last_year_by_month_and_keys_turn_it(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        rows = table(pilot)
        assert [row[0] for row in rows][:2] == ["2024-04", "2024-05"]
        assert len(rows) == 12
        assert question(pilot) == "Total kWh by month · last 12 months, Apr 2024 to Mar 2025"
        assert summary(pilot) == "24 643.500 kWh in total · 8 meters · 12 rows · □ Mar 2025 not over yet"
        assert rows[-1][0] == "2025-03 □"
        assert screen(pilot).query_one(PictureView).border_title == "kWh"
        assert screen(pilot).query_one(SortedTable).has_focus
        asked, kinds = question(pilot), []
        for by in (("month",), ("day",)):
            await ask(pilot, by=by)
            for _ in range(3):
                await keys(pilot, "c")
                picture = screen(pilot).query_one(PictureView).picture
                assert picture is not None
                kinds.append(picture.kind)
        assert kinds == ["shares", "lines", "bars", "shares", "heat", "lines"]
        await ask(pilot)
        assert question(pilot) == asked
        await ask(pilot, by=())
        await keys(pilot, "c")
        assert said(pilot).startswith("There is no other chart for this question: lines need a breakdown by time;")
        await ask(pilot)
        await keys(pilot, "m", "v")
        assert question(pilot).startswith("kWh per meter by month")
        assert question(pilot).endswith("compared to the period before")
        assert "before: 1 Apr 2023 to 12 Mar 2024" in summary(pilot)
        await ask(pilot, by=("weekday", "hour_of_day"), chart="heat")
        lines = text_of(pilot, "#government-chart").splitlines()
        assert any(line.strip("│ ").startswith("Mon") for line in lines)
        assert len(table(pilot)) == 100
        assert "168 rows · □ 12 Mar 2025, the last day with readings, not over yet · 1–100 shown" in summary(pilot)


async def test_the_command_line_shown_gives_the_same_figures(
    analyst: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METERTUI_TIMEZONE", analyst.zone.name)
    monkeypatch.setattr(analyst.app, "command", "metertui")
    strange = Filter.by_name(region="[b]South")
    year = dates("2024-03-05", "2025-03-12")
    cases: list[tuple[dict[str, object], tuple[str, ...]]] = [
        ({}, ()),
        ({"by": ("region", "month")}, ("s", "S")),
        ({"by": ("day",), "measure": "peak", **year}, ("n",)),
        ({"by": ("meter",), "compare": "before", "period": "last_month"}, ("s", "s", "s")),
        ({"by": ("week",), "compare": "year_before", "measure": "per_meter_day", **year}, ("n", "n")),
        ({"by": (), "filter": strange}, ()),
        ({"by": ("hour_of_day",), "filter": Filter.by_name(region="South", time="22:00-06:00"), **year}, ("s",)),
    ]
    async with at_work(analyst, "f5") as pilot:
        for changes, pressed in cases:
            await ask(pilot, **changes)
            await keys(pilot, *pressed, "q")
            shown = " ".join(text_of(pilot, "#command-line").split())
            await keys(pilot, "y")
            line = pilot.app.clipboard
            assert shown == line
            name, *words = shlex.split(line)
            assert name == "metertui"
            words[words.index("--data") + 1] = str(tmp_path)
            with redirect_stdout(io.StringIO()) as out:
                assert run([*words, "--format", "json"]) == 0, line
            printed = json.loads(out.getvalue())
            columns = [column.heading.split()[0] for column in screen(pilot).query_one(SortedTable)._columns]
            by = screen(pilot)._saved.by
            assert len(printed) == len(table(pilot)), line
            for row, cells in zip(printed, table(pilot), strict=True):
                assert [row[key] or "(none)" for key in by] == [cell.removesuffix(" □") for cell in cells[: len(by)]], (
                    line
                )
                figures = {columns[len(by) or 1]: list(row.values())[len(by)], "before": row.get("before_kwh")}
                for heading, value in figures.items():
                    if heading in columns:
                        cell = cells[columns.index(heading)].removeprefix("□ ").replace(" ", "")
                        assert cell == ("–" if value is None else f"{value:.3f}"), line


async def test_the_highest_rows_and_the_way_down_to_readings(analyst: Town) -> None:
    """One cursor on chart and table; the trail names each step, and escape comes back to the rows as they were."""
    async with at_work(analyst, "f5") as pilot:
        chart = screen(pilot).query_one(PictureView)
        assert str(chart.border_subtitle).startswith("April 2024 · 2 174.400 kWh")  # from the start
        assert "esc Back" not in text_of(pilot, "#keys")
        await keys(pilot, "down")
        assert str(chart.border_subtitle).startswith("May 2024 · 1 ")
        await keys(pilot, "n")
        assert "the 10 highest shown, n for others" in summary(pilot)
        assert len(table(pilot)) == 10
        assert chart.picture is not None
        assert sum(value is not None for value in chart.picture.series[0].values) == 10
        feet = screen(pilot).query_one(SortedTable)._feet
        assert [foot[0] for foot in feet] == [
            "these 10",
            "the other 2",
            "total",
            "mean of 11 whole",
            "median of 11 whole",
        ]
        await keys(pilot, "enter", "down", "enter")
        assert question(pilot).startswith("by month › January 2025 › Thu 2 Jan Total kWh by hour")
        assert "esc Back" in text_of(pilot, "#keys")
        await keys(pilot, "escape", "escape")
        assert " › " not in question(pilot)
        assert len(table(pilot)) == 10
        await keys(pilot, "n")
        assert "the 10 lowest shown" in summary(pilot)
        await keys(pilot, "n")
        assert len(table(pilot)) == 12
        await ask(pilot, by=("day",), chart="heat")
        await keys(pilot, "pagedown")
        row = table(pilot)[screen(pilot).query_one(SortedTable).cursor_row]
        chart.focus()
        await keys(pilot, "right")
        at = screen(pilot).query_one(SortedTable).place
        assert screen(pilot)._view.keys_at(at) != (row[0],)
        chart.move_cursor(0, 4)
        await settle(pilot)
        assert screen(pilot)._view.keys_at(screen(pilot)._view.at) == ("2024-04-05",)


async def test_the_table_is_written_with_its_definition(analyst: Town, outside: Path) -> None:
    (outside / "there.csv").write_text("mine\n")
    refused = {
        "figures.doc": "! figures.doc: the name of the file must end in .csv, .parquet, .xlsx",
        "there.csv": "exists already; give another name",
        "nowhere/figures.csv": "! there is no folder",
        f"{analyst.folder}/users.csv": "is a data folder, as it holds",
    }
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("month",), **dates("2025-01-01", "2025-02-28"))
        await keys(pilot, "s")
        for suffix in ("csv", "parquet", "xlsx", "svg"):
            await keys(pilot, "ctrl+e")
            path = screen(pilot).query_one("#line-text", Input)
            assert path.has_focus
            assert path.value == "usage-2025-01-01-2025-02-28-by-month.csv"
            assert said(pilot).replace(" ", "").startswith(f"Thefilewillbewrittentothefolder{Path.cwd()}.")
            path.value = str(outside / f"figures.{suffix}")
            await keys(pilot, "enter")
            assert said(pilot).replace(" ", "") == f"2rowswrittento{outside}/figures.{suffix}"
            assert not screen(pilot).query_one("#line").display
        await keys(pilot, "ctrl+e")
        for name, complaint in refused.items():
            screen(pilot).query_one("#line-text", Input).value = str(outside / name)
            await keys(pilot, "enter")
            assert complaint in said(pilot)
        await keys(pilot, "escape")
        assert not screen(pilot).query_one("#line").display
        assert not said(pilot)
    assert (outside / "there.csv").read_text() == "mine\n"
    book = openpyxl.load_workbook(outside / "figures.xlsx")
    tables = [pd.read_csv(outside / "figures.csv"), pd.read_parquet(outside / "figures.parquet")]
    tables.append(pd.read_excel(outside / "figures.xlsx"))
    for written, more in zip(tables, ([], ["usage_wh"], []), strict=True):
        assert list(written.columns) == ["month", "usage_kwh", "meters", "readings", *more]
        assert [f"{kwh:.3f}" for kwh in written["usage_kwh"]] == ["2688.880", "2653.120"]
    definitions = [
        json.loads((outside / "figures.csv.json").read_text()),
        json.loads(pq.read_schema(outside / "figures.parquet").metadata[b"metertui"]),
        dict(book["Definition"].iter_rows(values_only=True)),
    ]
    for told in definitions:
        assert (told["from"], told["to"], told["sort"]) == ("2025-01-01", "2025-02-28", "kWh, from the highest")
        assert told["asked_by"] == "government@metertui.example"
    drawn = (outside / "figures.svg").read_text()
    assert drawn.startswith("<svg")
    told_there = ("kWh by month", "made by metertui", "2 688.880", "government@metertui.example")
    assert all(text in drawn for text in told_there)
    audit = (analyst.folder / "audit.log").read_text()
    assert f"government@metertui.example\texport\t{outside}/figures.csv\t2 rows: total kWh by month" in audit


async def test_small_groups_are_hidden_from_the_role_government(guarded: Town) -> None:
    async with at_work(guarded, "f5") as pilot:
        await ask(pilot, by=("apartment_type",))
        told = {row[0]: row[1] for row in table(pilot)}
        # The first and the last are one meter's; the two alone could be reckoned from the rest.
        assert [name for name, usage in told.items() if usage == "hidden"] == ["(none)", "2-room", "landed"]
        assert "hidden: fewer than 2 meters, or one uses more than 90%" in summary(pilot)
        assert "meter" not in [value for value, _ in screen(pilot).query_one("#by", Choice).options]
        await ask(pilot, filter=Filter(meter="200-001"))
        assert said(pilot).startswith("! this role sees figures of groups here, not of a single meter")


async def test_operators_see_small_groups_and_leave_nothing_of_them_behind(guarded: Town) -> None:
    guarded.log_in("operator")
    async with at_work(guarded, "f5") as pilot:
        await ask(pilot, by=("meter",))
        assert len(table(pilot)) == 8
        await keys(pilot, "f2")
        guarded.log_in("government")  # at the gate of another screen
        await keys(pilot, "f5")
        assert question(pilot).startswith("Total kWh by month")
        await ask(pilot, by=("year",))
        await keys(pilot, "f9")
        guarded.log_in("government")
        guarded.app.tick()
        await settle(pilot)
        assert question(pilot).startswith("Total kWh by year")  # one finds one's own as it was


async def test_an_export_of_the_role_government_is_recorded_and_hides_too(guarded: Town, outside: Path) -> None:
    async with at_work(guarded, "f5") as pilot:
        await ask(pilot, by=("apartment_type",))
        await press(pilot, "ctrl+e")
        screen(pilot).query_one("#line-text", Input).value = str(outside / "figures.csv")
        await press(pilot, "enter")
        await settle(pilot)
    written = pd.read_csv(outside / "figures.csv", keep_default_na=False)
    assert "hidden" in written["hidden"].tolist()
    assert {row.usage_kwh for row in written.itertuples() if row.hidden} == {""}
    assert json.loads((outside / "figures.csv.json").read_text())["small_groups"] == {
        "least_meters": 2,
        "most_share": 0.9,
    }
    assert '""apartment_type""' in (guarded.folder / "exports.csv").read_text()


async def test_nothing_is_stored_yet(empty_town: Town) -> None:
    empty_town.log_in("government")
    async with at_work(empty_town, "f5", "ctrl+e") as pilot:
        assert said(pilot) == "! There is no table to export."
        await press(pilot, "ctrl+r")
        await settle(pilot)
        assert said(pilot).startswith("There are no readings yet")
        assert not screen(pilot).query_one("#desk").display
        await press(pilot, "f")
        assert said(pilot).startswith("! There are no readings yet")
        await press(pilot, "o", "escape")
        assert pilot.app.focused is None, "a field of the hidden form would take the keys"
        batch = empty_town.engine.ingest.begin()
        batch.add_account(HOSTILE, {})
        empty_town.engine.ingest.apply(batch)
        empty_town.read((HOSTILE, "1", "2025-03-01T00:00"), (HOSTILE, "2", "2025-03-02T00:00"))
        await press(pilot, "ctrl+r")
        await settle(pilot)
        assert table(pilot) == [["2025-03 □", "1.000", "100.0%", "1", "2"]]
        assert isinstance(pilot.app.focused, SortedTable)
