"""Government: questions, their answers as line, shares and table, and the file they are written to."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Select

from metertui.engine.analytics import Question, answer
from metertui.engine.columns import Frozen
from metertui.screens import government
from metertui.screens.widgets.chart import Chart
from metertui.screens.widgets.table import Listing
from tests.screens.town import HOSTILE, Town, at_work, settle, text_of


async def ask(pilot: Pilot[None], first: str, last: str, by: str = "month", **filters: str) -> None:
    screen = pilot.app.screen
    screen.query_one("#first", Input).value = first
    screen.query_one("#last", Input).value = last
    screen.query_one("#by", Select).value = by
    for name, value in filters.items():
        screen.query_one(f"#{name.replace('_', '-')}", Select).value = value
    await pilot.press("ctrl+r")
    await settle(pilot)


def table(pilot: Pilot[None]) -> list[list[str]]:
    listing = pilot.app.screen.query_one("#government-table", Listing)
    return [[str(cell) for cell in listing.get_row_at(row)] for row in range(listing.row_count)]


def message(pilot: Pilot[None]) -> str:
    return text_of(pilot, "#government-message")


@pytest.fixture
def analyst(town: Town) -> Town:
    """A town that an analyst looks at."""
    town.log_in("government")
    return town


async def test_it_begins_with_the_last_year_by_month(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        assert pilot.app.screen.query_one("#first", Input).value == "2024-04-01"
        assert pilot.app.screen.query_one("#last", Input).value == "2025-03-12"
        rows = table(pilot)
        assert [row[0] for row in rows][:2] == ["2024-04", "2024-05"]
        assert len(rows) == 12
        assert message(pilot) == "24 643.500 kWh from 2024-04-01 to 2025-03-12, by month"
        assert pilot.app.screen.query_one(Chart).border_title == "kWh a month"


@pytest.mark.parametrize(
    ("by", "first", "rows"),
    [("year", "2024", 2), ("quarter", "2024-Q1", 5), ("month", "2024-01", 15), ("day", "2024-01-31", 407)],
)
async def test_the_answer_is_the_engines(analyst: Town, by: str, first: str, rows: int) -> None:
    question = Question(date(2024, 1, 1), date(2025, 3, 12), by=(by,))
    expected = answer(analyst.engine.view().frozen(analyst.engine.rules.max_w), question)
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, "2024-01-01", "2025-03-12", by)
        shown = table(pilot)
        assert len(expected) == rows
        assert len(shown) == min(rows, 400)
        assert expected[by].iloc[0] == first
        wanted = expected.tail(400)
        assert [row[0] for row in shown] == wanted[by].tolist()
        assert [round(float(row[1].replace(" ", "")) * 1000) for row in shown] == wanted["usage_wh"].tolist()
        assert [int(row[3].replace(" ", "")) for row in shown] == wanted["readings"].tolist()


async def test_what_does_not_fit_the_chart_is_told(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, "2024-02-01", "2025-03-12", "day")
        assert pilot.app.screen.query_one(Chart).border_title == "kWh a day, the last 400 of 406"


async def test_filters_narrow_it(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, "2024-02-01", "2024-12-31", "year", region="North", apartment_type="4-room")
        question = Question(date(2024, 2, 1), date(2024, 12, 31), region="North", apartment_type="4-room")
        expected = answer(analyst.engine.view().frozen(analyst.engine.rules.max_w), question)
        ((_, usage, meters, _),) = table(pilot)
        assert round(float(usage.replace(" ", "")) * 1000) == int(expected["usage_wh"].iloc[0])
        assert meters == "2"
        assert "North" in text_of(pilot, "#share-regions")
        assert "South" not in text_of(pilot, "#share-regions")


async def test_choices_are_what_the_data_have_as_plain_text(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        offered = [str(prompt) for prompt, _ in pilot.app.screen.query_one("#region", Select)._options]
        assert offered[1:] == ["North", "South", "[b]South"]
        await ask(pilot, "2025-03-01", "2025-03-12", "day", region="[b]South")
        assert [row[0] for row in table(pilot)] == ["2025-03-09", "2025-03-10"]


async def test_a_choice_outlives_a_new_login(analyst: Town) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, "2024-02-01", "2024-12-31", "year", region="South")
        before = message(pilot)
        await pilot.press("f9")
        await settle(pilot)
        analyst.log_in("government")
        analyst.app.tick()
        await settle(pilot)
        assert pilot.app.screen.query_one("#region", Select).value == "South"
        assert message(pilot) == before


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2024-13-01", "2024-12-31", "! 2024-13-01 is no day; one is like 2025-02-19"),
        ("2024-12-31", "2024-12-01", "! 2024-12-01 is before 2024-12-31"),
        ("2024-12-31", "", "! nothing is no day; one is like 2025-02-19"),
        ("1999-01-01", "1999-12-31", "No data from 1999-01-01 to 1999-12-31 for these filters."),
    ],
)
async def test_questions_without_an_answer(analyst: Town, first: str, last: str, said: str) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, first, last)
        assert message(pilot) == said


def test_periods_without_data_are_gaps() -> None:
    found = pd.DataFrame({"month": ["2024-02", "2024-05"]})
    question = Question(date(2023, 1, 1), date(2025, 1, 1), by=("month",))
    assert government._periods(question, found) == ["2024-02", "2024-03", "2024-04", "2024-05"]
    quarters = pd.DataFrame({"quarter": ["2024-Q4", "2025-Q2"]})
    question = Question(date(2023, 1, 1), date(2025, 12, 31), by=("quarter",))
    assert government._periods(question, quarters) == ["2024-Q4", "2025-Q1", "2025-Q2"]
    assert government._periods(question, quarters[:0]) == []


async def test_the_newest_question_is_the_one_that_is_answered(analyst: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow question does not hold up the next, and its answer, when it comes, is not shown."""
    slow = threading.Event()
    whole = government._answer

    def answered(frozen: Frozen, question: Question) -> government.Answer:
        if question.first == date(2024, 2, 1):
            assert slow.wait(10)
        return whole(frozen, question)

    monkeypatch.setattr(government, "_answer", answered)
    async with at_work(analyst, "f5") as pilot:
        screen = pilot.app.screen
        screen.query_one("#first", Input).value = "2024-02-01"
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert screen.query_one("#answer").loading
        await ask(pilot, "2025-01-01", "2025-01-31")
        assert not screen.query_one("#answer").loading
        assert [row[0] for row in table(pilot)] == ["2025-01"]
        slow.set()
        await settle(pilot)
        assert [row[0] for row in table(pilot)] == ["2025-01"]


async def test_the_table_is_written_where_one_says(analyst: Town, tmp_path: Path) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, "2025-01-01", "2025-02-28")
        await pilot.press("ctrl+e")
        path = pilot.app.screen.query_one("#export-path", Input)
        assert path.has_focus
        assert path.value == "usage-2025-01-01-2025-02-28-by-month.csv"
        file = tmp_path / "figures.csv"
        path.value = str(file)
        await pilot.press("enter")
        await settle(pilot)
        assert "".join(message(pilot).splitlines()) == f"2 rows written to {file}"
        assert not pilot.app.screen.query_one("#export-line").display
    written = pd.read_csv(file)
    assert list(written.columns) == ["month", "usage_kwh", "meters", "readings"]
    assert [f"{kwh:.3f}" for kwh in written["usage_kwh"]] == ["2688.880", "2653.120"]
    audit = (tmp_path / "audit.log").read_text()
    assert f"government@metertui.example\texport\t{file}\t2 rows: 2025-01-01 to 2025-02-28 by month\n" in audit


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("figures.txt", "! figures.txt is no .csv file"),
        ("there.csv", "is there already; give another name"),
        ("nowhere/figures.csv", "! there is no folder"),
    ],
)
async def test_a_file_that_cannot_be_written(analyst: Town, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "there.csv").write_text("mine\n")
    async with at_work(analyst, "f5", "ctrl+e") as pilot:
        pilot.app.screen.query_one("#export-path", Input).value = str(tmp_path / name)
        await pilot.press("enter")
        await settle(pilot)
        assert said in " ".join(message(pilot).split())
        await pilot.press("escape")
        assert not pilot.app.screen.query_one("#export-line").display
    assert (tmp_path / "there.csv").read_text() == "mine\n"


async def test_the_table_is_reached_by_keys_in_80_columns(analyst: Town) -> None:
    async with at_work(analyst, "f5", *["tab"] * 6, size=(80, 24)) as pilot:
        listing = pilot.app.screen.query_one("#government-table", Listing)
        assert listing.has_focus
        await pilot.press("down")
        assert listing.selected == "2024-05"
        await pilot.press("escape")
        assert pilot.app.screen.query_one("#first").has_focus


async def test_nothing_is_stored_yet(empty_town: Town) -> None:
    empty_town.log_in("government")
    async with at_work(empty_town, "f5", "ctrl+e") as pilot:
        assert message(pilot) == "! There is no table to write."
        await pilot.press("ctrl+r")
        await settle(pilot)
        assert message(pilot).startswith("Nothing is stored yet")
        assert not pilot.app.screen.query_one("#answer").display
        batch = empty_town.engine.begin()
        batch.register(HOSTILE, {})
        empty_town.engine.apply(batch)
        empty_town.read((HOSTILE, "1", "2025-03-01T00:00"), (HOSTILE, "2", "2025-03-02T00:00"))
        await pilot.press("ctrl+r")
        await settle(pilot)
        assert table(pilot) == [["2025-02", "0.000", "1", "1"], ["2025-03", "1.000", "1", "1"]]
