"""A modal screen whose `dismiss` closes this screen, and never one that has been opened over it."""

from __future__ import annotations

from collections.abc import Callable

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType


class SelfClosingModal(ModalScreen[ScreenResultType]):
    """A modal screen that may be dismissed late: after an answer, or by the second of two keys that came together.

    Textual dismisses whatever screen is on top by then.
    """

    _close: Callable[[], object] | None = None
    """Dismisses the screen, which another one still covers."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close the screen with a result: at once, or when what covers it is closed. Do nothing if it is closed."""
        if self.app.screen is self:
            return super().dismiss(result)
        if self in self.app.screen_stack and self._close is None:
            self._close = lambda: self.dismiss(result)
        return AwaitComplete()

    def on_screen_resume(self) -> None:
        """Close, if that was asked for while the screen was covered."""
        if self._close is not None:
            self._close()
