"""Commands on a data folder: run in this process, or by the process that owns the folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from metertui import settings
from metertui.cli.errors import Interrupted
from metertui.cli.output import print_warnings, progress_bar
from metertui.engine.base import Progress, SystemClock, TellRows, no_progress, tell_no_rows
from metertui.engine.core import Engine
from metertui.engine.errors import MeterError, OwnedError
from metertui.engine.storage import FreshFolder, local_user_name
from metertui.headend import HeadEnd, Jobs
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
"""How long to wait for an owner that takes no commands: it may be a command that ends soon, or a server's start.

It may also be stopped, or have no file left for a connection.
"""
AGAIN_SECONDS: Final = 0.05


class _NotAccepted(Exception):
    """The owner of a folder has not accepted a command, which it will not run."""


TakePart = Callable[[Any], None]
"""Takes a part of a long answer, as JSON has it."""


def ask_owner(
    data: Path, name: str, arguments: Mapping[str, Any], progress: Progress, take_part: TakePart
) -> Any | None:
    """Have the owner of a folder run a command that only reads, and return its answer; None where none accepts it.

    Raises MeterError for a command that failed.
    """
    try:
        return _ask_owner(data, encode_request(Request(name, arguments)), PATIENCE_SECONDS, progress, take_part)
    except _NotAccepted:
        return None


def perform(
    data: Path,
    name: str,
    arguments: Mapping[str, Any],
    progress: Progress = no_progress,
    tell_rows: TellRows = tell_no_rows,
) -> Any:
    """Run a command of the owner's table on a folder, and return its answer.

    It runs in this process, which owns the folder meanwhile, or in the process that owns it already. The first write
    stores the zone of the folder; a folder that is new and gets none is removed again. `progress` takes the share done,
    `tell_rows` the rows done. Raises OwnedError for an owner that does not accept it in time,
    MeterError if it failed, Interrupted if an owner goes on with it.
    """
    command, fresh = COMMANDS[name], FreshFolder(data)
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            engine = _open(data, readings=command.needs_readings)
        except OwnedError as error:
            try:
                request = encode_request(Request(name, arguments))
                patience = max(AGAIN_SECONDS, until - time.monotonic())
                return _ask_owner(data, request, patience, progress, tell_rows=tell_rows)
            except _NotAccepted:
                if time.monotonic() >= until:
                    raise OwnedError(f"{error}, which takes no commands; nothing was done") from None
        else:
            try:
                return asyncio.run(_run(command, engine, dict(arguments), progress, tell_rows))
            finally:
                fresh.remove_unused()
        time.sleep(AGAIN_SECONDS)


def _open(data: Path, *, readings: bool) -> Engine:
    rules = settings.load(data).rules()
    if readings:
        with progress_bar("reading the archive") as share:
            engine = Engine.open(data, rules, SystemClock(), share)
    else:
        engine = Engine.open_books(data, rules, SystemClock())
    print_warnings([*engine.warnings, *filter(None, [settings.zone_note(data)])])
    return engine


async def _run(
    command: Command, engine: Engine, arguments: dict[str, Any], progress: Progress, tell_rows: TellRows
) -> Any:
    store_zone = partial(settings.store_zone, engine.folder, engine.zone.name)
    headend = HeadEnd(engine, close_at_midnight=False, jobs=Jobs(engine, before_writing=store_zone))
    await headend.start()
    try:
        by = local_user_name(os.getuid())
        return await command.run(Call(headend, by, arguments, progress, _take_nothing, tell_rows, alone=True))
    finally:
        await headend.stop()


def reachable(data: Path) -> bool:
    """Return whether the owner of a folder takes commands."""
    try:
        socket_file.connect(data).close()
    except OSError:
        return False
    return True


async def _take_nothing(part: object) -> None:
    """Take no part of an answer: the commands that `perform` runs send none."""


def _ask_owner(
    data: Path,
    request: bytes,
    seconds: float,
    progress: Progress,
    take_part: TakePart = lambda _: None,
    tell_rows: TellRows = tell_no_rows,
) -> Any:
    """Have the owner of a folder run a command, however long that takes once it has accepted it, and return the answer.

    Raises _NotAccepted if it does not accept it within some seconds, MeterError for a command that failed.
    """
    accepted = False
    try:
        with socket_file.connect(data) as connection, connection.makefile("rb") as replies:
            connection.settimeout(seconds)
            while line := replies.readline(MAX_LINE_BYTES + 1):
                match parse_reply(line):
                    case control_protocol.Accepted():
                        accepted = True
                        connection.settimeout(None)
                        with contextlib.suppress(BrokenPipeError):  # its reply says why it reads no more
                            connection.sendall(request)
                    case control_protocol.Progress(share, rows):
                        progress(share)
                        if rows is not None:
                            tell_rows(rows)
                    case control_protocol.Part(content):
                        take_part(content)
                    case Done(result):
                        return result
                    case Failed(why):
                        raise MeterError(why)
    except OSError:
        pass  # it has ended, or the time has passed
    except KeyboardInterrupt as error:
        if accepted:
            raise Interrupted("interrupted; the process that owns the folder goes on with the command") from error
        raise
    if not accepted:
        raise _NotAccepted
    raise MeterError("the process that owns the folder ended before it answered; check whether the command took effect")
