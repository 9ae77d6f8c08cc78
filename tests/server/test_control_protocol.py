"""The messages between a command and the owner of a folder."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.errors import MeterError
from metertui.server.control_protocol import (
    MAX_LINE_BYTES,
    Accepted,
    Done,
    Failed,
    MalformedMessage,
    Part,
    Progress,
    Reply,
    Request,
    encode_reply,
    encode_request,
    parse_reply,
    parse_request,
)

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 60), 1 << 60) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)


@given(_TEXT, st.dictionaries(_TEXT, _JSON, max_size=3), _JSON)
@settings(max_examples=50)
def test_messages_survive_the_round_trip(do: str, given: dict[str, object], result: object) -> None:
    request = Request(do, given)
    line = encode_request(request)
    assert line.count(b"\n") == 1
    assert parse_request(line) == request
    replies: list[Reply] = [Accepted(), Done(result), Failed(do), Progress(0.25), Progress(0.5, 7), Part(result)]
    assert [parse_reply(encode_reply(reply)) for reply in replies] == replies


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"READ m-1 5\n",
        b'{"do": "close"}',  # without its end
        b'{"do": 5}\n',
        b'{"do": "close", "with": []}\n',
        b'{"do": "close", "who": "me"}\n',
        b'["do"]\n',
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
        b'{"do":"' + b"x" * MAX_LINE_BYTES + b'"}\n',
    ],
)
def test_a_malformed_request_is_refused_in_one_sentence(line: bytes) -> None:
    with pytest.raises(MalformedMessage) as caught:
        parse_request(line)
    assert 0 < len(str(caught.value)) < 100


@given(st.binary(max_size=40))
@settings(max_examples=100)
def test_any_bytes_are_a_message_or_malformed(line: bytes) -> None:
    for parse in (parse_request, parse_reply):
        with contextlib.suppress(MalformedMessage):
            parse(line + b"\n")


@pytest.mark.parametrize(
    "line",
    [
        b'{"progress": "1"}\n',
        b'{"error": 5}\n',
        b"{}\n",
        b'{"accepted": 1, "x": 1}\n',
        b'{"result": 1, "error": "x"}\n',
    ],
)
def test_malformed_replies_are_refused(line: bytes) -> None:
    with pytest.raises(MalformedMessage):
        parse_reply(line)


def test_messages_that_are_too_long_are_not_sent() -> None:
    with pytest.raises(MeterError):
        encode_request(Request("import", {"files": ["x" * MAX_LINE_BYTES]}))


def test_file_names_that_are_not_utf8_survive() -> None:
    request = Request("import", {"files": ["\udcff.csv"]})
    assert parse_request(encode_request(request)) == request
