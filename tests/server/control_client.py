"""A client of the control socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from pathlib import Path
from typing import Any

from metertui.server import socket_file
from tests.patience import PATIENCE


def exchange(folder: Path, data: bytes, *, end: bool = True) -> list[dict[str, Any]]:
    """Send bytes to the socket of a folder and return its replies, after the acceptance, until it closes."""
    with socket_file.connect(folder) as connection:
        connection.settimeout(PATIENCE)
        with contextlib.suppress(BrokenPipeError):
            connection.sendall(data)
            if end:
                connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as replies:
            said = [json.loads(line) for line in replies]
    return said[said[:1] == [{"accepted": True}] :]


async def send_command(folder: Path, do: str, **given: object) -> Any:
    line = json.dumps({"do": do, "with": given}).encode() + b"\n"
    (*_, last) = await asyncio.to_thread(exchange, folder, line)
    return last
