"""The calendar: a day by keys or by a click, and two of them for a window."""

from __future__ import annotations

from datetime import date

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from metertui.screens.fields.calendar import Calendar, DatePicker

TODAY = date(2025, 3, 12)


class Bare(App[None]):
    """A calendar, and what was chosen in it."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[date] = []

    def compose(self) -> ComposeResult:
        yield Calendar(TODAY, TODAY)

    def on_calendar_chosen(self, event: Calendar.Chosen) -> None:
        self.chosen.append(event.day)


@pytest.mark.parametrize(
    ("keys", "day"),
    [
        (("left", "up"), date(2025, 3, 4)),
        (("right", "down", "down"), date(2025, 3, 27)),
        (("end",), date(2025, 3, 31)),
        (("end", "pageup"), date(2025, 2, 28)),
        (("home", "pageup", "pageup", "pageup"), date(2024, 12, 1)),
        (("end", "pageup", "ctrl+pageup", "end"), date(2024, 2, 29)),
        (("ctrl+pagedown", "t"), TODAY),
        (("shift+pageup", "home"), date(2024, 3, 1)),
        (("shift+pagedown", "pagedown"), date(2026, 4, 12)),
        (("ctrl+pagedown",), date(2026, 3, 12)),
    ],
)
async def test_a_day_by_keys(keys: tuple[str, ...], day: date) -> None:
    app = Bare()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.press(*keys, "enter")
        assert app.chosen == [day]


async def test_a_day_by_a_click_and_what_a_month_looks_like() -> None:
    app = Bare()
    async with app.run_test(size=(40, 12)) as pilot:
        calendar = app.query_one(Calendar)
        calendar.mark(date(2025, 3, 3), date(2025, 3, 4))
        assert str(calendar.render()).splitlines() == [
            "         March 2025         ",
            " Mo  Tu  We  Th  Fr  Sa  Su ",
            "                      1   2 ",
            "· 3 · 4   5   6   7   8   9 ",
            " 10  11 [12] 13  14  15  16 ",
            " 17  18  19  20  21  22  23 ",
            " 24  25  26  27  28  29  30 ",
            " 31                         ",
        ]
        await pilot.click(Calendar, offset=(25, 5))
        await pilot.click(Calendar, offset=(5, 7))  # where no day is
        assert app.chosen == [date(2025, 3, 23)]
        assert " 12*" in str(calendar.render())


async def test_the_ends_of_the_calendar_are_ends() -> None:
    app = Bare()
    async with app.run_test(size=(40, 12)):
        calendar = app.query_one(Calendar)
        calendar.go(date(1, 1, 1))
        assert calendar.day == date(1970, 1, 1)
        calendar.action_days(-1)
        calendar.action_months(-1)
        assert calendar.day.year == 1970
        calendar.go(date(9999, 1, 1))
        assert calendar.day == date(2199, 12, 31)


@pytest.mark.parametrize(
    ("keys", "days"),
    [
        (("enter", "enter"), (date(2025, 3, 1), date(2025, 3, 1))),
        (("enter", "right", "down", "enter"), (date(2025, 3, 1), date(2025, 3, 9))),
        (("down", "enter", "up", "up", "enter"), (date(2025, 2, 22), date(2025, 3, 8))),  # the other way round
        (("enter", "escape", "right", "enter", "enter"), (date(2025, 3, 2), date(2025, 3, 2))),
        (("enter", "escape", "escape"), None),
    ],
)
async def test_two_days_make_a_window(keys: tuple[str, ...], days: tuple[date, date] | None) -> None:
    app: App[None] = App()
    found: list[tuple[date, date] | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(DatePicker(date(2025, 3, 1), TODAY, TODAY), found.append)
        await pilot.pause()
        assert str(app.screen.query_one("#picker-asks", Static).render()) == "Choose the first day; enter selects it."
        await pilot.press(*keys)
        await pilot.pause()
        assert found == [days]
