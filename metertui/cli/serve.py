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
from metertui.cli.runtime import LOG_FORMAT, LoopErrors, build_head_end, open_owned
from metertui.engine.core import Engine
from metertui.server import ControlSocket
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
    errors = LoopErrors()
    asyncio.get_running_loop().set_exception_handler(errors)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    headend, listener = build_head_end(engine, config)
    errors.not_accepted = listener.report_accept_error
    control = ControlSocket(headend)
    await headend.start()
    try:
        await listener.start()
        await control.start()
        print(f"ready on {headend.address}", file=sys.stderr, flush=True)
        await stop.wait()
        _logger.info("stopping")
    finally:
        await control.stop()
        await listener.stop()
        await headend.stop()
