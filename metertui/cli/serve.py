"""`metertui serve`: the server without screens."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys

from metertui import settings
from metertui.cli.data_folder import folder_of
from metertui.cli.options import server_settings
from metertui.cli.runtime import LOG_FORMAT, open_owned, serving
from metertui.engine.core import Engine
from metertui.settings import Settings

_logger = logging.getLogger("metertui")


def serve(options: argparse.Namespace) -> None:
    """Run `metertui serve` until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, stream=sys.stderr)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))  # while the folder is read; later the event loop handles them
    data = folder_of(options)
    config = settings.load(data, server_settings(options))
    asyncio.run(_serve(open_owned(data, config), config))


async def _serve(engine: Engine, config: Settings) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with serving(engine, config) as (headend, _):
        print(f"ready on {headend.address}", file=sys.stderr, flush=True)
        await stop.wait()
        _logger.info("stopping")
