"""The screens over a folder that another process owns: they read it, follow its changes, and write nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import sys
from pathlib import Path
from typing import Final

from metertui.app import MetertuiApp
from metertui.cli.logs import log_to_folder
from metertui.cli.output import progress_bar
from metertui.cli.runtime import LoopErrors, command_name, end_on_signals, run_screens, tame_collector
from metertui.engine.base import SystemClock
from metertui.engine.errors import MeterError
from metertui.engine.replica import ChangeReader
from metertui.headend import ReadOnlyHeadEnd
from metertui.screens.terminal import theme
from metertui.server import Done, Request, control
from metertui.settings import Settings

_STATUS_SECONDS: Final = 1.0
"""How often the owner is asked for its status."""


def run_app(data: Path, config: Settings) -> int:
    """Run the screens over a folder that another process owns until the user leaves.

    Returns 1 if they have failed, else 0. Raises MeterError.
    """
    with progress_bar("reading the archive") as share:
        engine, following = ChangeReader.open(data, config.rules(), SystemClock(), share)
    log_to_folder(data)

    async def run() -> bool:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(LoopErrors())
        tame_collector()
        follower = ReadOnlyHeadEnd(engine, following)
        asking = asyncio.create_task(_ask_status(follower), name="status")
        await follower.start()
        try:
            colours, command = theme.colours(os.environ), command_name()
            app = MetertuiApp(follower, config, keep_heap=gc.freeze, colours=colours, command=command)
            end_on_signals(app.exit)
            logging.getLogger("metertui").info("%s", follower.why_read_only())
            return await run_screens(app)
        finally:
            asking.cancel()
            await asyncio.wait([asking])
            await follower.stop()

    if asyncio.run(run()):
        return 0
    print("metertui: the screens failed", file=sys.stderr)
    return 1


async def _ask_status(follower: ReadOnlyHeadEnd) -> None:
    """Ask the owner for its status once a second. Where it does not answer, its files are all that is followed."""
    while True:
        with contextlib.suppress(OSError, MeterError, TimeoutError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_STATUS_SECONDS):
                reply = await control.send_request(follower.engine.folder, Request("status", {}))
            if isinstance(reply, Done) and isinstance(reply.result, dict):
                follower.receive_status(reply.result)
        await asyncio.sleep(_STATUS_SECONDS)
