"""The typed line: visible while it asks, and it takes no blank text."""

from __future__ import annotations

from textual import on
from textual.app import App, ComposeResult
from textual.widgets import Input, Label

from metertui.screens.fields.typed_line import TypedLine


class Desk(App[None]):
    """A typed line, and what was typed on it."""

    def __init__(self) -> None:
        super().__init__()
        self.typed: list[tuple[str, str]] = []

    def compose(self) -> ComposeResult:
        yield TypedLine()

    @on(TypedLine.Typed)
    def _take_text(self, event: TypedLine.Typed) -> None:
        self.typed.append((event.what, event.text))


async def test_a_text_is_passed_on_with_what_it_was_asked_for() -> None:
    desk = Desk()
    async with desk.run_test() as pilot:
        line = desk.query_one(TypedLine)
        assert line.has_class("hidden")
        line.ask("file", "a file name", "x.csv")
        await pilot.pause()
        assert not line.has_class("hidden")
        assert str(desk.query_one(Label).render()) == "file"
        shown = {
            key: each.binding.description for key, each in desk.screen.active_bindings.items() if each.binding.show
        }
        assert (shown["enter"], shown["escape"]) == ("Done", "Cancel")
        await pilot.press("end", "space", "enter")
        assert desk.typed == [("file", "x.csv")]
        line.close()
        assert line.has_class("hidden")
        assert line.asks == ""


async def test_a_blank_text_is_not_passed_on() -> None:
    desk = Desk()
    async with desk.run_test() as pilot:
        desk.query_one(TypedLine).ask("title", "a title", "")
        await pilot.pause()
        await pilot.press("space", "enter")
        assert desk.typed == []


async def test_a_hint_that_is_too_long_is_cut_and_not_empty() -> None:
    desk = Desk()
    async with desk.run_test(size=(40, 5)) as pilot:
        desk.query_one(TypedLine).ask("export", "file name ending in .csv, .parquet or .xlsx; escape cancels", "")
        await pilot.pause()
        assert desk.query_one(Input).placeholder == "file name ending in .csv, .pa…"
