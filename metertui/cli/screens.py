"""`metertui` and `metertui tui`: the screens, with the server in the same process or beside another owner."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from metertui import settings
from metertui.app import MetertuiApp
from metertui.cli import delegate, follow
from metertui.cli.data_folder import folder_of
from metertui.cli.logs import log_to_folder
from metertui.cli.options import server_settings
from metertui.cli.reopening import Screens
from metertui.cli.runtime import command_name, log_warnings, open_owned, serving
from metertui.cli.starting import Bar
from metertui.engine.base import visible
from metertui.engine.core import Engine
from metertui.engine.errors import OwnedError, UnwritableError
from metertui.screens.shell import Works
from metertui.screens.terminal import theme
from metertui.settings import Settings

_logger = logging.getLogger("metertui")

Beside = Callable[[int], Coroutine[Any, Any, None]]
"""Makes a coroutine to run beside the screens; takes the port of the server."""


def screens(options: argparse.Namespace, bar: Bar) -> int:
    """Run the screens until the user leaves: as the owner of the folder, or following its owner.

    `bar` shows how far the start is. Returns 1 if it was asked to end after they had failed, else 0.
    """
    data = folder_of(options)
    config = settings.load(data, server_settings(options))
    first_start = not settings.has_file(data)
    engine = _open_when_free(data, config, bar)
    if engine is None:
        return follow.run_app(data, config, bar)
    trace = log_to_folder(data)
    log_warnings(engine)
    return run_app(engine, config, trace=trace, first_start=first_start, welcome=_start_report(engine))


def _start_report(engine: Engine) -> str:
    """Return what the start found and repaired as one message; the log has it line by line."""
    first, *more = [visible(warning) for warning in engine.warnings] or [""]
    return f"{first} ({len(more)} more in metertui.log)" if more else first


def _open_when_free(data: Path, config: Settings, bar: Bar) -> Engine | None:
    """Open the folder as its owner; return None to open it read-only. Raises MeterError.

    It is opened read-only if another process stays its owner, or if nothing can be written into it.

    An owner that takes no commands is often a command, and ends soon.
    """
    until = time.monotonic() + delegate.PATIENCE_SECONDS
    while True:
        try:
            return open_owned(data, config, bar)
        except OwnedError:
            if delegate.reachable(data) or time.monotonic() >= until:
                return None
        except UnwritableError:
            if not data.is_dir():
                raise
            return None
        time.sleep(delegate.AGAIN_SECONDS)


def run_app(
    engine: Engine,
    config: Settings,
    beside: Beside | None = None,
    *,
    trace: Path | None = None,
    first_start: bool = False,
    welcome: str = "",
    login_hint: str = "",
) -> int:
    """Run the screens and the server over an engine until the user leaves; `trace` is the file of the log, if any.

    Returns 0; or 1 if it was asked to end after the screens had failed, which the server outlives. Raises MeterError if
    the port is taken.

    On the `first_start` on a folder the first steps are shown. `welcome` is the first message of the first screen (if
    empty, that the system allows too few connections), `login_hint` is shown at every login.
    """

    async def run() -> int:
        async with serving(engine, config) as (headend, listener):
            _logger.info("ready on %s", headend.address)

            works = Works()

            def make_app(message: str) -> MetertuiApp:
                return MetertuiApp(
                    headend,
                    config,
                    keep_heap=gc.freeze,
                    walk=first_start and not message,
                    colours=theme.colours(os.environ),
                    welcome=message or welcome or listener.shortfall,
                    login_hint=login_hint,
                    command=command_name(),
                    works=works,
                )

            task = asyncio.create_task(beside(listener.port)) if beside else None
            try:
                return await Screens(make_app, lambda: f"meters are still served on {headend.address}", trace).run()
            finally:
                await works.stop()
                if task is not None:
                    task.cancel()
                    await asyncio.wait([task])

    return asyncio.run(run())
