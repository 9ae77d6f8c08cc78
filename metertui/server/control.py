"""The Unix socket in the data folder, through which other processes send commands to its owner (see owner_commands.py).

The permissions of the file admit only the user that the owner runs as, and root; the name of the user goes into
`audit.log`. A command that has begun runs to completion even if the client disconnects.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
from pathlib import Path
from typing import Final

from metertui.engine.errors import MeterError
from metertui.engine.storage import local_user_name
from metertui.headend import HeadEnd
from metertui.server import socket_file
from metertui.server.control_protocol import (
    MAX_LINE_BYTES,
    Accepted,
    Done,
    Failed,
    MalformedMessage,
    Part,
    Progress,
    Reply,
    Request,
    encode_reply,
    encode_request,
    parse_reply,
    parse_request,
)
from metertui.server.owner_commands import COMMANDS, Call
from metertui.server.port import stop_accepting

_logger = logging.getLogger(__name__)

_COMMANDS: Final = 64
"""Commands that run at once."""
_WAITING: Final = 64
"""Connections of which no request has come yet. Where there are more, the oldest makes room."""
_TIMEOUT_SECONDS: Final = 10.0
"""The time in which a request, which is sent in one piece, must arrive, and an answer must be taken."""


class ControlSocket:
    """The socket of a folder that this process owns. `start` opens it, `stop` removes it."""

    def __init__(self, headend: HeadEnd) -> None:
        self._headend = headend
        self._folder = headend.engine.folder
        self._server: asyncio.Server | None = None
        self._handlers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._working: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self) -> None:
        """Listen. If the file system has no sockets, log a warning: commands then refuse and name the owner."""
        try:
            bound = socket_file.bind(self._folder)
        except OSError as error:
            _logger.warning("commands cannot reach this process: no socket in the folder (%s)", error.strerror or error)
            return
        # Not start_unix_server, which would remove the file by a path that may be another's by then.
        self._server = await asyncio.start_server(self._accept, sock=bound, limit=MAX_LINE_BYTES)

    async def stop(self) -> None:
        """Accept no more, finish the commands that have begun, and remove the file."""
        if self._server is None:
            return
        self._stopping = True
        await stop_accepting(self._server)
        self._server.close()
        for handler in set(self._handlers) - self._working:
            handler.cancel()
        while self._handlers:
            await asyncio.wait(list(self._handlers))
        with contextlib.suppress(OSError):
            socket_file.remove(self._folder)
        self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._stopping:
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._handlers[task] = writer
        waiting = [each for each in self._handlers if each not in self._working]
        if len(waiting) > _WAITING:
            waiting[0].cancel()
        try:
            await self._handle(reader, writer, task)
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.drain(), _TIMEOUT_SECONDS)
        except asyncio.CancelledError:  # no request had come yet
            if not self._stopping:
                _send(writer, Failed("too many other commands wait; try again later"))
        finally:
            self._working.discard(task)
            del self._handlers[task]
            writer.close()

    async def _handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, task: asyncio.Task[None]
    ) -> None:
        _send(writer, Accepted())
        try:
            line = await asyncio.wait_for(reader.readuntil(b"\n"), _TIMEOUT_SECONDS)
        except asyncio.LimitOverrunError:
            await _reject(reader, writer, f"a request must not exceed {MAX_LINE_BYTES} bytes")
            return
        except TimeoutError:
            _send(writer, Failed("no request came in time"))
            return
        except (asyncio.IncompleteReadError, OSError):
            return  # the client disconnected before the end of its request
        if len(self._working) >= _COMMANDS:
            await _reject(reader, writer, f"{_COMMANDS} commands are running already; try again later")
            return
        self._working.add(task)
        _send(writer, await self._run_command(line, _peer_user(writer), writer))

    async def _run_command(self, line: bytes, by: str, writer: asyncio.StreamWriter) -> Reply:
        told: int | None = None

        def progress(share: float) -> None:
            _send(writer, Progress(share, told))

        def tell_rows(rows: int) -> None:
            nonlocal told
            told = rows

        async def send_part(content: object) -> None:
            _send(writer, Part(content))
            try:
                await asyncio.wait_for(writer.drain(), _TIMEOUT_SECONDS)
            except (OSError, TimeoutError) as error:
                raise MeterError("nobody takes the answer any more") from error
            if writer.is_closing():
                raise MeterError("nobody takes the answer any more")

        name = ""
        try:
            request: Request = parse_request(line)
            name = request.command
            command = COMMANDS.get(name)
            if command is None:
                raise MalformedMessage(
                    "the process that owns the folder does not know this command; is it another version?"
                )
            reply = Done(
                await command.run(Call(self._headend, by, dict(request.arguments), progress, send_part, tell_rows))
            )
            encode_reply(reply)
            return reply
        except MeterError as error:
            return Failed(str(error))
        except Exception:
            _logger.exception("the command %s failed", name)
            return Failed("the command failed in the process that owns the folder; see its log")


async def send_request(folder: Path, request: Request) -> Reply:
    """Send a request to the owner of a folder and return its last reply. Raises OSError, MeterError."""
    connection = socket_file.connect(folder)
    reader, writer = await asyncio.open_connection(sock=connection, limit=MAX_LINE_BYTES)
    try:
        while True:
            reply = parse_reply(await reader.readline())
            if isinstance(reply, Accepted):
                writer.write(encode_request(request))
            elif not isinstance(reply, Progress | Part):
                return reply
    finally:
        writer.close()


async def _reject(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reason: str) -> None:
    """Send the reason, and read what still comes: closing at once could destroy the reply."""
    _send(writer, Failed(reason))
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            await writer.drain()
            writer.write_eof()
            while await reader.read(MAX_LINE_BYTES):
                pass


def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    if not writer.is_closing():
        writer.write(encode_reply(reply))


def _peer_user(writer: asyncio.StreamWriter) -> str:
    """Return the name of the user at the other end, as the kernel knows it."""
    uid = os.getuid()
    bound = writer.get_extra_info("socket")
    if bound is not None and hasattr(socket, "SO_PEERCRED"):  # Linux; elsewhere only the same user can connect
        with contextlib.suppress(OSError):
            size = struct.calcsize("3i")
            uid = struct.unpack("3i", bound.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))[1]
    return local_user_name(uid)
