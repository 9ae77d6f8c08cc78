"""The asyncio shell: sockets in front, conversations behind, and the limits that keep one client from hurting others.

A `Connection` moves bytes and nothing else: what came goes to its conversation, what the conversation answers goes
out. The `Listener` accepts, counts, closes whoever is idle, and shuts down.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import heapq
import ipaddress
import logging
import os
import resource
import socket
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from metertui.engine.counters import Peer
from metertui.engine.errors import BusyError, MeterError
from metertui.server.dispatch import Conversation
from metertui.server.protocol import MAX_LINE_BYTES

if TYPE_CHECKING:
    from metertui.engine.ingest import Batch
    from metertui.engine.outcome import Outcome
    from metertui.headend import HeadEnd

_logger = logging.getLogger(__name__)

_ACCEPTS_IN_A_TURN: Final = 64
"""Connections that the event loop accepts before it looks at anything else: about 5 ms of work."""
_ACCEPT_QUEUE: Final = 4096
"""Connections that the kernel may keep for us meanwhile, so that a thousand at once need not try again."""
_KERNEL_REPLY_BYTES: Final = 65_536
"""Replies that the kernel may keep for a client beside ours, instead of megabytes: twenty thousand OKs."""
_SPARE_FILES: Final = 256
"""Descriptors for all else: files, and connections that are being turned away."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client, and all together, may take of the server.

    Of a total each connection has an equal share, but never less than a line: so a thousand meters that come at once
    find room, and ten thousand hostile clients hold no more than ten.
    """

    connections: int = 10_000
    """Connections at once; a further one is told so and closed. Each costs a descriptor and some kilobytes."""
    connections_per_peer: int = 1000
    """The same from one other machine (an IPv6 network of /64 is one); 0: no such limit. Loopback has none."""
    idle_seconds: float = 7200.0
    """A connection on which nothing was answered for so long is closed: meters speak once in half an hour."""
    line_bytes: int = MAX_LINE_BYTES
    """The longest line with its ending; a longer one is refused and not kept."""
    reply_bytes: int = 262_144
    """Replies kept for a client that does not read them, a thousand long ones; then it is not read from either."""
    total_reply_bytes: int = 16_777_216
    """The same for all connections together."""
    input_bytes: int = 262_144
    """Input of one connection that may wait for its turn; then TCP makes the client wait. About one read's worth."""
    total_input_bytes: int = 16_777_216
    """The same for all connections together."""
    failed_auth: int = 5
    """Refused AUTH lines after which a connection is closed: each guess then costs a new connection."""
    linger_seconds: float = 2.0
    """How long what a client still sends is drained after its last reply, which a close at once could destroy."""

    def input_share(self, connections: int) -> int:
        """Bytes of input that may wait on each of so many connections."""
        return max(self.line_bytes, min(self.input_bytes, self.total_input_bytes // max(1, connections)))

    def reply_share(self, connections: int) -> int:
        """Bytes of replies that may wait on each of so many connections."""
        return max(self.line_bytes, min(self.reply_bytes, self.total_reply_bytes // max(1, connections)))


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
        self._host = host
        self._port = port
        self._require_auth = require_auth
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._from: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._sweeping: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()
        self._empty.set()
        self.buffer = memoryview(bytearray(self.limits.input_bytes))
        """Where every connection receives: nothing waits for another in it between two callbacks of the loop."""
        self._share_out()

    @property
    def port(self) -> int:
        """The port that is bound: the one asked for, or what the system chose for 0."""
        return self._port

    async def start(self) -> None:
        """Bind and listen. Raises MeterError, in one line, where that cannot be."""
        _raise_file_limit(self.limits.connections + _SPARE_FILES)
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: Connection(self), self._host, self._port, backlog=_ACCEPTS_IN_A_TURN
            )
        except (OSError, OverflowError) as error:
            raise MeterError(f"cannot listen on {_joined(self._host, self._port)}: {_reason(error)}") from error
        for bound in self._server.sockets:
            # The same socket by another descriptor, since asyncio's own queues no more than it accepts in a turn.
            with socket.socket(fileno=os.dup(bound.fileno())) as twin:
                twin.listen(_ACCEPT_QUEUE)
                # What is accepted inherits it.
                twin.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_REPLY_BYTES)
        self._port = self._server.sockets[0].getsockname()[1]
        self.headend.address = _joined(self._host, self._port)
        self.headend.peers = self.peers
        self._sweep_on()

    def peers(self, most: int) -> list[Peer]:
        """The connections that have sent most since the last look, those that have been open longest before others."""
        found = heapq.nsmallest(most, self._connections, key=lambda connection: connection.by_activity())
        seen = [connection.seen() for connection in found]
        for connection in self._connections:
            connection.look()
        return seen

    async def stop(self, grace: float = 5.0) -> None:
        """Accept no more, answer what is in a batch already, and close all connections.

        Whoever takes longer than `grace` seconds to take the answers is cut off.
        """
        if self._server is None:
            return
        self._stopping = True
        self._server.close()
        if self._sweeping is not None:
            self._sweeping.cancel()
        for connection in list(self._connections):
            connection.shut()
        # The server's own wait_closed() waits for clients to leave, which idle ones never do.
        try:
            await asyncio.wait_for(self._empty.wait(), grace)
        except TimeoutError:
            for connection in list(self._connections):
                connection.drop()
            await self._empty.wait()

    def sweep(self) -> None:
        """Close every connection that has been idle for too long."""
        oldest = self.now() - self.limits.idle_seconds
        for connection in list(self._connections):
            if connection.answered < oldest and not connection.busy:
                connection.drop()

    def now(self) -> float:
        """Seconds on a clock that only goes forward."""
        return self.headend.engine.clock.monotonic()

    # -- for connections ---------------------------------------------------------------------------------------

    def admit(self, connection: Connection) -> str | None:
        """Take a new connection in (None), or what to tell it; an empty text drops it without a word."""
        self._connections.add(connection)
        self._empty.clear()
        self.headend.connections_total += 1
        self._share_out()
        count, limits = len(self._connections), self.limits
        if self._stopping or count > limits.connections + _SPARE_FILES // 2:
            return ""
        if connection.network:
            self._from[connection.network] += 1
            if 0 < limits.connections_per_peer < self._from[connection.network]:
                return f"{limits.connections_per_peer} connections are open from your address already; close some first"
        if count > limits.connections:
            return f"{limits.connections} connections are open already; try again later"
        return None

    def release(self, connection: Connection) -> None:
        """A connection is gone."""
        self._connections.discard(connection)
        if connection.network:
            self._from[connection.network] -= 1
            if self._from[connection.network] <= 0:
                del self._from[connection.network]
        self._share_out()
        if not self._connections:
            self._empty.set()

    def trusts(self, host: str) -> bool:
        """Whether a client at this address may send every command."""
        return self._require_auth == "remote" and is_loopback(host)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the connections, and keep hold of it until it is done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _share_out(self) -> None:
        count = self.headend.connections = len(self._connections)
        self.input_share = self.limits.input_share(count)
        self.reply_share = self.limits.reply_share(count)

    def _sweep_on(self) -> None:
        self.sweep()
        if self._server is not None and not self._server.is_serving() and not self._stopping:
            self.headend.unheard = f"{self.headend.address} is closed, and a restart opens it again"
        interval = min(60.0, self.limits.idle_seconds / 4)
        self._sweeping = asyncio.get_running_loop().call_later(interval, self._sweep_on)


class Connection(asyncio.BufferedProtocol):
    """One client's socket, and a lane of the head-end.

    It receives into the listener's buffer, which holds for a loop that reads when the socket is ready and calls back at
    once, as asyncio's do wherever metertui runs. Ten thousand connections so need one buffer.
    """

    _transport: asyncio.Transport
    _conversation: Conversation

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._headend = listener.headend
        self._counted = 0
        self._hearing = True
        self._stalled = False
        self._lingering: asyncio.TimerHandle | None = None
        self._reply_share = 0
        self.due = 0
        self._heard = self._heard_last = listener.now()
        self.arrived: float | None = None
        self._since = listener.headend.engine.clock.now()
        self._looked = 0
        self.network = ""
        """What connections are counted by: the peer's address, or its IPv6 network; empty for this machine."""
        self.answered = listener.now()
        """When the client was last answered, or came."""

    @property
    def busy(self) -> bool:
        """Whether the client waits for us, not we for it."""
        return self._conversation.busy

    # -- from the socket ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        address = transport.get_extra_info("peername") or ("unknown", 0)
        limits = self._listener.limits
        self._conversation = Conversation(
            _joined(address[0], address[1]),
            trusted=self._listener.trusts(address[0]),
            max_line_bytes=limits.line_bytes,
            max_failed_auth=limits.failed_auth,
        )
        self.network = network(address[0])
        refusal = self._listener.admit(self)
        self._bound_replies()
        if refusal:
            self._conversation.turn_away("limit", refusal)
            self._headend.submit(self)
        elif refusal is not None:
            self.drop()

    def get_buffer(self, sizehint: int) -> memoryview:
        # Paused at its share or before, a connection that reads has room; it has less than a line without an end.
        return self._listener.buffer[: max(1, self._listener.input_share - self._counted)]

    def buffer_updated(self, nbytes: int) -> None:
        self._heard_last = self._listener.now()
        if not self._conversation.waiting:
            self._heard = self._heard_last
        self._conversation.feed(bytes(self._listener.buffer[:nbytes]))
        self._regulate()
        self._submit()

    def eof_received(self) -> bool:
        self._hearing = False
        self._conversation.end()
        self._submit()
        return not self._conversation.finished

    def pause_writing(self) -> None:
        self._stalled = True
        self._regulate()

    def resume_writing(self) -> None:
        self._stalled = False
        self._regulate()
        self._submit()

    def connection_lost(self, exc: Exception | None) -> None:
        """What came complete is performed all the same, as it would be had the client gone a moment later."""
        self._conversation.break_off()
        self._stalled = False
        if self._lingering is not None:
            self._lingering.cancel()
        self._account()
        self._submit()
        self._listener.release(self)

    # -- from the head-end ---------------------------------------------------------------------------------------

    def backlog(self) -> int:
        return self._conversation.backlog

    def collect(self, budget: int) -> int:
        self.arrived, self._heard = self._heard, self._heard_last
        ready = self._conversation.collect(budget, self._reply_share)
        self._regulate()
        return ready

    def perform(self, batch: Batch) -> None:
        self._conversation.perform(batch)

    def reply(self, failure: Outcome | None) -> None:
        self._say(self._conversation.answer(failure))
        if self._conversation.stopping is not None:
            self._listener.run(self._close_day())
        self._go_on()

    # -- from the listener ---------------------------------------------------------------------------------------

    def by_activity(self) -> tuple[int, int]:
        """Where it stands among others, the busiest first."""
        return self._looked - self._conversation.requests, self._since

    def look(self) -> None:
        """What it has sent so far has been seen."""
        self._looked = self._conversation.requests

    def seen(self) -> Peer:
        """How it is."""
        talk = self._conversation
        return Peer(talk.peer, self._since, talk.requests, talk.refusals, talk.waiting)

    def shut(self) -> None:
        """Take no more, and close once what was performed is answered."""
        self._hearing = False
        self._conversation.cut()
        self._account()
        if self._conversation.finished:
            self._transport.close()

    def drop(self) -> None:
        """Close now, whatever was not sent yet."""
        self._conversation.cut()
        self._account()
        self._transport.abort()

    # -- own doing -----------------------------------------------------------------------------------------------

    async def _close_day(self) -> None:
        try:
            close = await self._headend.close_day(self._conversation.peer)
        except BusyError as error:
            self._conversation.not_stopped("busy", str(error))
        except MeterError as error:
            self._conversation.not_stopped("storage", str(error))
        except Exception:
            # A defect in the day close must not leave the one who asked for it waiting for ever.
            _logger.exception("the day close failed")
            self._conversation.not_stopped("storage", "the day close failed; the server's log says why")
        else:
            self._say(self._conversation.stopped(close))
        self._go_on()

    def _say(self, replies: str) -> None:
        if replies:
            self.answered = self._listener.now()
            self._bound_replies()
            if not self._transport.is_closing():
                self._transport.write(replies.encode())

    def _bound_replies(self) -> None:
        if self._reply_share != self._listener.reply_share:
            self._reply_share = self._listener.reply_share
            self._transport.set_write_buffer_limits(high=self._reply_share)

    def _go_on(self) -> None:
        """After an answer: take up what waits, or part."""
        self._submit()
        if self._conversation.finished and not self._transport.is_closing() and self._lingering is None:
            if not self._hearing:
                self._transport.close()
                return
            self._transport.write_eof()
            linger = self._listener.limits.linger_seconds
            self._lingering = asyncio.get_running_loop().call_later(linger, self._transport.close)

    def _submit(self) -> None:
        if self._conversation.hungry and not self._stalled:
            self._headend.submit(self)

    def _regulate(self) -> None:
        """Read from the socket, or do not, as the client takes its replies and its input is worked off."""
        self._account()
        if self._stalled or (self._counted >= self._listener.input_share and self._conversation.pending):
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _account(self) -> None:
        waiting = self._conversation.waiting
        self._headend.waiting += waiting - self._counted
        self._counted = waiting


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    address = _address(host)
    return address is not None and address.is_loopback


def network(host: str) -> str:
    """What a limit by peer counts an address as: itself, its /64 in IPv6, or nothing where it is this machine's own."""
    address = _address(host)
    if address is None:
        return host
    if address.is_loopback:
        return ""
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _reason(error: OSError | OverflowError) -> str:
    if isinstance(error, OverflowError):
        return "a port is a number from 0 to 65535"
    if isinstance(error, socket.gaierror):
        return "no such host"
    if error.errno == errno.EADDRINUSE:
        return "the port is in use by another program"
    return os.strerror(error.errno) if error.errno else str(error)


def _raise_file_limit(files: int) -> None:
    """Let this process open so many files, or as many as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # a system may allow less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
