"""Textual's own app and screens, for a version of Textual that the patches were not tested with."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.screen import Screen, ScreenResultType

from metertui.screens.terminal.self_closing import SelfClosingModal


class ThriftyApp(App[None]):
    """An app that draws as Textual does."""

    failure: Exception | None = None
    """Never known: Textual prints the trace when it ends."""

    def exit(self, *args: Any, **kwargs: Any) -> None:
        """Cancel all work and end the app: an answer must not look for widgets that are gone."""
        self.workers.cancel_all()
        super().exit(*args, **kwargs)

    def tell_failure(self) -> None:
        """Not called: with this app, work of a screen that fails ends it."""

    def action_draw(self) -> None:
        """Draw the whole screen again."""
        self.screen.refresh()


class ThriftyScreen(Screen[ScreenResultType]):
    """A screen that draws as Textual does."""


class ThriftyModal(SelfClosingModal[ScreenResultType]):
    """A modal screen that draws as Textual does."""
