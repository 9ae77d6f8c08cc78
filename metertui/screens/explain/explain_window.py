"""The window that explains a figure: everything that a usage is based on."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from metertui.engine.base import Window, meter_of
from metertui.engine.billing import ShownBill
from metertui.engine.core import one_meter
from metertui.engine.maintenance import sources
from metertui.engine.usage import Explanation
from metertui.screens.shell import OnDesk
from metertui.screens.tables import copy_paper
from metertui.screens.terminal import ThriftyModal
from metertui.text import Line, Places, Section, explained, fmt, message, plain


class ExplainScreen(OnDesk, ThriftyModal[None]):
    """The explanation of a meter's usage in a window, as of the moment when it was opened.

    `about`: a sentence on what it explains, where that is not a usage that the screen shows. The figures are shown at
    once; the files and lines of the readings follow when they are found. Raises MeterError for an unknown meter.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,e", "dismiss", "Close", key_display="esc"),
        Binding("Y", "copy_text", "Copy"),
    ]

    def __init__(self, meter: str, window: Window, about: str = "") -> None:
        super().__init__()
        self._about = about
        self._meter = meter
        self._asked = self.headend.engine.clock.now()
        self._explain = one_meter.prepare_explanation(self.headend.engine, meter, window)
        self._heading, self._paper = Text(""), Group()

    def compose(self) -> ComposeResult:
        with Vertical(id="explain"):
            yield Static(self._title("…"), id="explain-title")
            with VerticalScroll(id="explain-paper"):
                yield Static(id="explain-text")
            yield Static(
                Text("↑ ↓ page up, page down scroll · Y copies the text · esc closes", style="dim", no_wrap=True),
                id="explain-keys",
            )

    def on_mount(self) -> None:
        self.query_one("#explain-paper").focus()
        self._answer()

    @work(exclusive=True)
    async def _answer(self) -> None:
        explanation, price = await asyncio.to_thread(self._explain)
        self._heading = self._title(fmt.kwh(explanation.usage.usage_wh))
        self.query_one("#explain-title", Static).update(self._heading)
        self._show(explanation, price, None)
        try:
            found = await asyncio.to_thread(sources.locate_all, self.headend.engine.archive, self.zone, explanation)
        except OSError as error:
            self.query_one("#explain-title", Static).update(message(f"! The files cannot be read: {error}"))
        else:
            self._show(explanation, price, found)

    def _title(self, figure: str) -> Text:
        account = self.headend.engine.accounts.get(meter_of(self._meter))
        where = f" · {account.address}" if account is not None and account.address else ""
        asked = f" · as of {explained.when(self._asked, self.zone)}"
        text = Text(f"Why {figure}  ", style="bold")
        return text.append_text(plain(f"{self._meter}{where}{asked}", style="not bold"))

    def _show(self, explanation: Explanation, price: ShownBill | str | None, places: Places | None) -> None:
        found = list(explained.sections(explanation, self.zone, places, price))
        lines = [line for section in found for line in section.lines]
        label, figure = max(len(line.label) for line in lines), max(len(line.figure) for line in lines)
        said = message(explained.summary(explanation, self.zone), limit=1000)
        about = [message(self._about, limit=1000), Text("")] if self._about else []
        self._paper = Group(*about, said, *(part for section in found for part in _drawn(section, label, figure)))
        self.query_one("#explain-text", Static).update(self._paper)

    def action_copy_text(self) -> None:
        """Copy the explanation as text."""
        copy_paper(self, Group(self._heading, self._paper), "explanation")


def _drawn(section: Section, label: int, figure: int) -> tuple[Text, Table]:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(width=label, no_wrap=True)
    table.add_column(width=figure, no_wrap=True, justify="right")
    table.add_column(ratio=1)
    for line in section.lines:
        table.add_row(*_cells(line))
    return Text(f"\n{section.title}", style="bold"), table


def _cells(line: Line) -> tuple[Text, Text, Text]:
    strong = "bold" if line.strong else ""
    note = message(line.note, limit=2000)
    note.stylize("dim")
    return Text(line.label, style=strong), Text(line.figure, style=strong), note
