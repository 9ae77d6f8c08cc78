"""A listener on loopback with the double of a head-end, and clients of it."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from metertui.server.listener import Listener
from metertui.settings import Settings
from tests.patience import PATIENCE, until
from tests.server.fakes import FakeHeadEnd

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
SMALL = Settings(reply_buffer_bytes=16_384, input_buffer_bytes=16_384)


@asynccontextmanager
async def serving(stated: Settings | None = None) -> AsyncIterator[tuple[FakeHeadEnd, Listener]]:
    headend = FakeHeadEnd()
    listener = Listener(headend, replace(stated or Settings(), port=0))
    await listener.start()
    try:
        async with asyncio.timeout(PATIENCE):
            yield headend, listener
    finally:
        await listener.stop(grace=0.1)
    assert headend.connections == 0
    await until(lambda: headend.bytes_waiting == 0)  # what gone clients had sent is worked off


async def connect(listener: Listener) -> Streams:
    return await asyncio.open_connection("127.0.0.1", listener.port)


async def say(listener: Listener, data: bytes) -> bytes:
    """Everything that is answered to `data` and an end, as `nc -N` would print it."""
    reader, writer = await connect(listener)
    writer.write(data)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


def reset(writer: asyncio.StreamWriter) -> None:
    """Cut the connection off with a TCP reset."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def flood_unread(headend: FakeHeadEnd, listener: Listener) -> tuple[socket.socket, int]:
    """A client that sends and never reads, until the server takes no more from it; its socket and bytes sent.

    The kernel would keep megabytes at either end; so it is given small buffers.
    """
    client = socket.socket()
    listening = [bound for server in listener._port._servers for bound in server.sockets]
    for end in (client, *listening):  # accepted sockets inherit both
        for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            end.setsockopt(socket.SOL_SOCKET, buffer, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", listener.port))
    lines = b"FROB\n" * 2000
    sent = quiet = 0
    while quiet < 20:
        try:
            sent += client.send(lines[sent % 5 :])
            quiet = 0
        except BlockingIOError:
            quiet += 1
        await asyncio.sleep(0.002)
    assert headend.bytes_waiting < 1_000_000
    return client, sent
