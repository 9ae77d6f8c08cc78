"""Government: a question is put together, answered, gone into, kept, and written to a file."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from metertui.engine.base.progress import Progress
from metertui.engine.columns.columns import Frozen
from metertui.engine.reports.disclosure import Rule
from metertui.engine.reports.saved_reports import SavedReport
from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.query import Filter, Question
from metertui.screens.charts.chart_view import PictureView
from metertui.screens.fields.choice import Choice
from metertui.screens.government import answer_view, government
from metertui.screens.government.government import GovernmentScreen
from metertui.screens.shell.work_under_way import Cancelled
from metertui.screens.tables.sorted_table import SortedTable
from metertui.settings import Settings
from tests.patience import PATIENCE
from tests.screens.idle import held_up, until
from tests.screens.town import HOSTILE, Town, at_work, press, settle, text_of

BELOW: dict[tuple[str, ...], tuple[int, str]] = {
    ("year",): (1, "total kWh by month · 2025-01-01 to 2025-03-31"),
    ("month",): (11, "total kWh by day · 2025-03-01 to 2025-03-31"),
    ("month", "region"): (0, "total kWh by day and sub-region · 2024-04-01 to 2024-04-30 · North"),
    ("hour_of_day",): (18, "total kWh by month · last 12 months, 2024-04-01 to 2025-03-31 · 18:00-19:00"),
}
"""By keys, a row of the last twelve months, and the question that lies below it."""


def screen(pilot: Pilot[None]) -> GovernmentScreen:
    found = pilot.app.screen_stack[-1]
    assert isinstance(found, GovernmentScreen)
    return found


async def ask(pilot: Pilot[None], **changes: object) -> None:
    """Ask a question as the form would."""
    screen(pilot)._change(SavedReport(**changes))  # type: ignore[arg-type]
    await settle(pilot)


async def keys(pilot: Pilot[None], *names: str) -> None:
    """Press keys, each when what came of the one before is done."""
    for name in names:
        await pilot.press(name)
        await settle(pilot)


def dates(first: str, last: str) -> dict[str, str]:
    return {"period": "dates", "first": first, "last": last}


def table(pilot: Pilot[None]) -> list[list[str]]:
    listing = screen(pilot).query_one(SortedTable)
    return [list(listing.cells_of_row(row)) for row in range(listing.row_count)]


def summary(pilot: Pilot[None]) -> str:
    return " ".join(text_of(pilot, "#summary").split())


def said(pilot: Pilot[None]) -> str:
    return " ".join(text_of(pilot, "#said").split())


def question(pilot: Pilot[None]) -> str:
    return " ".join(text_of(pilot, "#question").split())


@pytest.fixture
def analyst(town: Town) -> Town:
    """A town that an analyst looks at, without a rule for small groups: it is small."""
    town.log_in("government")
    return town


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
        assert summary(pilot) == "24 643.500 kWh in all · 8 meters · 12 rows"
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
        assert question(pilot).endswith("against the period before")
        assert "before: 2023-04-01 to 2024-03-12" in summary(pilot)
        await ask(pilot, by=("weekday", "hour_of_day"), chart="heat")
        lines = text_of(pilot, "#government-chart").splitlines()
        assert any(line.strip("│ ").startswith("Mon") for line in lines)
        assert len(table(pilot)) == 100
        assert "168 rows · 1–100 shown, ] [ turn" in summary(pilot)


async def test_a_small_terminal_has_all_days_of_the_week_and_the_names_of_lines(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        await pilot.resize_terminal(80, 24)
        await ask(pilot, by=("weekday", "hour_of_day"), chart="heat")
        lines = text_of(pilot, "#government-chart").splitlines()
        assert [line[:3] for line in lines if line[:1].isalpha()] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        assert screen(pilot).query_one(SortedTable).size.height >= 3
        await ask(pilot, by=("month", "region"), chart="lines")
        assert text_of(pilot, "#government-chart").splitlines()[-1] == "1 South  2 North  3 [b]South"


async def test_the_answer_is_the_engines(analyst: Town) -> None:
    cases = {("year",): 2, ("quarter",): 5, ("day",): 407, ("region", "month"): 31}
    frozen = analyst.engine.view().frozen(analyst.engine.rules.max_w)
    async with at_work(analyst, "f5") as pilot:
        for by, rows in cases.items():
            await ask(pilot, by=by, **dates("2024-01-01", "2025-03-12"))
            expected = usage_table(frozen, Question(date(2024, 1, 1), date(2025, 3, 12), by=by))
            assert len(expected) == rows
            shown = table(pilot)
            while len(shown) < rows:
                await keys(pilot, "right_square_bracket")
                shown += table(pilot)
            told = [(*row[: len(by)], round(float(row[len(by)].replace(" ", "")) * 1000)) for row in shown]
            assert told == list(expected[[*by, "usage_wh"]].itertuples(index=False, name=None))
            assert [int(row[-1].replace(" ", "")) for row in shown] == expected["readings"].tolist()
        await ask(pilot, **dates("1999-01-01", "1999-12-31"))
        assert summary(pilot) == "No data for this question."
        await ask(pilot, **dates("2024-12-31", "2024-12-01"))
        assert said(pilot) == "! 2024-12-01 is before 2024-12-31"


async def test_the_form_changes_the_question(analyst: Town) -> None:
    async with at_work(analyst, "f5", "b", size=(80, 24)) as pilot:
        assert screen(pilot).query_one("#period", Choice).has_focus
        assert not screen(pilot).query_one("#table-side").display
        await press(pilot, "right")  # this year
        await settle(pilot)
        assert question(pilot) == "total kWh by month · this year, 2025-01-01 to 2025-12-31"
        await press(pilot, "down", *"18:00-20:00", "enter")
        await settle(pilot)
        assert "18:00-20:00" in question(pilot)
        region = screen(pilot).query_one("#region", Choice)
        assert region.has_focus
        assert [name for _, name in region._options] == ["every region", "North", "South", "[b]South"]
        await keys(pilot, "enter")
        await press(pilot, *"sou")
        await keys(pilot, "down", "enter")  # [b]South is the second of those
        assert "[b]South · 18:00-20:00" in question(pilot)
        await press(pilot, "left")
        await settle(pilot)
        assert "· South · 18:00-20:00" in question(pilot)
        await press(pilot, "escape")
        await settle(pilot)
        assert screen(pilot).query_one("#table-side").display
        asked = Question(
            date(2025, 1, 1),
            date(2025, 12, 31),
            ("month",),
            filter=Filter.by_name(region="South", time="18:00-20:00"),
        )
        expected = usage_table(analyst.engine.view().frozen(analyst.engine.rules.max_w), asked)
        assert [round(float(row[1]) * 1000) for row in table(pilot)] == expected["usage_wh"].tolist()


async def test_arrows_go_through_the_form_and_its_foot_says_so(analyst: Town) -> None:
    async with at_work(analyst, "f5", "b") as pilot:
        assert text_of(pilot, "Keys").startswith("→ Change  ⏎ List")
        await keys(pilot, "down", "down", "up", "up")
        assert screen(pilot).query_one("#period", Choice).has_focus
        await keys(pilot, "up", "up")  # round and past what comes before
        focused = screen(pilot).focused
        assert focused is not None
        assert focused.id != "period"


async def test_many_rows_are_turned_page_by_page(analyst: Town) -> None:
    """By brackets, and by the keys that stand beside one another where brackets are hard to reach."""
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("day",))
        rows = len(screen(pilot)._view.answer.found.table)  # type: ignore[union-attr]
        assert rows > 200
        for key, first in (("greater_than_sign", 101), ("]", 201), ("less_than_sign", 101), ("[", 1), ("[", 1)):
            await keys(pilot, key)
            assert f"{first}–{min(rows, first + 99)} shown" in summary(pilot)
        await keys(pilot, "pagedown")
        below = screen(pilot).query_one(SortedTable).cursor_row
        assert below > 1
        await keys(pilot, "pageup")
        assert screen(pilot).query_one(SortedTable).cursor_row == 0


async def test_dates_are_typed_where_the_period_says_so(analyst: Town) -> None:
    async with at_work(analyst, "f5", "b") as pilot:
        assert not screen(pilot).query_one("#first-line").display
        screen(pilot).query_one("#period", Choice).choose("dates")
        await settle(pilot)
        assert said(pilot) == "! Enter a date such as 2025-02-19."
        await press(pilot, "down", *"2024-02-30", "enter", *"2024-02-28", "enter")
        await settle(pilot)
        assert said(pilot) == "! 2024-02-30 is not a date such as 2025-02-19"
        screen(pilot).query_one("#first", Input).focus()
        screen(pilot).query_one("#first", Input).value = "2024-02-27"
        await press(pilot, "enter")
        await settle(pilot)
        assert said(pilot) == ""
        assert [row[0] for row in table(pilot)] == ["2024-02"]


async def test_the_table_is_sorted_and_its_rows_are_gone_into(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("region",))
        heads = []
        for _ in range(6):
            await keys(pilot, "s")
            line = screen(pilot).query_one(SortedTable).render_line(0).text
            heads.append(next((label for label in re.split("  +", line.strip()) if label[-1] in "▲▼"), ""))
        assert heads == ["kWh ▼", "meters ▼", "readings ▼", "region ▲", "", "kWh ▼"]
        assert [row[0] for row in table(pilot)] == ["South", "North", "[b]South"]
        await keys(pilot, "S")
        assert [row[0] for row in table(pilot)] == ["[b]South", "North", "South"]
        await keys(pilot, "S", "enter")  # the South
        assert question(pilot).startswith("› total kWh by sub-region")
        assert "· South" in question(pilot)
        assert [row[0] for row in table(pilot)] == ["Harbour", "Old Town"]
        await keys(pilot, "enter")
        assert question(pilot).startswith("› › total kWh by type of home")
        await keys(pilot, "enter")
        assert question(pilot).startswith("› › › total kWh by meter")
        await keys(pilot, "escape", "escape", "escape")
        assert question(pilot).startswith("total kWh by region")
        assert screen(pilot).query_one(SortedTable).place == 0
        await keys(pilot, "escape")
        assert question(pilot).startswith("total kWh by region")
        for by, (down, then) in BELOW.items():
            await ask(pilot, by=by)
            screen(pilot).query_one(SortedTable).move_cursor(down)
            await keys(pilot, "enter")
            assert question(pilot) == f"› {then}"
            await keys(pilot, "escape")
        await ask(pilot, by=("hour",), **dates("2025-03-11", "2025-03-11"))
        await press(pilot, "enter")
        assert said(pilot) == "There is no finer level."


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


async def test_a_question_is_kept_opened_and_dropped(analyst: Town, tmp_path: Path) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("region",), chart="shares")
        await keys(pilot, "w")
        await press(pilot, *"Who uses what", "enter")
        await settle(pilot)
        assert said(pilot) == "Saved as “Who uses what”. Press o to open it again."
        await ask(pilot)
        await keys(pilot, "o", "enter")
        assert question(pilot).startswith("total kWh by region")
        await keys(pilot, "o", "down", "delete")  # the first of those that there are to begin with
        assert text_of(pilot, "#pick-said") == "Only questions saved in questions.toml can be deleted."
        await keys(pilot, "up", "delete", "delete", "escape")
        assert screen(pilot).query_one(SortedTable).has_focus
    assert "[[question]]" not in (tmp_path / "questions.toml").read_text()
    assert "keep question\tWho uses what" in (tmp_path / "audit.log").read_text()


async def test_a_file_of_questions_that_is_broken_is_told(analyst: Town, tmp_path: Path) -> None:
    (tmp_path / "questions.toml").write_text("[[question")
    async with at_work(analyst, "f5", "o") as pilot:
        assert "cannot be read" in " ".join(text_of(pilot, "#pick-said").split())
        await press(pilot, "enter")  # what there is to begin with is there all the same
        await settle(pilot)
        assert question(pilot).startswith("total kWh by month")


async def test_the_table_is_written_with_its_definition(analyst: Town, tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("mine\n")
    refused = {
        "figures.txt": "! figures.txt: the name of the file must end in .csv, .parquet, .xlsx",
        "there.csv": "exists already; give another name",
        "nowhere/figures.csv": "! there is no folder",
    }
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("month",), **dates("2025-01-01", "2025-02-28"))
        await keys(pilot, "s")
        for suffix in ("csv", "parquet", "xlsx"):
            await keys(pilot, "ctrl+e")
            path = screen(pilot).query_one("#line-text", Input)
            assert path.has_focus
            assert path.value == "usage-2025-01-01-2025-02-28-by-month.csv"
            assert said(pilot).replace(" ", "").startswith(f"Thefileiswrittento{Path.cwd()}.")
            path.value = str(tmp_path / f"figures.{suffix}")
            await keys(pilot, "enter")
            assert said(pilot).replace(" ", "") == f"2rowswrittento{tmp_path}/figures.{suffix}"
            assert not screen(pilot).query_one("#line").display
        await keys(pilot, "ctrl+e")
        for name, complaint in refused.items():
            screen(pilot).query_one("#line-text", Input).value = str(tmp_path / name)
            await keys(pilot, "enter")
            assert complaint in said(pilot)
        await keys(pilot, "escape")
        assert not screen(pilot).query_one("#line").display
        assert not said(pilot)
    assert (tmp_path / "there.csv").read_text() == "mine\n"
    book = openpyxl.load_workbook(tmp_path / "figures.xlsx")
    tables = [pd.read_csv(tmp_path / "figures.csv"), pd.read_parquet(tmp_path / "figures.parquet")]
    tables.append(pd.read_excel(tmp_path / "figures.xlsx"))
    for written in tables:
        assert list(written.columns) == ["month", "usage_kwh", "meters", "readings"]
        assert [f"{kwh:.3f}" for kwh in written["usage_kwh"]] == ["2688.880", "2653.120"]
    definitions = [
        json.loads((tmp_path / "figures.csv.json").read_text()),
        json.loads(pq.read_schema(tmp_path / "figures.parquet").metadata[b"metertui"]),
        dict(book["Definition"].iter_rows(values_only=True)),
    ]
    for told in definitions:
        assert (told["from"], told["to"], told["sort"]) == ("2025-01-01", "2025-02-28", "kWh, from the highest")
        assert told["asked_by"] == "government@metertui.example"
    audit = (tmp_path / "audit.log").read_text()
    assert f"government@metertui.example\texport\t{tmp_path}/figures.csv\t2 rows: total kWh by month" in audit


async def test_small_groups_are_hidden_from_the_role_government(guarded: Town) -> None:
    async with at_work(guarded, "f5") as pilot:
        await ask(pilot, by=("apartment_type",))
        told = {row[0]: row[1] for row in table(pilot)}
        # The first and the last are one meter's; the two alone could be reckoned from the rest.
        assert [name for name, usage in told.items() if usage == "hidden"] == ["(none)", "2-room", "landed"]
        assert "hidden: fewer than 2 meters, or one of them above 90%" in summary(pilot)
        assert "meter" not in [value for value, _ in screen(pilot).query_one("#by", Choice)._options]
        await ask(pilot, filter=Filter(meter="200-001"))
        assert said(pilot).startswith("! figures of a single meter are not for this role")


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


async def test_an_export_of_the_role_government_is_recorded_and_hides_too(guarded: Town, tmp_path: Path) -> None:
    async with at_work(guarded, "f5") as pilot:
        await ask(pilot, by=("apartment_type",))
        await press(pilot, "ctrl+e")
        screen(pilot).query_one("#line-text", Input).value = str(tmp_path / "figures.csv")
        await press(pilot, "enter")
        await settle(pilot)
    written = pd.read_csv(tmp_path / "figures.csv", keep_default_na=False)
    assert "hidden" in written["hidden"].tolist()
    assert {row.usage_kwh for row in written.itertuples() if row.hidden} == {""}
    assert json.loads((tmp_path / "figures.csv.json").read_text())["small_groups"] == {
        "least_meters": 2,
        "most_share": 0.9,
    }
    assert '""apartment_type""' in (tmp_path / "exports.csv").read_text()


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
        assert table(pilot) == [["2025-02", "0.000", "1", "1"], ["2025-03", "1.000", "1", "1"]]
