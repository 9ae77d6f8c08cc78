"""The shell of the server: it accepts connections, counts them, closes whoever is idle, and shuts down.

It keeps one client from hurting others (limits.py), and its port open (port.py).
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import math
from collections import Counter
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final, Literal

from metertui.engine.core import Peer
from metertui.engine.errors import MeterError
from metertui.headend import Recurring
from metertui.server.connection import Connection
from metertui.server.limits import Limits, is_loopback
from metertui.server.port import Port, raise_file_limit

if TYPE_CHECKING:
    from metertui.headend import HeadEnd

_logger = logging.getLogger(__name__)

_SPARE_FILES: Final = 256
"""Descriptors for all else: files, and connections that are being turned away."""
_CHECK_SECONDS: Final = 1.0
_ACCEPT_ERROR_SECONDS: Final = 2.5
"""How long it is told that a client could not be let in: the event loop tries again after one."""


class Listener:
    """The TCP port. `start` binds it, `stop` closes it with every connection."""

    def __init__(
        self,
        headend: HeadEnd,
        host: str = "127.0.0.1",
        port: int = 7007,
        limits: Limits | None = None,
        require_auth: Literal["remote", "always"] = "remote",
    ) -> None:
        self.headend = headend
        self.limits = limits or Limits()
        self._port = Port(host, port, lambda: Connection(self))
        self._require_auth = require_auth
        self._connections: set[Connection] = set()
        self._by_network: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._started = False
        self._sweeping: asyncio.TimerHandle | None = None
        self._watching = Recurring(self.check_port, "a look at the port")
        self._accept_error = ""
        self._accept_error_at = -math.inf
        self._empty = asyncio.Event()
        self._empty.set()
        self.buffer = memoryview(bytearray(self.limits.input_bytes))
        """Where every connection receives: nothing waits for another in it between two callbacks of the loop."""
        self._update_shares()

    @property
    def port(self) -> int:
        """The port that is bound: the one asked for, or what the system chose for 0."""
        return self._port.number

    async def start(self) -> None:
        """Bind and listen. Raises MeterError, in one line, where that cannot be."""
        raise_file_limit(self.limits.connections + _SPARE_FILES)
        await self._port.open()
        self._started = True
        self.headend.address = self._port.address
        self.headend.peers = self.busiest_peers
        self._sweep_on()
        self._watching.start(_CHECK_SECONDS)

    def busiest_peers(self, most: int) -> list[Peer]:
        """The connections that have sent most since the last look, those that have been open longest before others."""
        found = heapq.nsmallest(most, self._connections, key=lambda connection: connection.activity_key())
        seen = [connection.describe_peer() for connection in found]
        for connection in self._connections:
            connection.mark_seen()
        return seen

    async def stop(self, grace: float = 5.0) -> None:
        """Accept no more, answer what is in a batch already, and close all connections.

        Whoever takes longer than `grace` seconds to take the answers is cut off.
        """
        if not self._started:
            return
        self._stopping = True
        await self._watching.stop()
        await self._port.close()
        if self._sweeping is not None:
            self._sweeping.cancel()
        for connection in list(self._connections):
            connection.finish()
        # The server's own wait_closed() waits for clients to leave, which idle ones never do.
        try:
            await asyncio.wait_for(self._empty.wait(), grace)
        except TimeoutError:
            for connection in list(self._connections):
                connection.drop()
            await self._empty.wait()

    def close_idle(self) -> None:
        """Close every connection that has been idle for too long."""
        oldest = self.now() - self.limits.idle_seconds
        for connection in list(self._connections):
            if connection.answered_at < oldest and not connection.awaits_reply:
                connection.drop()

    async def check_port(self) -> None:
        """Look whether the port still listens, and open it again where it does not; once a second."""
        if self._port.lost:
            if not self.headend.port_error:
                _logger.error("%s does not listen any more", self._port.address)
            await self._port.close()
            try:
                await self._port.open()
            except MeterError as error:
                self.headend.port_error = f"{error}; it is tried again each second"
                return
            _logger.warning("%s listens again", self._port.address)
            self._accept_error_at = -math.inf
        recent = self.now() - self._accept_error_at < _ACCEPT_ERROR_SECONDS
        self.headend.port_error = self._accept_error if recent else ""

    def report_accept_error(self, error: OSError) -> None:
        """A client knocked and could not be let in; the event loop tries it again in a second."""
        why = error.strerror or str(error)
        self._accept_error = f"no further connection can be taken on {self._port.address}: {why}"
        self._accept_error_at = self.now()
        self.headend.port_error = self._accept_error

    def now(self) -> float:
        """Seconds on a clock that only goes forward."""
        return self.headend.engine.clock.monotonic()

    # -- for connections ---------------------------------------------------------------------------------------

    def admit(self, connection: Connection) -> str | None:
        """Take a new connection in (None), or what to tell it; an empty text drops it without a word."""
        self._connections.add(connection)
        self._empty.clear()
        self.headend.connections_total += 1
        self._update_shares()
        count, limits = len(self._connections), self.limits
        if self._stopping or count > limits.connections + _SPARE_FILES // 2:
            return ""
        if connection.network:
            self._by_network[connection.network] += 1
            if 0 < limits.connections_per_peer < self._by_network[connection.network]:
                return f"{limits.connections_per_peer} connections are open from your address already; close some first"
        if count > limits.connections:
            return f"{limits.connections} connections are open already; try again later"
        return None

    def release(self, connection: Connection) -> None:
        """A connection is gone."""
        self._connections.discard(connection)
        if connection.network:
            self._by_network[connection.network] -= 1
            if self._by_network[connection.network] <= 0:
                del self._by_network[connection.network]
        self._update_shares()
        if not self._connections:
            self._empty.set()

    def is_trusted(self, host: str) -> bool:
        """Whether a client at this address may send every command."""
        return self._require_auth == "remote" and is_loopback(host)

    def start_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the connections, and keep hold of it until it is done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _update_shares(self) -> None:
        count = self.headend.connections = len(self._connections)
        self.input_share = self.limits.input_share(count)
        self.reply_share = self.limits.reply_share(count)

    def _sweep_on(self) -> None:
        self.close_idle()
        interval = min(60.0, self.limits.idle_seconds / 4)
        self._sweeping = asyncio.get_running_loop().call_later(interval, self._sweep_on)
