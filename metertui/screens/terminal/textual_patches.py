"""Screens that draw and style no more than they must, and an app that writes only what differs to the terminal.

To paint one line Textual asks every widget in view for all its lines, and it styles a screen again whenever the screen
is shown: 25 to 60 ms on a terminal of 120x40. It writes all that is painted, and waits for a slow terminal.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual._styles_cache import StylesCache
from textual.app import App
from textual.color import Color
from textual.content import Content
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.screen import Screen, ScreenResultType
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget
from textual.widgets import OptionList
from textual.worker import Worker, WorkerFailed

from metertui.screens.terminal.patient_driver import PatientDriver
from metertui.screens.terminal.screen_diff import ScreenDiff, ShownCells
from metertui.screens.terminal.self_closing import SelfClosingModal

_logger = logging.getLogger(__name__)


@lru_cache(1024)
def _backgrounds(base: Color, own: Color) -> tuple[Style, Style]:
    """Return the background inside a widget's border, and outside it."""
    return Style(background=base + own), Style(background=base)


# Textual caches them by widget, which keeps what removed widgets have drawn alive: 100 MB after a thousand widgets.
StylesCache.get_inner_outer = lambda _, base, own: _backgrounds(base, own)  # type: ignore[assignment]


_start_worker = Worker._start


def _start_and_forget(worker: Worker[Any], app: App[Any], done: Callable[[Worker[Any]], None] | None = None) -> None:
    """Start a worker that drops in the end what it was given, and where it was cancelled.

    A worker refers to itself, so it stays until a full garbage collection, which is rare, with all readings of the
    moment if it was given them.
    """

    def forget(_: asyncio.Task[Any]) -> None:
        worker._work = None  # type: ignore[assignment]
        if worker.is_cancelled:
            worker._error = None

    _start_worker(worker, app, done)
    if worker._task is not None:
        worker._task.add_done_callback(forget)


Worker._start = _start_and_forget  # type: ignore[assignment,method-assign]


_move_page = OptionList._move_page


def _move_page_if_drawn(options: OptionList, direction: Any) -> None:
    """Move by a page in a list that has a height: before it is drawn, or without room, it has no lines to count."""
    if options.scrollable_content_region:
        _move_page(options, direction)


OptionList._move_page = _move_page_if_drawn  # type: ignore[assignment,method-assign]


_wrap = Content._wrap_and_format


def _wrap_in_a_cell(content: Content, width: int, *args: Any, **kwargs: Any) -> Any:
    """Wrap a text in one cell at least: a terminal of a few columns leaves none for it, which Textual fails on."""
    return _wrap(content, max(1, width), *args, **kwargs)


Content._wrap_and_format = _wrap_in_a_cell  # type: ignore[assignment,method-assign]


class _LineCompositor(Compositor):
    """A compositor that asks widgets only for the lines it paints."""

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if crop is None:
            crop = self.size.region
        lines = Region(0, crop.y, self.size.width, crop.height)
        for widget, (region, clip) in self.visible_widgets.items():
            within = clip.intersection(lines)
            if part := region.intersection(within):
                yield region, within, widget.render_lines(part.translate(-region.offset))


class ThriftyScreen(Screen[ScreenResultType]):
    """A screen that is painted line by line, and styled only if something its styles depend on has changed."""

    # Textual would paint the whole screen where the focus moves.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    _styled_for: object = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._compositor = _LineCompositor()

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        # In a batch the screen is painted in a turn of the event loop of its own, and with what its widgets make of
        # their new sizes.
        with self.app.batch_update():
            super()._refresh_layout(size, scroll)

    def _compositor_refresh(self) -> None:
        self._compositor.update_widgets(self._dirty_widgets)  # which may have changed since the layout
        super()._compositor_refresh()

    def _on_screen_resume(self, event: events.ScreenResume) -> None:
        # Widgets are styled when they are mounted and while their screen is shown; meanwhile only these can change.
        wanted = (self.app.size, self.app.theme, self.app.app_focus)
        if self._styled_for in (None, wanted):
            event.refresh_styles = False
        self._styled_for = wanted

    def _on_screen_suspend(self) -> None:
        self._styled_for = (self.app.size, self.app.theme, self.app.app_focus)


class ThriftyModal(ThriftyScreen[ScreenResultType], SelfClosingModal[ScreenResultType]):
    """A modal screen that is painted and styled in the same way."""


class ThriftyApp(App[None]):
    """An app that never waits for its terminal, and writes only what the terminal does not show already."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shown = ShownCells()
        self._skipped = False
        self._lost = False
        self.failure: Exception | None = None
        """What ended the app though nobody asked for it."""

    def get_driver_class(self) -> type[Driver]:
        wanted = super().get_driver_class()
        return PatientDriver if wanted is LinuxDriver else wanted

    def _handle_exception(self, error: Exception) -> None:
        if isinstance(error, WorkerFailed) and self.is_running:
            _logger.error("the work of a screen failed", exc_info=error.error)
            self.tell_failure()
        else:
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """End the app, as it cannot go on, with the trace in the log."""
        _logger.error("the screens failed", exc_info=error)
        self.failure = self.failure or error
        super()._handle_exception(error)

    def _print_error_renderables(self) -> None:
        # The log has the trace; on the terminal it would hide what whoever runs the app says about it.
        self._exit_renderables.clear()

    def lose_terminal(self) -> None:
        """End the app, as nobody sees it any more."""
        if not self._lost:  # both reader and writer say so
            self._lost = True
            _logger.info("the terminal is gone; the screens end")
            self.exit()

    def tell_failure(self) -> None:
        """Say that the work of a screen has failed, which is a defect; the app goes on."""

    async def _shutdown(self) -> None:
        # First, or an answer that arrives meanwhile would look for widgets that are gone.
        self.workers.cancel_all()
        await super()._shutdown()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if not isinstance(renderable, ChopsUpdate | LayoutUpdate):
            super()._display(screen, renderable)
        elif isinstance(self._driver, PatientDriver) and self._driver.behind:
            self._skipped = True
        else:
            diff = ScreenDiff(renderable, screen._compositor.size.width, self._shown)
            super()._display(screen, diff)  # type: ignore[arg-type] # which Textual's own updates are not either

    def catch_up(self) -> None:
        """Paint what was skipped while the terminal was behind; called when all has been written."""
        if self._skipped and self.is_running and self.screen_stack:
            self._skipped = False
            self.screen.refresh()

    def action_draw(self) -> None:
        """Draw the whole screen again: another program may have written to the terminal."""
        self._shown.forget()
        self.screen.refresh()
