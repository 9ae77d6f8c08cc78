"""The listening sockets: bound, watched, given up when they are lost, and bound again."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import resource
import socket
from collections.abc import Callable
from typing import Any, Final

from metertui.engine.errors import MeterError

_MAX_ACCEPTS: Final = 64
"""Connections that the event loop accepts before it looks at anything else: about 5 ms of work."""
_ACCEPT_QUEUE: Final = 4096
"""Connections that the kernel may keep for us meanwhile, so that a thousand at once need not try again."""
_KERNEL_REPLY_BYTES: Final = 65_536
"""Replies that the kernel may keep for a client beside ours, instead of megabytes: twenty thousand OKs."""

_ABANDONED: Final[list[asyncio.Server]] = []
"""Whose descriptors are another's by now: as garbage they would close what is not theirs."""


class Port:
    """A TCP port that listens once it is opened."""

    def __init__(self, host: str, port: int, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        self._host = host
        self.number = port
        """The port that is bound: the one asked for, or what the system chose for 0."""
        self._protocol = protocol
        self._server: asyncio.Server | None = None
        self._bound: list[tuple[int, int]] = []
        """Descriptor and inode of each socket."""

    @property
    def address(self) -> str:
        """Host and port in one text."""
        return format_address(self._host, self.number)

    async def open(self) -> None:
        """Bind and listen. Raises MeterError, in one line, where that cannot be."""
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(self._protocol, self._host, self.number, backlog=_MAX_ACCEPTS)
        except (OSError, OverflowError) as error:
            raise MeterError(f"cannot listen on {self.address}: {_describe_error(error)}") from error
        for bound in server.sockets:
            # The same socket by another descriptor, since asyncio's own queues no more than it accepts in a turn.
            with socket.socket(fileno=os.dup(bound.fileno())) as twin:
                twin.listen(_ACCEPT_QUEUE)
                # What is accepted inherits it.
                twin.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_REPLY_BYTES)
        self._server = server
        self._bound = [(bound.fileno(), os.fstat(bound.fileno()).st_ino) for bound in server.sockets]
        self.number = server.sockets[0].getsockname()[1]

    @property
    def lost(self) -> bool:
        """Whether a socket that was opened does not listen any more."""
        if self._server is None or not self._server.is_serving():
            return True
        return not all(map(_listens, self._server.sockets)) or not all(_is_ours(*each) for each in self._bound)

    async def close(self) -> None:
        """Listen no more; whatever is left of it."""
        server, self._server = self._server, None
        if server is None:
            return
        if all(_is_ours(*each) for each in self._bound):
            await stop_accepting(server)
        if any(_is_reused(*each) for each in self._bound):
            _ABANDONED.append(server)
            for descriptor, _ in self._bound:
                with contextlib.suppress(RuntimeError):  # the event loop knows the other by it already
                    asyncio.get_running_loop().remove_reader(descriptor)
            return
        with contextlib.suppress(OSError, ValueError):  # it was closed already
            server.close()


async def stop_accepting(server: asyncio.Server) -> None:
    """Let nobody in any more, and let whoever has been let in a moment ago become a connection.

    Closed before that, asyncio would lose such a client half made, and fail when it is collected as garbage.
    """
    for bound in server.sockets:
        asyncio.get_running_loop().remove_reader(bound.fileno())
    await asyncio.sleep(0)


def format_address(host: str, port: int) -> str:
    """Host and port in one text; an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def raise_file_limit(files: int) -> None:
    """Let this process open so many files, or as many as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # a system may allow less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _listens(bound: Any) -> bool:
    try:
        return bool(bound.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError as error:
        return error.errno == errno.ENOPROTOOPT  # the system does not say


def _is_ours(descriptor: int, inode: int) -> bool:
    try:
        return os.fstat(descriptor).st_ino == inode
    except OSError:
        return False


def _is_reused(descriptor: int, inode: int) -> bool:
    try:
        return os.fstat(descriptor).st_ino != inode
    except OSError:
        return False


def _describe_error(error: OSError | OverflowError) -> str:
    if isinstance(error, OverflowError):
        return "a port is a number from 0 to 65535"
    if isinstance(error, socket.gaierror):
        return "no such host"
    if error.errno == errno.EADDRINUSE:
        return "the port is in use by another program"
    return os.strerror(error.errno) if error.errno else str(error)
