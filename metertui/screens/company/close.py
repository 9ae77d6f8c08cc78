"""The day close: how far it is, and what came of the last one."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, ProgressBar, Static

from metertui.engine.counters import Close, LiveSnapshot
from metertui.engine.errors import MeterError
from metertui.engine.zone import SiteZone
from metertui.screens import fmt
from metertui.screens.company.tab import Tab
from metertui.screens.plain import visible


class CloseTab(Tab):
    """A button, and a bar while it works."""

    name_of = "close"
    heading = "Day close"
    first = "#close-day"

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(id="close-text")
            yield ProgressBar(total=1.0, show_eta=False, id="close-progress")
            with Horizontal(classes="buttons"):
                yield Button("Close the day", id="close-day", variant="primary", compact=True)

    def show_live(self, snapshot: LiveSnapshot) -> None:
        running = snapshot.progress is not None
        self.query_one("#close-progress", ProgressBar).update(progress=snapshot.progress or 0.0)
        self.query_one("#close-progress").set_class(not running, "hidden")
        self.query_one("#close-day", Button).disabled = running
        self.query_one("#close-text", Static).update(_day(snapshot, self.zone))

    @on(Button.Pressed, "#close-day")
    @work(group="close")
    async def _close(self) -> None:
        try:
            close = await self.headend.close_day(self.who)
        except MeterError as error:
            self.say(f"! {error}")
            return
        self.say(f"Closed: {_closed(close)}")


def _day(snapshot: LiveSnapshot, zone: SiteZone) -> str:
    if snapshot.progress is not None:
        return f"{snapshot.day_state} …\nReadings are taken on meanwhile."
    waiting = f"{fmt.count(snapshot.in_log)} readings ({fmt.size(snapshot.log_bytes)}) wait in the log."
    close = snapshot.last_close
    if close is None:
        return f"{waiting}\nClosing the day puts them into day files. It has not been closed since metertui started."
    return f"{waiting}\nLast closed {fmt.moment(close.ended, zone)} by {visible(close.by)}: {_closed(close)}."


def _closed(close: Close) -> str:
    files = "day file" if close.files == 1 else "day files"
    return f"{fmt.count(close.readings)} readings into {close.files} {files} in {close.seconds:.1f} s"
