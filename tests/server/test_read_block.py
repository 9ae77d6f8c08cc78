"""A block of requests, in parts and one by one."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.config import Rules
from metertui.engine.base.outcome import refused
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.engine import Engine
from metertui.server.dispatch import Conversation
from metertui.server.plain_reads import LEAST_LINES, find_plain_reads
from metertui.server.read_block import ReadBlock
from metertui.server.requests import Read
from tests.clock import FakeClock
from tests.server.fakes import FakeBatch
from tests.server.sent_lines import sent_line

MANY = 3 * LEAST_LINES
ZONE = SiteZone("Europe/Berlin")
LINES = [f"READ m{i} {i}.5 2025-01-01T00:00:00Z" for i in range(MANY)]


def block() -> ReadBlock:
    found = find_plain_reads("\n".join([*LINES, ""]).encode(), 0, 1000, 1024)
    assert found is not None
    return ReadBlock.of(found)


def test_its_requests_are_those_of_the_lines() -> None:
    assert block().singles() == [Read(line, *line.split()[1:]) for line in LINES]
    assert [read.line for read in block().part(10, 5).part(1, 3).singles()] == LINES[11:14]


def test_a_block_is_split_where_single_requests_are_needed() -> None:
    whole = block()
    for done in (0, 1, LEAST_LINES - 1, LEAST_LINES, 2 * LEAST_LINES, MANY - 1, MANY):
        parts = whole.split(done)
        flat = [each for part in parts for each in ([part] if isinstance(part, Read) else part.singles())]
        assert flat == whole.singles()
        assert sum(part.count for part in parts[:1] if isinstance(part, ReadBlock)) == done


def conversed(data: bytes, at_once: int) -> list[object]:
    """What comes of the lines of a client, of which so many are taken at once."""
    with tempfile.TemporaryDirectory() as name:
        engine = Engine.open(Path(name), Rules(zone=ZONE), FakeClock("2025-03-12T12:00:00", ZONE))
        conversation = Conversation("p", trusted=True)
        conversation.feed(data)
        conversation.end_input()
        replies = ""
        refusals: list[object] = []
        while conversation.has_work:
            batch = engine.ingest.begin()
            ready = 0
            while conversation.may_have_line:
                ready = conversation.collect(ready + at_once)
            conversation.perform(batch)
            engine.ingest.write(batch)
            engine.ingest.apply(batch)
            replies += conversation.collect_replies()
            refusals += batch.refused_lines
        engine.close()
        heads, counters = engine.ingest.heads, engine.ingest.counters
        log = (Path(name) / "log.txt").read_text()
    count = conversation.requests, conversation.refusals, counters.accepted, counters.duplicates
    return [replies, log, refusals, list(heads.time), list(heads.wh), list(counters.arrivals), count]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 1 << 32), st.sampled_from([0.0, 0.004, 0.03, 0.5]))
def test_replies_log_and_heads_are_those_of_single_requests(seed: int, share: float) -> None:
    chance, half_hours = random.Random(seed), dict[int, int]()
    accounts = [f"REGISTER m{meter}" for meter in range(8)]
    lines = accounts + [sent_line(chance, half_hours, range(8), share) for _ in range(8 + 4 * LEAST_LINES)]
    data = "\n".join([*lines, "PING"]).encode()
    assert conversed(data, 10_000) == conversed(data, LEAST_LINES - 1)


def test_a_failed_batch_refuses_each_of_its_lines() -> None:
    conversation = Conversation("p", trusted=True)
    conversation.feed("\n".join([*LINES, ""]).encode())
    conversation.collect(1000)
    conversation.perform(FakeBatch({"m7": refused("conflict", "no")}))
    replies = conversation.collect_replies(refused("storage", "full")).splitlines()
    assert replies == ["ERR storage: full"] * 7 + ["ERR conflict: no"] + ["ERR storage: full"] * (MANY - 8)
    batch = FakeBatch()
    conversation.perform(batch)
    assert [text for _, code, _, text in batch.refused_lines if code == "storage"] == LINES[:7] + LINES[8:]


def test_a_stranger_may_not_send_it() -> None:
    conversation = Conversation("p", trusted=False)
    conversation.feed("\n".join([*LINES, ""]).encode())
    conversation.collect(1000)
    conversation.perform(FakeBatch())
    assert [reply[:11] for reply in conversation.collect_replies().splitlines()] == ["ERR denied:"] * MANY
