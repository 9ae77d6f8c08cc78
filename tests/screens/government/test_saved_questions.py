"""Saved questions: they are saved, opened and deleted."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from metertui.screens.tables.sorted_table import SortedTable
from tests.screens.government.helpers import ask, keys, question, said, screen
from tests.screens.town import Town, at_work, press, settle, text_of


async def test_a_question_is_kept_opened_and_dropped(analyst: Town, tmp_path: Path) -> None:
    async with at_work(analyst, "f5") as pilot:
        await ask(pilot, by=("region",), chart="shares")
        await keys(pilot, "w")
        await press(pilot, *"Who uses what", "enter")
        await settle(pilot)
        assert said(pilot) == "Saved as “Who uses what”. Press o to open it again."
        await ask(pilot)
        await keys(pilot, "o", "enter")
        assert question(pilot).startswith("Total kWh by region")
        await keys(pilot, "o", "down", "delete")  # the first of those that there are to begin with
        assert text_of(pilot, "#pick-said") == "Only questions saved in questions.toml can be deleted here."
        await keys(pilot, "up", "delete", "delete", "escape")
        assert screen(pilot).query_one(SortedTable).has_focus
    assert "[[question]]" not in (tmp_path / "questions.toml").read_text()
    assert "keep question\tWho uses what" in (tmp_path / "audit.log").read_text()


async def test_a_broken_file_of_questions_is_reported(analyst: Town, tmp_path: Path) -> None:
    (tmp_path / "questions.toml").write_text("[[question")
    async with at_work(analyst, "f5", "o") as pilot:
        assert "cannot be read" in " ".join(text_of(pilot, "#pick-said").split())
        await press(pilot, "enter")  # what there is to begin with is there all the same
        await settle(pilot)
        assert question(pilot).startswith("Total kWh by month")


async def test_a_question_is_passed_on_as_a_file(analyst: Town, outside: Path, tmp_path: Path) -> None:
    analyst.engine.folder = tmp_path
    async with at_work(analyst, "f5", "o", "down", "down") as pilot:
        await keys(pilot, "ctrl+e")
        line = pilot.app.screen.query_one("#line-text", Input)
        assert line.value == str(tmp_path / "questions" / "regions-side-by-side.toml")
        await keys(pilot, "enter")
        assert text_of(pilot, "#pick-said").replace("\n", "").startswith("Written to")
        await keys(pilot, "ctrl+e")
        line.value = str(outside / "mine.toml")
        await keys(pilot, "enter")
        await keys(pilot, "escape")
        text = (outside / "mine.toml").read_text()
        (outside / "mine.toml").write_text(text.replace("title =", 'region = "North"\ntitle ='))
        (outside / "wrong.toml").write_text("[[question")
        (tmp_path / "questions" / "wrong.toml").write_text('[[question]]\ntitle = "x"\nperiod = "soon"\n')
        await keys(pilot, "o")
        assert "wrong.toml, question 'x': period must be one of" in " ".join(text_of(pilot, "#pick-said").split())
        for name, said_then in (
            ("wrong.toml", "wrong.toml cannot be read: "),
            ("none.toml", "none.toml cannot be read: No such file"),
            ("mine.txt", "! mine.txt: the name of the file must end in .toml"),
        ):
            await keys(pilot, "f")
            line = pilot.app.screen.query_one("#line-text", Input)
            line.value = str(outside / name)
            await keys(pilot, "enter")
            assert said_then.replace(" ", "") in "".join(text_of(pilot, "#pick-said").split())
        line.value = str(outside / "mine.toml")
        await keys(pilot, "enter")
        assert question(pilot).startswith("Total kWh by region · last 12 months")
        assert question(pilot).endswith("North")
