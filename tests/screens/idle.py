"""Wait until an app has done all that there is to do, judged by its event loop and workers, not by the processor."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from textual._compositor import Compositor
from textual.app import App
from textual.pilot import Pilot

from tests.patience import PATIENCE

_ROUNDS: Final = 3
"""Turns of the loop in a row in which nothing ran."""
_held_up = False


@contextmanager
def held_up() -> Iterator[None]:
    """Do not wait for workers meanwhile: the test holds one of them up itself."""
    global _held_up  # noqa: PLW0603 - Textual's pilot waits too, and takes no argument for it
    _held_up = True
    try:
        yield
    finally:
        _held_up = False


def hold_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for workers until the test ends."""
    monkeypatch.setattr(sys.modules[__name__], "_held_up", True)


async def drained() -> None:
    """Wait until nothing is left that the loop could run now."""
    loop = asyncio.get_running_loop()
    quiet = 0
    async with asyncio.timeout(PATIENCE):
        while quiet < _ROUNDS:
            await asyncio.sleep(0)
            quiet = 0 if loop._ready else quiet + 1  # type: ignore[attr-defined]


async def idle(app: App[Any]) -> None:
    """Wait until messages are handled, workers have ended, and what they changed is laid out and painted."""
    await _painted(app)
    async with asyncio.timeout(PATIENCE):
        while not _held_up and (tasks := [worker._task for worker in app.workers if not worker.is_finished]):
            await asyncio.wait(filter(None, tasks))
            await _painted(app)


async def _painted(app: App[Any]) -> None:
    await drained()
    if app._resize_timer is not None:
        app._check_resize()  # what that timer would do within a hundredth
        await drained()
    for _ in range(2):
        if app.is_running and app.screen_stack:
            for screen in app._background_screens:
                screen._on_timer_update()  # what its timer would do within a sixtieth of a second
                screen._repaint_required = False  # it has told the screen above, and would tell it again for ever
            app.screen._on_timer_update()
            await drained()


async def handled(pilot: Pilot[Any], _timeout: float = 0) -> bool:
    """Take the place of `Pilot._wait_for_screen`, but send a message to those alone that may be at work on one.

    Every widget of the screen would be asked otherwise, at each key and each pause.
    """
    await drained()
    app = pilot.app
    for pump in [app, *app.screen.walk_children(with_self=True)] if app.screen_stack else []:
        done = asyncio.Event()
        if not pump._message_queue.ready_event._waiters and pump.call_later(done.set):
            waits = [asyncio.create_task(each.wait()) for each in (done, app._exception_event)]
            ended, pending = await asyncio.wait(waits, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            for each in pending:
                each.cancel()
            assert ended, f"{pump} never ends its work"
            if app._exception_event.is_set():
                return False
    return True


async def pause(pilot: Pilot[Any]) -> None:
    """Take the place of `Pilot.pause`."""
    await pilot._wait_for_screen()
    await idle(pilot.app)
    pilot.app.screen._on_timer_update()
    paint(pilot.app)


_render_update = Compositor.render_update


def put_off(compositor: Compositor, full: bool = False, **kwargs: Any) -> Any:
    """Take the place of `Compositor.render_update`, but paint a picture alone: what changed is remembered for later."""
    return _render_update(compositor, full, **kwargs) if full else None


def paint(app: App[Any]) -> None:
    """Paint what has changed since the last time, as a terminal would show it."""
    if app.screen_stack and (compositor := app.screen._compositor)._dirty_regions:
        app._display(app.screen, _render_update(compositor, screen_stack=app._background_screens))


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """Wait until a condition holds that a thread or a timer brings about."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)
            await pilot.pause()
