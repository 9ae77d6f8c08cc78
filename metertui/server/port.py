"""The listening sockets: bound, checked, abandoned when they are lost, and bound again."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
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
_PROBES: Final = 4
"""Keepalive probes without an answer after which a peer is gone."""
_SAME_PORT_TRIES: Final = 20
"""Free ports to try until one is free at all addresses of a host."""

_ABANDONED: Final[list[asyncio.Server]] = []
"""Servers whose descriptors were reused; if they were collected as garbage, they would close sockets of others."""


class Port:
    """A TCP port, which listens while it is open: at each address of the host, with the same number.

    A peer that has been silent for `keepalive` seconds is probed, and its connection is lost if it is silent for as
    long again; 0 probes nobody.
    """

    def __init__(self, host: str, port: int, protocol: Callable[[], asyncio.BaseProtocol], keepalive: int = 0) -> None:
        self._host = host
        self.number = port
        """The bound port: the given one, or the one that the system chose for 0."""
        self._protocol = protocol
        self._keepalive = keepalive
        self._servers: list[asyncio.Server] = []
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
            found = await loop.getaddrinfo(self._host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            sockets = _bind_all([(family, place) for family, *_, place in dict.fromkeys(found)], self.number)
        except (OSError, OverflowError) as error:
            raise MeterError(f"cannot listen on {self.address}: {_describe_error(error)}") from error
        self.number = sockets[0].getsockname()[1]
        self._bound = [(bound.fileno(), os.fstat(bound.fileno()).st_ino) for bound in sockets]
        for bound in sockets:
            # Accepted sockets inherit both.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_REPLY_BYTES)
            _set_keepalive(bound, self._keepalive)
            self._servers.append(await loop.create_server(self._protocol, sock=bound, backlog=_MAX_ACCEPTS))
            bound.listen(_ACCEPT_QUEUE)  # asyncio sets its queue to the number that it accepts at once

    @property
    def lost(self) -> bool:
        """Return whether one of the sockets does not listen any more."""
        listening = [bound for server in self._servers if server.is_serving() for bound in server.sockets]
        return not (
            listening and len(listening) == len(self._bound) and self._has_all and all(map(_listens, listening))
        )

    @property
    def _has_all(self) -> bool:
        """Return whether all descriptors are still those of the sockets."""
        return all(_inode(descriptor) == inode for descriptor, inode in self._bound)

    async def close(self) -> None:
        """Stop listening, whatever state the sockets are in."""
        servers, self._servers = self._servers, []
        if self._has_all:
            for server in servers:
                await stop_accepting(server)
        if any(_inode(descriptor) not in (inode, None) for descriptor, inode in self._bound):
            _ABANDONED.extend(servers)
            for descriptor, _ in self._bound:
                with contextlib.suppress(RuntimeError):  # the event loop uses the descriptor for another socket already
                    asyncio.get_running_loop().remove_reader(descriptor)
            return
        for server in servers:
            with contextlib.suppress(OSError, ValueError):  # it was closed already
                server.close()


def _bind_all(
    places: list[tuple[int, tuple[Any, ...]]], port: int, tries: int = _SAME_PORT_TRIES
) -> list[socket.socket]:
    """Return a socket for each address, all bound to the same port, for 0 a free one. Raises OSError, OverflowError.

    An address that this machine does not have is left out if there is another.
    """
    bound: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, (host, _, *rest) in places:
            number = bound[0].getsockname()[1] if bound else port
            try:
                bound.append(_bind(family, (host, number, *rest)))
            except OSError as error:
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                absent = error
        if absent is not None and not bound:
            raise absent
        return bound
    except (OSError, OverflowError) as error:
        for each in bound:
            each.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        if not (taken and bound and port == 0 and tries > 1):
            raise
    return _bind_all(places, port, tries - 1)


def _bind(family: int, place: tuple[Any, ...]) -> socket.socket:
    """Return a socket that is bound to an address; one at `::` takes IPv4 as well. Raises OSError, OverflowError."""
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, place[0] != "::")
        made.bind(place)
    except BaseException:
        made.close()
        raise
    return made


def _set_keepalive(bound: socket.socket, seconds: int) -> None:
    """Have the system probe peers that have been silent for so long; 0 for never."""
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, seconds > 0)
    idle = getattr(socket, "TCP_KEEPIDLE", getattr(socket, "TCP_KEEPALIVE", None))  # the second on macOS
    if seconds and idle is not None:
        bound.setsockopt(socket.IPPROTO_TCP, idle, seconds)
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, max(1, seconds // _PROBES))
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _PROBES)


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


def _listens(bound: Any) -> bool:
    try:
        return bool(bound.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError as error:
        return error.errno == errno.ENOPROTOOPT  # the system does not say


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
