"""The government screen: a question is answered, hidden where it must be, and written to a file."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from textual.widgets import Input

from metertui.engine.base.progress import Progress
from metertui.engine.columns.columns import Frozen
from metertui.engine.reports.disclosure import Rule
from metertui.engine.reports.saved_reports import SavedReport
from metertui.engine.usage.query import Filter
from metertui.screens.charts.chart_view import PictureView
from metertui.screens.fields.choice import Choice
from metertui.screens.government import answer_view, government
from metertui.screens.shell.work_under_way import Cancelled
from metertui.screens.tables.sorted_table import SortedTable
from metertui.settings import Settings
from tests.patience import PATIENCE
from tests.screens.government.helpers import ask, dates, keys, question, said, screen, summary, table
from tests.screens.idle import held_up, until
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
        assert question(pilot) == "total kWh by month · last 12 months, 2024-04-01 to 2025-03-31"
        assert summary(pilot) == "24 643.500 kWh in total · 8 meters · 12 rows · March 2025 not over yet"
        assert screen(pilot).query_one(PictureView).border_title == "kWh"
        assert screen(pilot).query_one(SortedTable).has_focus
        kinds = []
        for _ in range(5):
            await keys(pilot, "c")
            picture = screen(pilot).query_one(PictureView).picture
            assert picture is not None
            kinds.append(picture.kind)
        assert kinds == ["bars", "shares", "heat", "lines", "bars"]
        assert "by month" in question(pilot)
        await keys(pilot, "m", "v")
        assert question(pilot).startswith("kWh per meter by month")
        assert question(pilot).endswith("compared to the period before")
        assert "before: 2023-04-01 to 2024-03-12" in summary(pilot)
        await ask(pilot, by=("weekday", "hour_of_day"), chart="heat")
        lines = text_of(pilot, "#government-chart").splitlines()
        assert any(line.strip("│ ").startswith("Mon") for line in lines)
        assert len(table(pilot)) == 100
        assert "168 rows · 1–100 shown, [ ] page" in summary(pilot)


async def test_the_newest_question_is_the_one_that_is_answered(analyst: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow question does not hold up the next, and escape leaves it."""
    slow = threading.Event()
    whole = answer_view.answer_question
    begun: list[SavedReport] = []
    ended: list[SavedReport] = []

    def answered(frozen: Frozen, saved: SavedReport, rule: Rule | None, progress: Progress) -> object:
        try:
            if saved.filter.value("region") == "South":
                begun.append(saved)
                assert slow.wait(PATIENCE)
            return whole(frozen, saved, rule, progress)
        except Cancelled:
            ended.append(saved)
            raise

    monkeypatch.setattr(government, "answer_question", answered)
    async with at_work(analyst, "f5") as pilot:
        with held_up():
            screen(pilot)._change(SavedReport(filter=Filter.by_name(region="South")))
            await until(pilot, lambda: len(begun) == 1)
            assert screen(pilot)._question is not None
        await ask(pilot, by=("region",))
        assert screen(pilot)._question is None
        assert len(table(pilot)) == 3
        chart = screen(pilot).query_one(PictureView)
        with held_up():
            screen(pilot)._change(SavedReport(filter=Filter.by_name(region="South"), by=("day",)))
            await until(pilot, lambda: chart._cover_widget is not None and bool(chart._cover_widget.size))
            cover = chart._cover_widget
            assert cover is not None
            told = [cover.render_line(y).text.strip() for y in range(cover.size.height)]
            assert list(filter(None, told)) == [
                "Working out",
                "total kWh by day · South",
                "from 5 815 readings of 8 meters",
                f"{'─' * 32}   0%",
                "escape cancels",
            ]
            await press(pilot, "escape")
            assert not chart.loading
            assert said(pilot).startswith("Cancelled")
        slow.set()
        await settle(pilot)
        assert len(table(pilot)) == 3
        await until(pilot, lambda: len(ended) == 2)  # neither thread went on to reckon what nobody wants
        assert {each.by for each in ended} == {("month",), ("day",)}
        assert said(pilot).startswith("Cancelled")


async def test_the_table_is_written_with_its_definition(analyst: Town, outside: Path) -> None:
    (outside / "there.csv").write_text("mine\n")
    refused = {
        "figures.txt": "! figures.txt: the name of the file must end in .csv, .parquet, .xlsx",
        "there.csv": "exists already; give another name",
        "nowhere/figures.csv": "! there is no folder",
        f"{analyst.folder}/users.csv": "is a data folder, as it holds",
    }
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("month",), **dates("2025-01-01", "2025-02-28"))
        await keys(pilot, "s")
        for suffix in ("csv", "parquet", "xlsx"):
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
    for written in tables:
        assert list(written.columns) == ["month", "usage_kwh", "meters", "readings"]
        assert [f"{kwh:.3f}" for kwh in written["usage_kwh"]] == ["2688.880", "2653.120"]
    definitions = [
        json.loads((outside / "figures.csv.json").read_text()),
        json.loads(pq.read_schema(outside / "figures.parquet").metadata[b"metertui"]),
        dict(book["Definition"].iter_rows(values_only=True)),
    ]
    for told in definitions:
        assert (told["from"], told["to"], told["sort"]) == ("2025-01-01", "2025-02-28", "kWh, from the highest")
        assert told["asked_by"] == "government@metertui.example"
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
        assert question(pilot).startswith("total kWh by month")
        await ask(pilot, by=("year",))
        await keys(pilot, "f9")
        guarded.log_in("government")
        guarded.app.tick()
        await settle(pilot)
        assert question(pilot).startswith("total kWh by year")  # one finds one's own as it was


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
        batch = empty_town.engine.ingest.begin()
        batch.add_account(HOSTILE, {})
        empty_town.engine.ingest.apply(batch)
        empty_town.read((HOSTILE, "1", "2025-03-01T00:00"), (HOSTILE, "2", "2025-03-02T00:00"))
        await press(pilot, "ctrl+r")
        await settle(pilot)
        assert table(pilot) == [["2025-03", "1.000", "100.0%", "1", "2"]]
