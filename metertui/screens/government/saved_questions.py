"""The window that opens a question: a saved one, one that was passed on as a file, or one of the examples."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from metertui.engine.errors import MeterError
from metertui.engine.reports import IDEAS, NAME, SUFFIX, SavedReport
from metertui.screens.fields import TypedLine
from metertui.screens.shell import OnDesk
from metertui.screens.terminal import ThriftyModal
from metertui.text import messages, plain, sentence


class SavedQuestionsScreen(OnDesk, ThriftyModal[SavedReport | None]):
    """A list of questions. Returns the one that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close"),
        Binding("f", "open_file", "Open a file"),
        Binding("ctrl+e", "share", "Write to a file", priority=True),
        Binding("d,delete", "drop", "Delete"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[SavedReport] = []
        self._shared: list[SavedReport] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="pick"):
            yield Static("Questions", classes="heading")
            yield OptionList(id="pick-list")
            yield TypedLine(id="line")
            yield Static(id="pick-said")
            yield Static(Text("⏎ opens · f from a file · ^e to a file · d deletes · esc closes", style="dim"))

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self._list()

    @work(exclusive=True)
    async def _list(self) -> None:
        wrong: list[str] = []
        try:
            self._kept = await self.headend.reports.load_saved()
        except MeterError as error:
            wrong.append(str(error))
        self._shared, others = await self.headend.reports.load_shared()
        self._say(*[f"! {each}" for each in (*wrong, *others)])
        listed = self.query_one(OptionList)
        listed.clear_options()
        for part in (self._kept, self._shared, IDEAS):
            if part is not self._kept and part and listed.option_count:
                listed.add_option(None)
            listed.add_options([Option(_shown(saved)) for saved in part])
        listed.highlighted = 0

    def _say(self, *sentences: str) -> None:
        self.query_one("#pick-said", Static).update(messages(*sentences) if sentences else "")

    @property
    def _offered(self) -> list[SavedReport]:
        return [*self._kept, *self._shared, *IDEAS]

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._offered[event.option_index])

    def action_back(self) -> None:
        """Close the line for a path, or the window."""
        if self.query_one(TypedLine).asks:
            self._close_line()
        else:
            self.dismiss(None)

    def _close_line(self) -> None:
        self.query_one(TypedLine).close()
        self.query_one(OptionList).focus()

    # -- files -----------------------------------------------------------------------------------------------------

    def action_open_file(self) -> None:
        """Ask for the path of a file with a question."""
        self.query_one(TypedLine).ask("open", f"path of a question, {SUFFIX}; escape cancels", "")

    def action_share(self) -> None:
        """Ask for the path of a file to write the highlighted question to."""
        at = self.query_one(OptionList).highlighted
        if at is not None:
            name = re.sub(r"\W+", "-", self._offered[at].title.lower()).strip("-") or "question"
            path = self.headend.engine.questions.shared_folder / f"{name}{SUFFIX}"
            self.query_one(TypedLine).ask("share", f"path of a new file, {SUFFIX}; escape cancels", str(path))

    @on(TypedLine.Typed)
    def _typed(self, event: TypedLine.Typed) -> None:
        path = Path(event.text).expanduser().absolute()
        at = self.query_one(OptionList).highlighted
        if path.suffix != SUFFIX:
            self._say(f"! {path.name}: the name of the file must end in {SUFFIX}")
        elif event.what == "open":
            self._open(path)
        elif at is not None:
            self._share(self._offered[at], path)

    @work(exclusive=True, group="file")
    async def _open(self, path: Path) -> None:
        try:
            self.dismiss(await self.headend.reports.load_file(path))
        except MeterError as error:
            self._say(f"! {error}")

    @work(exclusive=True, group="file")
    async def _share(self, saved: SavedReport, path: Path) -> None:
        try:
            await self.headend.reports.share(saved, path, self.who)
        except MeterError as error:
            self._say(f"! {error}")
        else:
            self._close_line()
            await self._list().wait()
            self._say(f"Written to {path}")

    def action_drop(self) -> None:
        """Delete the highlighted question."""
        at = self.query_one(OptionList).highlighted
        if at is not None and at < len(self._kept):
            self._drop(self._kept[at].title)
        else:
            self._say(f"Only questions saved in {NAME} can be deleted here.")

    @work(exclusive=True)
    async def _drop(self, title: str) -> None:
        try:
            await self.headend.reports.delete(title, self.who)
        except MeterError as error:
            self._say(f"! {error}")
        else:
            self._list()


def _shown(saved: SavedReport) -> Text:
    text = plain(saved.title, style="bold")
    text.append("\n  ")
    text.append_text(plain(sentence(saved, None), style="not bold"))
    return text
