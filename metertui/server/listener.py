"""The TCP server for meters: it accepts and counts connections, closes idle ones, and shuts down.

It enforces the limits of the settings, which protect clients from each other, and keeps its port open (port.py).
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import math
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Final

from metertui.engine.core import Peer
from metertui.engine.errors import MeterError
from metertui.headend import Recurring
from metertui.server.connection import Connection, HeadEndFace
from metertui.server.file_limit import Room, make_room
from metertui.server.joined_reads import JoinedReads
from metertui.server.limits import input_share, is_loopback, reply_share
from metertui.server.port import Port
from metertui.settings import Settings

_logger = logging.getLogger(__name__)

_CHECK_SECONDS: Final = 1.0
_ACCEPT_ERROR_SECONDS: Final = 2.5
"""How long an accept error is reported after it was last seen; the event loop accepts again after one second."""


class Listener:
    """The TCP port with its connections. `start` binds it, `stop` closes everything."""

    def __init__(self, headend: HeadEndFace, settings: Settings) -> None:
        self.headend = headend
        self.settings = settings
        self._port = Port(settings.host, settings.port, lambda: Connection(self), settings.keepalive_seconds)
        self._connections: set[Connection] = set()
        self._by_network: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = Room(settings.max_connections, 0)
        self._stopping = False
        self._started = False
        self._sweeping = Recurring(self.close_idle, "the check for idle connections")
        self._watching = Recurring(self.check_port, "the check of the port")
        self._accept_error = ""
        self._accept_error_at = -math.inf
        self._empty = asyncio.Event()
        self._empty.set()
        self.buffer = memoryview(bytearray(self.settings.input_buffer_bytes))
        """Where all connections receive; it holds data only within one callback of the event loop."""
        self.joined = JoinedReads(settings.max_line_bytes)
        self._update_shares()

    @property
    def port(self) -> int:
        """Return the bound port: the given one, or the one that the system chose for 0."""
        return self._port.number

    def adopt(self, settings: Settings) -> None:
        """Take other settings: those of a connection hold for new ones, the others at once, the port never."""
        self.settings = settings
        self.joined = JoinedReads(settings.max_line_bytes)
        self._make_room()
        self.buffer = memoryview(bytearray(settings.input_buffer_bytes))
        self._update_shares()

    async def start(self) -> None:
        """Bind and listen. Raises MeterError, a single line, if that fails."""
        self._make_room()
        await self._port.open()
        self._started = True
        self.headend.address = self._port.address
        self.headend.peers = self.busiest_peers
        self._sweeping.start(min(60.0, self.settings.idle_seconds / 4))
        self._watching.start(_CHECK_SECONDS)

    @property
    def shortfall(self) -> str:
        """Return a sentence, if the system allows fewer connections than the settings; else an empty text."""
        return self._room.shortfall

    def busiest_peers(self, most: int) -> list[Peer]:
        """Return at most so many connections, those first that have sent most since the last call, then the oldest."""
        found = heapq.nsmallest(most, self._connections, key=lambda connection: connection.activity_key())
        seen = [connection.describe_peer() for connection in found]
        for connection in self._connections:
            connection.mark_seen()
        return seen

    async def stop(self, grace: float = 5.0) -> None:
        """Accept no more, send the replies to what is in a batch, and close all connections.

        A client that takes longer than `grace` seconds to receive its replies is disconnected.
        """
        if not self._started:
            return
        self._stopping = True
        await self._watching.stop()
        await self._sweeping.stop()
        await self._port.close()
        for connection in list(self._connections):
            connection.finish()
        # Not Server.wait_closed(), which waits until clients disconnect; idle ones never do.
        try:
            await asyncio.wait_for(self._empty.wait(), grace)
        except TimeoutError:
            for connection in list(self._connections):
                connection.drop()
            await self._empty.wait()

    async def close_idle(self) -> None:
        """Close the connections that have been idle for too long."""
        oldest = self.now() - self.settings.idle_seconds
        for connection in list(self._connections):
            if connection.answered_at < oldest and not connection.awaits_reply:
                connection.drop()

    async def check_port(self) -> None:
        """Open the port again if it does not listen any more; called once a second."""
        if self._port.lost:
            if not self.headend.port_error:
                _logger.error("%s does not listen any more", self._port.address)
            await self._port.close()
            try:
                await self._port.open()
            except MeterError as error:
                self.headend.port_error = str(error)
                return
            _logger.warning("%s listens again", self._port.address)
            self._accept_error_at = -math.inf
        recent = self.now() - self._accept_error_at < _ACCEPT_ERROR_SECONDS
        self.headend.port_error = self._accept_error if recent else ""

    def report_accept_error(self, error: OSError) -> None:
        """Report that a connection could not be accepted; the event loop tries again in a second."""
        why = error.strerror or str(error)
        self._accept_error = f"no more connections can be accepted on {self._port.address}: {why}"
        self._accept_error_at = self.now()
        self.headend.port_error = self._accept_error

    def now(self) -> float:
        """Return monotonic seconds."""
        return self.headend.clock.monotonic()

    # -- for connections ---------------------------------------------------------------------------------------

    def admit(self, connection: Connection) -> str | None:
        """Count a new connection; return None, or why it is refused, which is empty to close it without a reply."""
        self._connections.add(connection)
        self._empty.clear()
        self.headend.connections_total += 1
        self._update_shares()
        count, most = len(self._connections), self._room.connections
        per_peer = self.settings.max_connections_per_peer
        if self._stopping or count > most + self._room.refused:
            return ""
        if connection.network:
            self._by_network[connection.network] += 1
            if 0 < per_peer < self._by_network[connection.network]:
                return f"{per_peer} connections from your address are open already; close some first"
        if count > most:
            return f"{most} connections are open already; try again later"
        return None

    def release(self, connection: Connection) -> None:
        """Forget a connection that is closed."""
        self._connections.discard(connection)
        if connection.network:
            self._by_network[connection.network] -= 1
            if self._by_network[connection.network] <= 0:
                del self._by_network[connection.network]
        self._update_shares()
        if not self._connections:
            self._empty.set()

    def is_trusted(self, host: str) -> bool:
        """Return whether a client at this address may send every command."""
        return self.settings.require_auth == "remote" and is_loopback(host)

    def start_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` in a task of its own."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _make_room(self) -> None:
        self._room = make_room(self.settings.max_connections)
        if self.shortfall:
            _logger.warning("%s", self.shortfall)

    def _update_shares(self) -> None:
        count = self.headend.connections = len(self._connections)
        self.input_share = input_share(self.settings, count)
        self.reply_share = reply_share(self.settings, count)
