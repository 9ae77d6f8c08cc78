"""Windows that outlast a change of screen: they wait with their work, and are there again with their screen."""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

from textual.app import App

from metertui.screens.shell.frame import OnDesk
from metertui.screens.terminal import ThriftyModal


class LastingWindow(OnDesk, ThriftyModal[None]):
    """A window over the screen `place`. What has been typed, worked out or begun in it stays while another is shown."""

    @property
    @abstractmethod
    def busy(self) -> bool:
        """Return whether work is under way, which closing the window would cancel."""


class _Kept(NamedTuple):
    window: LastingWindow
    who: str
    """Who was logged in when it was left; empty if nobody was."""


class KeptWindows:
    """The windows over screens that are not in view."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._kept: list[_Kept] = []
        self._number = 0

    def keep(self, window: LastingWindow, who: str) -> None:
        """Keep a window that is about to be taken off the screen."""
        self._number += 1
        self._app.install_screen(window, f"kept {self._number}")  # a screen that is not installed is removed
        self._kept.append(_Kept(window, who))

    async def show_again(self, place: str, who: str) -> None:
        """Show the windows over a screen again, in their order.

        One of someone else, who was logged in then, is closed if another is now, and waits while nobody is.
        """
        for each in [kept for kept in self._kept if kept.window.place == place]:
            theirs = each.who not in ("", who)
            if theirs and not who:
                continue
            self._kept.remove(each)
            self._app.uninstall_screen(each.window)
            if theirs:
                await each.window.remove()
            else:
                await self._app.push_screen(each.window)
