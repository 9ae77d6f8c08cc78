"""A block of requests `READ`, to be put to a batch together as far as that goes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from metertui.engine.base import TextFields
from metertui.engine.core import SentReads
from metertui.server.plain_reads import LEAST_LINES, WORDS, PlainReads
from metertui.server.requests import Read


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """Requests `READ` in order, each with a timestamp: those at [first, stop) of the ones that were found together."""

    words: list[str]
    """The words of all lines, WORDS of each."""
    reads: SentReads
    first: int
    stop: int

    @classmethod
    def of(cls, found: PlainReads) -> ReadBlock:
        """Return the requests of all lines that were found."""
        fields = (TextFields(found.text, start, stop) for start, stop in found.bounds)
        return cls(found.words, SentReads(found.words[1::WORDS], *fields), 0, found.lines)

    @property
    def count(self) -> int:
        """Return how many requests these are."""
        return self.stop - self.first

    def singles(self) -> list[Read]:
        """Return the requests one by one."""
        words = self.words
        lines = range(self.first * WORDS, self.stop * WORDS, WORDS)
        return [Read(" ".join(words[at : at + WORDS]), *words[at + 1 : at + WORDS]) for at in lines]

    def part(self, first: int, count: int) -> ReadBlock:
        """Return so many of the requests from one on."""
        first += self.first
        return replace(self, first=first, stop=first + count)

    def split(self, done: int) -> list[ReadBlock | Read]:
        """Return it in parts: the first requests, which are done, some one by one, and the rest as a block again.

        The rest is worth that if many were done.
        """
        left = self.count - done
        if not left:
            return [self]
        alone = LEAST_LINES if done >= LEAST_LINES and left >= 2 * LEAST_LINES else left
        parts: list[ReadBlock | Read] = [self.part(0, done)] if done else []
        parts += self.part(done, alone).singles()
        return [*parts, self.part(done + alone, left - alone)] if alone < left else parts
