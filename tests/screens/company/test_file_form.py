"""The fields of what a person says of a file: each shows what the file says itself, or that it is needed."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import App, ComposeResult

from metertui.formats import Need, Said, Series, Taken
from metertui.screens.company.file_form import FileForm
from metertui.screens.fields import Choice, Field


class Forms(App[None]):
    """One form."""

    CSS = ".upload-option, .upload-option Field, Choice { width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.changed: list[tuple[str, bool]] = []

    def compose(self) -> ComposeResult:
        yield FileForm("Europe/Vienna")

    def on_file_form_changed(self, event: FileForm.Changed) -> None:
        self.changed.append((event.option, event.leads))


async def test_a_form_says_what_is_entered() -> None:
    taken = Taken("table", "interval", [Series("kWh", "m", "kWh", role="use", number=1)], zone="Europe/Vienna")
    app = Forms()
    async with app.run_test(size=(120, 10)) as pilot:
        form = app.query_one(FileForm)
        form.show_taken(taken, [Need("meter"), Need("stamps")])
        labels = {each.id: dict(each.options)[""] for each in form.query(Choice) if each.id != "upload-replaces"}
        assert labels == {
            "upload-kind": "intervals", "upload-stamps": "▲ needed", "upload-unit": "kWh", "upload-date_order": "–",
        }  # fmt: skip
        assert list(_placeholders(form)) == ["▲ needed", "Europe/Vienna", "–"]
        assert [each.id for each in form.query(Choice) if each.disabled] == ["upload-unit"], "the file answers it"
        form.show_taken(Taken("table", "interval", [], meter="AT" + "0" * 31), [])
        await pilot.resize_terminal(30, 10)
        await pilot.pause()
        room = form.query_one("#upload-meter", Field).size.width
        assert next(_placeholders(form)) == "AT" + "0" * (room - 3) + "…", "never cut without a sign"
        form.show_taken(taken, [Need("meter"), Need("stamps")])
        meter = form.query_one("#upload-meter", Field)
        meter.focus()
        await pilot.press("m", "enter")
        await pilot.pause()
        form.query_one("#upload-stamps", Choice).choose("end")
        form.query_one("#upload-max_kw", Field).value = "x"
        await pilot.pause()
        assert app.changed == [("meter", True), ("stamps", False)]
        assert (form.said, form.wrong()) == (Said(meter="m", stamps="end"), "x is no number of kW")
        form.query_one("#upload-max_kw", Field).value = "2.5"
        assert (form.said.max_kw, form.wrong(), form.replaces) == (2.5, "", False)
        form.clear()
        await pilot.pause()
        assert (form.said, form.needed, len(app.changed)) == (Said(), (), 2)


def _placeholders(form: FileForm) -> Iterator[str]:
    return (field.placeholder for field in form.query(Field))
