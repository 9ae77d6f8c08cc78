"""`metertui serve`: the server without screens."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable

from metertui import settings
from metertui.cli.data_folder import folder_of
from metertui.cli.logs import log_to_stderr
from metertui.cli.options import server_settings
from metertui.cli.reload import Reload
from metertui.cli.runtime import log_warnings, open_owned, serving
from metertui.engine.core import Engine
from metertui.settings import Settings

_logger = logging.getLogger("metertui")


def serve(options: argparse.Namespace) -> None:
    """Run `metertui serve` until SIGTERM or SIGINT."""
    say = log_to_stderr()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # while the folder is read there is nothing to reload
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))  # while the folder is read; later the event loop handles them
    data = folder_of(options)

    def load() -> Settings:
        return settings.load(data, server_settings(options))

    config = load()
    engine = open_owned(data, config)
    log_warnings(engine)
    asyncio.run(_serve(engine, config, load, say))


async def _serve(engine: Engine, config: Settings, load: Callable[[], Settings], say: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with serving(engine, config) as (headend, listener):
        reload = Reload(headend, listener, config, load)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)
        say(f"ready on {headend.address}")
        await stop.wait()
        _logger.info("stopping")
