"""The running program: with screens, or without."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import math
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from metertui import settings
from metertui.cli import delegate
from metertui.cli.common import flags, folder, on_terminal, progress_bar
from metertui.engine.base import SystemClock
from metertui.engine.core import Engine
from metertui.engine.errors import MeterError, OwnedError
from metertui.headend import HeadEnd
from metertui.server import ControlSocket, Limits, Listener
from metertui.settings import Settings

_logger = logging.getLogger("metertui")

_FULL_COLLECTIONS = 1000
"""How many collections of the middle generation go before a full one; Python's own choice is 10."""

_TOLD_AGAIN_SECONDS = 60.0
_ACCEPTING = ("socket.accept", "_accept_connection")
"""What asyncio's messages name where a connection could not be taken."""

Beside = Callable[[int], Coroutine[Any, Any, None]]


def serve(options: argparse.Namespace) -> None:
    """`metertui serve`: until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))  # while the folder is read; then the event loop takes them
    data = folder(options)
    stated = settings.load(data, flags(options))
    asyncio.run(_serve(open_owned(data, stated), stated))


async def _serve(engine: Engine, stated: Settings) -> None:
    errors = LoopErrors()
    asyncio.get_running_loop().set_exception_handler(errors)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    headend, listener = desk(engine, stated)
    errors.not_accepted = listener.not_accepted
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


def screens(options: argparse.Namespace) -> None:
    """`metertui`: the screens and the server in one event loop."""
    if not on_terminal():
        raise MeterError("the screens need a terminal; `metertui serve` does without")
    data = folder(options)
    stated = settings.load(data, flags(options))
    first = not settings.written(data)
    engine = _owned_soon(data, stated)
    if engine is None:
        from metertui.cli import follow  # noqa: PLC0415 - Textual, which `serve` never loads

        follow.screens(data, stated)
        return
    log_to(data)
    run_app(engine, stated, first=first)


def _owned_soon(data: Path, stated: Settings) -> Engine | None:
    """The engine on a folder of which this process becomes the owner; None where another one stays it.

    An owner that takes no commands is often one itself, and ends soon. Raises MeterError.
    """
    until = time.monotonic() + delegate.PATIENCE_SECONDS
    while True:
        try:
            return open_owned(data, stated)
        except OwnedError:
            if delegate.reachable(data) or time.monotonic() >= until:
                return None
        time.sleep(delegate.AGAIN_SECONDS)


def log_to(data: Path) -> None:
    """Log into the data folder, as the screens own the terminal; nowhere if that cannot be."""
    form = "%(asctime)s %(levelname)s %(message)s"
    try:
        logging.basicConfig(level=logging.INFO, format=form, filename=data / "metertui.log")
    except OSError:
        logging.basicConfig(handlers=[logging.NullHandler()])


def run_app(
    engine: Engine,
    stated: Settings,
    beside: Beside | None = None,
    *,
    first: bool = False,
    welcome: str = "",
    login_hint: str = "",
) -> None:
    """Show the screens over an engine until they are left. Raises MeterError where the port cannot be had.

    `beside` is what runs along with them, and is given the port. `first`: whether the folder is new, and who opens it
    is shown the first steps. `welcome` is the first message of the first screen, `login_hint` stands at every login.
    """
    from metertui.app import MetertuiApp  # noqa: PLC0415 - Textual, which `serve` never loads
    from metertui.screens.terminal import theme  # noqa: PLC0415

    async def run() -> None:
        errors = LoopErrors()
        asyncio.get_running_loop().set_exception_handler(errors)
        headend, listener = desk(engine, stated)
        errors.not_accepted = listener.not_accepted
        control = ControlSocket(headend)
        await headend.start()
        try:
            await listener.start()  # before anything is drawn, so that a port in use is one clear line
            await control.start()
            _logger.info("ready on %s", headend.address)
            app = MetertuiApp(
                headend,
                stated,
                keep_heap=gc.freeze,
                walk=first,
                colours=theme.colours(os.environ),
                welcome=welcome,
                login_hint=login_hint,
                command=called(),
            )
            asked = asyncio.Event()

            def end() -> None:
                asked.set()
                app.exit()

            for name in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(name, end)
            company = beside(listener.port) if beside else None
            task = asyncio.create_task(company) if company else None
            try:
                await app.run_async()
                if app.return_code:
                    await _outlive(asked)
            finally:
                if task is not None:
                    task.cancel()
                    await asyncio.wait([task])
        finally:
            await control.stop()
            await listener.stop()
            await headend.stop()

    asyncio.run(run())


def called() -> str:
    """What to type for metertui in another terminal: its name, where the shell finds it, else the way to it."""
    as_module = Path(sys.argv[0]).name == "__main__.py"
    mine = Path(sys.executable if as_module else sys.argv[0]).absolute()
    found = shutil.which(mine.name)
    near = mine.relative_to(Path.cwd()) if mine.is_relative_to(Path.cwd()) else mine
    way = mine.name if found is not None and Path(found).absolute() == mine else shlex.quote(str(near))
    return f"{way} -m metertui" if as_module else way


async def _outlive(asked: asyncio.Event) -> None:
    """The screens have failed, which is no reason to refuse readings: serve on until asked to end."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, asked.set)
    print("metertui: the screens failed, see above; the server goes on, ctrl+c ends it", file=sys.stderr, flush=True)
    _logger.error("the screens failed; the server goes on without them")
    await asked.wait()


def desk(engine: Engine, stated: Settings) -> tuple[HeadEnd, Listener]:
    """Head-end and listener over an engine, as the settings say."""
    tame_collector()
    headend = HeadEnd(engine, close_at_midnight=stated.day_close_at_midnight)
    return headend, Listener(headend, stated.host, stated.port, limits_of(stated), stated.require_auth)


def limits_of(stated: Settings) -> Limits:
    """What clients may take, as the settings say."""
    return Limits(
        connections=stated.max_connections,
        connections_per_peer=stated.max_connections_per_peer,
        idle_seconds=stated.idle_seconds,
        line_bytes=stated.max_line_bytes,
        reply_bytes=stated.reply_buffer_bytes,
        total_reply_bytes=stated.reply_buffers_bytes,
        input_bytes=stated.input_buffer_bytes,
        total_input_bytes=stated.input_buffers_bytes,
        failed_auth=stated.max_failed_auth,
        linger_seconds=stated.linger_seconds,
    )


class LoopErrors:
    """What the event loop could not hand to anyone. No file left for another connection is one line a minute."""

    def __init__(self) -> None:
        self._told = -math.inf
        self.not_accepted: Callable[[OSError], None] = lambda error: None
        """Hears of clients that could not be let in."""

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, OSError) or not any(name in context["message"] for name in _ACCEPTING):
            loop.default_exception_handler(context)
            return
        self.not_accepted(error)
        if loop.time() - self._told >= _TOLD_AGAIN_SECONDS:
            self._told = loop.time()
            _logger.error("no further connection can be taken: %s", error.strerror)


def tame_collector() -> None:
    """Have the garbage collector leave alone what is loaded by now, and look the rest through more rarely.

    A full collection stops the event loop: for 155 ms over a million accounts, for 60 to 110 ms over all screens. It
    came twice a second in a flood. The two younger generations, which take 1 ms, find nearly all garbage anyway.
    """
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _FULL_COLLECTIONS)


def open_owned(data: Path, stated: Settings) -> Engine:
    """The engine on a data folder of which this process becomes the owner. Raises MeterError."""
    with progress_bar("reading the archive") as share:
        engine = Engine.open(data, stated.rules(), SystemClock(), progress=share)
    settings.write_defaults(data)
    for warning in engine.warnings:
        _logger.warning("%s", warning)
    return engine
