"""The choice of a window: a tab for each, and two days for any other, typed or from a calendar."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any, Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static, Tab, Tabs

from metertui.engine.base import Window, window_of_days
from metertui.engine.errors import MeterError
from metertui.engine.usage import Series
from metertui.screens.fields import DatePicker, Field, LastField
from metertui.screens.lookup.figures import WINDOWS
from metertui.screens.shell import OnDesk

_DATES: Final = "dates"
"""The window of two days."""


class WindowChoice(OnDesk, Vertical):
    """Tabs for the windows, and below them two fields for days where these are asked for."""

    class Chosen(Message):
        """Another window was chosen, or one of its days was changed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shown: Window | None = None
        """The window in view, on which the calendar opens; None without one."""

    def compose(self) -> ComposeResult:
        yield Tabs(*(Tab(title, id=name) for name, (title, _) in WINDOWS.items()), active="month", id="windows")
        with Horizontal(id="dates", classes="hidden"):
            yield Field(placeholder="from, e.g. 2025-01-01", id="from", compact=True)
            yield LastField(placeholder="to, e.g. 2025-12-31", id="to", compact=True)
            yield Static("↓ calendar", id="dates-hint")

    def take_focus(self) -> None:
        """Move the focus to the windows."""
        self.query_one(Tabs).focus()

    def choose(self, name: str) -> None:
        """Choose a window by its name in WINDOWS."""
        self.query_one(Tabs).active = name

    def step(self, step: int) -> None:
        """Choose the window before or the next one, round the end."""
        names = list(WINDOWS)
        self.choose(names[(names.index(self.query_one(Tabs).active) + step) % len(names)])

    def window_of(self, series: Series) -> Window:
        """Return the chosen window of a meter. Raises MeterError where a day is missing or wrong."""
        name = self.query_one(Tabs).active
        if name == _DATES:
            return window_of_days(self._day("#from"), self._day("#to"), self.zone)
        return series.window(name, self.headend.engine.clock.now(), self.zone)

    def _day(self, field: str) -> date:
        text = self.query_one(field, Input).value.strip()
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            wrong = f"{text} is not a date" if text else "A date is missing"
            raise MeterError(f"{wrong}. Enter both dates as 2025-02-19.") from error

    def open_calendar(self) -> None:
        """Choose two days in a calendar."""
        today = self.zone.day(self.headend.engine.clock.now())
        first, last = today.replace(day=1), today
        with suppress(ValueError):
            first, last = (date.fromisoformat(self.query_one(name, Input).value.strip()) for name in ("#from", "#to"))
        if self.shown is not None and self.shown.name != _DATES:
            first, last = (self.zone.day(instant) for instant in (self.shown.start, self.shown.end - 1))

        def apply_days(days: tuple[date, date] | None) -> None:
            if days is not None:
                self._fill(*days)
                if self.query_one(Tabs).active == _DATES:
                    self.post_message(self.Chosen())
                self.choose(_DATES)
                self.take_focus()

        self.app.push_screen(DatePicker(first, last, today), apply_days)

    def _fill(self, first: date, last: date) -> None:
        for name, day in (("#from", first), ("#to", last)):
            self.query_one(name, Input).value = day.isoformat()

    @on(Tabs.TabActivated, "#windows")
    def _choose_window(self) -> None:
        dates = self.query_one(Tabs).active == _DATES
        self.query_one("#dates").set_class(not dates, "hidden")
        if dates and not self.query_one("#from", Input).value:
            today = self.zone.day(self.headend.engine.clock.now())
            self._fill(today.replace(day=1), today)
        self.post_message(self.Chosen())

    @on(Field.Left, "#from")
    @on(Field.Left, "#to")
    def _choose_days(self) -> None:
        self.post_message(self.Chosen())

    @on(Input.Submitted, "#to")
    def _submit_days(self, event: Input.Submitted) -> None:
        event.input.action_select_all()
        self.query_one("#to", Field).tell()

    def on_key(self, event: events.Key) -> None:
        # Arrow down in a date field opens the calendar.
        if event.key == "down" and self.app.focused is not None and self.app.focused.id in ("from", "to"):
            event.stop()
            self.open_calendar()
