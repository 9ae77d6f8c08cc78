"""When an app has done all that there is to do, known from its event loop instead of from the processor."""

from __future__ import annotations

import asyncio
from typing import Final

from textual.app import App
from textual.pilot import Pilot

_PATIENCE: Final = 0.02
"""Seconds that a thread at work is given. Textual's own pilot waits longer at every key, whatever there is."""
_ROUNDS: Final = 3
"""Turns of the loop in a row in which nothing ran."""
_AT_MOST: Final = 1.0
"""Seconds, should the loop never come to rest; Textual's pilot gives up then too."""


async def drained() -> None:
    """Until nothing is left that the loop could run now."""
    loop = asyncio.get_running_loop()
    idle = 0
    until = loop.time() + _AT_MOST
    while idle < _ROUNDS and loop.time() < until:
        await asyncio.sleep(0)
        idle = 0 if loop._ready else idle + 1  # type: ignore[attr-defined]


async def idle(app: App[object]) -> None:
    """Until messages are handled and what they changed is laid out and painted; a thread at work is given a moment."""
    await drained()
    for _ in range(2):
        if app.is_running and app.screen_stack:
            app.screen._on_timer_update()  # what its timer would do within a sixtieth of a second
            await drained()
    if any(not worker.is_finished for worker in app.workers):
        await asyncio.sleep(_PATIENCE)
        await drained()


async def pause(pilot: Pilot[object], delay: float | None = None) -> None:
    """Take the place of `Pilot.pause`."""
    await pilot._wait_for_screen()
    if delay is None:
        await idle(pilot.app)
    else:
        await asyncio.sleep(delay)
    pilot.app.screen._on_timer_update()
