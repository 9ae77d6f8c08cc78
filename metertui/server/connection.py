"""The connection of one client, which is a lane of the head-end: it passes bytes to a `Conversation` and back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from metertui.engine.base import Clock, Outcome
from metertui.engine.core import Close, Peer
from metertui.engine.errors import BusyError, MeterError
from metertui.server.dispatch import Conversation, RequestBatch
from metertui.server.limits import peer_host, peer_network
from metertui.server.plain_reads import LEAST_SHARE
from metertui.server.port import format_address

if TYPE_CHECKING:
    from metertui.server.listener import Listener

_logger = logging.getLogger(__name__)

_NEWLINE_SECONDS: Final = 0.5
"""How long a first line with a `\\r` waits for its `\\n` before the client is told that one is missing."""


class DayCloseFace(Protocol):
    """What a connection needs to close the day."""

    async def close(self, by: str) -> Close:
        """Close the day. Raises MeterError."""


class HeadEndFace(Protocol):
    """What listener and connections need of a head-end; see `HeadEnd` for the meaning of each."""

    address: str
    port_error: str
    peers: Callable[[int], Sequence[Peer]]
    connections: int
    connections_total: int
    bytes_waiting: int

    @property
    def clock(self) -> Clock:
        """Return the clock of the engine."""

    @property
    def day_close(self) -> DayCloseFace:
        """Return what closes the day."""

    def submit(self, lane: Connection) -> None:
        """Queue a connection that has input."""


class Connection(asyncio.BufferedProtocol):
    """The socket of one client, and a lane of the head-end.

    All connections receive into the one buffer of the listener. This is safe in an event loop that reads when a socket
    is ready and calls back at once, as those of asyncio do wherever metertui runs.
    """

    _transport: asyncio.Transport
    _conversation: Conversation

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._headend = listener.headend
        self._counted = 0
        self._receiving = True
        self._write_paused = False
        self._lingering: asyncio.TimerHandle | None = None
        self._newline_timer: asyncio.TimerHandle | None = None
        self._reply_share = 0
        self.due = 0
        self._arrived_next = self._arrived_last = listener.now()
        self.arrived: float | None = None
        self._since = listener.headend.clock.now()
        self._requests_seen = 0
        self.network = ""
        """What the limit per peer counts: the address of the client, or its IPv6 network; empty for this machine."""
        self.answered_at = listener.now()
        """When the last reply was sent, or the connection made; monotonic seconds."""

    @property
    def awaits_reply(self) -> bool:
        """Return whether the client waits for a reply."""
        return self._conversation.awaits_reply

    # -- from the socket ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        address = transport.get_extra_info("peername") or ("unknown", 0)
        settings = self._listener.settings
        self._conversation = Conversation(
            format_address(peer_host(address[0]), address[1]),
            trusted=self._listener.is_trusted(address[0]),
            max_line_bytes=settings.max_line_bytes,
            max_failed_auth=settings.max_failed_auth,
            joined=self._listener.joined,
        )
        self.network = peer_network(address[0])
        refusal = self._listener.admit(self)
        self._limit_reply_buffer()
        if refusal:
            self._conversation.reject("limit", refusal)
            self._headend.submit(self)
        elif refusal is not None:
            self.drop()

    def get_buffer(self, sizehint: int) -> memoryview:
        # A connection that reads has room: reading pauses when its share is full, except for a line without an end.
        return self._listener.buffer[: max(1, self._listener.input_share - self._counted)]

    def buffer_updated(self, nbytes: int) -> None:
        self._arrived_last = self._listener.now()
        if not self._conversation.bytes_waiting:
            self._arrived_next = self._arrived_last
        self._conversation.feed(bytes(self._listener.buffer[:nbytes]))
        self._pause_or_resume_reading()
        self._submit()
        if self._newline_timer is None and self._conversation.awaits_newline:
            self._newline_timer = asyncio.get_running_loop().call_later(_NEWLINE_SECONDS, self._give_up_newline)

    def eof_received(self) -> bool:
        self._receiving = False
        self._conversation.end_input()
        self._submit()
        return not self._conversation.finished

    def pause_writing(self) -> None:
        self._write_paused = True
        self._pause_or_resume_reading()

    def resume_writing(self) -> None:
        self._write_paused = False
        self._pause_or_resume_reading()
        self._submit()

    def connection_lost(self, exc: Exception | None) -> None:
        """Perform the complete lines that came, as if the client had disconnected a moment later."""
        self._conversation.abort_input()
        self._write_paused = False
        for timer in (self._lingering, self._newline_timer):
            if timer is not None:
                timer.cancel()
        self._count_waiting()
        self._submit()
        self._listener.release(self)

    # -- from the head-end ---------------------------------------------------------------------------------------

    def backlog(self) -> int:
        return self._conversation.backlog

    def collect(self, budget: int) -> int:
        self.arrived, self._arrived_next = self._arrived_next, self._arrived_last
        ready = self._conversation.collect(budget, self._reply_share)
        if ready >= LEAST_SHARE:
            asyncio.get_running_loop().call_soon(self._conversation.prepare)
        self._pause_or_resume_reading()
        return ready

    def perform(self, batch: RequestBatch) -> None:
        self._conversation.perform(batch)

    def reply(self, failure: Outcome | None) -> None:
        self._send(self._conversation.collect_replies(failure))
        if self._conversation.pending_stop is not None:
            self._listener.start_task(self._close_day())
        self._continue()

    # -- from the listener ---------------------------------------------------------------------------------------

    def activity_key(self) -> tuple[int, int]:
        """Return the sort key by which the busiest connection comes first."""
        return self._requests_seen - self._conversation.requests, self._since

    def mark_seen(self) -> None:
        """Start to count activity from here."""
        self._requests_seen = self._conversation.requests

    def describe_peer(self) -> Peer:
        """Return what the live screen shows of it."""
        talk = self._conversation
        return Peer(talk.peer, self._since, talk.requests, talk.refusals, talk.bytes_waiting)

    def finish(self) -> None:
        """Read no more, and close after the replies to what was performed."""
        self._receiving = False
        self._conversation.discard_input()
        self._count_waiting()
        if self._conversation.finished:
            self._transport.close()

    def drop(self) -> None:
        """Close now, and discard replies that were not sent."""
        self._conversation.discard_input()
        self._count_waiting()
        self._transport.abort()

    # -- internal ------------------------------------------------------------------------------------------------

    def _give_up_newline(self) -> None:
        if self._conversation.awaits_newline:
            self._conversation.give_up_newline()
            self._submit()

    async def _close_day(self) -> None:
        try:
            close = await self._headend.day_close.close(self._conversation.peer)
        except BusyError as error:
            self._conversation.refuse_close("busy", str(error))
        except MeterError as error:
            self._conversation.refuse_close("storage", str(error))
        except Exception:
            # A defect in the day close must not leave the client waiting for ever.
            _logger.exception("the day close failed")
            self._conversation.refuse_close("storage", "the day close failed; the server's log says why")
        else:
            self._send(self._conversation.confirm_close(close))
        self._continue()

    def _send(self, replies: str) -> None:
        if replies:
            self.answered_at = self._listener.now()
            self._limit_reply_buffer()
            if not self._transport.is_closing():
                self._transport.write(replies.encode())

    def _limit_reply_buffer(self) -> None:
        if self._reply_share != self._listener.reply_share:
            self._reply_share = self._listener.reply_share
            self._transport.set_write_buffer_limits(high=self._reply_share)

    def _continue(self) -> None:
        """Submit the input that waits behind replies, or close."""
        self._submit()
        if self._conversation.finished and not self._transport.is_closing() and self._lingering is None:
            if not self._receiving:
                self._transport.close()
                return
            self._transport.write_eof()
            linger = self._listener.settings.linger_seconds
            self._lingering = asyncio.get_running_loop().call_later(linger, self._transport.close)

    def _submit(self) -> None:
        if self._conversation.has_work and not self._write_paused:
            self._headend.submit(self)

    def _pause_or_resume_reading(self) -> None:
        """Pause reading while the client does not take its replies or its share of input is full; else resume."""
        self._count_waiting()
        if self._write_paused or (self._counted >= self._listener.input_share and self._conversation.may_have_line):
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _count_waiting(self) -> None:
        waiting = self._conversation.bytes_waiting
        self._headend.bytes_waiting += waiting - self._counted
        self._counted = waiting
