"""Keys that arrive at once are the keys that were pressed, and nothing that a terminal sends ends the input."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.events import Key, Paste, Resize
from textual.message import Message

from metertui.screens.terminal.key_input import KeyParser, lenient_decoder


@pytest.mark.parametrize(
    ("pieces", "keys"),
    [
        (["\x1b\r"], ["escape", "enter"]),
        (["\x1b", "\r"], ["escape", "enter"]),
        (["a\x1b2b"], ["a", "escape", "2", "b"]),
        (["\x1b[A\x1b/", "x"], ["up", "escape", "slash", "x"]),
        (["\x1b\x1bOR"], ["escape", "f3"]),
        (["\x1b\x1b\t"], ["escape", "escape", "tab"]),
        (["\x1b"], []),  # it may be the begin of more
        (["\x1bOR\x1b[21~"], ["f3", "f10"]),
        (["\x1b[1", ";5C"], ["ctrl+right"]),
        (["\x1bb\x1bf"], ["ctrl+left", "ctrl+right"]),
    ],
)
def test_escape_is_a_key_of_its_own(pieces: list[str], keys: list[str]) -> None:
    inlet = KeyParser()
    pressed = [event for piece in pieces for event in inlet.feed(piece)]
    assert [event.key for event in pressed if isinstance(event, Key)] == keys


def test_an_escape_that_nothing_follows_is_one_in_the_end() -> None:
    inlet = KeyParser()
    assert not [*inlet.feed("\x1b")]
    inlet._timeout_time = 0.0  # the time for more has passed
    assert [event.key for event in inlet.tick() if isinstance(event, Key)] == ["escape"]
    assert [event.key for event in inlet.feed("2") if isinstance(event, Key)] == ["2"]


def pressed(data: bytes) -> list[str]:
    """The keys that a terminal's bytes are, and an `x` behind them once the time for more has passed."""
    decode, inlet = lenient_decoder("utf-8")().decode, KeyParser()
    keys = [*inlet.feed(decode(data) or " ")]
    if inlet._timeout_time is not None:
        inlet._timeout_time = 0.0
    keys += [*inlet.tick(), *inlet.feed(decode(b"x"))]
    return [event.key for event in keys if isinstance(event, Key)]


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"caf\xe9s", ["c", "a", "f", "replacement_character", "s"]),
        (b"\xff", ["replacement_character"]),
        (b"\x9b15~", ["replacement_character", "1", "5", "tilde"]),
        (b"\x1b[97;5:1u", []),
        (b"\x1b[97:65u", []),
        (b"\x1b[99999999u", []),
        (b"\x1b[55296u", []),
        (b"\x1b[97;1;55296u", []),
        (b"\x1b[97;5u", ["ctrl+a"]),
        (b"a\x1b[99999999ub", ["a", "b"]),
        ("é幸".encode(), ["é", "幸"]),
    ],
)
def test_odd_bytes_are_replaced_and_what_cannot_be_read_is_dropped(data: bytes, keys: list[str]) -> None:
    assert pressed(data) == [*keys, "x"]


_PIECES = st.sampled_from(
    [b"\x1b", b"[", b"<", b";", b":", b"9", b"55296", b"u", b"~", b"M", b"t", b"R", b"\xe9", b"48"]
)


@given(st.lists(_PIECES | st.binary(max_size=3), max_size=20).map(b"".join))
@settings(max_examples=200)
def test_whatever_a_terminal_sends_keys_go_on(data: bytes) -> None:
    assert pressed(data + b" " * 40)[-1] == "x"


@pytest.mark.parametrize(("size", "kept"), [("40;120", True), ("0;0", False), ("40;9999", False), ("99999;120", False)])
def test_only_a_size_that_a_terminal_can_have_is_believed(size: str, kept: bool) -> None:
    reports = [event for event in KeyParser().feed(f"\x1b[48;{size};800;1200t") if isinstance(event, Resize)]
    assert bool(reports) == kept


def test_a_parser_that_fails_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    inlet = KeyParser()
    with monkeypatch.context() as patched:
        patched.setattr(KeyParser, "parse_mouse_code", lambda *_: 1 / 0)
        assert [*inlet.feed("\x1b[<0;1;1M")] == []
    assert [event.key for event in inlet.feed("a\x1b[A") if isinstance(event, Key)] == ["a", "up"]


class Typist:
    """Feeds a parser with what a terminal sends, at times of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        monkeypatch.setattr(KeyParser, "now", lambda _: self.seconds)
        self._inlet = KeyParser()

    def __call__(self, *pieces: str, then: float = 0.0) -> list[str]:
        """The keys and pastes of some pieces of input, and of the seconds that pass then."""
        messages = [message for piece in pieces for message in self._inlet.feed(piece)]
        self.seconds += then
        if self._inlet._timeout_time is not None:
            self._inlet._timeout_time = 0.0
        return [*map(told, [*messages, *self._inlet.tick()])]


def told(message: Message) -> str:
    assert isinstance(message, Key | Paste)
    return message.key if isinstance(message, Key) else f"paste {message.text}"


@pytest.fixture
def typist(monkeypatch: pytest.MonkeyPatch) -> Typist:
    return Typist(monkeypatch)


BEGIN, END = "\x1b[200~", "\x1b[201~"


@pytest.mark.parametrize("begin", [[BEGIN], [*BEGIN], ["x\rx\x1b\r\x1b[20", "0~"]])
def test_a_paste_without_its_end_ends_by_itself(typist: Typist, begin: list[str]) -> None:
    typist(*begin)
    assert typist("bill", then=1.9) == []
    assert typist("q", then=1.9) == []  # still pasted: a line may be slow
    assert typist(then=0.2) == ["paste billq"]
    assert typist("q") == ["q"]
    assert typist(f"{BEGIN}more{END}q") == ["paste more", "q"]


def test_typing_into_a_paste_that_does_not_end_is_bounded(typist: Typist) -> None:
    typist(BEGIN)
    pressed = [key for _ in range(21) for key in typist("a", then=1.0)]
    assert pressed == [f"paste {'a' * 20}", "a"]


@pytest.mark.parametrize(
    "pieces",
    [[f"{BEGIN}text{END}q"], [*f"{BEGIN}text{END}q"], [BEGIN, "te", f"xt{END[:3]}", f"{END[3:]}q"]],
)
def test_a_paste_that_ends_is_whole_however_it_arrives(typist: Typist, pieces: list[str]) -> None:
    assert typist(*pieces) == ["paste text", "q"]
    assert typist(then=100.0) == []
    assert typist("q") == ["q"]


def test_an_end_that_was_torn_by_a_pause_is_none_and_the_paste_ends_by_time(typist: Typist) -> None:
    assert typist(f"{BEGIN}a{END[:4]}", then=0.5)[:1] != ["paste a"]
    typist(END[4:], then=2.0)
    assert typist("q") == ["q"]


@pytest.mark.parametrize("end", [[f"{END}q"], [*END, "q"]])
def test_of_a_huge_paste_the_rest_is_dropped_and_its_end_is_seen(typist: Typist, end: list[str]) -> None:
    [pasted, key] = typist(BEGIN, *["x" * 4096] * 40, *end)
    assert key == "q"
    assert 60_000 < len(pasted) < 70_000
    assert typist("q") == ["q"]
