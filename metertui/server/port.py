"""The listening sockets: bound, checked, abandoned when they are lost, and bound again."""

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
"""Connections that the event loop accepts before other work: about 5 ms."""
_ACCEPT_QUEUE: Final = 4096
"""Connections that the kernel queues meanwhile, so that a thousand at once need not try again."""
_KERNEL_REPLY_BYTES: Final = 65_536
"""Replies that the kernel buffers for a client, instead of megabytes: twenty thousand OKs."""

_ABANDONED: Final[list[asyncio.Server]] = []
"""Servers whose descriptors were reused; if they were collected as garbage, they would close sockets of others."""


class Port:
    """A TCP port, which listens while it is open."""

    def __init__(self, host: str, port: int, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        self._host = host
        self.number = port
        """The bound port: the given one, or the one that the system chose for 0."""
        self._protocol = protocol
        self._server: asyncio.Server | None = None
        self._bound: list[tuple[int, int]] = []
        """File descriptor and inode of each socket."""

    @property
    def address(self) -> str:
        """Return the address as `host:port`."""
        return format_address(self._host, self.number)

    async def open(self) -> None:
        """Bind and listen. Raises MeterError, a single line, if that fails."""
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(self._protocol, self._host, self.number, backlog=_MAX_ACCEPTS)
        except (OSError, OverflowError) as error:
            raise MeterError(f"cannot listen on {self.address}: {_describe_error(error)}") from error
        for bound in server.sockets:
            # The same socket by another descriptor: asyncio sets its queue to the number that it accepts at once.
            with socket.socket(fileno=os.dup(bound.fileno())) as twin:
                twin.listen(_ACCEPT_QUEUE)
                # Accepted sockets inherit it.
                twin.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_REPLY_BYTES)
        self._server = server
        self._bound = [(bound.fileno(), os.fstat(bound.fileno()).st_ino) for bound in server.sockets]
        self.number = server.sockets[0].getsockname()[1]

    @property
    def lost(self) -> bool:
        """Return whether one of the sockets does not listen any more."""
        if self._server is None or not self._server.is_serving():
            return True
        return not all(map(_listens, self._server.sockets)) or not self._has_all

    @property
    def _has_all(self) -> bool:
        """Return whether all descriptors are still those of the sockets."""
        return all(_inode(descriptor) == inode for descriptor, inode in self._bound)

    async def close(self) -> None:
        """Stop listening, whatever state the sockets are in."""
        server, self._server = self._server, None
        if server is None:
            return
        if self._has_all:
            await stop_accepting(server)
        if any(_inode(descriptor) not in (inode, None) for descriptor, inode in self._bound):
            _ABANDONED.append(server)
            for descriptor, _ in self._bound:
                with contextlib.suppress(RuntimeError):  # the event loop uses the descriptor for another socket already
                    asyncio.get_running_loop().remove_reader(descriptor)
            return
        with contextlib.suppress(OSError, ValueError):  # it was closed already
            server.close()


async def stop_accepting(server: asyncio.Server) -> None:
    """Stop accepting, and let connections that were just accepted be set up.

    If the server were closed before that, asyncio would lose such a connection, and fail when it is garbage-collected.
    """
    for bound in server.sockets:
        asyncio.get_running_loop().remove_reader(bound.fileno())
    await asyncio.sleep(0)


def format_address(host: str, port: int) -> str:
    """Return `host:port`, with an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def raise_file_limit(files: int) -> None:
    """Raise the limit of open files to `files`, or as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # some systems allow less than their hard limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _listens(bound: Any) -> bool:
    try:
        return bool(bound.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError as error:
        return error.errno == errno.ENOPROTOOPT  # the system does not tell


def _inode(descriptor: int) -> int | None:
    try:
        return os.fstat(descriptor).st_ino
    except OSError:
        return None


def _describe_error(error: OSError | OverflowError) -> str:
    if isinstance(error, OverflowError):
        return "a port is a number from 0 to 65535"
    if isinstance(error, socket.gaierror):
        return "no such host"
    if error.errno == errno.EADDRINUSE:
        return "the port is in use by another program"
    return os.strerror(error.errno) if error.errno else str(error)
