"""Plain `READ` lines found many at a time: the same requests as line by line, and no others."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.server import plain_reads
from metertui.server.plain_reads import LEAST_LINES, PlainReads, find_plain_reads
from metertui.server.protocol import Parser
from metertui.server.read_block import ReadBlock
from metertui.server.requests import Request

MANY = 3 * LEAST_LINES
PLAIN = [b"READ m%d %d.5 2025-01-01T00:%02d:00Z\n" % (i, i, i % 60) for i in range(MANY)]
ODD = [
    b"READ m1 5\n",
    b"READ m1 5 A\n",
    b"READ m1 5 2025-01-01T00:00Z E\n",
    b"READ m1 5 2025-01-01 00:00\n",
    b"READ  m1 5 2025-01-01T00:00Z\n",
    b"READ m1  5\n",
    b"READ m1 5 2025-01-01T00:00Z \n",
    b" READ m1 5 2025-01-01T00:00Z\n",
    b"read m1 5 2025-01-01T00:00Z\n",
    b"READ\tm1 5 2025-01-01T00:00Z x\n",
    b"READ m\r1 5 2025-01-01T00:00Z\n",
    b"READ m1 5 2025-01-01T00:00Z\r\n",
    b"READS m1 5 2025-01-01T00:00Z\n",
    b'READ "m1" 5 2025-01-01T00:00Z\n',
    "READ m1 5 2025-01-01T00:00é\n".encode(),
    b"READ m1 5 \xff\xff\n",
    b"READ m1 5 " + b"9" * 1100 + b"\n",
    b"READ " + b"m" * 1013 + b" 5 99\n",
    b"PING a b c\n",
    b"\n",
    b"\r\n",
    b"READ m1 5\x00 99\n",
    b"GET / HTTP/1.1 x\n",
]


def requests_of(data: bytes, budget: int) -> list[Request]:
    """The requests of a client, taken so many at a time, one by one."""
    parser = Parser()
    parser.feed(data)
    parser.end_input()
    requests: list[Request] = []
    while parser.may_have_line:
        for taken in parser.take_requests(budget):
            requests += ReadBlock.of(taken).singles() if isinstance(taken, PlainReads) else [taken]
    return requests


def fed(data: bytes) -> Parser:
    parser = Parser()
    parser.feed(data)
    return parser


def singly(data: bytes) -> list[Request]:
    """The same by a parser that is asked for too few at a time for a block."""
    return requests_of(data, LEAST_LINES - 1)


def test_lines_as_meters_send_them_are_one_block() -> None:
    data = b"".join(PLAIN)
    (found,) = fed(data).take_requests(1000)
    assert isinstance(found, PlainReads)
    assert (found.lines, found.bytes_taken) == (MANY, len(data))
    assert ReadBlock.of(found).singles() == singly(data)


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("place", [0, LEAST_LINES - 1, LEAST_LINES + 1, MANY])
def test_an_odd_line_is_what_it_is_by_itself(odd: bytes, place: int) -> None:
    data = b"".join((*PLAIN[:place], odd, *PLAIN[place:]))
    assert requests_of(data, 1000) == singly(data)


def test_no_more_lines_are_taken_than_are_asked_for() -> None:
    data = b"".join(PLAIN)
    found = find_plain_reads(data, 0, LEAST_LINES, 1024)
    assert found is not None
    assert found.lines == LEAST_LINES
    assert data[found.bytes_taken :].startswith(PLAIN[LEAST_LINES])
    assert find_plain_reads(b"".join(PLAIN[: LEAST_LINES - 1]), 0, 1000, 1024) is None
    assert find_plain_reads(data[:-1], len(b"".join(PLAIN[:1])), MANY, 1024).lines == MANY - 2  # type: ignore[union-attr]


@pytest.mark.parametrize("odd", [b"PING\n", b"READ m1 5 2025-01-01T00:00Z E\n"])
@pytest.mark.parametrize("place", [1, LEAST_LINES - 1])
def test_where_one_of_the_first_lines_is_odd_no_columns_are_made(
    odd: bytes, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = b"".join((*PLAIN[:place], odd, *PLAIN[place:]))
    monkeypatch.setattr(plain_reads, "np", None)
    assert find_plain_reads(data, 0, 1000, 1024) is None


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 32), st.sampled_from([0.0, 0.003, 0.02]), st.integers(1, 600))
def test_any_mixture_gives_the_same(seed: int, share: float, budget: int) -> None:
    chance = random.Random(seed)
    ends = chance.choice([(b"\n",), (b"\r\n",), (b"\n", b"\r\n")])
    lines = [line[:-1] + chance.choice(ends) for line in PLAIN]
    data = b"".join(chance.choice(ODD) if chance.random() < share else line for line in lines)
    assert requests_of(data, budget) == singly(data)
