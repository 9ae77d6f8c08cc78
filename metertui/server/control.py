"""The owner's side of the Unix socket in the data folder, by which commands hand it their work (see owner_commands.py).

Who connects has been let in by the file's permissions, so it is the user that the owner runs as, or root; whoever it
is by name goes into `audit.log`. A request that has begun is finished even if nobody waits for its answer any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from metertui.engine.errors import MeterError
from metertui.engine.storage import local_user_name
from metertui.server import socket_file
from metertui.server.control_protocol import (
    MAX_LINE_BYTES,
    Done,
    Failed,
    Malformed,
    Progress,
    Reply,
    Request,
    encode_reply,
    encode_request,
    parse_reply,
    parse_request,
)
from metertui.server.owner_commands import COMMANDS, Call
from metertui.server.port import accept_no_more

if TYPE_CHECKING:
    from metertui.headend import HeadEnd

_logger = logging.getLogger(__name__)

_CONNECTIONS: Final = 64
"""At once; each is a command that someone runs, or a second screen."""
_PATIENCE_SECONDS: Final = 10.0
"""How long a request may take to arrive: it is sent in one piece."""


class ControlSocket:
    """The socket of a folder that this process owns. `start` opens it, `stop` takes it away."""

    def __init__(self, headend: HeadEnd) -> None:
        self._headend = headend
        self._folder = headend.engine.folder
        self._server: asyncio.Server | None = None
        self._talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._working: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self) -> None:
        """Listen. Where the folder takes no socket it is said in the log, and commands are told who owns it."""
        try:
            bound = socket_file.bind(self._folder)
        except OSError as error:
            _logger.warning("commands cannot reach this process: no socket in the folder (%s)", error.strerror or error)
            return
        # Not the loop's own way for Unix sockets, which would remove the file by a name that may not be its own.
        self._server = await asyncio.start_server(self._accept, sock=bound, limit=MAX_LINE_BYTES)

    async def stop(self) -> None:
        """Take no more, finish what has begun, and remove the file."""
        if self._server is None:
            return
        self._stopping = True
        await accept_no_more(self._server)
        self._server.close()
        for talk in set(self._talks) - self._working:
            talk.cancel()
        while self._talks:
            await asyncio.wait(list(self._talks))
        with contextlib.suppress(OSError):
            socket_file.remove(self._folder)
        self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._stopping:
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._talks[task] = writer
        try:
            if len(self._talks) > _CONNECTIONS:
                await _refuse(reader, writer, f"{_CONNECTIONS} commands are under way already; try again later")
            else:
                await self._talk(reader, writer, task)
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.drain(), _PATIENCE_SECONDS)
        except asyncio.CancelledError:
            pass  # it had not asked for anything yet
        finally:
            self._working.discard(task)
            del self._talks[task]
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, task: asyncio.Task[None]) -> None:
        try:
            line = await asyncio.wait_for(reader.readuntil(b"\n"), _PATIENCE_SECONDS)
        except asyncio.LimitOverrunError:
            await _refuse(reader, writer, f"a request has {MAX_LINE_BYTES} bytes at most")
            return
        except TimeoutError:
            _send(writer, Failed("no request came"))
            return
        except (asyncio.IncompleteReadError, OSError):
            return  # it has gone, and had not said it all
        self._working.add(task)
        _send(writer, await self._answer(line, _name_of(writer), lambda share: _send(writer, Progress(share))))

    async def _answer(self, line: bytes, by: str, progress: Callable[[float], None]) -> Reply:
        do = ""
        try:
            request: Request = parse_request(line)
            do = request.do
            command = COMMANDS.get(do)
            if command is None:
                raise Malformed("the process that owns the folder does not know this command; is it another version?")
            reply = Done(await command.run(Call(self._headend, by, dict(request.given), progress)))
            encode_reply(reply)
            return reply
        except MeterError as error:
            return Failed(str(error))
        except Exception:
            _logger.exception("the command %s failed", do)
            return Failed("the process that owns the folder failed at this; its log says why")


async def ask(folder: Path, request: Request) -> Reply:
    """What the owner of a folder answers; what it says before is passed over. Raises OSError, MeterError."""
    connection = await asyncio.to_thread(socket_file.connect, folder)
    reader, writer = await asyncio.open_connection(sock=connection, limit=MAX_LINE_BYTES)
    try:
        writer.write(encode_request(request))
        while True:
            reply = parse_reply(await reader.readline())
            if not isinstance(reply, Progress):
                return reply
    finally:
        writer.close()


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, why: str) -> None:
    """Say why not, and take what still comes: a close at once could destroy the answer."""
    _send(writer, Failed(why))
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await writer.drain()
            writer.write_eof()
            while await reader.read(MAX_LINE_BYTES):
                pass


def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    if not writer.is_closing():
        writer.write(encode_reply(reply))


def _name_of(writer: asyncio.StreamWriter) -> str:
    """The user at the other end, as the kernel knows it."""
    uid = os.getuid()
    bound = writer.get_extra_info("socket")
    if bound is not None and hasattr(socket, "SO_PEERCRED"):  # Linux; elsewhere only the same user gets here
        with contextlib.suppress(OSError):
            size = struct.calcsize("3i")
            uid = struct.unpack("3i", bound.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))[1]
    return local_user_name(uid)
