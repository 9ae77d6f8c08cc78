"""Screens that draw and style no more than they have to.

To paint one line Textual asks every widget in view for all of its lines, and it styles a screen anew each time it is
gone to: 25 to 60 ms on a terminal of 120x40. This file holds what it takes to have it otherwise, and nothing else that
reaches into Textual's own ways of drawing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual import events
from textual._compositor import Compositor
from textual.geometry import Region
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.strip import Strip


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
