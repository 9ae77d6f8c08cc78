"""The parser: the request of each line, which is the same however the bytes are split."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.server.plain_reads import PlainReads
from metertui.server.protocol import Parser, escape_controls
from metertui.server.read_block import ReadBlock
from metertui.server.requests import Auth, Bad, Estimate, Help, Ping, Quit, Read, Register, Request, Stop, Web

ALL = 1_000_000


def take(parser: Parser, budget: int) -> list[Request]:
    """The next requests, those of a block one by one."""
    requests: list[Request] = []
    for taken in parser.take_requests(budget):
        requests += ReadBlock.of(taken).singles() if isinstance(taken, PlainReads) else [taken]
    return requests


def parse(*chunks: bytes, limit: int = 1024, end: bool = True) -> list[Request]:
    """All requests in `chunks`, taken after each."""
    parser = Parser(limit)
    requests = []
    for chunk in chunks:
        parser.feed(chunk)
        requests += take(parser, ALL)
    if end:
        parser.end_input()
        requests += take(parser, ALL)
        assert parser.bytes_waiting == 0
    return requests


def bytewise(data: bytes, limit: int = 1024) -> list[Request]:
    return parse(*(data[i : i + 1] for i in range(len(data))), limit=limit)


def with_care(data: bytes, limit: int = 1024) -> list[Request]:
    """`parse`, but a quote in the same piece keeps the parser from its way for plain chunks."""
    return parse(b'"\n' + data, limit=limit)[1:]


def kind(data: bytes) -> str:
    """The code of the one refusal in `data`."""
    (request,) = parse(data)
    assert isinstance(request, Bad), request
    return request.code


# -- what lines mean ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("READ m1 144.5 2025-02-19T00:30:00", ("m1", "144.5", "2025-02-19T00:30:00")),
        ("read m1 144.5 2025-02-19T00:30:00", ("m1", "144.5", "2025-02-19T00:30:00")),
        ("READ m1 144.5", ("m1", "144.5", None)),
        ("READ m1 144.5 2025-02-19 00:30:00", ("m1", "144.5", "2025-02-19 00:30:00")),
        ('READ m1 144.5 "2025-02-19 00:30:00"', ("m1", "144.5", "2025-02-19 00:30:00")),
        ("  READ\tm1 \t 144.5  ", ("m1", "144.5", None)),
        ('READ m1 144.5 ""', ("m1", "144.5", "")),
    ],
)
def test_read_takes_a_meter_a_reading_and_perhaps_a_time(line: str, request_: tuple[str, str, str | None]) -> None:
    assert parse(line.encode() + b"\n") == [Read(line, *request_)]


@pytest.mark.parametrize("time", [None, "2025-02-19T00:30:00", "2025-02-19 00:30:00"])
def test_the_last_word_of_a_read_may_be_its_quality(time: str | None) -> None:
    words = ["READ", "m1", "144.5", *([time] if time else [])]
    for quality in "AaEeSs":
        line = " ".join([*words, quality])
        read = Read(line, "m1", "144.5", time)
        expected = Estimate(*read, quality.upper()) if quality in "EeSs" else read
        assert parse(line.encode() + b"\n") == [expected]
        assert with_care(line.encode() + b"\n") == [expected]


@pytest.mark.parametrize("rest", ["X", "2025-02-19T00:30 X", "2025-02-19 00:30 X", "E E", "1 2 3"])
def test_another_last_word_is_part_of_the_time(rest: str) -> None:
    line = f"READ m1 5 {rest}"
    (request,) = parse(line.encode() + b"\n")
    assert isinstance(request, Read | Estimate)
    assert request.timestamp == rest.removesuffix(" E")


def test_register_takes_fields_in_any_order_and_case() -> None:
    line = 'REGISTER m1 Region="North East" POSTCODE=560123 address="12 Main St #03-04"'
    fields = (("region", "North East"), ("postcode", "560123"), ("address", "12 Main St #03-04"))
    assert parse(line.encode() + b"\n") == [Register(line, "m1", fields)]


def test_register_keeps_an_empty_field_an_equals_sign_and_a_field_given_twice() -> None:
    line = 'REGISTER m1 region="" address="a=b" region=West'
    fields = (("region", ""), ("address", "a=b"), ("region", "West"))
    assert parse(line.encode() + b"\n") == [Register(line, "m1", fields)]


def test_register_takes_letters_of_any_script() -> None:
    line = 'REGISTER m1 address="Jalan Bahagia 5, 幸福路"'
    (request,) = parse(line.encode() + b"\n")
    assert request == Register(line, "m1", (("address", "Jalan Bahagia 5, 幸福路"),))


@pytest.mark.parametrize(("verb", "type_"), [("STOPSERVER", Stop), ("PING", Ping), ("HELP", Help), ("QUIT", Quit)])
def test_a_bare_verb_is_known_in_any_case_and_takes_no_words(verb: str, type_: type) -> None:
    for line in (verb, verb.lower(), verb.title()):
        assert parse(line.encode() + b"\n") == [type_(line)]
    assert kind(f"{verb} now\n".encode()) == "syntax"


def test_auth_gives_name_and_secret_but_keeps_no_secret_in_its_line() -> None:
    assert parse(b'AUTH bob "open sesame"\n') == [Auth("AUTH ***", "bob", "open sesame")]


@pytest.mark.parametrize(
    "line", [b"auth bob s3cret extra", b'AUTH bob "s3cret', b"AUTH bob s3cret\xff", b"AUTH bob s3cret" + b"x" * 2000]
)
def test_a_broken_auth_keeps_no_secret_either(line: bytes) -> None:
    (request,) = parse(line + b"\n")
    assert isinstance(request, Bad)
    assert "s3cret" not in repr(request)


def test_blank_lines_are_nothing() -> None:
    assert parse(b"\n\r\n  \t \n \r\nPING\n\n") == [Ping("PING")]
    assert with_care(b"\n\r\n  \t \n \r\nPING\n\n") == [Ping("PING")]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"FROB m1 2", "unknown-command"),
        (b'FROB "unclosed', "unknown-command"),
        (b'"READ" m1 2', "unknown-command"),
        (b"\x00\x01\x02", "unknown-command"),
        ("PıNG".encode(), "unknown-command"),
        ("READ\u00a0m1\u00a05".encode(), "unknown-command"),
        (b"READ", "syntax"),
        (b"READ m1", "syntax"),
        (b"READ m1 5 2025-02-19 00:30 E more", "syntax"),
        (b'READ m1 "5', "syntax"),
        (b'READ m1 5"', "syntax"),
        (b'READ m1 "5"6', "syntax"),
        (b"REGISTER", "syntax"),
        (b"REGISTER m1 region", "syntax"),
        (b'REGISTER m1 address="12 Main St', "syntax"),
        (b'REGISTER m1 address="a"b"', "syntax"),
        (b'REGISTER m1 "North East"', "syntax"),
        (b"AUTH bob", "syntax"),
        (b"READ m1 \xff", "bad-encoding"),
        (b"\xff", "bad-encoding"),
        (b"READ m1 \xed\xa0\x80", "bad-encoding"),
        (b"\xff" + b"x" * 1100, "too-long"),
    ],
)
def test_malformed_lines_give_the_reason(line: bytes, code: str) -> None:
    assert kind(line + b"\n") == code
    (request,) = parse(line + b"\n")
    assert request == with_care(line + b"\n")[0]
    assert "\n" not in request.line


@pytest.mark.parametrize("blank", ["\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\u2028", "\u3000", "\r"])
def test_only_spaces_and_tabs_separate_words_and_only_newlines_end_lines(blank: str) -> None:
    line = f"READ m1{blank}x 5"
    assert parse(line.encode() + b"\n") == [Read(line, f"m1{blank}x", "5", None)]


def test_an_unknown_verb_is_repeated_in_part() -> None:
    (request,) = parse(b"x" * 900 + b"\n")
    assert isinstance(request, Bad)
    assert len(request.why) < 100


def test_visible_text_has_no_control_characters() -> None:
    assert escape_controls("plain, 幸福") == "plain, 幸福"
    assert escape_controls("a\x1b[31m\r\n\t\u2028\u202e\x00") == "a\\x1b[31m\\r\\n\\t\\u2028\\u202e\\x00"


# -- a browser ------------------------------------------------------------------------------------------------

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI")


@pytest.mark.parametrize(
    "line",
    [
        *(f"{method} / HTTP/1.1".encode() for method in METHODS),
        *(
            b"GET\t/",
            b"POST ",
            b"Host: 127.0.0.1:7007",
            b"HOST:x",
            b"host:",
            b'hOsT: "',
            b"POST /\xff",
            b"GET /\rREAD m1 5",
        ),
        *(b"POST /" + b"x" * 2000, b"Host: " + b"\xff" * 2000, b"GET /".ljust(1024)),
    ],
)
def test_a_line_of_http_is_known_before_anything_else_is_checked(line: bytes) -> None:
    for data in (line + b"\n", line + b"\r\n", b"x" * 3000 + b"\n" + line + b"\n"):
        *_, last = parse(data)
        assert isinstance(last, Web)
        assert last == with_care(data)[-1] == bytewise(data)[-1]
        assert len(last.line) <= 4 * 1024


@pytest.mark.parametrize(
    "line", [b"get / HTTP/1.1", b" GET /", b"GET", b"GETX /", b"GET/ x", b"Hosts: x", b" Host: x", b"FETCH / HTTP/1.1"]
)
def test_a_line_that_only_resembles_http_is_an_unknown_command(line: bytes) -> None:
    assert kind(line + b"\n") == "unknown-command"


@pytest.mark.parametrize("verb", ["/stopServer", "/STOPSERVER", "/stopserver/"])
def test_the_reply_to_the_stop_command_of_the_scripts_names_the_right_one(verb: str) -> None:
    (request,) = parse(f"{verb}\n".encode())
    assert isinstance(request, Bad)
    assert (request.code, request.why) == ("unknown-command", f"{verb} is not a command; the command is STOPSERVER")


# -- lengths --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""])
def test_a_line_may_have_1024_bytes_with_its_ending(ending: bytes) -> None:
    room = 1024 - max(1, len(ending))  # an ending that is missing counts as a newline
    longest = b"READ m1 5".ljust(room)
    for way in (parse, bytewise, with_care):
        assert [type(request) for request in way(longest + ending)] == [Read]
        assert [request.code for request in way(longest + b" " + ending) if isinstance(request, Bad)] == ["too-long"]


def test_a_long_line_that_ends_in_a_command_is_not_that_command() -> None:
    long = b"x" * 5000 + b" STOPSERVER\nPING\n"
    for size in (1, 7, 1000, 1024, 1025, len(long)):
        chunks = [long[i : i + size] for i in range(0, len(long), size)]
        requests = parse(*chunks)
        assert [type(request) for request in requests] == [Bad, Ping], size
        assert requests == parse(long)


def test_a_line_without_end_is_answered_at_once_and_kept_in_part_only() -> None:
    parser = Parser(limit := 64)
    parser.feed(b"x" * limit)
    (request,) = take(parser, ALL)
    assert isinstance(request, Bad)
    assert request.code == "too-long"
    for _ in range(100):
        parser.feed(b"STOPSERVER " * 1000)
        assert take(parser, ALL) == []
        assert parser.bytes_waiting == 0
    parser.feed(b"STOPSERVER\nPING\n")
    assert take(parser, ALL) == [Ping("PING")]


def test_an_endless_line_at_the_end_is_one_refusal() -> None:
    assert [type(request) for request in parse(b"x" * 3000)] == [Bad]
    assert parse(b"x" * 3000) == bytewise(b"x" * 3000)


def test_a_limit_above_the_size_of_a_piece_holds() -> None:
    line = b"READ m1 5".ljust(49_999) + b"\n"
    assert [type(request) for request in parse(line, limit=50_000)] == [Read]
    assert [type(request) for request in parse(b" " + line + b"PING\n", limit=50_000)] == [Bad, Ping]


# -- endings --------------------------------------------------------------------------------------------------


def test_an_unterminated_rest_is_a_line_at_the_end_of_input_only() -> None:
    assert parse(b"PING\nREAD m1 5", end=False) == [Ping("PING")]
    assert parse(b"PING\nREAD m1 5") == [Ping("PING"), Read("READ m1 5", "m1", "5", None)]
    assert parse(b"PING\r") == [Ping("PING")]
    assert parse(b"PING\n") == [Ping("PING")]
    assert parse(b"") == []


def test_a_disconnected_client_leaves_no_incomplete_line() -> None:
    parser = Parser()
    parser.feed(b"READ m1 100\nREAD m1 2")
    parser.feed(b"0")
    parser.abort_input()
    assert take(parser, ALL) == [Read("READ m1 100", "m1", "100", None)]
    assert parser.bytes_waiting == 0
    parser.abort_input()
    assert not parser.may_have_line


def test_a_carriage_return_may_come_apart_from_its_newline() -> None:
    parser = Parser()
    parser.feed(b"PING\r")
    assert take(parser, ALL) == []
    parser.feed(b"\nREAD m1 5\r\n")
    assert take(parser, ALL) == [Ping("PING"), Read("READ m1 5", "m1", "5", None)]


def test_only_one_carriage_return_belongs_to_the_ending() -> None:
    assert parse(b"READ m1 5\r\r\n") == [Read("READ m1 5\r", "m1", "5\r", None)]


@pytest.mark.parametrize("data", [b"PING\r", b"PING\rREAD m1 5\rSTOPSERVER\r", b'REGISTER m1 address="1 Elm"\r', b"\r"])
def test_the_reply_names_a_carriage_return_that_ends_lines_alone(data: bytes) -> None:
    parser = Parser()
    parser.feed(data)
    assert take(parser, ALL) == []
    assert parser.awaits_newline
    parser.give_up_newline()
    (refused,) = take(parser, ALL)
    assert isinstance(refused, Bad)
    assert refused.code == "syntax"
    assert not parser.awaits_newline
    parser.feed(b"STOPSERVER\r")
    assert take(parser, ALL) == []
    parser.feed(b"\nPING\n")  # a newline comes after all, and ends what was refused
    assert take(parser, ALL) == [Ping("PING")]


def test_a_page_whose_lines_end_with_a_carriage_return_alone_is_not_waited_for() -> None:
    parser = Parser()
    parser.feed(b"GET /\r")
    parser.give_up_newline()
    assert take(parser, ALL) == [Web("GET /")]


@pytest.mark.parametrize("data", [b"PING", b"PING\r\nPING\r", b"\nPING\r", b"x" * 1024 + b"\r", b""])
def test_who_has_sent_a_newline_or_no_carriage_return_is_waited_for(data: bytes) -> None:
    parser = Parser()
    parser.feed(data)
    take(parser, ALL)
    assert not parser.awaits_newline


# -- budgets --------------------------------------------------------------------------------------------------


def test_a_budget_bounds_the_requests_taken_at_once_and_loses_none() -> None:
    parser = Parser()
    parser.feed(b"".join(b"READ m%d 5\n" % i for i in range(20_000)))
    taken: list[Request] = []
    while parser.may_have_line:
        some = take(parser, 1000)
        assert len(some) < 1000 + 16_384 // len(b"READ m1 5\n")
        taken += some
    assert [request.meter for request in taken if isinstance(request, Read)] == [f"m{i}" for i in range(20_000)]
    assert parser.bytes_waiting == 0


def test_blank_lines_use_up_the_budget_too() -> None:
    parser = Parser()
    parser.feed(b"\n" * 1_000_000)
    assert parser.take_requests(100) == []
    assert parser.may_have_line
    assert parser.bytes_waiting > 900_000


def test_a_budget_holds_for_short_lines() -> None:
    parser = Parser()
    parser.feed(b"HELP\n" * 1000)
    taken = [len(parser.take_requests(13)) for _ in range(20)]
    assert max(taken) <= 2 * 13
    assert parser.bytes_waiting == 5 * (1000 - sum(taken))


def test_a_parser_knows_that_only_half_a_line_waits() -> None:
    parser = Parser()
    parser.feed(b"PING\nPI")
    assert parser.may_have_line
    take(parser, ALL)
    assert not parser.may_have_line
    assert parser.bytes_waiting == 2
    parser.feed(b"NG\n")
    assert parser.may_have_line
    parser.clear_input()
    assert (parser.may_have_line, parser.bytes_waiting, take(parser, ALL)) == (False, 0, [])


# -- however the bytes come ------------------------------------------------------------------------------------

words = st.sampled_from(
    [
        *("READ", "read", "REGISTER", "PING", "QUIT", "STOPSERVER", "HELP", "AUTH", "m1", "144.5", "region=N"),
        *(
            "GET ",
            "POST",
            "Host:",
            '"',
            '"a b"',
            'address="1 Main"',
            "2025-02-19",
            "00:30:00",
            "x" * 30,
            "ü",
            "\x00",
            "\x0b",
            "\x85",
            "\u3000",
        ),
    ]
).map(str.encode)
gaps = st.sampled_from([b" ", b"  ", b"\t", b"\n", b"\n", b"\r\n", b"\r", b"\n\n", b"\xff", b"\xc3"])
streams = st.lists(st.tuples(words, gaps), max_size=40).map(lambda pairs: b"".join(map(b"".join, pairs)))
plain = st.lists(
    st.tuples(
        st.sampled_from([b"READ", b"PING", b"m1", b"5", b"2025-02-19T00:30", b"frob"]),
        st.sampled_from([b" ", b"\t", b"\n", b"\r\n"]),
    ),
    max_size=40,
).map(lambda pairs: b"".join(map(b"".join, pairs)))


@given(st.one_of(streams, plain, st.binary(max_size=200)), st.sampled_from([24, 64, 1024]))
def test_whole_byte_by_byte_and_at_every_split_the_same(data: bytes, limit: int) -> None:
    whole = parse(data, limit=limit)
    assert bytewise(data, limit) == whole
    for cut in range(len(data) + 1):
        assert parse(data[:cut], data[cut:], limit=limit) == whole


@given(st.one_of(streams, plain), st.sampled_from([24, 64, 1024]))
def test_plain_chunks_and_single_lines_give_the_same_requests(data: bytes, limit: int) -> None:
    assert with_care(data, limit) == parse(data, limit=limit)


@given(streams, st.integers(1, 5))
def test_any_budget_gives_the_same(data: bytes, budget: int) -> None:
    parser = Parser()
    parser.feed(data)
    parser.end_input()
    requests: list[Request] = []
    while parser.may_have_line:
        requests += take(parser, budget)
    assert requests == parse(data)


def test_random_bytes_are_parsed_line_by_line_and_never_kept() -> None:
    chaos = random.Random(7)
    parser = Parser()
    lines = answers = 0
    for _ in range(10):
        chunk = chaos.randbytes(100_000)
        parser.feed(chunk)
        lines += chunk.count(b"\n")
        while parser.may_have_line:
            answers += len(take(parser, 1000))
        assert parser.bytes_waiting < 1024
    assert 0 < answers <= lines + 1
