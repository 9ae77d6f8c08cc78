"""Screens that draw and style no more than they have to, and an app that writes no more than what differs.

To paint one line Textual asks every widget in view for all of its lines, and it styles a screen anew each time it is
gone to: 25 to 60 ms on a terminal of 120x40. It writes all that is painted, and waits for a terminal that is slow. This
file holds what it takes to have it otherwise; nothing but it, `shown` and `outlet` reaches into Textual's own ways of
drawing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual._styles_cache import StylesCache
from textual.app import App
from textual.color import Color
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Region
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.strip import Strip
from textual.style import Style

from metertui.screens.terminal.patient_driver import PatientDriver
from metertui.screens.terminal.screen_diff import Difference, Shown


@lru_cache(1024)
def _grounds(base: Color, own: Color) -> tuple[Style, Style]:
    """The ground within a widget's border, and outside of it."""
    return Style(background=base + own), Style(background=base)


# Textual remembers them by widget as well, and so keeps what a thousand widgets have drawn after they are gone: 100 MB.
StylesCache.get_inner_outer = lambda _, base, own: _grounds(base, own)  # type: ignore[assignment]


class _Linewise(Compositor):
    """A compositor that asks widgets for the lines it paints, and not for all that they have."""

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if crop is None:
            crop = self.size.region
        lines = Region(0, crop.y, self.size.width, crop.height)
        for widget, (region, clip) in self.visible_widgets.items():
            within = clip.intersection(lines)
            if part := region.intersection(within):
                yield region, within, widget.render_lines(part.translate(-region.offset))


class ThriftyScreen(Screen[ScreenResultType]):
    """A screen that is painted line by line, and styled only if what its styles depend on has changed."""

    _styled_for: object = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._compositor = _Linewise()

    def _on_screen_resume(self, event: events.ScreenResume) -> None:
        # Its widgets get their styles when they are mounted, and while it is in view; elsewhere only these change.
        wanted = (self.app.size, self.app.theme, self.app.app_focus)
        if self._styled_for in (None, wanted):
            event.refresh_styles = False
        self._styled_for = wanted

    def _on_screen_suspend(self) -> None:
        self._styled_for = (self.app.size, self.app.theme, self.app.app_focus)


class ThriftyModal(ThriftyScreen[ScreenResultType], ModalScreen[ScreenResultType]):
    """The same for a screen over another."""


class ThriftyApp(App[None]):
    """An app that never waits for its terminal, and writes to it only what it does not show already."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shown = Shown()
        self._left_out = False

    def get_driver_class(self) -> type[Driver]:
        wanted = super().get_driver_class()
        return PatientDriver if wanted is LinuxDriver else wanted

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if not isinstance(renderable, ChopsUpdate | LayoutUpdate):
            super()._display(screen, renderable)
        elif isinstance(self._driver, PatientDriver) and self._driver.behind:
            self._left_out = True
        else:
            difference = Difference(renderable, screen._compositor.size.width, self._shown)
            super()._display(screen, difference)  # type: ignore[arg-type] # which Textual's own updates are not either

    def catch_up(self) -> None:
        """The terminal has taken in all that was written: paint what was left out meanwhile."""
        if self._left_out and self.is_running and self.screen_stack:
            self._left_out = False
            self.screen.refresh()

    def action_draw(self) -> None:
        """Draw all anew, whatever the terminal shows: another program may have written to it."""
        self._shown.forget()
        self.screen.refresh()
