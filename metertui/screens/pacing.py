"""Screens that are painted a few lines at a time, so that the event loop turns to meters and keys in between.

Textual paints whatever has changed in one go, and styles a screen anew each time it is gone to: 40 to 60 ms each on a
terminal of 120x40, twice that at 200x60. This file holds what it takes to have it otherwise, and nothing else that
reaches into Textual's own ways of drawing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any, Final

from textual import events
from textual._compositor import Compositor
from textual.geometry import Region
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.strip import Strip

LINES: Final = 4
"""Painted at once at least: each go costs about a millisecond beside its lines."""
AT_ONCE: Final = 0.012
"""Seconds after which the rest waits for the loop's next turn."""


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


class PacedScreen(Screen[ScreenResultType]):
    """A screen that is painted from above in bands, and styled only if what its styles depend on has changed."""

    _styled_for: object = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._compositor = _Linewise()
        self._unpainted: set[Region] = set()
        self._painting_on = False

    def _on_screen_resume(self, event: events.ScreenResume) -> None:
        # Its widgets get their styles when they are mounted, and while it is in view; elsewhere only these change.
        wanted = (self.app.size, self.app.theme, self.app.app_focus)
        if self._styled_for in (None, wanted):
            event.refresh_styles = False
        self._styled_for = wanted

    def _on_screen_suspend(self) -> None:
        self._styled_for = (self.app.size, self.app.theme, self.app.app_focus)

    def _compositor_refresh(self) -> None:
        dirty = self._compositor._dirty_regions
        if self.app.screen is not self or self.app.is_inline:
            self._unpainted.clear()
            super()._compositor_refresh()
            return
        dirty |= self._unpainted
        self._unpainted.clear()
        began = time.perf_counter()
        while dirty:
            self._unpainted = self._below(dirty)
            dirty -= self._unpainted
            super()._compositor_refresh()
            if not self._unpainted or time.perf_counter() - began > AT_ONCE:
                break
            dirty |= self._unpainted
        self._dirty_widgets.clear()  # those too that are out of sight, for which there was nothing to paint
        if self._unpainted and not self._painting_on:
            self._painting_on = True
            asyncio.get_running_loop().call_soon(self._paint_on)

    def _below(self, dirty: set[Region]) -> set[Region]:
        """Cut what is to be painted below its uppermost lines: those are left in `dirty`, the rest is returned."""
        shown = [region for each in dirty if (region := each.intersection(self.size.region))]
        dirty.clear()
        edge = min((region.y for region in shown), default=0) + LINES
        below = set()
        for region in shown:
            upper, lower = region.split_horizontal(min(max(0, edge - region.y), region.height))
            dirty.update([upper] if upper else [])
            below.update([lower] if lower else [])
        return below

    def _paint_on(self) -> None:
        self._painting_on = False
        if self._unpainted and self.is_running and self.app.screen is self:
            if self.app._batch_count:  # what is painted in a batch is thrown away
                self._painting_on = True
                self.set_timer(0.02, self._paint_on)
            else:
                # Their own turn has yet to come, and Textual forgets them at each painting.
                self._compositor.update_widgets(self._dirty_widgets)
                self._compositor_refresh()


class PacedModal(PacedScreen[ScreenResultType], ModalScreen[ScreenResultType]):
    """The same for a screen over another."""
