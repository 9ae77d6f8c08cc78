"""A month to choose a day from, and a small window that asks for two."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from metertui.engine.base import add_months, first_of_month, last_of_month
from metertui.screens.terminal import ThriftyModal

_DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_CELL: Final = 4
_FIRST: Final = date(1970, 1, 1)
_LAST: Final = date(2199, 12, 31)


class Calendar(Widget, can_focus=True):
    """One month, a cursor in brackets on a day of it. Today has a star, a chosen range a dot at each of its days."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "days(-1)", "Previous day", show=False),
        Binding("right", "days(1)", "Next day", show=False),
        Binding("up", "days(-7)", "Previous week", show=False),
        Binding("down", "days(7)", "Next week", show=False),
        Binding("pageup", "months(-1)", "Previous month", show=False),
        Binding("pagedown", "months(1)", "Next month", show=False),
        Binding("shift+pageup,ctrl+pageup", "months(-12)", "Previous year", show=False),
        Binding("shift+pagedown,ctrl+pagedown", "months(12)", "Next year", show=False),
        Binding("home", "edge(0)", "First of the month", show=False),
        Binding("end", "edge(1)", "Last of the month", show=False),
        Binding("t", "today", "Today", show=False),
        Binding("enter", "choose", "Choose", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """A day was chosen with enter or a click."""

        day: date

    def __init__(self, day: date, today: date, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.day = day
        """The day under the cursor."""
        self._today = today
        self._range: tuple[date, date] | None = None
        self._anchor: date | None = None

    def mark(self, first: date, last: date) -> None:
        """Show a range of days, both ends included."""
        self._range, self._anchor = (min(first, last), max(first, last)), None
        self.refresh()

    def mark_from(self, first: date) -> None:
        """Show a range from a day to the cursor, which moves with the cursor."""
        self._anchor = first
        self.go(self.day)

    def go(self, day: date) -> None:
        """Put the cursor on a day."""
        self.day = min(max(day, _FIRST), _LAST)
        if self._anchor is not None:
            self._range = (min(self._anchor, self.day), max(self._anchor, self.day))
        self.refresh()

    def render(self) -> RenderResult:
        text = Text(f"{self.day:%B %Y}".center(7 * _CELL), style="bold", no_wrap=True)
        text.append("\n" + "".join(f" {name} " for name in _DAYS), style="dim not bold")
        for week in range(6):
            text.append("\n")
            for weekday in range(7):
                day = self._day_at(week, weekday)
                text.append(*(self._cell(day) if day else (" " * _CELL, "")))
        return text

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return 7 * _CELL

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 8

    def _cell(self, day: date) -> tuple[str, str]:
        before, after = " ", "*" if day == self._today else " "
        style = "not bold"
        if self._range and self._range[0] <= day <= self._range[1]:
            before, style = "·", "bold underline"
        if day == self.day:
            before, after, style = "[", "]", "bold reverse"
        return f"{before}{day.day:2}{after}", style

    def _day_at(self, week: int, weekday: int) -> date | None:
        first = self.day.replace(day=1)
        number = week * 7 + weekday - first.weekday() + 1
        return first.replace(day=number) if 1 <= number <= monthrange(first.year, first.month)[1] else None

    def on_click(self, event: Click) -> None:
        at = event.get_content_offset(self)
        if at is not None and 2 <= at.y < 8 and (day := self._day_at(at.y - 2, min(6, at.x // _CELL))):
            self.go(day)
            self.action_choose()

    def action_days(self, days: int) -> None:
        """Move the cursor by some days."""
        self.go(self.day + timedelta(days=days))

    def action_months(self, months: int) -> None:
        """Move the cursor by some months, to the same day or the last of a shorter month."""
        self.go(add_months(self.day, months))

    def action_edge(self, last: int) -> None:
        """Move the cursor to the first or the last day of the month."""
        self.go(last_of_month(self.day) if last else first_of_month(self.day))

    def action_today(self) -> None:
        """Move the cursor to today."""
        self.go(self._today)

    def action_choose(self) -> None:
        """Choose the day under the cursor."""
        self.post_message(self.Chosen(self.day))


class DatePicker(ThriftyModal[tuple[date, date] | None]):
    """A window that asks for the first and the last day of a period, both included. Its result is None if cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Back", show=False)]

    def __init__(self, first: date, last: date, today: date) -> None:
        super().__init__()
        self._range = (first, last)
        self._today = today
        self._first: date | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="picker"):
            yield Static(id="picker-asks")
            yield Calendar(self._range[0], self._today, id="calendar")
            keys = (
                "arrows day, week · page up/down month\nshift+page year · home/end of month\n"
                "t today, with * · esc back · chosen: ·"
            )
            yield Static(Text(keys, style="dim"), id="picker-keys")

    def on_mount(self) -> None:
        self.query_one(Calendar).mark(*self._range)
        self._ask()

    def _ask(self) -> None:
        asks = "Choose the first day; enter selects it."
        if self._first is not None:
            asks = f"From {self._first}. Choose the last day."
        self.query_one("#picker-asks", Static).update(Text(asks, style="bold"))

    @on(Calendar.Chosen)
    def _take(self, event: Calendar.Chosen) -> None:
        if self._first is None:
            self._first = event.day
            self.query_one(Calendar).mark_from(event.day)
            self._ask()
        else:
            self.dismiss((min(self._first, event.day), max(self._first, event.day)))

    def action_back(self) -> None:
        """Go back to the first day, or cancel."""
        if self._first is None:
            self.dismiss(None)
            return
        calendar, first = self.query_one(Calendar), self._first
        self._first = None
        calendar.mark(*self._range)
        calendar.go(first)
        self._ask()
