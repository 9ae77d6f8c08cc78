"""From requests to replies: the table of commands, and the conversation with one client.

A `Conversation` does no I/O. It is fed bytes; `collect` parses them into requests, `perform` puts those to a batch, and
`collect_replies` returns the replies, in order, once the batch is on disk. A request that cannot be answered at once
(`STOPSERVER`) delays this conversation and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from metertui.engine.base import OK, QUALITY_MARKS, Outcome
from metertui.engine.core import Close, SentReads
from metertui.server.joined_reads import JoinedReads, Share
from metertui.server.plain_reads import PlainReads
from metertui.server.protocol import LINE_BYTES, MAX_LINE_BYTES, USAGE, Parser, escape_controls
from metertui.server.read_block import ReadBlock
from metertui.server.requests import Auth, Bad, Estimate, Help, Ping, Quit, Read, Register, Request, Stop, Web

_OK: Final = "OK\n"
_DUPLICATE: Final = "OK duplicate\n"
_REPLY_BYTES: Final = 256
"""The longest reply, except for a rare one that repeats much of its line."""
_UNLIMITED: Final = 1 << 40
_HELP: Final = f"OK {' | '.join(USAGE.values())}\n"


class RequestBatch(Protocol):
    """What a conversation needs of a batch; see `Batch` for the meaning of each."""

    @property
    def full(self) -> bool:
        """Return whether further requests have to wait for the next batch."""

    def add_reading(self, meter: str, kwh: str, timestamp: str | None) -> Outcome:
        """Put a reading to the batch."""

    def add_next(self, sent: SentReads, first: int, stop: int) -> int:
        """Put those from one on to the batch that are simply the next readings of their meters; return how many."""

    def add_estimated(self, meter: str, kwh: str, timestamp: str | None, quality: int) -> Outcome:
        """Put a reading that is not actual to the batch."""

    def add_account(self, meter: str, fields: Mapping[str, str], repeated: str = "", by: str = "") -> Outcome:
        """Put a new account to the batch."""

    def add_refused_line(self, peer: str, code: str, why: str, line: str) -> None:
        """Record a refused line."""


class Conversation:
    """The requests of one client and the replies to them. A `trusted` client may send every command."""

    def __init__(
        self,
        peer: str,
        *,
        trusted: bool,
        max_line_bytes: int = MAX_LINE_BYTES,
        max_failed_auth: int = 5,
        joined: JoinedReads | None = None,
    ) -> None:
        """`joined` are the readings of all clients in the next batch, which those of this one may be among."""
        self.peer = peer
        self.pending_stop: Stop | None = None
        """The STOPSERVER whose day close is running."""
        self._parser = Parser(max_line_bytes)
        self._trusted = trusted
        self._joined = joined if trusted else None
        self._commands = _COMMANDS if trusted else _UNTRUSTED_COMMANDS
        self._auth_attempts_left = max_failed_auth
        self._ended = False
        self._reply_room = _UNLIMITED
        self._share: Share | None = None
        """Ready requests that are judged with those of other clients; they come before the others."""
        self._ready: list[Request | ReadBlock] = []
        self._performed: list[Request | ReadBlock] = []
        self._replies: list[str] = []
        self._unrecorded: list[Bad] = []
        self.requests = 0
        """Lines replied to."""
        self.refusals = 0
        """Those of them that were refused."""

    # -- input ---------------------------------------------------------------------------------------------

    @property
    def bytes_waiting(self) -> int:
        """Return the bytes that were received and not parsed yet."""
        return self._parser.bytes_waiting

    @property
    def may_have_line(self) -> bool:
        """Return whether these bytes may contain a complete line."""
        return self._parser.may_have_line

    @property
    def backlog(self) -> int:
        """Return about how many requests wait, at least 1."""
        return self._ready_count + self._parser.bytes_waiting // LINE_BYTES or 1

    @property
    def has_work(self) -> bool:
        """Return whether there may be requests to perform now."""
        waits = self._share or self._ready or self._parser.may_have_line or self._unrecorded
        return self.pending_stop is None and bool(waits)

    @property
    def awaits_reply(self) -> bool:
        """Return whether a request was performed and has no reply yet."""
        return self.pending_stop is not None or bool(self._performed)

    @property
    def finished(self) -> bool:
        """Return whether all replies were collected and no more input comes."""
        return self._ended and not self.awaits_reply and not self.has_work

    @property
    def awaits_newline(self) -> bool:
        """Return whether the client may end its lines with `\\r` alone: one has come, and no `\\n`, ever."""
        return not self._ended and self._parser.awaits_newline

    def give_up_newline(self) -> None:
        """Take it that no `\n` comes: the line that waits is refused."""
        self._parser.give_up_newline()

    def feed(self, data: bytes) -> None:
        """Add bytes from the client; those after the end of the input are ignored."""
        if not self._ended:
            self._parser.feed(data)

    def end_input(self) -> None:
        """End the input: an unterminated rest counts as a line."""
        if not self._ended:
            self._parser.end_input()
            self._ended = True

    def abort_input(self) -> None:
        """End the input of a client that is disconnected: an unterminated rest is dropped."""
        if not self._ended:
            self._parser.abort_input()
            self._ended = True

    def discard_input(self) -> None:
        """End the input, and forget the requests that are not performed yet."""
        self._ended = True
        self._ready.clear()
        if self._share is not None and self._joined is not None:
            self._joined.discard_share(self._share)
            self._share = None
        self._parser.clear_input()

    def reject(self, code: str, why: str) -> None:
        """Reply with one refusal, and ignore all input."""
        self.discard_input()
        self._ready.append(Bad("", code, why))

    # -- a batch -------------------------------------------------------------------------------------------

    def collect(self, budget: int, reply_bytes: int = _UNLIMITED) -> int:
        """Parse waiting bytes until about `budget` requests are ready, and return how many are.

        The next batch performs no more of them than give about `reply_bytes` of replies.
        """
        if self.pending_stop is not None:
            return 0
        self._reply_room = reply_bytes
        budget = min(budget, max(1, reply_bytes // _REPLY_BYTES))
        ready = self._ready_count
        if not ready and self._joined is not None:
            lines, ready = self._parser.take_plain_looking(budget)
            self._share = self._joined.add_share(lines, ready) if ready else None
        if ready < budget:
            self._ready += _as_blocks(self._parser.take_requests(budget - ready))
        return self._ready_count

    def prepare(self) -> None:
        """Parse the ready requests that are judged with those of other clients, all of them at once.

        `perform` does that if nobody has; done before, it takes place while the disk works on the batch before.
        """
        if self._share is not None and self._joined is not None:
            self._joined.parse_shares()

    @property
    def _ready_count(self) -> int:
        return _count(self._ready) + (self._share.count if self._share is not None else 0)

    def perform(self, batch: RequestBatch) -> None:
        """Put the ready requests to the batch, in order, up to one after which the conversation must wait.

        Those for which the batch has no room wait for the next.
        """
        shared = 0  # how many of the first requests the batch has already
        if self._share is not None and self._joined is not None:
            self._joined.put_to(batch)
            shared = self._share.done_in(batch)
        if self.pending_stop is not None or (batch.full and not shared):
            return
        for bad in self._unrecorded:
            self._refuse(batch, bad)
        self._unrecorded.clear()
        if self._share is not None:
            self._ready[:0] = self._requests_of(self._share, shared)
            self._share = None
        ready, self._ready = self._ready, []
        self._performed = ready
        commands, replies, room = self._commands, self._replies, self._reply_room
        for place, request in enumerate(ready):  # which grows where a block is split
            reply: str | None
            if shared and not place:
                reply = _OK * shared
            elif isinstance(request, ReadBlock):
                reply = self._put_block(batch, ready, place)
            else:
                reply = commands[type(request)](self, batch, request)
            if reply is not None:
                replies.append(reply)
                room -= len(reply)
                if room > 0 and not batch.full:
                    continue
            if reply is not None or isinstance(request, Stop):
                self._ready = ready[place + 1 :]
            del ready[place + 1 :]
            break

    def _requests_of(self, share: Share, done: int) -> Sequence[Request | ReadBlock]:
        """Return the requests of a share, those first that are done."""
        if share.block is None:
            return _as_blocks(self._parser.parse_lines(share.lines))
        return share.block.split(done)

    def _put_block(self, batch: RequestBatch, ready: list[Request | ReadBlock], place: int) -> str | None:
        """Put as much of a block to the batch as goes at once, or its first request, and return the replies.

        The block is split there: the rest follows in `ready`.
        """
        block = ready[place]
        assert isinstance(block, ReadBlock)
        done = batch.add_next(block.reads, block.first, block.stop) if self._trusted else 0
        ready[place : place + 1] = block.split(done)
        if done:
            return _OK * done
        first = ready[place]
        assert not isinstance(first, ReadBlock)
        return self._commands[type(first)](self, batch, first)

    def collect_replies(self, failure: Outcome | None = None) -> str:
        """Return the replies to what was performed; with `failure`, the batch is not on disk and it replaces OK."""
        replies, performed = self._replies, self._performed
        self._replies, self._performed = [], []
        if failure is not None:
            failed = _error_reply(failure.code, failure.text)
            # After a defect some requests have no reply yet; a STOPSERVER gets its own later.
            answered = len(performed) - (self.pending_stop is not None)
            replies += [failed * _count([request]) for request in performed[len(replies) : answered]]
            for place, reply in enumerate(replies):
                request = performed[place]
                if isinstance(request, Read | Estimate | Register | ReadBlock) and reply.startswith("OK"):
                    singles = request.singles() if isinstance(request, ReadBlock) else [request]
                    replies[place] = failed * len(singles)
                    self._unrecorded += [Bad(single.line, failure.code, failure.text) for single in singles]
        text = "".join(replies)
        self.requests += text.count("\n") + bool(performed and isinstance(performed[-1], Stop))
        return text

    def confirm_close(self, close: Close) -> str:
        """Return the reply to STOPSERVER after the day close, and go on."""
        self.pending_stop = None
        moved = f"{close.readings} readings into {close.files} day files"
        return f"OK closed {moved} in {close.seconds:.2f} s\n"

    def refuse_close(self, code: str, why: str) -> None:
        """Refuse STOPSERVER, in the next batch, because the day close failed, and go on."""
        assert self.pending_stop is not None
        self._ready.insert(0, Bad(self.pending_stop.line, code, why))
        self.pending_stop = None

    # -- commands: each returns its reply, or None where the conversation must wait or end ---------------------

    def _read(self, batch: RequestBatch, request: Read) -> str:
        line, meter, kwh, timestamp = request
        outcome = batch.add_reading(meter, kwh, timestamp)
        return _OK if outcome is OK else self._reply_to(batch, line, outcome)

    def _estimate(self, batch: RequestBatch, request: Estimate) -> str:
        line, meter, kwh, timestamp, mark = request
        return self._reply_to(batch, line, batch.add_estimated(meter, kwh, timestamp, QUALITY_MARKS.index(mark)))

    def _register(self, batch: RequestBatch, request: Register) -> str:
        line, meter, fields = request
        names = [name for name, _ in fields]
        repeated = next((name for place, name in enumerate(names) if name in names[:place]), "")
        return self._reply_to(batch, line, batch.add_account(meter, dict(fields), repeated, self.peer))

    def _stop(self, _batch: RequestBatch, request: Stop) -> None:
        self.pending_stop = request

    def _auth(self, batch: RequestBatch, request: Auth) -> str | None:
        self._auth_attempts_left -= 1
        if self._auth_attempts_left > 0:
            return self._refuse(batch, Bad(request.line, "denied", "no credentials are set up yet"))
        why = "too many failed AUTH lines; the connection is closed"
        self._replies.append(self._refuse(batch, Bad(request.line, "limit", why)))
        self.discard_input()
        return None

    def _quit(self, _batch: RequestBatch, _request: Quit) -> None:
        self._replies.append(_OK)
        self.discard_input()

    def _hang_up(self, batch: RequestBatch, request: Web) -> None:
        why = "this is not a web server; the connection is closed"
        self._replies.append(self._refuse(batch, Bad(request.line, "syntax", why)))
        self.discard_input()

    def _deny(self, batch: RequestBatch, request: Request) -> str:
        why = "only PING, HELP, AUTH and QUIT are allowed without credentials, and none can be set up yet"
        return self._refuse(batch, Bad(request.line, "denied", why))

    # -- replies ---------------------------------------------------------------------------------------------

    def _reply_to(self, batch: RequestBatch, line: str, outcome: Outcome) -> str:
        if outcome.kind == "refused":
            return self._refuse(batch, Bad(line, outcome.code, outcome.text))
        if outcome.kind == "suspect":
            return f"OK suspect: {escape_controls(outcome.text)}\n"
        return _DUPLICATE if outcome.kind == "duplicate" else _OK

    def _refuse(self, batch: RequestBatch, bad: Bad) -> str:
        self.refusals += 1
        batch.add_refused_line(self.peer, bad.code, bad.why, bad.line)
        return _error_reply(bad.code, bad.why)


Command = Callable[[Conversation, RequestBatch, Any], str | None]
"""Puts one request, of the type that it handles, to a batch, and returns the reply."""

_COMMANDS: Final[dict[type[Request], Command]] = {
    Read: Conversation._read,
    Estimate: Conversation._estimate,
    Register: Conversation._register,
    Stop: Conversation._stop,
    Ping: lambda *_: _OK,
    Help: lambda *_: _HELP,
    Auth: Conversation._auth,
    Quit: Conversation._quit,
    Bad: Conversation._refuse,
    Web: Conversation._hang_up,
}
_UNTRUSTED_COMMANDS: Final = _COMMANDS | {kind: Conversation._deny for kind in (Read, Estimate, Register, Stop)}


def _as_blocks(requests: Sequence[Request | PlainReads]) -> list[Request | ReadBlock]:
    return [ReadBlock.of(each) if isinstance(each, PlainReads) else each for each in requests]


def _count(requests: Sequence[Request | ReadBlock]) -> int:
    """Return how many requests these are; a block is many."""
    more = [request.count - 1 for request in requests if isinstance(request, ReadBlock)]
    return len(requests) + sum(more)


def _error_reply(code: str, why: str) -> str:
    return f"ERR {code}: {escape_controls(why)}\n"
