"""Help: what the screen one came from is for, and every key."""

from __future__ import annotations

from itertools import chain, zip_longest
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from metertui.screens.base import PLACES, DeskScreen
from metertui.screens.pacing import PacedModal

_EVERYWHERE = [
    ("F1 ?", "this help"),
    *((key, title.lower()) for key, title in PLACES.values()),
    ("ctrl+p :", "every action by its name"),
    ("/", "search or filter, where there is something to"),
    ("y ctrl+c", "copy a table's cell; again, the next"),
    ("tab, arrows", "move"),
    ("enter, escape", "act, and back"),
    ("F10 ctrl+q", "quit"),
]


class HelpScreen(PacedModal[None]):
    """Over the screen that it explains."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,question_mark,q", "dismiss", "Close")]

    def __init__(self, explained: DeskScreen) -> None:
        super().__init__()
        self._explained = explained

    def compose(self) -> ComposeResult:
        screen = self._explained
        keys = Table.grid(padding=(0, 2))
        told: set[str] = set()
        # The screen's own, those too that a field with the focus takes for letters.
        for binding in chain.from_iterable(screen._bindings.key_to_bindings.values()):
            if binding.show and binding.description and binding.action not in told:
                told.add(binding.action)
                keys.add_row(Text(self.app.get_key_display(binding), style="bold"), Text(binding.description))
        everywhere = Table.grid(padding=(0, 2))
        half = (len(_EVERYWHERE) + 1) // 2
        for left, right in zip_longest(_EVERYWHERE[:half], _EVERYWHERE[half:], fillvalue=("", "")):
            everywhere.add_row(*(Text(t, style="bold" if i % 2 == 0 else "") for i, t in enumerate(left + right)))
        with VerticalScroll(id="help"):
            yield Static(PLACES[screen.place][1], classes="heading")
            yield Static(Text(screen.explains))
            if keys.row_count:
                yield Static("Keys here", classes="heading")
                yield Static(keys)
            yield Static("Keys everywhere", classes="heading")
            yield Static(everywhere)
            yield Static(Text("Escape closes this.", style="dim"))
