"""The question before the app ends while clients are connected or work is under way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from metertui.engine.core import LiveSnapshot
from metertui.screens.shell.work_under_way import Work
from metertui.screens.terminal import ThriftyModal
from metertui.text import fmt, messages


class QuitScreen(ThriftyModal[bool]):
    """A window that says what the end of the app will stop. Its result is whether to quit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Quit"),
        Binding("escape,n", "dismiss(False)", "Stay", key_display="esc"),
    ]

    def __init__(self, effects: Sequence[str]) -> None:
        """`effects`: a sentence for each thing that will stop."""
        super().__init__()
        self._effects = effects

    def compose(self) -> ComposeResult:
        with Vertical(id="quit"):
            yield Static("Quit metertui?", classes="window-title")
            yield Static(messages(*self._effects), id="quit-effects")
            yield Static(Text("y or F10 quits · escape stays", style="dim"), id="quit-keys")


def effects_of_quitting(snapshot: LiveSnapshot, work: Sequence[Work]) -> list[str]:
    """Return what the end of the app will stop, a sentence each; empty if that is nothing."""
    effects = []
    if snapshot.server_known and snapshot.connections:
        clients = fmt.counted(snapshot.connections, "client")
        be, theirs = ("is", "its connection") if snapshot.connections == 1 else ("are", "their connections")
        effects.append(f"{clients} {be} connected. Quitting closes {theirs} and the port.")
    if snapshot.progress is not None:
        effects.append(f"A day close is under way ({snapshot.progress:.0%}). Quitting waits until it is complete.")
    effects += [
        f"{each.what} ({each.share:.0%}) will be cancelled. {each.kept}".rstrip()
        if each.can_cancel
        else f"{each.what} is under way. Quitting waits until it is complete."
        for each in work
    ]
    return effects
