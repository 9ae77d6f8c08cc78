"""The readings that many clients send at the same time, judged together.

A client that shares a batch with many others puts few requests to it, too few to be worth a block of their own. So the
lines of all clients that look plain are joined into one block. Clients do not wait for each other, so any order among
them is right; within each client, the order is kept: what is joined are the first requests of its turn.
"""

from __future__ import annotations

from typing import Final, Protocol

from metertui.engine.core import SentReads
from metertui.server.plain_reads import LEAST_LINES, leading_plain_reads
from metertui.server.read_block import ReadBlock

_MOST_TRIES: Final = 8
"""How often a block is put to a batch again behind a reading that needs to be judged by itself: about 0.2 ms each."""


class NextBatch(Protocol):
    """What joined readings need of a batch."""

    def add_next(self, sent: SentReads, first: int, stop: int) -> int:
        """Put those from one on to the batch that are simply the next readings of their meters; return how many."""


class Share:
    """The lines of one client: the first requests of its turn."""

    __slots__ = ("_batch", "block", "count", "done", "lines")

    def __init__(self, lines: bytes, count: int) -> None:
        self.lines = lines
        self.count = count
        self.block: ReadBlock | None = None
        """The requests, if all lines of the block up to these are plain."""
        self.done = 0
        self._batch: NextBatch | None = None

    def done_in(self, batch: NextBatch) -> int:
        """Return how many of the first requests this very batch has."""
        return self.done if batch is self._batch else 0

    def set_done(self, batch: NextBatch, done: int) -> None:
        """Note how many of the first requests a batch has."""
        self._batch, self.done = batch, done


class JoinedReads:
    """The shares of all clients in the next batch."""

    def __init__(self, max_line_bytes: int) -> None:
        self._longest = max_line_bytes
        self._shares: list[Share] = []
        self._is_parsed = False
        """Whether the lines of all shares have been looked through."""
        self._parsed: ReadBlock | None = None
        """The requests of all shares that have a block, in order; None where the first lines only look plain."""

    def add_share(self, lines: bytes, count: int) -> Share:
        """Add the lines of a client, which look plain."""
        share = Share(lines, count)
        self._shares.append(share)
        self._is_parsed = False
        return share

    def discard_share(self, share: Share) -> None:
        """Discard the lines of a client that has gone, unless a batch has them."""
        if share in self._shares:
            self._shares.remove(share)
            self._is_parsed = False

    def parse_shares(self) -> None:
        """Find the requests of all shares, if they are many and all their lines are plain, or the first of them."""
        if self._is_parsed:
            return
        self._is_parsed, self._parsed = True, None
        lines, at = sum(share.count for share in self._shares), 0
        if lines < LEAST_LINES:
            return
        found = leading_plain_reads(b"".join([share.lines for share in self._shares]), lines, self._longest)
        if found is None:
            return
        self._parsed = ReadBlock.of(found)
        for share in self._shares:
            whole = at + share.count <= found.lines
            share.block = self._parsed.part(at, share.count) if whole else None
            at += share.count

    def put_to(self, batch: NextBatch) -> None:
        """Put the shares to a batch, each as far as its requests are simply the next readings of their meters."""
        self.parse_shares()
        shares, self._shares = self._shares, []
        parsed, self._parsed = self._parsed, None
        if parsed is None:
            return
        blocks = [(share, share.block) for share in shares if share.block is not None]
        place, stop = 0, blocks[-1][1].stop if blocks else 0
        for _ in range(_MOST_TRIES):
            if place == len(blocks):
                break
            first = blocks[place][1].first
            reached = first + batch.add_next(parsed.reads, first, stop)
            while place < len(blocks) and blocks[place][1].stop <= reached:
                share, block = blocks[place]
                share.set_done(batch, block.count)
                place += 1
            if place < len(blocks):  # a reading of this share has to be judged by itself, and so what follows there
                share, block = blocks[place]
                share.set_done(batch, reached - block.first)
                place += 1
