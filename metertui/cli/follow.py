"""The screens beside the process that owns the folder: they read, and follow it."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from pathlib import Path

from metertui.app import MetertuiApp
from metertui.cli import serve
from metertui.cli.common import progress
from metertui.engine.following import Following
from metertui.engine.rules import SystemClock
from metertui.follower import Follower
from metertui.settings import Settings


def screens(data: Path, stated: Settings) -> None:
    """Show the screens over a folder that another process owns, until they are left. Raises MeterError."""
    with progress("reading the archive") as share:
        engine, following = Following.open(data, stated.rules(), SystemClock(), share)
    serve.log_to(data)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(serve.LoopErrors())
        serve.tame_collector()
        follower = Follower(engine, following)
        await follower.start()
        try:
            app = MetertuiApp(follower, stated, keep_heap=gc.freeze)
            for name in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(name, app.exit)
            logging.getLogger("metertui").info("%s", follower.refusal())
            await app.run_async()
        finally:
            await follower.stop()

    asyncio.run(run())
