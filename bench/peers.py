"""Two plain servers to measure beside: one that syncs each line, and one that does nothing but sync a batch.

`each` answers a line when it alone is written and synced, as the first idea would. `bare` takes whole chunks: append,
one fdatasync, one joined reply; it checks nothing, so it is about the most that Python's asyncio gives on this machine.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile


class Peer(asyncio.Protocol):
    """One connection of a plain server that writes to `fd`."""

    def __init__(self, fd: int, *, each: bool) -> None:
        self._fd = fd
        self._each = each
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if self._each:
            for line in lines:
                os.write(self._fd, line + b"\n")
                os.fdatasync(self._fd)
                self._transport.write(b"OK\n")
        elif lines:
            os.write(self._fd, b"\n".join(lines) + b"\n")
            os.fdatasync(self._fd)
            self._transport.write(b"OK\n" * len(lines))


async def serve(kind: str) -> None:
    """Serve on a free port of loopback, told on standard error, until the process is ended."""
    with tempfile.TemporaryFile() as file:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Peer(file.fileno(), each=kind == "each"), "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        print(f"ready on {host}:{port}", file=sys.stderr, flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
