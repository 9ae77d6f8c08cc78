"""The window that opens a question: a saved one, one that was passed on as a file, or one of the examples."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar, Final

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from metertui.engine.errors import MeterError
from metertui.engine.reports import IDEAS, NAME, SUFFIX, SavedReport
from metertui.screens.fields import TypedLine, typed_path
from metertui.screens.shell import OnDesk
from metertui.screens.tables import Column, Listing
from metertui.screens.terminal import ThriftyModal
from metertui.text import fmt, messages, plain, sentence

_COLUMNS: Final = ("title", "=from", Column("question", 12, narrowest=12, most=200))


class SavedQuestionsScreen(OnDesk, ThriftyModal[SavedReport | None]):
    """A table of questions. Returns the one that was chosen."""

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
            yield Listing(_COLUMNS, newest=False, id="pick-list")
            yield Static(id="pick-question")
            yield TypedLine(id="line")
            yield Static(id="pick-said")
            keys = "⏎ open · / filter · s sort · f from a file · ^e to a file · d delete · esc close"
            yield Static(Text(keys, style="dim"))

    def on_mount(self) -> None:
        self._listed.focus()
        self._list()

    @property
    def _listed(self) -> Listing:
        return self.query_one("#pick-list", Listing)

    @work(exclusive=True)
    async def _list(self) -> None:
        wrong: list[str] = []
        try:
            self._kept = await self.headend.reports.load_saved()
        except MeterError as error:
            wrong.append(str(error))
        self._shared, others = await self.headend.reports.load_shared()
        self._say(*[f"! {each}" for each in (*wrong, *others)])
        parts = (("kept", self._kept), ("a file", self._shared), ("an example", IDEAS))
        rows = [_row(saved, origin) for origin, part in parts for saved in part]
        self._listed.show([(str(place), cells) for place, cells in enumerate(rows)])
        self._listed.move_cursor(0)

    def _say(self, *sentences: str) -> None:
        self.query_one("#pick-said", Static).update(messages(*map(fmt.with_moments, sentences)) if sentences else "")

    @property
    def _offered(self) -> list[SavedReport]:
        return [*self._kept, *self._shared, *IDEAS]

    @property
    def _chosen(self) -> SavedReport | None:
        """Return the question under the cursor; None if none is shown."""
        at = self._at
        return None if at is None else self._offered[at]

    @property
    def _at(self) -> int | None:
        """Return the place of the question under the cursor among those offered; None if none is shown."""
        key = self._listed.selected_key
        return None if key is None else int(key)

    @on(Listing.RowSelected)
    def _picked(self) -> None:
        self.dismiss(self._chosen)

    @on(Listing.RowHighlighted)
    def _tell(self) -> None:
        """Show the question under the cursor in full."""
        saved = self._chosen
        self.query_one("#pick-question", Static).update(plain("" if saved is None else sentence(saved, None)))

    def action_back(self) -> None:
        """Close the line for a path, or the window."""
        if self.query_one(TypedLine).asks:
            self._close_line()
        else:
            self.dismiss(None)

    def _close_line(self) -> None:
        self.query_one(TypedLine).close()
        self._listed.focus()

    # -- files -----------------------------------------------------------------------------------------------------

    def action_open_file(self) -> None:
        """Ask for the path of a file with a question."""
        self.query_one(TypedLine).ask("open", f"path of a question, {SUFFIX}; escape cancels", "")

    def action_share(self) -> None:
        """Ask for the path of a file to write the question under the cursor to."""
        saved = self._chosen
        if saved is not None:
            name = re.sub(r"\W+", "-", saved.title.lower()).strip("-") or "question"
            path = self.headend.engine.questions.shared_folder / f"{name}{SUFFIX}"
            self.query_one(TypedLine).ask("share", f"path of a new file, {SUFFIX}; escape cancels", str(path))

    @on(TypedLine.Typed)
    def _typed(self, event: TypedLine.Typed) -> None:
        path = typed_path(event.text)
        saved = self._chosen
        if path.suffix != SUFFIX:
            self._say(f"! {path.name}: the name of the file must end in {SUFFIX}")
        elif event.what == "open":
            self._open(path)
        elif saved is not None:
            self._share(saved, path)

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
        """Delete the question under the cursor."""
        at = self._at
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


def _row(saved: SavedReport, origin: str) -> tuple[str, str, str]:
    return saved.title, origin, sentence(saved, None)
