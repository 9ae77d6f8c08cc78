"""The window that asks for the name of a file for what a screen shows."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from metertui.engine.errors import MeterError
from metertui.screens.fields import typed_path
from metertui.screens.papers.paper import SUFFIXES, Paper, as_file
from metertui.screens.shell import OnDesk, Steady, export_text
from metertui.screens.terminal import ThriftyModal
from metertui.text import message


class PaperScreen(OnDesk, ThriftyModal[str]):
    """Writes a paper to a file. Returns what was written, in a sentence; "" if nothing was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss('')", "Close", key_display="esc", priority=True),
    ]

    def __init__(self, paper: Paper, name: str) -> None:
        """`name`: the name of the file that is proposed."""
        super().__init__()
        self._paper = paper
        self._name = name

    def compose(self) -> ComposeResult:
        with Vertical(id="paper-window", classes="window"):
            yield Static(Text("Charts and tables of this screen as a file"), classes="window-title")
            yield Input(self._name, compact=True, id="paper-name")
            yield Steady(id="paper-said")
            yield Static(Text("file name, .svg for a picture or .txt · enter writes it · escape closes", style="dim"))

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self._write(typed_path(event.value))

    @work(exclusive=True)
    async def _write(self, path: Path) -> None:
        said, who = self.query_one("#paper-said", Steady), self.who
        if path.suffix not in SUFFIXES:
            said.show(message(f"! {path.name}: the name of the file must end in {' or '.join(SUFFIXES)}"))
            return
        try:
            await export_text(path, as_file(self._paper, path.suffix))
        except MeterError as error:
            said.show(message(f"! {error}"))
            return
        self.headend.audit(who or "desk", "export", str(path), self._paper.title)
        self.dismiss(f"Written to {path}")
