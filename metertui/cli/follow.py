"""The screens beside the process that owns the folder: they read, and follow it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
from pathlib import Path
from typing import Final

from metertui.app import MetertuiApp
from metertui.cli import serve
from metertui.cli.common import progress_bar
from metertui.engine.base import SystemClock
from metertui.engine.errors import MeterError
from metertui.engine.replica import Following
from metertui.headend import ReadOnlyHeadEnd
from metertui.screens.terminal import theme
from metertui.server import Done, Request, control
from metertui.settings import Settings

_SECONDS: Final = 1.0


def screens(data: Path, stated: Settings) -> None:
    """Show the screens over a folder that another process owns, until they are left. Raises MeterError."""
    with progress_bar("reading the archive") as share:
        engine, following = Following.open(data, stated.rules(), SystemClock(), share)
    serve.log_to(data)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(serve.LoopErrors())
        serve.tame_collector()
        follower = ReadOnlyHeadEnd(engine, following)
        hearing = asyncio.create_task(_hear(follower), name="hear")
        await follower.start()
        try:
            colours, command = theme.colours(os.environ), serve.called()
            app = MetertuiApp(follower, stated, keep_heap=gc.freeze, colours=colours, command=command)
            for name in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(name, app.exit)
            logging.getLogger("metertui").info("%s", follower.why_read_only())
            await app.run_async()
        finally:
            hearing.cancel()
            await asyncio.wait([hearing])
            await follower.stop()

    asyncio.run(run())


async def _hear(follower: ReadOnlyHeadEnd) -> None:
    """Once a second, what the owner says of itself. One that says nothing is followed by its files alone."""
    while True:
        with contextlib.suppress(OSError, MeterError, TimeoutError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_SECONDS):
                reply = await control.ask(follower.engine.folder, Request("status", {}))
            if isinstance(reply, Done) and isinstance(reply.result, dict):
                follower.receive_status(reply.result)
        await asyncio.sleep(_SECONDS)
