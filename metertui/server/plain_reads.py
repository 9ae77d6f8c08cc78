"""Lines that are plain `READ` requests with a timestamp, found many at a time.

Nearly all that meters send are such lines. They are found in the bytes as columns of text, without an object for each
line. No I/O, as all of the parser.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAST_LINES: Final = 250
"""The lines that are worth a block: fewer are parsed faster one by one."""
LEAST_SHARE: Final = 8
"""The lines of one client that are worth a share of a block of many clients."""
PADDING: Final = 32
"""Spaces that stand before and behind the text of a block, so that a word may be read with its surroundings."""
WORDS: Final = 4

_LINE_BYTES: Final = 64
"""Bytes that are looked through for each line that is wanted."""
_NEWLINE, _RETURN, _SPACE = b"\n\r "
_PLAIN: Final = bytes(byte for byte in range(0x20, 0x7F) if byte != ord('"')) + b"\r\n"
_VERB: Final = b"READ "
_SHORTEST_TIME: Final = 2
"""One letter may be a quality."""


class PlainReads(NamedTuple):
    """Lines of four words each, `READ`, register, kWh and timestamp, with one space between them."""

    words: list[str]
    """The words of all lines."""
    text: NDArray[np.uint8]
    """The lines as bytes, with PADDING before and behind them."""
    bounds: tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...]
    """Where in the text the registers, the kWh and the timestamps begin and end."""
    bytes_taken: int
    """The bytes of the lines with their endings."""

    @property
    def lines(self) -> int:
        """Return how many lines these are."""
        return len(self.words) // WORDS


def find_plain_reads(data: bytes, at: int, most: int, longest: int) -> PlainReads | None:
    """Return such lines from a place on, `most` at most; None for fewer than LEAST_LINES.

    No line is longer than `longest` bytes with its ending.
    """
    if not data.startswith(_VERB, at) or not _may_be_plain(data[at : at + LEAST_LINES * _LINE_BYTES]):
        return None
    piece = data[at : data.rfind(b"\n", at, at + most * _LINE_BYTES) + 1]
    if odd := piece.translate(None, _PLAIN):
        piece = piece[: piece.rfind(b"\n", 0, piece.find(odd[0])) + 1]
    return leading_plain_reads(piece, most, longest)


def leading_plain_reads(piece: bytes, most: int, longest: int) -> PlainReads | None:
    """Return the first of whole lines, `most` at most, that are such; None for fewer than LEAST_LINES.

    The lines have printable ASCII characters without quotes. None of those returned is longer than `longest` bytes with
    its ending.
    """
    if piece.count(b"\n") < LEAST_LINES:
        return None
    padding = b" " * PADDING
    text = np.frombuffer(b"".join((padding, piece, padding)), dtype=np.uint8)
    newline = np.flatnonzero(text == _NEWLINE)[:most]
    start = np.concatenate(([PADDING], newline[:-1] + 1))
    stop = newline - (text[newline - 1] == _RETURN)
    space = np.flatnonzero(text[: newline[-1]] == _SPACE)[PADDING:]
    count = _leading(np.diff(np.searchsorted(space, newline), prepend=0) == WORDS - 1)
    if piece.count(b"\r", 0, int(newline[-1]) - PADDING) != np.count_nonzero(stop != newline):
        return None
    newline, start, stop = newline[:count], start[:count], stop[:count]
    one, two, three = space[: count * (WORDS - 1)].reshape(count, WORDS - 1).T
    whole = (two > one + 1) & (three > two + 1) & (stop > three + _SHORTEST_TIME) & (newline - start < longest)
    for place, letter in enumerate(_VERB):
        whole &= text[start + place] == letter
    count = _leading(whole)
    if count < LEAST_LINES:
        return None
    taken = int(newline[count - 1]) + 1 - PADDING
    words = piece[:taken].decode("ascii").split()
    bounds = ((one + 1, two), (two + 1, three), (three + 1, stop))
    return PlainReads(words, text, tuple((begin[:count], end[:count]) for begin, end in bounds), taken)


def plain_looking(data: bytes, at: int, most: int) -> tuple[int, int]:
    """Return where whole lines from a place on end, `most` at most, that look plain, and how many these are.

    It takes little; whether they are plain is found out by `leading_plain_reads`. (at, 0) if any does not, or if
    there are fewer than LEAST_SHARE.
    """
    end = data.rfind(b"\n", at, at + most * _LINE_BYTES) + 1
    count = data.count(b"\n", at, end)
    if count > most:
        count, end = most, end - len(data[at:end].split(b"\n", most)[-1])
    looks = (
        count >= LEAST_SHARE
        and data.startswith(_VERB, at)
        and data.count(b"\n" + _VERB, at, end) == count - 1
        and data.count(b" ", at, end) == (WORDS - 1) * count
        and not data[at:end].translate(None, _PLAIN)
    )
    return (end, count) if looks else (at, 0)


def _may_be_plain(head: bytes) -> bool:
    """Return False for bytes of which the first lines are not all plain, for much less than it takes to find out.

    Where an odd line comes every now and then, that is asked again behind each of them.
    """
    *lines, rest = head.split(b"\n", LEAST_LINES)
    whole, count = len(head) - len(rest), len(lines)
    verbs, spaces = head.count(b"\n" + _VERB, 0, whole), head.count(b" ", 0, whole)
    return (verbs, spaces) == (count - 1, (WORDS - 1) * count)


def _leading(mask: NDArray[Any]) -> int:
    """Return how many are true at the beginning; as in the engine, of which the parser imports nothing."""
    return len(mask) if mask.all() else int(mask.argmin())
