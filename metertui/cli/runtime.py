"""What a running metertui needs, with screens or without: engine, head-end, listener, log, garbage collector."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import math
import shlex
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

from metertui import settings
from metertui.cli.output import progress_bar
from metertui.cli.starting import Bar
from metertui.engine.base import SystemClock
from metertui.engine.core import Engine
from metertui.engine.errors import MeterError
from metertui.headend import HeadEnd
from metertui.server import ControlSocket, Listener
from metertui.settings import Settings

_logger = logging.getLogger("metertui")

_FULL_COLLECTIONS: Final = 1000
"""Collections of the middle generation for each full one; Python's default is 10."""
_READING: Final = 0.8
"""The share of the time of opening a folder in which its archive is read; then the readings are put in order."""
_REPEAT_SECONDS: Final = 60.0
"""How often the log says that connections cannot be accepted."""
_ACCEPTING: Final = ("socket.accept", "_accept_connection")
"""What asyncio's messages name where a connection could not be accepted."""


def open_owned(data: Path, config: Settings, bar: Bar = progress_bar) -> Engine:
    """Open a data folder that this process owns from now on, and write its settings file if it has none.

    `bar` shows how much of the archive has been read. Raises OwnedError, MeterError.
    """
    with bar("reading the archive") as share:
        engine = Engine.open(data, config.rules(), SystemClock(), lambda read: share(_READING * read))
    try:
        settings.store_zone(data, engine.zone.name)
    except MeterError as error:
        engine.warnings.append(str(error))
    if note := settings.zone_note(data):
        engine.warnings.append(note)
    with contextlib.suppress(MeterError, OSError):  # each billing run and the log say why
        if engine.bills.waits_for_acceptance():
            engine.warnings.append(
                "the rules of this version may change issued bills; the log or `metertui check` says of how many meters"
            )
    return engine


def log_warnings(engine: Engine) -> None:
    """Log what the start found and repaired."""
    for warning in engine.warnings:
        _logger.warning("%s", warning)


def build_head_end(engine: Engine, config: Settings) -> tuple[HeadEnd, Listener]:
    """Return a head-end and its TCP listener over an engine; neither is started yet."""
    tame_collector()
    headend = HeadEnd(engine, close_at_midnight=config.day_close_at_midnight)
    return headend, Listener(headend, config)


@contextlib.asynccontextmanager
async def serving(engine: Engine, config: Settings) -> AsyncIterator[tuple[HeadEnd, Listener]]:
    """Serve meters, and the commands of other processes, while the block lasts. Raises MeterError."""
    headend, listener = build_head_end(engine, config)
    asyncio.get_running_loop().set_exception_handler(LoopErrors(listener.report_accept_error))
    control = ControlSocket(headend)
    await headend.start()
    try:
        await listener.start()  # before anything is shown, so that a port in use is one clear line
        await control.start()
        headend.billing.start_rules_check()
        yield headend, listener
    finally:
        await control.stop()
        await listener.stop()
        await headend.stop()


class LoopErrors:
    """Handles the errors of an event loop that no task takes.

    Connections that cannot be accepted, as no file is left for them, are logged once a minute.
    """

    def __init__(self, not_accepted: Callable[[OSError], None] = lambda error: None) -> None:
        """`not_accepted` is called with the error of each connection that could not be accepted."""
        self._not_accepted = not_accepted
        self._logged = -math.inf

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, OSError) or not any(name in context["message"] for name in _ACCEPTING):
            loop.default_exception_handler(context)
            return
        self._not_accepted(error)
        if loop.time() - self._logged >= _REPEAT_SECONDS:
            self._logged = loop.time()
            _logger.error("no further connection can be accepted: %s", error.strerror)


def tame_collector() -> None:
    """Exempt what is loaded by now from garbage collection, and make full collections rare.

    A full collection stops the event loop: for 155 ms over a million accounts, for 60 to 110 ms over all screens. It
    came twice a second in a flood. The two younger generations, which take 1 ms, find nearly all garbage anyway.
    """
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _FULL_COLLECTIONS)


def command_name() -> str:
    """Return what to type for metertui in another terminal: its name if the shell finds it, else its path."""
    as_module = Path(sys.argv[0]).name == "__main__.py"
    mine = Path(sys.executable if as_module else sys.argv[0]).absolute()
    found = shutil.which(mine.name)
    near = mine.relative_to(Path.cwd()) if mine.is_relative_to(Path.cwd()) else mine
    path = mine.name if found is not None and Path(found).absolute() == mine else shlex.quote(str(near))
    return f"{path} -m metertui" if as_module else path
