"""One of several: stepped through, or picked from a list that what is typed narrows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult
from textual.widgets import OptionList

from metertui.screens.fields.choice import Choice, PickScreen

OPTIONS = [("", "every region"), ("n", "North"), ("s", "South"), ("x", "[b]South"), ("w", "West")]


class Desk(App[None]):
    """Such a field, and what was chosen in it."""

    def __init__(self, options: Sequence[tuple[str, str]] = OPTIONS) -> None:
        super().__init__()
        self._options = options
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield Choice("Region", self._options)

    def on_choice_changed(self, event: Choice.Changed) -> None:
        self.chosen.append(event.value)


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (("right", "right", "left"), ["n", "s", "n"]),
        (("left",), ["w"]),
        (("enter", "down", "enter"), ["n"]),
        (("space", "up", "enter"), ["w"]),
        (("enter", *"SOU", "down", "enter"), ["x"]),
        (("enter", *"sou", "up", "up", "up", "enter"), ["x"]),
        (("enter", *"none such", "down", "enter"), []),
        (("enter", "down", "escape"), []),
        (("enter", "enter"), []),  # it was that already
    ],
)
async def test_a_value_by_keys(keys: tuple[str, ...], chosen: list[str]) -> None:
    app = Desk()
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press(*keys)
        assert app.chosen == chosen
        assert app.query_one(Choice).value == (chosen[-1] if chosen else "")
        assert not isinstance(app.screen, PickScreen)


async def test_the_list_begins_at_what_is_chosen_and_shows_text_as_it_is() -> None:
    app = Desk()
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("left", "left", "enter")
        listed = app.screen.query_one(OptionList)
        assert listed.highlighted == 3
        assert str(listed.get_option_at_index(3).prompt) == "[b]South"
        await pilot.press("escape")
        assert "‹[b]South›" in str(app.query_one(Choice).render())


@pytest.mark.parametrize(("count", "rows"), [(3, 3), (100, 14)])
async def test_the_list_is_as_large_as_its_options_need(count: int, rows: int) -> None:
    app = Desk([(str(number), f"option {number:03d} of a few") for number in range(count)])
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        window, listed = app.screen.query_one("#pick"), app.screen.query_one(OptionList)
        assert str(listed.styles.height) == str(rows)
        assert window.outer_size.width <= 36
        await pilot.press("0", "0", "1")
        assert str(listed.styles.height) == str(rows), "a filter does not change it"


async def test_where_there_is_nothing_to_choose_nothing_is_chosen() -> None:
    app = Desk([])
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("left", "right", "enter", "up", "enter")
        assert app.chosen == []
