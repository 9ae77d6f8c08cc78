"""A line of a form: what is wrong stands below its field from when that is left until it is right."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static

from metertui.engine.base import parse_kwh
from metertui.screens.fields.field import Field, refused_by
from metertui.screens.fields.field_line import labelled


class Form(App[None]):
    """A field for kWh with a label, and one without."""

    CSS = ".hidden { display: none; } .field-line, .field, .wrong { height: auto; }"

    def compose(self) -> ComposeResult:
        yield labelled("kWh", Field(id="kwh", check=refused_by(parse_kwh), compact=True))
        yield labelled("", Field(id="free", compact=True))


async def test_the_reason_stands_below_the_field_until_it_is_right() -> None:
    form = Form()
    async with form.run_test() as pilot:
        note = form.query(".wrong").first(Static)
        await pilot.press("-", "3")
        assert not note.display  # it is being typed
        await pilot.press("tab")
        assert note.display
        assert str(note.render()).startswith("! ")
        assert note.region.y == form.query_one("#kwh").region.bottom
        await pilot.press("shift+tab", "end", "x")
        assert note.display
        await pilot.press("backspace", "home", "delete")
        assert not note.display
