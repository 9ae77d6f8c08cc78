"""The form of a question: its fields, dates and filters."""

from __future__ import annotations

from datetime import date

from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.widgets import Input

from metertui.engine.reports import SavedReport
from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.query import Filter, Question
from metertui.screens.fields.choice import Choice
from metertui.screens.government.question_form import QuestionForm, channels_of
from tests.screens.company.helpers import reason_below
from tests.screens.government.helpers import keys, question, said, screen, table
from tests.screens.town import Town, at_work, press, settle, text_of


async def test_the_form_changes_the_question(analyst: Town) -> None:
    async with at_work(analyst, "f5", "f", size=(80, 24)) as pilot:
        assert screen(pilot).query_one("#period", Choice).has_focus
        assert not screen(pilot).query_one("#table-side").display
        await press(pilot, "right")  # this year
        await settle(pilot)
        assert question(pilot) == "Total kWh by month · this year, 2025"
        await press(pilot, "down", *"18:00-20:00", "enter")
        await settle(pilot)
        assert "18:00-20:00" in question(pilot)
        region = screen(pilot).query_one("#region", Choice)
        assert region.has_focus
        assert [name for _, name in region.options] == ["every region", "North", "South", "[b]South"]
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
        expected = usage_table(analyst.engine.view().frozen(), asked)
        assert [round(float(row[1]) * 1000) for row in table(pilot)] == expected["usage_wh"].tolist()


async def test_arrows_go_through_the_form_and_its_foot_says_so(analyst: Town) -> None:
    async with at_work(analyst, "f5", "f") as pilot:
        assert text_of(pilot, "Keys").startswith("→ Change  ⏎ List")
        await keys(pilot, "down", "down", "up", "up")
        assert screen(pilot).query_one("#period", Choice).has_focus
        await keys(pilot, "up", "up")  # round and past what comes before
        focused = screen(pilot).focused
        assert focused is not None
        assert focused.id != "period"


async def test_dates_are_typed_where_the_period_says_so(analyst: Town) -> None:
    async with at_work(analyst, "f5", "f") as pilot:
        assert not screen(pilot).query_one("#first-line").display
        screen(pilot).query_one("#period", Choice).choose("dates")
        await settle(pilot)
        assert said(pilot) == "! Enter a date such as 2025-02-19."
        await press(pilot, "down", *"2024-02-30", "enter", *"2024-02-28", "enter")
        await settle(pilot)
        assert said(pilot) == "! Enter a date such as 2025-02-19."  # the first one is not taken
        assert reason_below(pilot, "first") == "! 2024-02-30 is not a date such as 2025-02-19"
        first = screen(pilot).query_one("#first", Input)
        for leave, day in (("tab", "27"), ("shift+tab", "26"), ("f2", "25")):  # asked however it is left
            first.focus()
            first.value = f"2024-02-{day}"
            await keys(pilot, leave, *(["f5"] if leave == "f2" else []))
            assert said(pilot) == reason_below(pilot, "first") == ""
            assert f"{int(day)} Feb 2024 to 28 Feb 2024" in question(pilot)
        assert [row[0] for row in table(pilot)] == ["2024-02 □"]
        screen(pilot).query_one("#time").focus()
        await press(pilot, *"18-20", "tab")
        await settle(pilot)
        assert "18-20" in reason_below(pilot, "time")
        assert "18-20" not in question(pilot)


async def test_values_fit_the_form_and_examples_read_as_examples(analyst: Town) -> None:
    async with at_work(analyst, "f5", "f", size=(80, 24)) as pilot:
        assert str(screen(pilot).query_one("#apartment_type", Choice).render()).split() == ["Type", "every", "type"]
        assert all(cell_len(str(choice.render())) <= 31 for choice in screen(pilot).query(Choice))
        assert screen(pilot).query_one("#time", Input).placeholder == "e.g. 18:00-20:00"


class Form(App[None]):
    """The form alone."""

    saved: SavedReport | None = None

    def compose(self) -> ComposeResult:
        yield QuestionForm()

    def on_question_form_changed(self, event: QuestionForm.Changed) -> None:
        self.saved = event.saved


async def test_a_channel_is_asked_for_where_meters_have_several() -> None:
    app = Form()
    async with app.run_test() as pilot:
        form, channel = app.query_one(QuestionForm), app.query_one("#channel", Choice)
        form.show_question(SavedReport(), [], channels_of(["m", "n"]), single_meters=True)
        assert channel.has_class("hidden")
        form.show_question(SavedReport(), [], channels_of(["m", "n", "n:e1"]), single_meters=True)
        assert not channel.has_class("hidden")
        assert [value for value, _ in channel.options] == ["", "e1", "export"]
        channel.choose("export")
        await pilot.pause()
        assert app.saved == SavedReport(filter=Filter(channel="export"))
