"""The newest question is the one that is answered, and an answer stands under its own question."""

from __future__ import annotations

import threading

import pytest

from metertui.engine.base.progress import Progress
from metertui.engine.columns.columns import Frozen
from metertui.engine.reports.disclosure import Rule
from metertui.engine.reports.saved_reports import SavedReport
from metertui.engine.usage.query import Filter
from metertui.screens.charts.chart_view import PictureView
from metertui.screens.government import answer, asking
from metertui.screens.shell.work_under_way import Cancelled
from tests.patience import PATIENCE
from tests.screens.government.helpers import ask, keys, question, said, screen, table
from tests.screens.idle import held_up, until
from tests.screens.town import Town, at_work, press, settle, text_of


async def test_the_newest_question_is_the_one_that_is_answered(analyst: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow question does not hold up the next, and escape leaves it."""
    slow = threading.Event()
    whole = answer.answer_question
    begun: list[SavedReport] = []
    ended: list[SavedReport] = []

    def answered(frozen: Frozen, saved: SavedReport, rule: Rule | None, progress: Progress) -> object:
        try:
            if saved.filter.value("region") == "South" and not slow.is_set():
                begun.append(saved)
                assert slow.wait(PATIENCE)
            return whole(frozen, saved, rule, progress)
        except Cancelled:
            ended.append(saved)
            raise

    monkeypatch.setattr(asking, "answer_question", answered)
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
            await until(pilot, lambda: question(pilot) == "Working out total kWh by day · last 12 months · South")
            older = "total kWh by region · last 12 months, Apr 2024 to Mar 2025"
            assert " ".join(text_of(pilot, "#stale").split()) == f"Dimmed: the answer to {older}"
            assert not chart.loading
            assert len(table(pilot)) == 3
            await press(pilot, "enter")
            assert said(pilot).startswith("! There is no answer yet")
            await press(pilot, "escape")
            assert said(pilot).startswith("Cancelled")
            assert question(pilot).startswith("Not worked out: total kWh by day · last 12 months · South. Press ctrl+r")
            assert text_of(pilot, "#stale").startswith("Dimmed")
            await press(pilot, "ctrl+e")  # of the table that is not the answer
            assert said(pilot).startswith("! There is no answer yet")
            await press(pilot, "K")
            await press(pilot, *"South by day", "enter")
            await until(pilot, lambda: said(pilot).startswith("Saved as"))
            assert text_of(pilot, "#stale").startswith("Dimmed")  # still no answer to what was kept
        slow.set()
        await settle(pilot)
        assert len(table(pilot)) == 3
        await until(pilot, lambda: len(ended) == 2)  # neither thread went on to reckon what nobody wants
        assert {each.by for each in ended} == {("month",), ("day",)}
        await keys(pilot, "ctrl+r")
        assert question(pilot).startswith("Total kWh by day · last 12 months")
        assert not screen(pilot).query_one("#stale").display
