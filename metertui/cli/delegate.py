"""Commands that write into a data folder: run in this process, or by the process that owns the folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from metertui import settings
from metertui.cli.output import print_warnings, progress_bar
from metertui.engine.base import Progress, SystemClock, no_progress
from metertui.engine.core import Engine
from metertui.engine.errors import MeterError, OwnedError
from metertui.engine.storage import local_user_name
from metertui.headend import HeadEnd
from metertui.server import (
    COMMANDS,
    MAX_LINE_BYTES,
    Call,
    Command,
    Done,
    Failed,
    Request,
    control_protocol,
    encode_request,
    parse_reply,
    socket_file,
)

PATIENCE_SECONDS: Final = 2.0
"""How long to wait for an owner that takes no commands: it may be a command that ends soon, or a server's start."""
AGAIN_SECONDS: Final = 0.05


def perform(data: Path, name: str, arguments: Mapping[str, Any], progress: Progress = no_progress) -> Any:
    """Run a command of the owner's table on a folder, and return its answer.

    It runs in this process, which owns the folder meanwhile, or in the process that owns it already. `progress` takes
    the share done. Raises OwnedError for an owner that cannot be reached, MeterError for a command that failed.
    """
    command = COMMANDS[name]
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            engine = _open(data, readings=command.needs_readings)
        except OwnedError as error:
            try:
                connection = socket_file.connect(data)
            except OSError:
                if time.monotonic() >= until:
                    raise error from None
            else:
                with connection:
                    return _receive_answer(connection, encode_request(Request(name, arguments)), progress)
        else:
            return asyncio.run(_run(command, engine, dict(arguments), progress))
        time.sleep(AGAIN_SECONDS)


def _open(data: Path, *, readings: bool) -> Engine:
    rules = settings.load(data).rules()
    if readings:
        with progress_bar("reading the archive") as share:
            engine = Engine.open(data, rules, SystemClock(), share)
    else:
        engine = Engine.open_books(data, rules, SystemClock())
    print_warnings(engine.warnings)
    return engine


async def _run(command: Command, engine: Engine, arguments: dict[str, Any], progress: Progress) -> Any:
    headend = HeadEnd(engine, close_at_midnight=False)
    await headend.start()
    try:
        return await command.run(Call(headend, local_user_name(os.getuid()), arguments, progress, alone=True))
    finally:
        await headend.stop()


def reachable(data: Path) -> bool:
    """Return whether the owner of a folder takes commands."""
    try:
        socket_file.connect(data).close()
    except OSError:
        return False
    return True


def _receive_answer(connection: socket.socket, request: bytes, progress: Progress) -> Any:
    try:
        with connection.makefile("rb") as replies:
            with contextlib.suppress(BrokenPipeError):  # its reply says why it reads no more
                connection.sendall(request)
            while line := replies.readline(MAX_LINE_BYTES + 1):
                match parse_reply(line):
                    case control_protocol.Progress(share):
                        progress(share)
                    case Done(result):
                        return result
                    case Failed(why):
                        raise MeterError(why)
    except OSError:
        pass  # the owner has ended
    raise MeterError("the process that owns the folder ended before it answered; check whether the work is done")
