"""Fields: enter moves on before the next key is handled, and the last one submits the form."""

from __future__ import annotations

from textual import on
from textual.app import App, ComposeResult
from textual.widgets import Input

from metertui.engine.base import parse_kwh
from metertui.screens.fields.field import Field, LastField, SearchField, refused_by


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


class Told(App[None]):
    """Two fields, the first for kWh, and what was said when they were left."""

    def __init__(self) -> None:
        super().__init__()
        self.left: list[tuple[str | None, str, str]] = []

    def compose(self) -> ComposeResult:
        yield Field("1", id="kwh", check=refused_by(parse_kwh))
        yield Field(id="free")

    @on(Field.Left)
    def _tell(self, event: Field.Left) -> None:
        self.left.append((event.control.id, event.value, event.wrong))


async def test_a_field_says_what_is_wrong_however_it_is_left_and_keeps_what_was_typed() -> None:
    app = Told()
    async with app.run_test() as pilot:
        for leave in ("tab", "shift+tab", "enter", "#free"):
            app.query_one("#kwh").focus()
            await pilot.press("end", "x")
            await (pilot.click(leave) if leave.startswith("#") else pilot.press(leave))
        assert [each[1] for each in app.left] == ["1x", "1xx", "1xxx", "1xxxx"]
        assert all(wrong for _, _, wrong in app.left)
        assert app.query_one("#kwh", Field).value == "1xxxx"
        app.query_one("#kwh").focus()
        await pilot.press(
            "tab", "shift+tab", "home", "shift+end", "2", " ", "tab"
        )  # what is the same is not said again
        assert app.left[4:] == [("kwh", "2", "")]
        app.query_one("#kwh").focus()
        await pilot.press("home", "shift+end", "delete", "tab")
        assert app.left[5:] == [("kwh", "", "")]  # what is missing is asked for when the form is sent


async def test_a_long_text_that_was_left_shows_its_beginning_with_a_sign() -> None:
    form = Form()
    async with form.run_test(size=(24, 24)) as pilot:
        field = form.query_one("#email", Field)
        field.value = "America/Argentina/Buenos_Aires"
        assert "…" not in field.render_line(0).text
        await pilot.press("end", "tab")
        room = field.scrollable_content_region.width
        assert field.render_line(0).text == f"{field.value[: room - 1]}… "
