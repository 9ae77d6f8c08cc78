"""Exceptions: the readings that do not fit their meter's history, and the lines that were refused."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import Static

from metertui.engine.cases import MEANING, NEVER
from metertui.engine.counters import LiveSnapshot
from metertui.engine.exceptions import Exceptions, Question
from metertui.screens import fmt
from metertui.screens.base import DeskScreen
from metertui.screens.plain import plain
from metertui.screens.widgets.table import Listing

_ROWS = 200
_LINES = 100


class ExceptionsScreen(DeskScreen):
    """The plain list: what does not fit, and why."""

    place = "exceptions"
    explains = (
        "Readings that do not fit their meter's history, with the reason. A suspect one is stored and not counted "
        "until the next reading decides; a reset is counted, but the step to it counts nothing; a rejected one was a "
        "bad read. Below stand the lines that were refused. The last lines "
        "show the row under the cursor in full. R reads the list again."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("r", "reload", "Read again")]

    def __init__(self) -> None:
        super().__init__()
        self._beat = 0

    def content(self) -> ComposeResult:
        yield Static("Reading …", id="counts")
        with Container(id="exception-tables"):
            with Vertical():
                yield Static("Readings that do not fit", classes="heading")
                yield Listing(("time", "meter", ">register kWh", "cause", "why"), most=_ROWS, id="misfits")
            with Vertical():
                yield Static(classes="heading", id="refused-heading")
                yield Listing(("at", "code", "why", "what was sent", "from"), most=_LINES, id="refused-lines")
        yield Static(id="chosen")

    def on_screen_resume(self) -> None:
        self.action_reload()

    def action_reload(self) -> None:
        """Read the list again."""
        self._load()

    def on_data_table_row_highlighted(self) -> None:
        self._show_chosen()

    def on_descendant_focus(self) -> None:
        self._show_chosen()

    def _show_chosen(self) -> None:
        """The row under the cursor in full: 80 columns cut it in its table."""
        table = self.focused
        if not isinstance(table, Listing):
            return
        text = ""
        if table.chosen and table.id == "misfits":
            time, meter, register, cause, why = table.chosen
            text = f"{meter}, {register} kWh at {time}, {cause}: {why}"
        elif table.chosen:
            _, code, why, line, peer = table.chosen
            text = f"{code}: {why}: {line} ({peer})"
        self.query_one("#chosen", Static).update(plain(text, limit=1000))

    @work(exclusive=True, group="exceptions")
    async def _load(self) -> None:
        self._show(await self.headend.exceptions(Question(limit=_ROWS)))

    def _show(self, found: Exceptions) -> None:
        zone = self.zone
        text = Text()
        for cause, number in found.counts.items():
            text.append(f"{fmt.count(number)} {cause}", style="bold")
            text.append(f" {MEANING[cause]}\n", style="dim")
        if not any(found.counts.values()):
            text = Text("Every stored reading fits its meter's history.")
        elif sum(found.counts.values()) > len(found.rows):
            text.append(f"The newest {len(found.rows)} are listed.", style="dim")
        text.rstrip()
        self.query_one("#counts", Static).update(text)
        self.query_one("#misfits", Listing).show(
            [
                (
                    f"{place}",
                    (
                        "never" if row.time == NEVER else fmt.moment(row.time, zone),
                        row.meter,
                        "" if row.wh is None else fmt.number(row.wh),
                        row.cause,
                        row.why,
                    ),
                )
                for place, row in enumerate(found.rows)
            ]
        )

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        newest = sum(snapshot.refused.values())
        self.query_one("#refused-heading", Static).update(
            Text(f"Refused lines since start: {fmt.tally(snapshot.refused)}")
        )
        self._beat += 1
        if self._beat % 2 == 0:  # the other ticks leave the table alone: twice a second is as fast as one reads
            return
        self.query_one("#refused-lines", Listing).show(
            [
                (str(newest - i), (fmt.clock(r.at, self.zone), r.code, r.why, r.line, r.peer))
                for i, r in enumerate(snapshot.refusals[:_LINES])
            ]
        )
