"""Conversations: requests in, replies out, in order, and what delays them."""

from __future__ import annotations

import pytest

from metertui.engine.base.outcome import DUPLICATE, OK, Outcome, refused, suspect
from metertui.server.dispatch import Conversation
from tests.server.fakes import CLOSE, FakeBatch

ALL = 1_000_000
FULL = refused("storage", "no space left on the disk")


def talk(
    said: bytes, *, outcomes: dict[str, Outcome] | None = None, trusted: bool = True, failure: Outcome | None = None
) -> tuple[list[str], FakeBatch]:
    """The replies to `said` and the batch that it was put to."""
    conversation = Conversation("10.0.0.7:5000", trusted=trusted)
    batch = FakeBatch(outcomes)
    conversation.feed(said)
    conversation.collect(ALL)
    conversation.perform(batch)
    return conversation.collect_replies(failure).splitlines(), batch


def turn(conversation: Conversation, batch: FakeBatch | None = None) -> list[str]:
    """One batch with this conversation alone in it."""
    conversation.collect(ALL)
    conversation.perform(batch or FakeBatch())
    return conversation.collect_replies().splitlines()


# -- one command each -----------------------------------------------------------------------------------------


def test_a_reading_goes_to_the_batch_as_it_was_sent() -> None:
    replies, batch = talk(b"READ m1 5.0 2025-02-19 00:30\nREAD m2 007\n")
    assert replies == ["OK", "OK"]
    assert batch.reads == [("m1", "5.0", "2025-02-19 00:30"), ("m2", "007", None)]
    assert batch.refused_lines == []


def test_outcomes_are_replied_and_only_refusals_are_recorded() -> None:
    outcomes = {
        "again": DUPLICATE,
        "odd": suspect("100 kWh is lower\nthan \x1b[31mbefore"),
        "who": refused("not-registered", "who is not registered"),
    }
    replies, batch = talk(b"READ again 1\nREAD odd 2\nREAD who 3\nREAD m1 4\n", outcomes=outcomes)
    assert replies == [
        "OK duplicate",
        "OK suspect: 100 kWh is lower\\nthan \\x1b[31mbefore",
        "ERR not-registered: who is not registered",
        "OK",
    ]
    assert batch.refused_lines == [("10.0.0.7:5000", "not-registered", "who is not registered", "READ who 3")]


def test_an_account_goes_to_the_batch_with_its_fields() -> None:
    replies, batch = talk(b'REGISTER m1 Region="North East" postcode=1\n')
    assert replies == ["OK"]
    assert batch.registered == [("m1", {"region": "North East", "postcode": "1"}, "")]


def test_a_field_given_twice_is_named_to_the_batch() -> None:
    _, batch = talk(b"REGISTER m1 region=A postcode=1 REGION=B\n")
    assert [repeated for _, _, repeated in batch.registered] == ["region"]


def test_ping_help_and_auth() -> None:
    replies, batch = talk(b"PING\nHELP\nAUTH bob s3cret\n")
    assert replies[0] == "OK"
    assert replies[1].startswith("OK ")
    for verb in ("READ", "REGISTER", "STOPSERVER", "PING", "HELP", "AUTH", "QUIT"):
        assert verb in replies[1]
    assert replies[2] == "ERR denied: no credentials are set up yet"
    assert batch.refused_lines == [("10.0.0.7:5000", "denied", "no credentials are set up yet", "AUTH ***")]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"FROB\x1b[2J", "unknown-command"),
        (b"READ m1", "syntax"),
        (b"\xff", "bad-encoding"),
        (b"x" * 2000, "too-long"),
    ],
)
def test_malformed_lines_are_refused_in_one_printable_line_and_recorded(line: bytes, code: str) -> None:
    replies, batch = talk(line + b"\nPING\n")
    assert replies[0].startswith(f"ERR {code}: ")
    assert replies[0].isprintable()
    assert replies[1:] == ["OK"]
    assert [refusal[1] for refusal in batch.refused_lines] == [code]


def test_an_untrusted_client_may_ping_ask_for_help_and_quit() -> None:
    said = b"PING\nHELP\nREAD m1 5\nREGISTER m1\nSTOPSERVER\nAUTH a b\nFROB\nQUIT\n"
    replies, batch = talk(said, trusted=False)
    codes = [reply.split(":")[0] for reply in replies]
    assert codes[0] == "OK"
    assert codes[2:] == ["ERR denied"] * 4 + ["ERR unknown-command", "OK"]
    assert (batch.reads, batch.registered) == ([], [])
    assert [line[3] for line in batch.refused_lines] == ["READ m1 5", "REGISTER m1", "STOPSERVER", "AUTH ***", "FROB"]


def test_too_many_failed_auth_lines_end_the_connection() -> None:
    said = b"AUTH a b\nPING\nAUTH a c\nPING\n"
    conversation = Conversation("10.0.0.7:5000", trusted=False, max_failed_auth=2)
    conversation.feed(said)
    batch = FakeBatch()
    assert turn(conversation, batch) == [
        "ERR denied: no credentials are set up yet",
        "OK",
        "ERR limit: too many failed AUTH lines; the connection is closed",
    ]
    assert conversation.finished
    assert [(code, line) for _, code, _, line in batch.refused_lines] == [("denied", "AUTH ***"), ("limit", "AUTH ***")]


def test_replies_of_one_batch_are_bounded_and_the_rest_comes_in_the_next_ones() -> None:
    conversation = Conversation("10.0.0.7:5000", trusted=True)
    conversation.feed(b"HELP\n" * 300 + b"READ m1 5\n")
    conversation.end_input()
    batch = FakeBatch()
    found: list[str] = []
    longest = 0
    while conversation.has_work:
        conversation.collect(ALL, 2000)
        conversation.perform(batch)
        said = conversation.collect_replies()
        longest = max(longest, len(said))
        found += said.splitlines()
    assert len(found) == 301
    assert found[-1] == "OK"
    assert 1000 < longest < 2000 + len(found[0]) + 2
    assert conversation.finished


def test_a_batch_that_fails_after_bounded_replies_fails_for_those_alone() -> None:
    conversation = Conversation("10.0.0.7:5000", trusted=True)
    conversation.feed(b"HELP\nREAD m1 5\n" * 20)
    conversation.collect(ALL, 2000)
    conversation.perform(FakeBatch())
    failed = conversation.collect_replies(FULL).splitlines()
    assert 4 < len(failed) < 30
    assert set(failed[1::2]) == {"ERR storage: no space left on the disk"}
    assert all(reply.startswith("OK READ ") for reply in failed[::2])
    later: list[str] = []
    while conversation.has_work:
        later += turn(conversation)
    assert len(failed) + len(later) == 40
    assert "ERR" not in "".join(later)


# -- order ----------------------------------------------------------------------------------------------------


def test_replies_come_in_the_order_of_requests_over_many_batches() -> None:
    outcomes = {f"m{i}": refused("conflict", str(i)) for i in range(0, 1000, 3)}
    conversation = Conversation("p", trusted=True)
    conversation.feed(b"".join(b"READ m%d 5\n" % i for i in range(1000)))
    replies: list[str] = []
    while conversation.has_work:
        conversation.collect(10)
        conversation.perform(FakeBatch(outcomes))
        replies += conversation.collect_replies().splitlines()
    assert replies == [f"ERR conflict: {i}" if i % 3 == 0 else "OK" for i in range(1000)]


def test_input_during_a_write_is_answered_in_the_next_batch() -> None:
    conversation = Conversation("p", trusted=True)
    first, second = FakeBatch(), FakeBatch({"m2": DUPLICATE})
    conversation.feed(b"READ m1 5\n")
    conversation.collect(ALL)
    conversation.perform(first)
    conversation.feed(b"READ m2 5\n")
    conversation.collect(ALL)
    assert conversation.collect_replies() == "OK\n"
    conversation.perform(second)
    assert conversation.collect_replies() == "OK duplicate\n"
    assert (len(first.reads), len(second.reads)) == (1, 1)


# -- a disk that refuses -----------------------------------------------------------------------------------------


def test_readings_that_were_not_stored_are_refused_and_recorded_in_the_next_batch() -> None:
    outcomes = {"again": DUPLICATE, "odd": suspect("odd"), "bad": refused("bad-reading", "no")}
    conversation = Conversation("p", trusted=True)
    conversation.feed(b"READ m1 1\nPING\nREAD again 1\nREAD odd 1\nREAD bad x\nREGISTER m3\nHELP\n")
    conversation.collect(ALL)
    conversation.perform(FakeBatch(outcomes))
    replies = conversation.collect_replies(FULL).splitlines()
    storage = f"ERR storage: {FULL.text}"
    assert replies[:-1] == [storage, "OK", storage, storage, "ERR bad-reading: no", storage]
    assert replies[-1].startswith("OK ")
    assert conversation.has_work
    after = FakeBatch()
    assert turn(conversation, after) == []
    assert [(code, line) for _, code, _, line in after.refused_lines] == [
        ("storage", "READ m1 1"),
        ("storage", "READ again 1"),
        ("storage", "READ odd 1"),
        ("storage", "REGISTER m3"),
    ]
    assert not conversation.has_work


def test_a_batch_that_broke_off_is_never_answered_ok() -> None:
    class Broken(FakeBatch):
        def add_reading(self, meter: str, kwh: str, timestamp: str | None) -> Outcome:
            if meter == "m2":
                raise ZeroDivisionError
            return OK

    conversation = Conversation("p", trusted=True)
    conversation.feed(b"READ m1 1\nREAD m2 1\nREAD m3 1\n")
    conversation.collect(ALL)
    with pytest.raises(ZeroDivisionError):
        conversation.perform(Broken())
    assert conversation.collect_replies(FULL).splitlines() == [f"ERR storage: {FULL.text}"] * 3


def test_requests_beyond_a_full_batch_wait_for_the_next() -> None:
    class Filling(FakeBatch):
        def add_reading(self, meter: str, kwh: str, timestamp: str | None) -> Outcome:
            self.full = len(self.reads) == 1
            return super().add_reading(meter, kwh, timestamp)

    conversation = Conversation("p", trusted=True)
    conversation.feed(b"READ m1 1\nREAD m2 1\nREAD m3 1\n")
    conversation.collect(ALL)
    batch = Filling()
    for expected in ("OK\nOK\n", ""):
        conversation.perform(batch)
        assert conversation.collect_replies() == expected
        assert conversation.has_work
    conversation.perform(FakeBatch())
    assert conversation.collect_replies() == "OK\n"
    assert not conversation.has_work


# -- the day close -----------------------------------------------------------------------------------------------


def test_the_reply_to_stopserver_holds_back_what_follows_on_its_own_connection() -> None:
    conversation = Conversation("p", trusted=True)
    batch = FakeBatch()
    conversation.feed(b"READ m1 1\nSTOPSERVER\nREAD m2 2\nSTOPSERVER\n")
    assert turn(conversation, batch) == ["OK"]
    assert conversation.pending_stop is not None
    assert conversation.awaits_reply
    conversation.feed(b"PING\n")
    assert turn(conversation, batch) == []
    assert [meter for meter, _, _ in batch.reads] == ["m1"]
    assert conversation.confirm_close(CLOSE) == "OK closed 3 readings into 2 day files in 0.12 s\n"
    assert turn(conversation, batch) == ["OK"]
    assert [meter for meter, _, _ in batch.reads] == ["m1", "m2"]
    conversation.confirm_close(CLOSE)
    assert turn(conversation, batch) == ["OK"]


def test_a_failed_day_close_is_refused_and_recorded_before_later_requests() -> None:
    conversation = Conversation("p", trusted=True)
    conversation.feed(b"stopserver\nPING\n")
    assert turn(conversation) == []
    conversation.refuse_close("busy", "a day close is running already")
    batch = FakeBatch()
    assert turn(conversation, batch) == ["ERR busy: a day close is running already", "OK"]
    assert batch.refused_lines == [("p", "busy", "a day close is running already", "stopserver")]


def test_a_disk_error_does_not_reply_to_stopserver() -> None:
    conversation = Conversation("p", trusted=True)
    conversation.feed(b"READ m1 1\nSTOPSERVER\n")
    conversation.collect(ALL)
    conversation.perform(FakeBatch())
    assert conversation.collect_replies(FULL) == f"ERR storage: {FULL.text}\n"
    assert conversation.confirm_close(CLOSE).startswith("OK closed 3")


# -- ends -------------------------------------------------------------------------------------------------------


def test_lines_after_quit_are_neither_performed_nor_answered() -> None:
    conversation = Conversation("p", trusted=True)
    batch = FakeBatch()
    conversation.feed(b"READ m1 1\nQUIT\nREAD m2 2\n")
    assert turn(conversation, batch) == ["OK", "OK"]
    assert conversation.finished
    conversation.feed(b"READ m3 3\n")
    assert turn(conversation, batch) == []
    assert len(batch.reads) == 1
    assert conversation.bytes_waiting == 0


PAGE = (
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1:7007\r\nContent-Length: 40\r\n\r\n"
    b"REGISTER evil\nREAD m1 99\nSTOPSERVER\nPING\n"
)
WEB = "ERR syntax: this is not a web server; the connection is closed"


@pytest.mark.parametrize(
    ("before", "page"),
    [
        (b"", PAGE),
        (b"READ m1 1\n", PAGE),
        (b"", b"FETCH / HTTP/1.1\r\n" + PAGE.partition(b"\r\n")[2]),
        (b"", b"FETCH /" + b"x" * 1100 + b" HTTP/1.1\r\n" + PAGE.partition(b"\r\n")[2]),
        (b"", b"GET /" + b"x" * 1100 + PAGE),
    ],
)
def test_a_web_page_is_hung_up_on_and_nothing_of_it_is_obeyed(before: bytes, page: bytes) -> None:
    data = before + page
    splits = [[data[:cut], data[cut:]] for cut in range(0, len(data) + 1, 1 if len(data) < 500 else 13)]
    for chunks in ([data], [data[i : i + 1] for i in range(len(data))], *splits):
        conversation, batch, replies = Conversation("127.0.0.1:1", trusted=True), FakeBatch(), []
        for chunk in chunks:
            conversation.feed(chunk)
            replies += turn(conversation, batch)
        assert replies[-1] == WEB
        assert [reply for reply in replies if not reply.startswith("ERR ")] == ["OK"] * bool(before)
        assert (batch.reads, batch.registered) == ([("m1", "1", None)] * bool(before), [])
        assert batch.refused_lines[-1][1] == "syntax"
        assert conversation.finished
        assert conversation.pending_stop is None
        assert conversation.bytes_waiting == 0


def test_a_client_that_ends_is_answered_and_then_finished() -> None:
    conversation = Conversation("p", trusted=True)
    conversation.feed(b"PING\nREAD m1 5")
    conversation.end_input()
    assert not conversation.finished
    conversation.collect(ALL)
    conversation.perform(FakeBatch())
    assert not conversation.finished
    assert conversation.collect_replies() == "OK\nOK\n"
    assert conversation.finished


def test_a_client_that_ends_during_its_day_close_is_not_finished_before_it() -> None:
    conversation = Conversation("p", trusted=True)
    conversation.feed(b"STOPSERVER\nPING\n")
    conversation.end_input()
    turn(conversation)
    assert not conversation.finished
    conversation.confirm_close(CLOSE)
    assert not conversation.finished
    assert turn(conversation) == ["OK"]
    assert conversation.finished


def test_a_disconnected_client_has_its_complete_lines_performed() -> None:
    conversation = Conversation("p", trusted=True)
    batch = FakeBatch()
    conversation.feed(b"READ m1 100\nREAD m1 20")
    conversation.abort_input()
    turn(conversation, batch)
    assert batch.reads == [("m1", "100", None)]
    assert conversation.finished


def test_requests_performed_before_the_end_of_input_are_replied_to() -> None:
    conversation = Conversation("p", trusted=True)
    conversation.feed(b"PING\n")
    conversation.collect(ALL)
    conversation.perform(FakeBatch())
    conversation.feed(b"PING\n")
    conversation.collect(ALL)
    conversation.discard_input()
    assert not conversation.finished
    assert conversation.collect_replies() == "OK\n"
    assert conversation.finished


def test_a_rejected_client_gets_the_reason_only() -> None:
    conversation = Conversation("p", trusted=True)
    conversation.reject("limit", "too many")
    conversation.feed(b"PING\n")
    batch = FakeBatch()
    assert turn(conversation, batch) == ["ERR limit: too many"]
    assert batch.refused_lines == [("p", "limit", "too many", "")]
    assert conversation.finished
