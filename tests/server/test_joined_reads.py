"""The readings of many clients in one block: the same replies as each by itself, whatever else they send."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.config import Rules
from metertui.engine.base.outcome import refused
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.engine import Engine
from metertui.server import joined_reads
from metertui.server.dispatch import Conversation
from metertui.server.joined_reads import JoinedReads
from metertui.server.plain_reads import LEAST_LINES, PlainReads, leading_plain_reads
from metertui.server.protocol import MAX_LINE_BYTES
from tests.clock import FakeClock
from tests.server.fakes import FakeBatch
from tests.server.sent_lines import sent_line

ZONE = SiteZone("Europe/Berlin")
CLIENTS = 5
EACH = LEAST_LINES // 3


class CountingBatch(FakeBatch):
    """Counts the readings that come many at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.together: list[int] = []

    def add_next(self, sent: object, first: int, stop: int) -> int:
        self.together.append(super().add_next(sent, first, stop))  # type: ignore[arg-type]
        return self.together[-1]


def lines_of(client: int, count: int = EACH) -> bytes:
    return b"".join(b"READ m%d-%d %d.5 2025-01-01T00:00:00Z\n" % (client, place, place) for place in range(count))


def clients(joined: JoinedReads, count: int = CLIENTS) -> list[Conversation]:
    talks = [Conversation(f"p{client}", trusted=True, joined=joined) for client in range(count)]
    for client, talk in enumerate(talks):
        talk.feed(lines_of(client))
        talk.collect(EACH)
    return talks


@pytest.fixture
def joined() -> JoinedReads:
    return JoinedReads(MAX_LINE_BYTES)


def test_what_many_clients_send_is_one_block(joined: JoinedReads) -> None:
    talks, batch = clients(joined), CountingBatch()
    for talk in talks:
        talk.prepare()
        talk.perform(batch)
    assert batch.together == [CLIENTS * EACH]
    assert [talk.collect_replies() for talk in talks] == ["OK\n" * EACH] * CLIENTS
    assert not any(talk.has_work for talk in talks)


def test_a_reading_that_is_not_the_next_holds_up_its_own_client_alone(joined: JoinedReads) -> None:
    talks, batch = clients(joined), CountingBatch()
    batch.outcomes = {"m1-7": refused("conflict", "no")}
    for talk in talks:
        talk.perform(batch)
    assert batch.together[:2] == [EACH + 7, 3 * EACH]
    assert [meter for meter, *_ in batch.reads] == [f"m1-{place}" for place in range(7, EACH)]
    replies = [talk.collect_replies().splitlines() for talk in talks]
    assert replies[1] == ["OK"] * 7 + ["ERR conflict: no"] + ["OK"] * (EACH - 8)
    assert [set(each) for each in replies[:1] + replies[2:]] == [{"OK"}] * 4


def test_a_client_that_has_gone_sends_nothing(joined: JoinedReads) -> None:
    talks, batch = clients(joined), CountingBatch()
    talks[0].prepare()
    talks[2].discard_input()
    for talk in talks:
        talk.perform(batch)
    assert batch.together == [4 * EACH]
    assert [talk.collect_replies().count("OK") for talk in talks] == [EACH, EACH, 0, EACH, EACH]


def test_a_batch_that_fails_has_none_of_them(joined: JoinedReads) -> None:
    talks = clients(joined)
    first = CountingBatch()
    talks[0].perform(first)  # a defect in another request: the others never get their turn in this batch
    failure = refused("storage", "full")
    assert talks[0].collect_replies(failure) == "ERR storage: full\n" * EACH
    assert [talk.collect_replies(failure) for talk in talks[1:]] == [""] * 4
    second = FakeBatch()
    for talk in talks:
        assert talk.has_work
        talk.perform(second)
    meters = [f"m{client}-{place}" for client in range(1, CLIENTS) for place in range(EACH)]
    assert [meter for meter, *_ in second.reads] == meters
    assert [talk.collect_replies() for talk in talks[1:]] == ["OK\n" * EACH] * 4
    assert [line for *_, line in second.refused_lines] == lines_of(0).decode().splitlines()


def test_what_is_in_a_batch_is_answered_with_it_even_if_the_batch_is_full(joined: JoinedReads) -> None:
    talks, batch = clients(joined), CountingBatch()
    talks[0].perform(batch)
    batch.full = True
    talks[1].perform(batch)
    assert talks[1].collect_replies() == "OK\n" * EACH


def test_lines_that_only_look_plain_are_what_they_are(joined: JoinedReads) -> None:
    talks = [Conversation("p", trusted=True, joined=joined) for _ in range(CLIENTS)]
    odd = b"READ  m 5\n"
    for client, talk in enumerate(talks):
        talk.feed(odd + lines_of(client) if client == 4 else lines_of(client))
        talk.collect(EACH)
    batch = CountingBatch()
    for talk in talks:
        talk.perform(batch)
    assert batch.together == [4 * EACH]
    assert batch.reads[0] == ("m", "5", None)
    assert [talk.collect_replies() for talk in talks] == ["OK\n" * EACH] * CLIENTS
    talks[0].feed(odd * LEAST_LINES)
    talks[0].collect(LEAST_LINES)
    talks[0].perform(batch)
    assert batch.reads[-LEAST_LINES:] == [("m", "5", None)] * LEAST_LINES


def test_lines_that_only_look_plain_are_looked_through_once(
    joined: JoinedReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def look(piece: bytes, most: int, longest: int) -> PlainReads | None:
        looks.append(most)
        return leading_plain_reads(piece, most, longest)

    monkeypatch.setattr(joined_reads, "leading_plain_reads", look)
    talks, batch = [Conversation("p", trusted=True, joined=joined) for _ in range(CLIENTS)], CountingBatch()
    for client, talk in enumerate(talks):
        talk.feed(b"READ  m 5\n" * EACH if client == 0 else lines_of(client))
        talk.collect(EACH)
    for talk in talks:
        talk.prepare()
    for talk in talks:
        talk.perform(batch)
    assert (looks, batch.together) == ([CLIENTS * EACH], [])
    assert [talk.collect_replies() for talk in talks] == ["OK\n" * EACH] * CLIENTS
    for talk in talks:
        talk.feed(lines_of(1))
        talk.collect(EACH)
        talk.prepare()
    assert len(looks) == 3  # as soon as they are enough, with each client more


def test_few_lines_are_no_block(joined: JoinedReads) -> None:
    talks, batch = clients(joined, 2), CountingBatch()
    for talk in talks:
        talk.perform(batch)
    assert (batch.together, len(batch.reads)) == ([], 2 * EACH)


def conversed(sent: list[list[str]], joined: JoinedReads | None, seed: int) -> list[object]:
    """What comes of the lines of several clients that are served in turns, and of a batch now and then that fails."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        engine = Engine.open(Path(name), Rules(zone=ZONE), FakeClock("2025-03-12T12:00:00", ZONE))
        talks = [Conversation("p", trusted=True, joined=joined) for _ in sent]
        for talk, lines in zip(talks, sent, strict=True):
            talk.feed("\n".join([*lines, "PING"]).encode())
            talk.end_input()
        replies = [""] * len(talks)
        while any(talk.has_work for talk in talks):
            batch = engine.ingest.begin()
            for talk in talks:
                talk.collect(EACH)
            for talk in talks:
                talk.perform(batch)
            failure = refused("storage", "full") if chance.random() < 0.2 else None
            if failure is None:
                engine.ingest.write(batch)
                engine.ingest.apply(batch)
            else:
                engine.ingest.roll_back(batch)
            for place, talk in enumerate(talks):
                replies[place] += talk.collect_replies(failure)
        engine.close()
        heads, counters = engine.ingest.heads, engine.ingest.counters
        log = sorted((Path(name) / "log.txt").read_text().splitlines())
    count = counters.accepted, counters.duplicates, counters.suspects
    return [replies, log, sorted(zip(heads.time, heads.wh, strict=True)), count]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1 << 32), st.sampled_from([0.0, 0.004, 0.03, 0.3]))
def test_replies_log_and_heads_are_those_of_each_client_alone(seed: int, share: float) -> None:
    chance, half_hours = random.Random(seed), dict[int, int]()
    sent = []
    for client in range(CLIENTS):
        meters = range(4 * client, 4 * client + 4)
        lines = [sent_line(chance, half_hours, meters, share) for _ in range(chance.randrange(4 * EACH))]
        sent.append([*(f"REGISTER m{meter}" for meter in meters), *lines])
    assert conversed(sent, JoinedReads(MAX_LINE_BYTES), seed) == conversed(sent, None, seed)
