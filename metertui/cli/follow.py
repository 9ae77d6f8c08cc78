"""The screens over a folder that another process owns: they read it, follow its changes, and write nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
from pathlib import Path
from typing import Final

from metertui.app import MetertuiApp
from metertui.cli.logs import log_to_folder
from metertui.cli.reopening import Screens
from metertui.cli.runtime import LoopErrors, command_name, tame_collector
from metertui.cli.starting import Bar
from metertui.engine.base import SystemClock
from metertui.engine.errors import MeterError
from metertui.engine.replica import ChangeReader
from metertui.headend import ReadOnlyHeadEnd
from metertui.screens.terminal import theme
from metertui.server import Done, Request, control
from metertui.settings import Settings

_STATUS_SECONDS: Final = 1.0
"""How often the owner is asked for its status."""


def run_app(data: Path, config: Settings, bar: Bar) -> int:
    """Run the screens over a folder that another process owns until the user leaves.

    `bar` shows how much of the archive has been read. Returns 1 if it was asked to end after they had failed, else 0.
    Raises MeterError.
    """
    with bar("reading the archive") as share:
        engine, following = ChangeReader.open(data, config.rules(), SystemClock(), share)
    trace = log_to_folder(data)

    async def run() -> int:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(LoopErrors())
        tame_collector()
        follower = ReadOnlyHeadEnd(engine, following)
        asking = asyncio.create_task(_ask_status(follower), name="status")
        await follower.start()
        try:
            logging.getLogger("metertui").info("%s", follower.why_read_only())

            def make_app(message: str) -> MetertuiApp:
                colours, command = theme.colours(os.environ), command_name()
                return MetertuiApp(
                    follower, config, keep_heap=gc.freeze, colours=colours, welcome=message, command=command
                )

            return await Screens(make_app, lambda: "this process serves no meters", trace).run()
        finally:
            asking.cancel()
            await asyncio.wait([asking])
            await follower.stop()

    return asyncio.run(run())


async def _ask_status(follower: ReadOnlyHeadEnd) -> None:
    """Ask the owner for its status once a second. Where it does not answer, its files are all that is followed."""
    while True:
        with contextlib.suppress(OSError, MeterError, TimeoutError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_STATUS_SECONDS):
                reply = await control.send_request(follower.engine.folder, Request("status", {}))
            if isinstance(reply, Done) and isinstance(reply.result, dict):
                follower.receive_status(reply.result)
        await asyncio.sleep(_STATUS_SECONDS)
