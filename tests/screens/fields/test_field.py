"""Fields: enter moves on before the next key is handled, and the last one submits the form."""

from __future__ import annotations

from textual import on
from textual.app import App, ComposeResult
from textual.widgets import Input

from metertui.screens.fields.field import Field, LastField, SearchField


class Form(App[None]):
    """A form, and the texts that were submitted."""

    def __init__(self) -> None:
        super().__init__()
        self.submitted: list[str] = []

    def compose(self) -> ComposeResult:
        yield Field(id="email")
        yield LastField(id="password")
        yield SearchField("#email", id="search")

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        self.submitted.append(f"{event.input.id} {event.value}")


def values(app: App[None]) -> list[str]:
    return [field.value for field in app.query(Input)]


async def test_letters_behind_enter_or_tab_go_into_the_next_field() -> None:
    for key in ("enter", "tab"):
        form = Form()
        async with form.run_test() as pilot:
            await pilot.press("a", "d", key, "s", "3", "shift+tab", "end", "a")
            assert values(form) == ["ada", "s3", ""]
            assert not form.submitted


async def test_enter_in_the_last_field_submits_all_its_letters() -> None:
    form = Form()
    async with form.run_test() as pilot:
        await pilot.press("enter", "s", "3", "enter")
        await pilot.pause()
        assert form.submitted == ["password s3"]


async def test_enter_in_a_search_field_goes_to_its_table() -> None:
    form = Form()
    async with form.run_test() as pilot:
        form.query_one("#search").focus()
        await pilot.press("x", "enter", "a")
        assert values(form) == ["a", "", "x"]
        assert not form.submitted
