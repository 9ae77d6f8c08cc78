"""Work for a data folder: done here, or handed to the process that owns the folder."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from metertui.engine.base import no_progress
from metertui.engine.errors import MeterError, OwnedError
from metertui.server import MAX_LINE_BYTES, Done, Failed, Progress, Request, encode_request, parse_reply, socket_file

PATIENCE_SECONDS: Final = 2.0
"""How long an owner that cannot be reached is waited for: it may be a command that ends soon, or a server's start."""
AGAIN_SECONDS: Final = 0.05


def handed(
    data: Path,
    do: str,
    given: Mapping[str, Any],
    here: Callable[[], Any],
    progress: Callable[[float], None] = no_progress,
) -> Any:
    """`here()`, which owns the folder while it works, or what the owner says to `do`, where there is one.

    `progress` is called with the share done. Raises OwnedError for an owner that cannot be reached, MeterError for work
    that failed, here or there.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return here()
        except OwnedError as owned:
            try:
                connection = socket_file.connect(data)
            except OSError:
                if time.monotonic() >= until:
                    raise owned from None
            else:
                with connection:
                    return _answer(connection, encode_request(Request(do, given)), progress)
        time.sleep(AGAIN_SECONDS)


def reachable(data: Path) -> bool:
    """Whether the owner of a folder takes commands."""
    try:
        socket_file.connect(data).close()
    except OSError:
        return False
    return True


def _answer(connection: socket.socket, request: bytes, progress: Callable[[float], None]) -> Any:
    try:
        with connection.makefile("rb") as replies:
            with contextlib.suppress(BrokenPipeError):  # it has said why it takes no more
                connection.sendall(request)
            while line := replies.readline(MAX_LINE_BYTES + 1):
                match parse_reply(line):
                    case Progress(share):
                        progress(share)
                    case Done(result):
                        return result
                    case Failed(why):
                        raise MeterError(why)
    except OSError:
        pass  # it is gone
    raise MeterError("the process that owns the folder ended before it answered: look whether it is done, then go on")
