"""The day close tab: its progress, the result of the last one, and the button that starts it."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button

from metertui.engine.core import LiveSnapshot
from metertui.engine.errors import MeterError
from metertui.screens.company.day_close_panel import DayClose, closing, result_sentence
from metertui.screens.company.tab import Tab


class CloseTab(Tab):
    """The panel of the day close with a button."""

    name_of = "close"
    key = "5"
    heading = "Day close"
    first = "#close-day"

    def compose(self) -> ComposeResult:
        with Vertical():
            yield DayClose(id="close-panel")
            with Horizontal(classes="buttons"):
                yield Button("Close the day", id="close-day", variant="primary", compact=True)

    def show_live(self, snapshot: LiveSnapshot) -> None:
        self.query_one("#close-day", Button).disabled = closing(snapshot)
        self.query_one(DayClose).show_live(snapshot)

    @on(Button.Pressed, "#close-day")
    @work(group="close")
    async def _close(self) -> None:
        try:
            close = await self.headend.day_close.close(self.who)
        except MeterError as error:
            self.say(f"! {error}")
            return
        self.say(f"Closed: {result_sentence(close)}.")
