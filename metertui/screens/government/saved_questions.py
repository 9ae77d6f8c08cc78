"""The window that opens a saved question, or one of the examples."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from metertui.engine.errors import MeterError
from metertui.engine.reports import IDEAS, NAME, SavedReport
from metertui.screens.shell import OnDesk
from metertui.screens.terminal import ThriftyModal
from metertui.text import message, plain, sentence


class SavedQuestionsScreen(OnDesk, ThriftyModal[SavedReport | None]):
    """A list of questions. Returns the one that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,o", "dismiss(None)", "Close"),
        Binding("d,delete", "drop", "Delete"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[SavedReport] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="pick"):
            yield Static("Questions", classes="heading")
            yield OptionList(id="pick-list")
            yield Static(id="pick-said")
            yield Static(Text("enter opens · d deletes · escape closes", style="dim"))

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self._list()

    @work(exclusive=True)
    async def _list(self) -> None:
        said = self.query_one("#pick-said", Static)
        try:
            self._kept = await self.headend.reports.load_saved()
            said.update("")
        except MeterError as error:
            said.update(message(f"! {error}"))
        listed = self.query_one(OptionList)
        listed.clear_options()
        for saved in self._kept:
            listed.add_option(Option(_shown(saved)))
        if self._kept:
            listed.add_option(None)
        for saved in IDEAS:
            listed.add_option(Option(_shown(saved)))
        listed.highlighted = 0

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss([*self._kept, *IDEAS][event.option_index])

    def action_drop(self) -> None:
        """Delete the highlighted question."""
        at = self.query_one(OptionList).highlighted
        if at is not None and at < len(self._kept):
            self._drop(self._kept[at].title)
        else:
            self.query_one("#pick-said", Static).update(f"Only questions saved in {NAME} can be deleted.")

    @work(exclusive=True)
    async def _drop(self, title: str) -> None:
        try:
            await self.headend.reports.delete(title, self.who)
        except MeterError as error:
            self.query_one("#pick-said", Static).update(message(f"! {error}"))
        else:
            self._list()


def _shown(saved: SavedReport) -> Text:
    text = plain(saved.title, style="bold")
    text.append("\n  ")
    text.append_text(plain(sentence(saved, None), style="not bold dim"))
    return text
